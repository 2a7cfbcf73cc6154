from dataclasses import replace

import numpy as np
import pytest
import torch
from accused import with_backward

from verifier.numeric.directions import drawn_directions
from verifier.witness import Abstains
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
