"""Kernels that are given addresses: what they do is in no call, and nobody is accused by a trace that missed it."""

import ctypes

import numpy as np
import pytest
import torch

from verifier import check

R = "reverse mode"


def copied_by_address(x):
    """Memory that nothing was recorded of."""
    doubled = 2 * x
    result = torch.empty_like(x)
    ctypes.memmove(result.data_ptr(), doubled.data_ptr(), x.numel() * x.element_size())
    return result


def overwritten(x):
    """Memory of which something else was recorded: a copy of x."""
    result = x.clone()
    result.numpy()[:] = np.sin(result.numpy())
    return 2 * result


KERNELS = {
    "fills memory": (copied_by_address, lambda x: 2 * torch.ones_like(x), lambda x: 2 * x),
    "writes over it": (overwritten, lambda x: 2 * torch.cos(x), lambda x: 2 * torch.sin(x)),
}


def function(kernel, derivative, share):
    class Kernel(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return kernel(x)

        @staticmethod
        def backward(ctx, g):
            return share * g * derivative(ctx.saved_tensors[0])

    return Kernel.apply


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
