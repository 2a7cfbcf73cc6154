import dataclasses

import numpy as np
import pytest
import torch

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
