"""Kernels that are given addresses: what they do is in no call, and nobody is accused by a trace that missed it."""

import pytest
import torch
from accused import with_backward
from corpus.again.memory import filled, overwritten

from verifier import check

R = "reverse mode"


KERNELS = {
    "fills memory": (filled, lambda x: 2 * torch.ones_like(x), lambda x: 2 * x),
    "writes over it": (lambda x: 2 * overwritten(x), lambda x: 2 * torch.cos(x), lambda x: 2 * torch.sin(x)),
}


def function(kernel, derivative, share):
    return with_backward(kernel, lambda g, x: share * g * derivative(x))


X = torch.tensor([0.5, -1.25, 2.0], dtype=torch.float64, requires_grad=True)


@pytest.mark.parametrize("name", KERNELS)
def test_what_is_right_is_agreed_without_the_trace(name):
    kernel, derivative, _ = KERNELS[name]
    verdict = check(function(kernel, derivative, 1), (X,))
    assert verdict.ok, str(verdict)
    assert any(note.startswith("no formula could be traced: ") and "give formula=" in note for note in verdict.notes)


@pytest.mark.parametrize("name", KERNELS)
def test_what_is_wrong_is_undecided_until_there_is_a_formula(name):
    kernel, derivative, formula = KERNELS[name]
    candidate = function(kernel, derivative, 0.5)
    verdict = check(candidate, {"x": X})
    (finding,) = verdict.findings
    assert (verdict.outcome, finding.input) == ("undecided", "x")
    assert "give formula=" in finding.reason
    (finding,) = check(candidate, {"x": X}, formula=formula).findings
    assert (finding.outcome, finding.blamed) == ("wrong", R)


def test_a_formula_that_somebody_wrote_is_blamed():
    kernel, derivative, _ = KERNELS["fills memory"]
    verdict = check(function(kernel, derivative, 1), (X,), formula=lambda x: 3 * x)
    assert {finding.blamed for finding in verdict.findings} == {"the formula"}
