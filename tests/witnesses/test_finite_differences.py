"""Finite differences tell the truth about the values, whatever backward says, with an honest error."""

import itertools
import math
import time
from dataclasses import replace

import numpy as np
import pytest
import torch
from accused import with_backward

from verifier import check
from verifier.numeric.directions import drawn_directions
from verifier.witness import Abstains
from verifier.witnesses import reverse_mode
from verifier.witnesses.finite_differences import WITNESS

RANDOM = np.random.default_rng(11)
X = RANDOM.standard_normal((3, 3))
W = RANDOM.standard_normal((3, 3))
POINT = np.array([0.5, -1.5, 2.0])


def covers(testimony, name, truth, at_most=1e-10):
    estimate = testimony.gradients[name]
    assert (abs(estimate.value - truth) <= estimate.error).all()
    assert estimate.error.max() <= at_most


def same_as_reverse_mode(question, at_most=1e-9):
    differences, reverse = WITNESS.testify(question), reverse_mode.WITNESS.testify(question)
    for name in question.wrt:
        difference = abs(differences.gradients[name].value - reverse.gradients[name].value)
        assert (difference <= differences.gradients[name].error + reverse.gradients[name].error).all()
        assert differences.gradients[name].error.max() <= at_most
    return differences


def test_a_matrix_product_in_well_below_a_third_of_a_second(ask):
    question = ask(torch.mm, X=X, W=W)
    started = time.process_time()
    testimony = WITNESS.testify(question)
    assert time.process_time() - started < 0.3
    covers(testimony, "X", question.cotangent @ W.T, at_most=1e-12)
    covers(testimony, "W", X.T @ question.cotangent, at_most=1e-12)
    assert testimony.notes == ()


@pytest.mark.parametrize(
    "function",
    [
        lambda X, W: torch.softmax(X @ W, -1),
        lambda X, W: torch.nn.functional.layer_norm(X, (3,), W[0], W[1]),
        lambda X, W: (X @ W).relu() @ W.T,
        lambda X, W: torch.linalg.cholesky(X @ X.T + 0.1 * torch.eye(3, dtype=X.dtype)) * W,
        lambda X, W: torch.linalg.solve(X, W),
        lambda X, W: torch.dropout(X * W, 0.5, True),
    ],
)
def test_agrees_with_right_gradients(ask, function):
    same_as_reverse_mode(ask(function, X=X, W=W))


@pytest.mark.parametrize("lie", ["scaled", "one entry", "forward mode alone"])
def test_tells_the_truth_beside_a_liar(ask, cubes, lie):
    question = ask(cubes[lie], cotangent=np.ones(3), x=POINT)
    testimony = WITNESS.testify(question)
    covers(testimony, "x", 3 * POINT**2)
    said = reverse_mode.WITNESS.testify(question).gradients["x"].value
    far = abs(said - testimony.gradients["x"].value) > 100 * testimony.gradients["x"].error
    assert far.tolist() == {"scaled": [True] * 3, "one entry": [False, True, False]}.get(lie, [False] * 3)


def test_holds_what_the_user_detached_and_not_what_a_function_did(ask):
    square = with_backward(lambda x: x.detach() * x.data, lambda g, x: 2 * x * g)
    testimony = same_as_reverse_mode(ask(lambda x: x * x.detach() + square(x), x=POINT))
    assert testimony.notes == ("finite differences hold 1 detached or random values where they were",)


def test_runs_in_float64_where_the_function_does(ask):
    narrow = ask(torch.mm, dtype=torch.float32, X=X.astype(np.float32), W=W.astype(np.float32))
    covers(WITNESS.testify(narrow), "X", narrow.cotangent @ narrow.inputs["W"].astype(float).T, at_most=1e-12)


def test_stays_honest_where_the_function_insists_on_its_own_dtype(ask):
    weight = torch.tensor(W, dtype=torch.float32)
    x = np.float64(X.astype(np.float32))
    question = ask(lambda X: torch.tanh(X @ weight), dtype=torch.float32, x=x)
    truth = (question.cotangent / np.cosh(x @ weight.double().numpy()) ** 2) @ weight.double().numpy().T
    covers(WITNESS.testify(question), "x", truth, at_most=1e-2)


@pytest.mark.parametrize("tiny", [5e-324, 1e-310, 1e-250])
def test_an_entry_that_is_hardly_a_number(ask, tiny):
    covers(WITNESS.testify(ask(lambda x: x.sin() * 3, cotangent=1.0, x=np.array(tiny))), "x", 3.0)


def test_knows_what_float64_rounds_away(ask):
    covers(WITNESS.testify(ask(lambda x: 1e12 + x**3, cotangent=1.0, x=np.array(1e-3))), "x", 3e-6, at_most=0.1)


def test_is_not_fooled_by_an_oscillation_in_rhythm_with_powers_of_two(ask):
    question = ask(lambda x: (1024 * x - (1024 * x).round()).abs(), cotangent=1.0, x=np.array(1 + 2.0**-13))
    covers(WITNESS.testify(question), "x", 1024.0, at_most=1e-3)


def test_a_kink_at_the_point_is_covered_and_noted(ask):
    testimony = WITNESS.testify(ask(torch.relu, cotangent=np.ones(3), x=np.array([1.0, 0.0, -0.0])))
    estimate = testimony.gradients["x"]
    assert estimate.error[0] < 1e-12
    for index in (1, 2):
        assert estimate.value[index] - estimate.error[index] <= 0
        assert estimate.value[index] + estimate.error[index] >= 1
    assert testimony.notes == (
        "the function has a kink at x[1] and 1 more: its slope is 0 on its left and 1 on its right",
    )


def test_stays_inside_the_domain(ask):
    near = np.array([1e-5, 1e-9, 2.0])
    testimony = WITNESS.testify(ask(lambda x: x.log(), cotangent=np.ones(3), x=near))
    estimate = testimony.gradients["x"]
    assert (abs(estimate.value * near - 1) <= estimate.error * near).all()
    assert (estimate.error * near < 1e-10).all()


def test_a_border_of_the_domain_is_noted(ask):
    function = lambda x: torch.where(x < 0, math.nan, x**2)
    testimony = WITNESS.testify(ask(function, cotangent=1.0, x=np.array(0.0)))
    covers(testimony, "x", 0.0, at_most=1e-6)
    assert testimony.notes == ("finite differences are one-sided at x: a border of the domain",)


def test_infinite_slopes_are_silence_with_the_reason(ask):
    testimony = WITNESS.testify(ask(torch.sqrt, cotangent=np.ones(2), x=np.array([0.0, 4.0])))
    assert testimony.gradients["x"].speaks.tolist() == [False, True]
    assert testimony.notes[0] == (
        "finite differences say nothing about x[0]: the slopes grow without end as the step shrinks"
    )


def test_abstains_where_the_value_is_not_finite(ask):
    with pytest.raises(Abstains, match=r"^the function's value is not finite at this point$"):
        WITNESS.testify(ask(torch.log, cotangent=np.ones(2), x=np.array([0.0, 1.0])))
    # An infinite entry that the cotangent does not ask for is none of its business.
    testimony = WITNESS.testify(ask(torch.log, cotangent=[0.0, 1.0], x=np.array([0.0, 1.0])))
    covers(testimony, "x", [0.0, 1.0])


def test_a_function_that_raises_beside_the_point_has_no_values_there(ask):
    def picky(x):
        if (x < 0.4).any():
            raise ValueError("too small")
        return x**2

    point = np.array([0.5, 0.45])
    question = ask(picky, cotangent=np.ones(2), x=point)
    covers(WITNESS.testify(question), "x", [1.0, 0.9])
    np.testing.assert_array_equal(question.inputs["x"], point)


def test_another_path_beside_the_point_is_not_followed(ask):
    def branching(x):
        return x.detach() * (x.sin() if x[0] > 0.5 else x.cos())

    same_as_reverse_mode(ask(branching, x=np.array([0.5 + 1e-4, 0.7])))


def slope_of_cube(x):
    return torch.autograd.grad((x**3).sum(), x, create_graph=True)[0]


def test_functions_that_differentiate_within_get_inputs_that_require_grad(ask):
    covers(WITNESS.testify(ask(slope_of_cube, cotangent=np.ones(3), x=POINT)), "x", 6 * POINT)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: slope_of_cube(x) * x.detach(),
        lambda x: slope_of_cube(x) * x.data.sin(),
        lambda x: x * torch.autograd.grad((x**3).sum(), x)[0],
        lambda x: x.exp() * slope_of_cube(x.tanh()),
    ],
)
def test_what_a_function_that_differentiates_within_detaches_is_held(ask, function):
    same_as_reverse_mode(ask(function, x=POINT))


def test_the_callers_numbers_are_untouched_by_a_function_that_writes(ask):
    def writing(x, y):
        result = x * y
        y.zero_()
        x.data.zero_()
        return result

    question = ask(writing, wrt=("x",), x=POINT.copy(), y=POINT.copy())
    covers(WITNESS.testify(question), "x", question.cotangent * POINT)
    np.testing.assert_array_equal(question.inputs["y"], POINT)
    np.testing.assert_array_equal(question.inputs["x"], POINT)


def test_the_number_of_threads_is_as_it_was_found(ask):
    def raising(x):
        seen.append(torch.get_num_threads())
        if len(seen) > 20:
            raise KeyboardInterrupt
        return x * x

    seen: list[int] = []
    question = ask(raising, x=POINT)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with pytest.raises(KeyboardInterrupt):
            WITNESS.testify(question)
        assert torch.get_num_threads() == 2
        assert seen[-1] == 1
    finally:
        torch.set_num_threads(before)


def test_keeps_the_sweep_of_the_largest_entry_of_each_input(ask):
    question = ask(lambda x, y: (x**3).sum() * y, cotangent=1.0, x=POINT, y=np.array(2.0))
    sweeps = {sweep.input: sweep for sweep in WITNESS.testify(question).sweeps}
    assert sweeps["x"].index == (2,)
    assert sweeps["y"].index == ()
    sweep = sweeps["x"]
    assert len(sweep.steps) == len(sweep.values) == len(sweep.estimated_errors) > 30
    assert sorted(sweep.steps, reverse=True) == list(sweep.steps)
    assert sweep.estimated_errors[sweep.chosen] == min(sweep.estimated_errors)
    assert abs(sweep.values[sweep.chosen] - 24) <= sweep.estimated_errors[sweep.chosen]


def test_a_large_input_is_moved_along_directions_and_at_contested_entries(ask):
    x = RANDOM.standard_normal((10, 10))
    x[2, 3] = 0.0
    calls = []

    def counted(x):
        calls.append(1)
        return (x**3).sum()

    question = ask(counted, cotangent=1.0, x=x)
    directions = drawn_directions(question.inputs, ["x"])
    calls.clear()
    testimony = WITNESS.testify(replace(question, directions=directions, focus={"x": np.array([17])}))
    assert len(calls) < 700
    assert np.flatnonzero(testimony.gradients["x"].speaks).tolist() == [17]
    slopes = testimony.slopes["x"]
    truth = np.array([(3 * x**2 * direction).sum() for direction in directions["x"]])
    assert (abs(slopes.value - truth) <= slopes.error).all()
    assert (slopes.error <= 1e-10 * abs(truth).max()).all()
    assert testimony.notes == (
        "finite differences: 100 entries of x were compared along 4 random directions, and at 1 contested entry",
    )


def test_a_kink_along_a_direction_is_covered_and_noted(ask):
    x = RANDOM.standard_normal(50)
    x[7] = 0.0
    question = ask(lambda x: x.relu().sum(), cotangent=1.0, x=x)
    directions = drawn_directions(question.inputs, ["x"])
    testimony = WITNESS.testify(replace(question, directions=directions))
    slopes = testimony.slopes["x"]
    # Every second direction leaves the zero where it is.
    assert (slopes.error > 0.1).tolist() == [True, False, True, False]
    for direction, value, error in zip(directions["x"], slopes.value, slopes.error, strict=True):
        left, right = sorted(((x > 0) * direction).sum() + np.array([0.0, direction[7]]))
        assert value - error <= left <= right <= value + error
    assert any(note.startswith("the function has a kink at direction 1 of x and 1 more") for note in testimony.notes)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_constants_that_are_made_anew_may_differ_by_their_rounding(dtype):
    """In float64 a third is another number; only a traced formula says that there is one."""

    def scaled(x):
        return x * (torch.ones((), dtype=x.dtype) / 3)

    numbers = torch.tensor([0.5, -1.25, 2.0], dtype=dtype, requires_grad=True)
    scaling = with_backward(scaled, lambda g, x: g * 2)
    (finding,) = check(scaling, {"x": numbers}).findings
    assert (finding.outcome, finding.blamed) == ("wrong", "reverse mode")


def test_the_error_is_small_beside_what_is_allowed(ask):
    question = replace(ask(lambda x: 1e6 * torch.sin(x), cotangent=np.ones(3), x=[0.5, 1.0, 2.0]))
    asked = replace(question, allowance={"x": np.full(3, 1e-3)})
    assert (WITNESS.testify(asked).gradients["x"].error <= 2.0**-6 * 1e-3).all()


def test_an_entry_that_is_tiny_is_moved_by_little(ask):
    estimate = WITNESS.testify(ask(torch.log, cotangent=np.ones(2), x=[1e-30, 1e-200])).gradients["x"]
    assert estimate.value == pytest.approx([1e30, 1e200], rel=1e-9) and (estimate.error < 1e-9 * estimate.value).all()


def test_abstains_where_detached_values_cannot_be_held(ask):
    calls = itertools.count(1)
    question = ask(lambda x: x * x.detach() * next(calls), cotangent=np.ones(3), x=POINT)
    with pytest.raises(Abstains, match=r"^the function's detached values could not be held: it gave another value"):
        WITNESS.testify(question)


def test_a_function_that_differentiates_within_runs_in_float64_as_well(ask):
    def penalty(x):
        (gradient,) = torch.autograd.grad((x**3).sum(), x, create_graph=True)
        return (gradient**2).sum()

    estimate = WITNESS.testify(ask(penalty, dtype=torch.float32, cotangent=1.0, x=POINT)).gradients["x"]
    assert estimate.value == pytest.approx(36 * POINT**3, rel=1e-12) and estimate.error.max() < 1e-8
