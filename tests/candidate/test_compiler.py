"""Forward mode through sums and products of which one operand has no tangent, without torch's compiler."""

import subprocess
import sys

import pytest
import torch

from verifier.candidate.compiler import _kept_from_compiler, without_compiler

CODE = """
import sys, torch
from torch.autograd import forward_ad
from verifier.candidate.compiler import without_compiler

with without_compiler(), forward_ad.dual_level():
    b = torch.rand(3, 3, dtype=torch.float64) + 1
    x = forward_ad.make_dual(b + 1, torch.ones_like(b))
    pushed = forward_ad.unpack_dual({expression}).tangent
print(pushed.shape == (3, 3), "torch._dynamo" in sys.modules)
"""


@pytest.mark.parametrize(
    "expression", ["x * b", "x + b[0]", "b / x", "b - x", "x**b", "torch.nn.functional.linear(b, x, b[0])"]
)
def test_zeros_for_a_tangent_do_not_load_the_compiler(expression):
    code = CODE.format(expression=expression)
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["True", "False"]


def test_nothing_is_left_behind():
    with without_compiler():
        pass
    found = _kept_from_compiler()
    assert found
    if "torch._dynamo" not in sys.modules:
        assert not any(getattr(f, "__dynamo_disable", None) is f for f in found)


def test_what_torch_has_noted_stays(monkeypatch):
    first = _kept_from_compiler()[0]
    monkeypatch.setattr(first, "__dynamo_disable", torch.sin, raising=False)
    with without_compiler():
        assert getattr(first, "__dynamo_disable") is torch.sin
    assert getattr(first, "__dynamo_disable") is torch.sin
