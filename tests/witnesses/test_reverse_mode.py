import dataclasses

import numpy as np
import pytest
import torch
from accused import with_backward
from squares import OVERWRITES_COTANGENT, OVERWRITES_INPUT, SPOILS_WHAT_WAS_SAVED, WORKS_ONCE, noisy, squares

from verifier.witness import Abstains
from verifier.witnesses.reverse_mode import WITNESS

X = np.array([[0.5, -1.25], [2.0, 0.75]])
W = np.array([[1.0, 3.0], [-0.5, 0.25]])
POINT = np.array([0.5, -1.5, 2.0])


def test_gives_the_vector_jacobian_product_of_every_input(ask):
    question = ask(torch.mm, X=X, W=W)
    testimony = WITNESS.testify(question)
    np.testing.assert_allclose(testimony.gradients["X"].value, question.cotangent @ W.T, rtol=1e-15)
    np.testing.assert_allclose(testimony.gradients["W"].value, X.T @ question.cotangent, rtol=1e-15)
    np.testing.assert_array_equal(testimony.value.value, X @ W)
    assert testimony.notes == ()


def test_states_eight_roundoffs_of_the_largest_entry_where_no_allowance_was_worked_out(ask):
    for dtype, roundoff in (
        (torch.float64, 2.0**-53),
        (torch.float32, 2.0**-24),
        (torch.float16, 2.0**-11),
        (torch.bfloat16, 2.0**-8),
    ):
        estimate = WITNESS.testify(ask(lambda X: (X * 4).sum(), dtype=dtype, cotangent=1.0, X=X)).gradients["X"]
        np.testing.assert_array_equal(estimate.value, 4.0)
        np.testing.assert_array_equal(estimate.error, 8 * roundoff * 4)


def test_states_the_allowance_of_the_question_where_there_is_one(ask):
    question = ask(torch.mm, X=X, W=W)
    allowed = {"X": np.full((2, 2), 0.25), "W": np.full((2, 2), 0.5)}
    testimony = WITNESS.testify(
        dataclasses.replace(question, allowance=allowed, value_allowance=np.full((2, 2), 0.125))
    )
    assert {n: e.error.max() for n, e in testimony.gradients.items()} == {"X": 0.25, "W": 0.5}
    assert testimony.value.error.max() == 0.125


def test_no_path_is_nothing_at_all_and_says_so(ask):
    testimony = WITNESS.testify(ask(lambda X, W: X.sum() + 0 * W.detach().sum(), X=X, W=W))
    np.testing.assert_array_equal(testimony.gradients["W"].value, np.zeros((2, 2)))
    np.testing.assert_array_equal(testimony.gradients["W"].error, np.zeros((2, 2)))
    assert testimony.notes == ("torch returned None for W: it sees no path from W to the result",)


def test_a_result_without_a_graph_is_nothing_at_all(ask):
    testimony = WITNESS.testify(ask(torch.no_grad()(lambda X: X.sum()), X=X))
    np.testing.assert_array_equal(testimony.gradients["X"].error, np.zeros((2, 2)))
    assert testimony.notes == ("the result does not require a gradient: torch sees no path to it from any input",)


def test_abstains_in_one_sentence_when_backward_raises(ask, cubes):
    with pytest.raises(Abstains, match=r"^backward raised RuntimeError \(no gradient today\)$"):
        WITNESS.testify(ask(cubes["raising"], x=POINT))


def test_abstains_where_the_cotangent_does_not_fit(ask):
    question = ask(torch.mm, X=X, W=W, cotangent=np.ones(3))
    with pytest.raises(Abstains, match=r"^the function returned a tensor of shape \(2, 2\) where \(3,\) was exp"):
        WITNESS.testify(question)


def test_reports_what_a_liar_says_and_not_the_truth(ask, cubes):
    truth = WITNESS.testify(ask(cubes["right"], cotangent=np.ones(3), x=POINT)).gradients["x"].value
    np.testing.assert_array_equal(truth, 3 * POINT**2)
    scaled = WITNESS.testify(ask(cubes["scaled"], cotangent=np.ones(3), x=POINT)).gradients["x"]
    assert (abs(scaled.value - truth) > 1e9 * scaled.error).all()
    one = WITNESS.testify(ask(cubes["one entry"], cotangent=np.ones(3), x=POINT)).gradients["x"].value
    np.testing.assert_array_equal(one, truth * [1, -1, 1])


def test_a_gradient_of_nan_is_reported_with_a_finite_error(ask):
    estimate = WITNESS.testify(ask(lambda x: torch.sqrt(x) * 0, cotangent=[1.0], x=[0.0])).gradients["x"]
    assert np.isnan(estimate.value[0])
    assert np.isfinite(estimate.error[0])


def restless(x):
    """Its backward gives another gradient at each call."""
    count = iter(range(1, 9))
    y = x * 2
    y.register_hook(lambda gradient: gradient * next(count))
    return y


def test_what_answers_alike_at_each_call_is_steady(ask):
    assert WITNESS.testify(ask(torch.mm, X=X, W=W)).steady
    told = WITNESS.testify(ask(restless, x=POINT))
    assert told.deeds and not told.steady


def test_without_watching_nothing_is_said_of_other_calls(ask):
    told = WITNESS.testify(dataclasses.replace(ask(restless, x=POINT), watched=False))
    assert not told.deeds and not told.steady
    np.testing.assert_array_equal(told.gradients["x"].value, 2 * ask(restless, x=POINT).cotangent)


# What backward does beside its answer


def said_of(ask, function, **inputs):
    return WITNESS.testify(ask(function, cotangent=np.ones(3), **(inputs or {"x": POINT})))


def deeds(testimony):
    return [(deed.said, deed.outcome, deed.input) for deed in testimony.deeds]


def test_an_honest_backward_does_nothing_beside(ask):
    testimony = said_of(ask, squares())
    assert (testimony.deeds, testimony.notes) == ((), ())


@pytest.mark.parametrize(
    ("function", "deed"),
    [
        (OVERWRITES_COTANGENT, ("overwrites its cotangent", "wrong", "x")),
        (OVERWRITES_INPUT, ("overwrites the input x", "wrong", "x")),
        (SPOILS_WHAT_WAS_SAVED, ("gives another gradient by x when it is called again", "wrong", "x")),
        (squares(noisy(0.25)), ("gives another gradient by x at each call", "wrong", "x")),
    ],
)
def test_what_a_backward_should_not_do_is_its_only_deed(ask, function, deed):
    testimony = said_of(ask, function)
    assert deeds(testimony) == [deed] and testimony.deeds[0].error > 0


def test_a_cotangent_of_several_inputs_is_nobodys(ask):
    testimony = said_of(ask, lambda x, w: OVERWRITES_COTANGENT(x + w), x=POINT, w=POINT)
    assert deeds(testimony) == [("overwrites its cotangent", "wrong", None)]


def test_a_backward_that_answers_otherwise_at_each_call_may_be_several_times_as_far_off(ask):
    testimony = said_of(ask, squares(noisy(0.25)))
    (deed,) = testimony.deeds
    assert (testimony.gradients["x"].error >= 8 * deed.error).all()


def test_what_differs_by_rounding_from_call_to_call_is_a_note(ask):
    question = ask(squares(noisy(0.25)), cotangent=np.ones(3), x=POINT)
    testimony = WITNESS.testify(dataclasses.replace(question, allowance={"x": np.full(3, 1.0)}))
    (note,) = testimony.notes
    assert testimony.deeds == () and note.startswith("the gradient by x differs from call to call by up to ")
    assert testimony.gradients["x"].error.max() == 1.0


@pytest.mark.parametrize(("apart", "said"), [(1.5, 0), (2.5, 1)])
def test_two_honest_answers_may_be_twice_as_far_apart_as_one_may_be_off(ask, apart, said):
    steps = iter([0.0, apart, 0.0])
    restless = with_backward(torch.square, lambda g, x: 2 * g * x + next(steps))
    question = ask(restless, cotangent=np.ones(3), x=POINT)
    testimony = WITNESS.testify(dataclasses.replace(question, allowance={"x": np.ones(3)}))
    assert len(testimony.deeds) == said


def test_inputs_without_a_path_are_told(ask):
    function = with_backward(torch.add, lambda g, x, w: (g, None))
    assert said_of(ask, function, x=POINT, w=POINT).pathless == {"w"}


def test_a_backward_that_works_once_is_a_note(ask):
    testimony = said_of(ask, WORKS_ONCE)
    (note,) = testimony.notes
    assert testimony.deeds == () and note.startswith("backward works only once on a graph")


@pytest.mark.parametrize("steps", [(0.0, 0.5, 0.0), (0.0, 0.0, 0.5)])
def test_the_note_on_rounding_tells_the_largest_difference(ask, steps):
    left = iter(steps)
    restless = with_backward(torch.square, lambda g, x: 2 * g * x + next(left))
    question = ask(restless, cotangent=np.ones(3), x=POINT)
    (note,) = WITNESS.testify(dataclasses.replace(question, allowance={"x": np.ones(3)})).notes
    assert note == "the gradient by x differs from call to call by up to 0.5, which is rounding"
