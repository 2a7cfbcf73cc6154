"""The message for one wrong entry among a million: twelve lines that hold what a person needs."""

import pytest
import torch
from sympy import IndexedBase, symbols

from verifier import check

i, j, n, m = symbols("i j n m", integer=True)


class Needle(torch.autograd.Function):
    """x² with one entry of the gradient never written."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        gradient = 2 * g * ctx.saved_tensors[0]
        gradient[500, 500] = 0
        return gradient

    @staticmethod
    def jvp(ctx, tangent):
        return 2 * tangent * ctx.saved_tensors[0]


def test_one_entry_of_a_thousand_by_a_thousand():
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(1000, 1000, generator=generator, dtype=torch.float64).requires_grad_()
    verdict = check(Needle.apply, {"x": x}, formula=IndexedBase("x", shape=(n, m))[i, j] ** 2)
    lines = str(verdict).splitlines()
    assert len(lines) <= 12
    assert lines[0] == "✗ wrong: Needle.apply (float64)"
    assert lines[1].startswith("  the gradient by x from reverse mode is wrong at x[500, 500] = ")
    assert [line.split("  ")[2] for line in lines[2:6]] == [
        "symbolic",
        "reverse mode",
        "forward mode",
        "finite differences",
    ]
    assert lines[3].split()[2] == "0" and lines[3].endswith("← blamed")
    assert lines[6].startswith("  error ") and " is allowed: " in lines[6] and lines[6].endswith(" bits lost")
    assert lines[7:11] == [
        "  entries       1 of 1,000,000 beyond what is allowed: one entry, [500, 500]",
        "  likely cause  one entry alone is off, and 0 there, as if never written",
        "  reason        the formula's derivative and finite differences agree against it",
        "  reproduce     verifier.check(Needle.apply, inputs, formula=formula)",
    ]
    assert verdict.findings[0].values["symbolic"] == pytest.approx(verdict.findings[0].values["forward mode"])
