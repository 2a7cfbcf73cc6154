"""Contracts: a promise that holds is kept, and one that does not, in whatever way, comes out wrong."""

import warnings

import pytest
import torch
from promises import INPUTS, W, X, Y, fail, gradient_of_total, judged, seen, warn
from sympy import Abs, MatrixSymbol, Symbol, hadamard_product

from verifier import mean, total
from verifier.contract import derivative, raises, returns, unchanged, warns

# returns


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        (None, None),
        (False, False),
        (3, 3),
        ("leaf", "leaf"),
        ({"inside": False}, {"inside": False}),
        (torch.tensor([[1.0, 2.0]]), [[1.0, 2.0]]),
        (torch.tensor([1, 2]), [1, 2]),
        (torch.tensor(float("nan")), float("nan")),
    ],
)
def test_what_is_promised_is_returned(returned, expected):
    assert judged(lambda x, w: returned, returns(expected)).ok


@pytest.mark.parametrize(
    ("returned", "expected"),
    [
        (None, False),
        (False, None),
        (True, False),
        (1, True),
        (0, None),
        ({"inside": True}, {"inside": False}),
        ({"inside": False}, {"outside": False}),
        (torch.zeros(2), None),
        (None, [0.0, 0.0]),
        (torch.tensor([1.0, 2.0 + 1e-6]), [1.0, 2.0]),
        (torch.tensor([[1.0, 2.0]]), [1.0, 2.0]),
        (torch.tensor(float("nan")), 0.0),
    ],
)
def test_what_is_not_promised_is_not_returned(returned, expected):
    assert not judged(lambda x, w: returned, returns(expected)).ok


def test_what_was_returned_is_shown():
    assert seen(lambda x, w: torch.tensor([1.5, 2.0]), returns(None)) == ("wrong", "[1.5, 2.0]")
    assert seen(lambda x, w: {"leaf": x.is_leaf, "text": "no"}, returns(None)) == ("wrong", "leaf: True, text: no")
    assert len(seen(lambda x, w: torch.zeros(1000), returns(None))[1]) == 100


# raises


def test_a_promised_exception():
    outcome = seen(lambda x, w: fail("A first thing. A second time around. More."), raises(RuntimeError, "second time"))
    assert outcome == ("agreed", "RuntimeError “A second time around.”")


@pytest.mark.parametrize(
    ("observe", "words"),
    [
        (lambda x, w: None, "no exception but None"),
        (lambda x, w: fail("another reason"), "RuntimeError “another reason”"),
        (lambda x, w: {}["a second time"], "KeyError “'a second time'”"),
    ],
)
def test_an_exception_that_does_not_come_or_is_another(observe, words):
    assert seen(observe, raises(RuntimeError, "a second time")) == ("wrong", words)


@pytest.mark.parametrize("expect", [unchanged, returns(None), warns(UserWarning), derivative(total(X * W), by=X)])
def test_an_exception_that_was_not_promised_breaks_every_promise(expect):
    def observe(x, w):
        warn("on the way")
        fail("crashed")

    assert seen(observe, expect) == ("wrong", "RuntimeError “crashed”")


def test_an_exception_is_not_the_return_of_none():
    assert not judged(lambda x, w: fail("second"), raises(RuntimeError, "second") & returns(None)).ok


def test_ctrl_c_is_no_observation():
    def interrupted(x, w):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        judged(interrupted, raises(Exception))


# warns


def test_a_promised_warning():
    assert seen(lambda x, w: warn("not a leaf"), warns(UserWarning, "a leaf")) == ("agreed", "UserWarning “not a leaf”")


@pytest.mark.parametrize(
    ("observe", "words"),
    [
        (lambda x, w: None, "no warning"),
        (lambda x, w: warn("something else"), "UserWarning “something else”"),
        (lambda x, w: warn("not a leaf", FutureWarning), "FutureWarning “not a leaf”"),
    ],
)
def test_a_warning_that_does_not_come_or_is_another(observe, words):
    assert seen(observe, warns(UserWarning, "not a leaf")) == ("wrong", words)


@pytest.mark.parametrize(
    "observe",
    [
        lambda x: warn("once from this line"),
        lambda x: torch.complex(x, x).to(torch.float64),  # torch gives this one once in a process
    ],
)
def test_a_warning_that_is_given_once_is_heard_each_time(observe):
    for _ in range(3):
        assert judged(observe, warns(UserWarning), inputs={"x": [1.0, 2.0]}).ok


def test_a_warning_is_heard_where_others_are_deaf_to_it():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert judged(lambda x, w: warn("not a leaf"), warns(UserWarning, "a leaf")).ok


# unchanged


def test_inputs_left_alone():
    assert seen(lambda x, w: x @ w, unchanged) == ("agreed", "x, w and their .grad unchanged")


def test_inputs_written_to():
    def observe(x, w):
        with torch.no_grad():
            w[0, 0] += 1e-12

    assert seen(observe, unchanged) == ("wrong", "w changed")


def test_gradients_left_behind():
    assert seen(gradient_of_total, unchanged) == ("wrong", "x.grad, w.grad changed")


# derivative


def test_a_derivative_and_its_multiple():
    once = seen(gradient_of_total, derivative(total(X * W), by=X))
    assert once == ("agreed", "the derivative of total(x*w) by x, off by at most 0 in 6 entries")

    def twice(x, w):
        gradient_of_total(x, w)
        return gradient_of_total(x, w)

    assert judged(twice, derivative(total(X * W), by=X, times=2)).ok
    assert not judged(twice, derivative(total(X * W), by=X)).ok
    assert not judged(gradient_of_total, derivative(total(X * W), by=X, times=2)).ok


def retained(x, w):
    y = x @ w
    y.retain_grad()
    torch.mean(y * y).backward()
    return y.grad


def test_the_derivative_by_an_intermediate_result():
    square = mean(hadamard_product(Y, Y))
    assert judged(retained, derivative(square, by=Y, where={Y: X * W})).ok
    assert not judged(retained, derivative(square, by=Y, where={Y: -X * W})).ok
    assert not judged(retained, derivative(square, by=Y, where={Y: (X * W).T})).ok


def test_intermediate_results_may_rest_on_each_other():
    Z = MatrixSymbol("z", 2, 2)
    where = {Y: X * W, Z: Y + Y}
    assert judged(retained, derivative(mean(hadamard_product(Z, Z)) / 4, by=Z, where=where, times=2)).ok


def one_entry_off(x, w):
    gradient = gradient_of_total(x, w)
    gradient[1, 2] *= 1 + 1e-13
    return gradient


@pytest.mark.parametrize(
    ("observe", "words"),
    [
        (lambda x, w: None, "None"),
        (lambda x, w: torch.ones(2, 3, dtype=torch.int64), "[[1, 1, 1], [1, 1, 1]]"),
        (
            lambda x, w: gradient_of_total(x, w).T,
            "a tensor of shape (3, 2) where the derivative of total(x*w) by x has shape (2, 3)",
        ),
        (lambda x, w: -gradient_of_total(x, w), "-3 at [0, 0] where the derivative of total(x*w) by x is 3"),
        (
            lambda x, w: gradient_of_total(x, w) * torch.nan,
            "NaN at [0, 0] where the derivative of total(x*w) by x is 3",
        ),
        (one_entry_off, "4.500000000000449 at [1, 2] where the derivative of total(x*w) by x is 4.5"),
        (lambda x, w: torch.zeros_like(x), "0 at [0, 0] where the derivative of total(x*w) by x is 3"),
    ],
)
def test_what_is_not_the_derivative(observe, words):
    assert seen(observe, derivative(total(X * W), by=X)) == ("wrong", words)


def test_the_error_allowed_is_that_of_the_dtype():
    single = {name: torch.tensor(value, dtype=torch.float32) / 3 for name, value in INPUTS.items()}
    assert judged(gradient_of_total, derivative(total(X * W), by=X), inputs=single).ok

    def off(x, w):
        return gradient_of_total(x, w) * (1 + 1e-5)

    assert not judged(off, derivative(total(X * W), by=X), inputs=single).ok


def test_a_derivative_without_a_value_is_not_met():
    t = Symbol("t", real=True)
    verdict = judged(lambda t: t * 0, derivative(1 / t, by=t), inputs={"t": 0.0})
    assert not verdict.ok


def test_at_a_kink_all_of_the_subdifferential_is_met():
    t = Symbol("t", real=True)
    for slope in (-1.0, 0.0, 0.5, 1.0):
        assert judged(lambda t, slope=slope: t * 0 + slope, derivative(Abs(t), by=t), inputs={"t": 0.0}).ok
    assert not judged(lambda t: t * 0 + 1.5, derivative(Abs(t), by=t), inputs={"t": 0.0}).ok
