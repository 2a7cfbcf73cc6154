"""Contracts as a whole: combined promises, refuted claims, inputs, settings that stay, and bad contracts."""

import warnings

import numpy as np
import pytest
import torch
from promises import INPUTS, W, X, Y, fail, gradient_of_total, judged, seen, warn

from verifier import Contract, total
from verifier.contract import derivative, judge, raises, returns, unchanged, warns
from verifier.errors import (
    ContractInputsError,
    DerivativeOfTensorError,
    DerivativeWithoutNumbersError,
    NotAnExpectationError,
    NothingToDifferentiateError,
)

# Together, and the verdict


def test_every_part_must_be_met():
    def observe(x, w):
        warn("not a leaf")

    both = returns(None) & warns(UserWarning, "leaf") & unchanged
    assert seen(observe, both) == ("agreed", "None; UserWarning “not a leaf”; x, w and their .grad unchanged")
    assert not judged(observe, returns(0) & warns(UserWarning, "leaf") & unchanged).ok
    assert not judged(observe, returns(None) & warns(UserWarning, "root") & unchanged).ok
    assert not judged(gradient_of_total, derivative(total(X * W), by=X) & unchanged).ok


def test_a_promised_exception_may_stand_at_any_place():
    assert judged(lambda x, w: fail("crashed"), raises(RuntimeError) & unchanged).ok
    assert judged(lambda x, w: fail("crashed"), unchanged & raises(RuntimeError)).ok


def test_the_verdict_of_a_broken_promise_says_what_was_promised_and_what_was_seen():
    verdict = judged(lambda x, w: x.sum(), raises(RuntimeError, "a second time") & unchanged, lesson="A lesson.")
    finding = verdict.findings[0]
    assert (finding.outcome, finding.blamed) == ("wrong", "autograd")
    assert finding.reason == (
        "promised: RuntimeError “a second time”; inputs and their .grad unchanged; "
        "seen: no exception but 1.5; x, w and their .grad unchanged"
    )
    assert (verdict.name, verdict.lesson, verdict.promises[0].promise) == ("a contract", "A lesson.", "something holds")


def test_a_claim_is_refuted_by_evidence_and_by_nothing_else():
    refuted = judged(lambda x, w: None, returns(None), refuted=True)
    assert refuted.ok
    assert refuted.promises[0].refutes
    standing = judged(lambda x, w: True, returns(None), refuted=True)
    assert standing.outcome == "wrong"
    assert standing.findings[0].blamed is None
    assert standing.findings[0].reason == "only None would refute the claim; seen: True"
    assert not judged(lambda x, w: fail("crashed"), returns(None), refuted=True).ok


def test_floating_inputs_require_gradients_and_integers_are_as_they_are():
    def observe(x, k):
        return {"x": x.requires_grad, "k": k.requires_grad, "dtype": str(k.dtype)}

    expect = returns({"x": True, "k": False, "dtype": "torch.int64"})
    assert judged(observe, expect, inputs={"x": [1.0], "k": [1, 2]}).ok


def test_every_run_starts_afresh():
    contract = Contract("twice", "", gradient_of_total, derivative(total(X * W), by=X), INPUTS)
    assert judge(contract).ok
    assert judge(contract).ok


def test_the_callers_tensors_and_settings_stay_as_they_are():
    mine = torch.tensor([1.0, 2.0], requires_grad=True)
    counts = np.array([1, 2])

    def observe(x, k):
        k += 1
        x.sum().backward()
        torch.set_grad_enabled(False)
        torch.rand(3)
        with torch.no_grad():
            x += 1

    state, filters = torch.get_rng_state(), list(warnings.filters)
    judged(observe, returns(None), inputs={"x": mine, "k": counts})
    assert mine.grad is None
    assert mine.tolist() == [1.0, 2.0]
    assert counts.tolist() == [1, 2]
    assert torch.is_grad_enabled()
    assert not torch.is_warn_always_enabled()
    assert torch.equal(torch.get_rng_state(), state)
    assert warnings.filters == filters


def test_random_numbers_are_the_same_each_time():
    drawn = []
    for _ in range(2):
        torch.rand(1)
        judged(lambda x, w: drawn.append(torch.rand(1).item()), returns(None))
    assert drawn[0] == drawn[1]


# Contracts that cannot be used


def test_something_else_than_an_expectation():
    with pytest.raises(NotAnExpectationError) as raised:
        judged(lambda x, w: None, None)
    assert str(raised.value) == (
        "contract 'a contract' expects an object of type NoneType: "
        "build what it expects from returns, raises, warns, derivative and unchanged of verifier.contract"
    )


@pytest.mark.parametrize(
    ("observe", "taken"), [(lambda x: None, "x"), (lambda x, v: None, "x, v"), (lambda: None, "nothing")]
)
def test_inputs_that_are_not_the_parameters(observe, taken):
    with pytest.raises(ContractInputsError) as raised:
        judged(observe, returns(None))
    assert str(raised.value) == (
        f"the code of contract 'a contract' takes {taken}, and its inputs are x, w: "
        "give a value for each parameter, and for nothing else"
    )


def test_the_derivative_of_a_matrix():
    with pytest.raises(DerivativeOfTensorError) as raised:
        judged(gradient_of_total, derivative(X * W, by=X))
    assert str(raised.value) == (
        "a contract expects the derivative of x*w, which is no scalar: take its total or its mean"
    )


def test_a_derivative_at_a_symbol_without_a_value():
    with pytest.raises(DerivativeWithoutNumbersError) as raised:
        judged(gradient_of_total, derivative(total(X * W + Y), by=X))
    assert str(raised.value) == (
        "a contract expects a derivative in which y of total(x*w + y) has no value: "
        "make it an input of the contract's code, or give its formula in where={...}"
    )


def test_a_derivative_by_what_the_formula_does_not_hold():
    with pytest.raises(NothingToDifferentiateError, match="does not hold w"):
        judged(gradient_of_total, derivative(total(X), by=W))
