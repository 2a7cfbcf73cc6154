from dataclasses import replace

import numpy as np
import pytest
import torch
from accused import with_backward

from verifier.candidate.candidate import Candidate
from verifier.numeric.directions import drawn_directions
from verifier.witness import Abstains, Estimate, Joint, Question
from verifier.witnesses import reverse_mode
from verifier.witnesses.forward_mode import WITNESS

X = np.array([[0.5, -1.25], [2.0, 0.75]])
W = np.array([[1.0, 3.0], [-0.5, 0.25]])
POINT = np.array([0.5, -1.5, 2.0])


no_jvp = with_backward(lambda x: 2 * x, lambda g, _: 2 * g)


def branching(X):
    return X.sin() if X.sum().item() > 0 else X.cos()


@pytest.mark.parametrize(
    "function",
    [
        lambda X: torch.softmax(X, 1),
        lambda X: torch.linalg.inv(X),
        lambda X: (X @ X.T).tanh().sum(),
        lambda X: X[0, 0] * X,
        branching,
    ],
)
def test_agrees_with_reverse_mode_on_every_entry(ask, function):
    question = ask(function, X=X)
    forward, reverse = (w.testify(question).gradients["X"] for w in (WITNESS, reverse_mode.WITNESS))
    assert forward.speaks.all()
    assert (abs(forward.value - reverse.value) <= forward.error + reverse.error).all()
    assert forward.error.max() < 1e-14


def test_accumulates_in_float64(ask):
    count = 5000
    question = ask(lambda x: x.expand(count), dtype=torch.bfloat16, cotangent=np.ones(count), x=np.float64(0.5))
    estimate = WITNESS.testify(question).gradients["x"]
    assert estimate.value == count
    assert estimate.error < count * 0.1


def test_the_error_knows_of_terms_that_cancel(ask):
    question = ask(lambda x: x.expand(2), dtype=torch.bfloat16, cotangent=[1.0, -1.0], x=np.float64(0.5))
    estimate = WITNESS.testify(question).gradients["x"]
    assert estimate.value == 0
    assert estimate.error == pytest.approx(2 * 2.0**-8, rel=1e-9)


def test_batches_where_the_function_allows_it(ask):
    calls = []

    def counted(X):
        calls.append(1)
        return X.exp()

    question = ask(counted, X=np.ones((10, 10)))
    calls.clear()
    WITNESS.testify(question)
    assert len(calls) == 2


def test_no_grad_and_detach_stop_forward_mode_as_they_stop_reverse_mode(ask, cubes):
    def stopped(X):
        with torch.no_grad():
            largest = X.max() * X.sum()
        return X.sin() * largest + X.detach()

    # The second cannot be batched: its Function has no vmap rule.
    for function in (stopped, lambda X: stopped(X) + cubes["right"](X)):
        question = ask(function, X=X)
        forward, reverse = (w.testify(question).gradients["X"] for w in (WITNESS, reverse_mode.WITNESS))
        np.testing.assert_allclose(forward.value, reverse.value, rtol=1e-14)
    assert torch._C._is_fwd_grad_enabled()


def test_no_path_is_nothing_at_all_and_says_so(ask):
    testimony = WITNESS.testify(ask(lambda X, W: X.sum() + W.detach().sum(), X=X, W=W))
    np.testing.assert_array_equal(testimony.gradients["W"].error, np.zeros((2, 2)))
    assert testimony.notes == ("forward mode sees no path from W to the result",)


def test_abstains_where_a_function_has_no_jvp(ask):
    with pytest.raises(Abstains, match=r"^the function has no forward mode: NotImplementedError \(You must impl"):
        WITNESS.testify(ask(no_jvp, x=POINT))


def test_says_for_which_input_alone_it_is_silent(ask):
    testimony = WITNESS.testify(ask(lambda X, W: no_jvp(X) + W, X=X, W=W))
    assert set(testimony.gradients) == {"W"}
    assert testimony.notes[0].startswith("forward mode says nothing about X: the function has no forward mode")


def test_a_large_input_is_asked_along_directions_and_at_contested_entries(ask):
    calls = []

    def counted(X, W):
        calls.append(1)
        return (X**2).sum() * W

    X = np.arange(1.0, 101.0).reshape(10, 10)
    question = ask(counted, cotangent=np.ones(4), X=X, W=np.ones(4))
    directions = drawn_directions(question.inputs, ["X", "W"])
    assert set(directions) == {"X"}
    calls.clear()
    testimony = WITNESS.testify(replace(question, directions=directions, focus={"X": np.array([3, 71])}))
    assert len(calls) == 5
    assert testimony.gradients["W"].speaks.all()
    assert np.flatnonzero(testimony.gradients["X"].speaks).tolist() == [3, 71]
    slopes = testimony.slopes["X"]
    truth = np.array([(8 * X * direction).sum() for direction in directions["X"]])
    assert (abs(slopes.value - truth) <= slopes.error).all() and (slopes.error < 1e-10 * abs(truth)).all()
    assert testimony.notes == (
        "forward mode: 100 entries of X were compared along 4 random directions, and at 2 contested entries",
    )


def test_reports_a_forward_mode_that_alone_is_wrong(ask, cubes):
    question = ask(cubes["forward mode alone"], cotangent=np.ones(3), x=POINT)
    np.testing.assert_array_equal(reverse_mode.WITNESS.testify(question).gradients["x"].value, 3 * POINT**2)
    np.testing.assert_allclose(WITNESS.testify(question).gradients["x"].value, POINT**2, rtol=1e-15)
    scaled = ask(cubes["scaled"], cotangent=np.ones(3), x=POINT)
    np.testing.assert_allclose(WITNESS.testify(scaled).gradients["x"].value, 3 * POINT**2, rtol=1e-15)


def with_jvp(jvp):
    """The identity, whose forward mode is `jvp` of the tangent."""

    class Given(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x.clone()

        @staticmethod
        def jvp(ctx, tangent):
            return jvp(tangent)

    return Given.apply


def test_a_tangent_that_is_no_number_is_wrong_as_it_stands(ask):
    nothing = with_jvp(lambda tangent: tangent * torch.tensor([1.0, np.nan, 1.0]))
    estimate = WITNESS.testify(ask(nothing, cotangent=np.ones(3), x=POINT)).gradients["x"]
    assert np.isnan(estimate.value).any() and estimate.speaks.all()


def test_a_number_beside_an_infinite_result_counts(ask):
    estimate = WITNESS.testify(ask(lambda x: x + np.inf, cotangent=np.ones(3), x=POINT)).gradients["x"]
    assert estimate.value.tolist() == [1.0, 1.0, 1.0] and estimate.speaks.all()
    assert not WITNESS.testify(ask(torch.log, cotangent=np.ones(2), x=[0.0, 1.0])).gradients["x"].speaks.any()


def test_a_jvp_that_overflows_where_float64_does_not_is_not_heard(ask):
    by_way_of_large_numbers = with_jvp(lambda tangent: tangent * 60000 * 60000 / 60000 / 60000)
    said = WITNESS.testify(ask(by_way_of_large_numbers, dtype=torch.float16, cotangent=np.ones(3), x=POINT))
    assert said.notes == ("forward mode by x overflows on the way where float64 does not; it is not heard there",)
    assert not said.gradients["x"].speaks.any()
    wide = WITNESS.testify(ask(by_way_of_large_numbers, cotangent=np.ones(3), x=POINT))
    assert wide.notes == () and wide.gradients["x"].speaks.all()


def test_where_one_input_has_no_forward_mode_no_path_from_another_proves_nothing(ask):
    testimony = WITNESS.testify(ask(lambda X, W, V: no_jvp(X) + V + W.detach(), X=X, W=W, V=W))
    assert set(testimony.gradients) == {"V"}
    assert testimony.notes[1].startswith(
        "forward mode says nothing about W: it sees no path, and the function has no forward mode"
    )


def test_an_entry_may_be_off_by_the_rounding_of_the_whole_gradient_where_nothing_else_is_known(ask):
    mask = torch.ones(100, dtype=torch.float64)
    mask[3] = 0
    question = ask(lambda x: (x * mask).sum(), cotangent=1.0, x=np.ones(100))
    asked = replace(question, directions=drawn_directions(question.inputs, ["x"]), focus={"x": np.array([3])})
    estimate = WITNESS.testify(asked).gradients["x"]
    assert estimate.value[3] == 0 and 1e-16 < estimate.error[3] < 1e-13
    told = WITNESS.testify(replace(asked, allowance={"x": np.full(100, 1e-30)})).gradients["x"]
    assert told.error[3] == 1e-30


def test_what_is_allowed_along_a_direction_is_the_sum_of_what_is_allowed_at_its_entries(ask):
    directions = (np.array([1.0, -1.0, 0.5]),)
    question = replace(
        ask(torch.sum, cotangent=1.0, x=POINT), directions={"x": directions}, allowance={"x": np.array([1.0, 2.0, 4.0])}
    )
    assert WITNESS.testify(question).slopes["x"].error == pytest.approx(5.0)
    joint = Joint(({"x": directions[0]},), Estimate(np.ones(1), np.zeros(1)))
    assert WITNESS.testify(replace(question, joint=joint)).joint.error == pytest.approx(5.0)


def test_a_joint_slope_is_rounded_like_the_coarsest_of_its_inputs():
    dtypes = {"x": torch.bfloat16, "y": torch.float64}
    candidate = Candidate.of(lambda x, y: x + y, ("x", "y"), dtypes)
    moves = {"x": np.ones(1), "y": np.ones(1)}
    joint = Joint((moves,), Estimate(np.array([2.0]), np.zeros(1)))
    asked = Question({"x": np.ones(1), "y": np.ones(1)}, ("x", "y"), np.ones(1), None, candidate, joint=joint)
    slope = WITNESS.testify(asked).joint
    assert slope.value.item() == 2.0 and slope.error.item() == pytest.approx(2 * 2.0**-8)


def test_a_joint_slope_without_a_path_is_nothing_at_all(ask):
    joint = Joint(({"x": np.ones(3)},), Estimate(np.ones(1), np.zeros(1)))
    slope = WITNESS.testify(replace(ask(lambda x: x.detach().sum(), cotangent=1.0, x=POINT), joint=joint)).joint
    assert (slope.value.item(), slope.error.item()) == (0.0, 0.0)
