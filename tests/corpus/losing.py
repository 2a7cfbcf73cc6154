"""Functions that are right in exact arithmetic and lose digits on the way, in the dtypes in which they do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from corpus.entry import BF16, F16, F32, F64, WIDE, Entry, drawn, given
from corpus.wrong_functions import function, normalised


def losing(name: str, forward: Any, backward: Any, inputs: Any, dtypes: Any = WIDE) -> Entry:
    """A custom Function whose backward loses digits."""
    return Entry(f"backward: {name}", function(forward, backward), inputs, dtypes)


def composed(name: str, code: Callable[..., Tensor], inputs: Any, dtypes: Any = WIDE) -> Entry:
    """Plain code whose own forward loses digits."""
    return Entry(f"composed: {name}", code, inputs, dtypes)


def naive_variance(x: Tensor) -> Tensor:
    return x.square().mean() - x.mean().square()


def naive_layer_norm(x: Tensor) -> Tensor:
    mean = x.mean(-1, keepdim=True)
    var = x.square().mean(-1, keepdim=True) - mean.square()
    return (x - mean) * torch.rsqrt(var + 1e-5)


def layer_norm_backward(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
    mean = x.mean(-1, keepdim=True)
    rstd = torch.rsqrt(x.square().mean(-1, keepdim=True) - mean.square() + 1e-5)
    hat = (x - mean) * rstd
    return rstd * (g - g.mean(-1, keepdim=True) - hat * (g * hat).mean(-1, keepdim=True))


def normal_equations(x: Tensor) -> Tensor:
    return torch.linalg.inv(x.T @ x) @ x.T


def inverse_backward(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
    inverse = normal_equations(x)
    return -inverse.T @ g @ inverse.T


def sum_in_half(x: Tensor) -> Tensor:
    total = x.new_zeros((), dtype=F16)
    for part in x.to(F16):
        total = total + part
    return total.to(x.dtype)


def through(kind: torch.dtype) -> Any:
    return lambda x: torch.sin(x.to(kind)).to(x.dtype)


def through_backward(kind: torch.dtype) -> Any:
    return lambda g, y, x: (g.to(kind) * x.to(kind).cos()).to(x.dtype)


def softmax_backward_of_log(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
    p = x.to(F16).softmax(-1).to(x.dtype)
    return p * (g - (g * p).sum(-1, keepdim=True))


ILL = [[1.0, 1.0, 1.0], [1.0, 1.001, 1.002], [1.0, 1.002, 1.005]]
WORSE = [[1.0, 1.0], [1.0, 1.0 + 1e-5]]
TAILS = given([8.0, -7.0, 7.5])
SATURATED = given([15.0, 12.0, 13.0])
FAR = given([18.0, 16.5, 17.0])
OFFSET = drawn((16,), scale=1.0, shift=3000.0)
ROWS = drawn((3, 8), scale=1.0, shift=1000.0)
TINY = given([1e-4, 3e-4, -2e-4])
TINIER = given([1e-9, 3e-9, -2e-9])

LOSING = [
    losing("1 - tanh^2", torch.tanh, lambda g, y, x: g * (1 - y * y), TAILS, (F32,)),
    losing("1 - tanh^2 in float64", torch.tanh, lambda g, y, x: g * (1 - y * y), FAR, (F64,)),
    losing("y(1 - y)", torch.sigmoid, lambda g, y, x: g * y * (1 - y), SATURATED, (F32,)),
    losing("y(1 - y) in float64", torch.sigmoid, lambda g, y, x: g * y * (1 - y), given([30.0, 33.0]), (F64,)),
    losing("y(1 - y) in bfloat16", torch.sigmoid, lambda g, y, x: g * y * (1 - y), given([5.0, 6.0]), (BF16,)),
    losing(
        "exp(x) / (1 + exp(x)), overflowing",
        F.softplus,
        lambda g, y, x: g * x.exp() / (1 + x.exp()),
        given([100.0, 95.0]),
        (F32,),
    ),
    losing(
        "variance by moments",
        torch.var,
        lambda g, y, x: (
            g * (x - x.mean()) * 2 / (x.numel() - 1) * (x.square().mean() - x.mean() ** 2) / x.var(unbiased=False)
        ),
        OFFSET,
        (F32,),
    ),
    losing(
        "std by moments",
        lambda x: x.std(unbiased=False),
        lambda g, y, x: g * (x - x.mean()) / x.numel() / (x.square().mean() - x.mean() ** 2).abs().sqrt(),
        OFFSET,
        (F32,),
    ),
    losing("layer norm by moments", lambda x: normalised(x)[0], layer_norm_backward, ROWS, (F32,)),
    losing("log of sigmoid", F.logsigmoid, lambda g, y, x: g * (1 - torch.sigmoid(x)), given([14.0, 12.0]), (F32,)),
    losing(
        "expm1 by hand", lambda x: torch.expm1(x) ** 2, lambda g, y, x: 2 * g * (x.exp() - 1) * x.exp(), TINY, (F32,)
    ),
    losing(
        "expm1 by hand in float64",
        lambda x: torch.expm1(x) ** 2,
        lambda g, y, x: 2 * g * (x.exp() - 1) * x.exp(),
        TINIER,
        (F64,),
    ),
    losing(
        "log1p by hand", lambda x: torch.log1p(x) ** 2, lambda g, y, x: 2 * g * (1 + x).log() / (1 + x), TINY, (F32,)
    ),
    losing(
        "log1p by hand in float64",
        lambda x: torch.log1p(x) ** 2,
        lambda g, y, x: 2 * g * (1 + x).log() / (1 + x),
        TINIER,
        (F64,),
    ),
    losing("inverse by normal equations", torch.linalg.inv, inverse_backward, given(ILL), (F64,)),
    losing("through float16", torch.sin, through_backward(F16), drawn((5,)), WIDE),
    losing("through bfloat16", torch.sin, through_backward(BF16), drawn((5,)), WIDE),
    losing("through float32", torch.sin, through_backward(F32), drawn((5,)), (F64,)),
    losing(
        "sum in float16",
        lambda x, w: (x * w).sum(0),
        lambda g, y, x, w: ((g * w).expand_as(x), (g.to(F16) * x.to(F16)).sum(0).to(x.dtype)),
        drawn((300, 2), (2,)),
    ),
    losing(
        "1 - x^2/2 for cos", lambda x: torch.sin(x) - x, lambda g, y, x: g * (x.cos() - 1), given([1e-3, 2e-3]), (F32,)
    ),
    losing("1 - cos", lambda x: x - torch.sin(x), lambda g, y, x: g * (1 - x.cos()), given([1e-3, 2e-3]), (F32,)),
    losing(
        "1 - cos in float64", lambda x: x - torch.sin(x), lambda g, y, x: g * (1 - x.cos()), given([1e-6, 3e-6]), (F64,)
    ),
    losing("softmax in float16", lambda x: x.softmax(-1), softmax_backward_of_log, drawn((3, 5)), WIDE),
    losing(
        "erfc by 1 - erf",
        lambda x: torch.erfc(x) ** 2,
        lambda g, y, x: -2 * g * (1 - torch.erf(x)) * torch.exp(-x * x) * 1.1283791670955126,
        given([3.0, 3.3]),
        (F32,),
    ),
    losing(
        "difference of squares",
        lambda x, y: (x - y) * (x + y),
        lambda g, r, x, y: (2 * g * ((x + 1e4) - 1e4), -2 * g * y),
        drawn((4,), (4,)),
        (F32,),
    ),
    losing(
        "gelu's tail",
        F.gelu,
        lambda g, y, x: g * (0.5 * (1 + torch.erf(x * 0.5**0.5)) + x * torch.exp(-x * x / 2) * 0.3989422804014327),
        given([-5.3, -5.4]),
        (F32,),
    ),
    losing(
        "derivative by differences",
        torch.sin,
        lambda g, y, x: g * ((x + 1e-6).sin() - (x - 1e-6).sin()) / 2e-6,
        drawn((4,)),
        (F64,),
    ),
    losing(
        "log-sum-exp by hand, overflowing",
        lambda x: x.logsumexp(-1),
        lambda g, y, x: g * x.exp() / x.exp().sum(-1),
        given([100.0, 99.0]),
        (F32,),
    ),
    losing(
        "product through logarithms",
        lambda x: x.prod(),
        lambda g, y, x: g * (x.to(F16).log().sum().exp().to(x.dtype)) / x,
        given([1.5, 2.5, 3.5]),
        WIDE,
    ),
    losing(
        "sech^2 by exponentials",
        torch.tanh,
        lambda g, y, x: g * (1 - ((x.exp() - (-x).exp()) / (x.exp() + (-x).exp())) ** 2),
        TAILS,
        (F32,),
    ),
    composed("softplus, overflowing", lambda x: torch.log(1 + torch.exp(x)), given([100.0, 1.0]), (F32,)),
    composed("softplus, tail", lambda x: torch.log(1 + torch.exp(x)), given([-14.0, -13.0]), (F32,)),
    composed("1 - tanh^2", lambda x: 1 - torch.tanh(x) ** 2, TAILS, (F32,)),
    composed("1 - tanh^2", lambda x: 1 - torch.tanh(x) ** 2, FAR, (F64,)),
    composed("y(1 - y)", lambda x: torch.sigmoid(x) * (1 - torch.sigmoid(x)), SATURATED, (F32,)),
    composed("variance by moments", naive_variance, OFFSET, (F32,)),
    composed("variance by moments", naive_variance, drawn((16,), shift=1e7), (F64,)),
    composed("std by moments", lambda x: naive_variance(x).abs().sqrt(), OFFSET, (F32,)),
    composed("layer norm by moments", naive_layer_norm, ROWS, (F32,)),
    composed("log of sigmoid", lambda x: torch.log(torch.sigmoid(x)), given([14.0, 13.0]), (F32,)),
    composed("log of softmax", lambda x: torch.log(torch.softmax(x, -1)), given([200.0, 0.0]), (F32,)),
    composed("exp / (1 + exp)", lambda x: torch.exp(x) / (1 + torch.exp(x)), given([100.0, 95.0]), (F32,)),
    composed("expm1 by hand", lambda x: torch.exp(x) - 1, TINY, (F32,)),
    composed("expm1 by hand", lambda x: torch.exp(x) - 1, TINIER, (F64,)),
    composed("log1p by hand", lambda x: torch.log(1 + x), TINY, (F32,)),
    composed("square of log1p by hand", lambda x: torch.log(1 + x) ** 2, TINIER, (F64,)),
    composed("normal equations", normal_equations, given(WORSE), (F64,)),
    composed("through float16", through(F16), drawn((5,)), WIDE),
    composed("through bfloat16", through(BF16), drawn((5,)), WIDE),
    composed("through float32", through(F32), drawn((5,)), (F64,)),
    composed("sum in float16", sum_in_half, drawn((50,)), WIDE),
    composed("1 - cos", lambda x: 1 - torch.cos(x), given([1e-3, 2e-3]), (F32,)),
    composed("1 - cos", lambda x: 1 - torch.cos(x), given([1e-6, 3e-6]), (F64,)),
    composed("logsumexp by hand", lambda x: torch.log(torch.exp(x).sum()), given([100.0, 99.0]), (F32,)),
    composed("difference of roots", lambda x: torch.sqrt(x + 1) - torch.sqrt(x), given([1e6, 2e6]), (F32,)),
    composed("quadratic formula", lambda b: -b + torch.sqrt(b * b - 1), given([1000.0, 3000.0]), (F32,)),
    composed("hypot by hand, overflowing", lambda x, y: torch.sqrt(x * x + y * y), given([1e25], [1e25]), (F32,)),
]
