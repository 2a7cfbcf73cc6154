"""Code that computes in a narrower dtype than it is given is seen, in the forward and in the backward."""

import pytest
import torch
from accused import with_backward

from verifier.trace.narrowing import Narrowing


def seen(function):
    narrowing = Narrowing()
    x = torch.linspace(0.1, 1, 4, dtype=torch.float64, requires_grad=True)
    with narrowing:
        torch.autograd.grad(function(x).sum(), x)
    return narrowing.dtypes


half_backward = with_backward(torch.square, lambda g, x: (2 * x.half() * g.half()).double())


@pytest.mark.parametrize(
    ("function", "dtypes"),
    [
        (lambda x: x.float().exp().double(), {torch.float32}),
        (lambda x: x.to(torch.bfloat16).float().double(), {torch.bfloat16, torch.float32}),
        (lambda x: x.type_as(torch.zeros(1)).double(), {torch.float32}),
        (half_backward, {torch.float16}),
    ],
)
def test_conversions_are_seen(function, dtypes):
    assert seen(function) == dtypes


@pytest.mark.parametrize(
    "function",
    [
        torch.exp,
        lambda x: x * torch.tensor(0.1),
        lambda x: x * torch.ones(4),
        lambda x: x[(x > 0.5).nonzero()],
        lambda x: x.new_zeros(4) + x,
        lambda x: (x > 0.5).to(x.dtype) * x,
    ],
)
def test_constants_and_integers_are_no_conversions(function):
    assert seen(function) == set()
