"""What is calibrated: torch's own operators at ordinary and extreme inputs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sympy import (
    Expr,
    HadamardPower,
    IndexedBase,
    Inverse,
    MatrixSymbol,
    Rational,
    Sum,
    asinh,
    atan,
    atan2,
    atanh,
    erf,
    exp,
    log,
    pi,
    sin,
    sqrt,
    symbols,
    tanh,
)
from torch.nn import functional

from verifier import layer_norm, logsumexp, mean, norm, softmax, total

DTYPES = ("float64", "float32", "bfloat16", "float16")

Draw = Callable[[np.random.Generator], Any]


@dataclass(frozen=True)
class Sample:
    """A formula, the torch code that is measured against it, and how its inputs are drawn, by name.

    `dtypes` are those in which the inputs and results fit.
    """

    name: str
    formula: Any
    function: Callable[..., torch.Tensor]
    inputs: Mapping[str, Draw]
    dtypes: tuple[str, ...] = DTYPES


n, m = symbols("n m", integer=True, positive=True)
x = MatrixSymbol("x", n, 1)
i, j, k = symbols("i j k", integer=True)


def normal(*shape: int, scale: float = 1.0, shift: float = 0.0) -> Draw:
    """Normal numbers of a size, around a shift."""
    return lambda generator: shift + scale * generator.standard_normal(shape)


def between(low: float, high: float, count: int = 64) -> Draw:
    """Numbers spread evenly over the powers from low to high; both have one sign."""
    sign = math.copysign(1, low)
    return lambda generator: sign * np.exp(generator.uniform(math.log(abs(low)), math.log(abs(high)), (count, 1)))


def around(centre: float, width: float = 0.1, count: int = 16) -> Draw:
    """Numbers near one point."""
    return lambda generator: centre * (1 + width * generator.uniform(-1, 1, (count, 1)))


def scalar(
    name: str, formula: Callable[[Expr], Any], function: Any, *draws: tuple[str, Draw], **options: Any
) -> list[Sample]:
    """One function of a scalar at several kinds of inputs, entry by entry."""
    return [Sample(f"{name} {where}", x.applyfunc(formula), function, {"x": draw}, **options) for where, draw in draws]


def _ordinary(draw: Draw | None = None) -> tuple[str, Draw]:
    return "", draw or normal(64, 1)


SINGLE = ("float64", "float32", "bfloat16")
WIDE = ("float64", "float32")


def sigmoid(t: Expr) -> Expr:
    """The logistic function."""
    return 1 / (1 + exp(-t))


def elementwise() -> Iterable[Sample]:
    """torch's functions of a scalar."""
    positive = between(0.1, 10)
    yield from scalar("log", log, torch.log, _ordinary(positive), ("near 1", around(1.0, 1e-3)))
    yield from scalar("log", log, torch.log, ("1e-5", around(1e-5)), dtypes=SINGLE)
    yield from scalar("exp", exp, torch.exp, _ordinary(), ("-10..10", normal(64, 1, scale=3)))
    yield from scalar("sqrt", sqrt, torch.sqrt, _ordinary(positive))
    yield from scalar("sqrt", sqrt, torch.sqrt, ("1e-9", around(1e-9)), dtypes=SINGLE)
    yield from scalar("asinh", asinh, torch.asinh, _ordinary())
    yield from scalar("asinh", asinh, torch.asinh, ("large", normal(64, 1, scale=1e3)), dtypes=SINGLE)
    yield from scalar("atan", atan, torch.atan, _ordinary(), ("large", normal(64, 1, scale=1e2)))
    yield from scalar("atanh", atanh, torch.atanh, _ordinary(around(0.5, 0.9)))
    yield from scalar("atanh", atanh, torch.atanh, ("near -1", around(-1 + 1e-4, 1e-5)), dtypes=WIDE)
    yield from scalar("erf", erf, torch.erf, _ordinary(), ("tail", around(3.0)))
    yield from scalar("sin", sin, torch.sin, _ordinary(), ("1e3", normal(64, 1, scale=1e3)))
    yield from scalar("tanh", tanh, torch.tanh, _ordinary(), ("mixed", normal(64, 1, scale=5)))
    yield from scalar("sigmoid", sigmoid, torch.sigmoid, _ordinary(), ("mixed", normal(64, 1, scale=5)))
    yield from scalar("silu", lambda t: t * sigmoid(t), functional.silu, _ordinary(), ("wide", normal(64, 1, scale=5)))
    yield from scalar("mish", lambda t: t * tanh(log(1 + exp(t))), functional.mish, _ordinary(normal(64, 1, scale=3)))
    yield from scalar(
        "gelu", lambda t: t * (1 + erf(t / sqrt(2))) / 2, functional.gelu, _ordinary(), ("wide", normal(64, 1, scale=3))
    )
    yield from scalar(
        "gelu tanh",
        lambda t: t * (1 + tanh(sqrt(2 / pi) * (t + Rational(44715, 10**6) * t**3))) / 2,
        lambda x: functional.gelu(x, approximate="tanh"),
        _ordinary(normal(64, 1, scale=3)),
    )
    yield from scalar(
        "softplus", lambda t: log(1 + exp(t)), functional.softplus, _ordinary(), ("-15..15", normal(64, 1, scale=5))
    )
    yield from scalar(
        "log-sigmoid", lambda t: -log(1 + exp(-t)), functional.logsigmoid, _ordinary(normal(64, 1, scale=5))
    )
    yield from scalar("square", lambda t: t**2, torch.square, _ordinary())
    yield from scalar("square", lambda t: t**2, torch.square, ("1e10", around(1e10)), dtypes=SINGLE)
    yield from scalar("reciprocal", lambda t: 1 / t, torch.reciprocal, _ordinary(positive))


X, W = MatrixSymbol("X", 16, 64), MatrixSymbol("W", 64, 16)
Q, K, V = MatrixSymbol("Q", 16, 8), MatrixSymbol("K", 16, 8), MatrixSymbol("V", 16, 8)
A = MatrixSymbol("A", 8, 8)


def _tokens() -> dict[str, Draw]:
    return {name: normal(16, 8) for name in "QKV"}


def _convolution() -> Sample:
    image, kernel = IndexedBase("image", shape=(3, 10, 10)), IndexedBase("kernel", shape=(4, 3, 3, 3))
    weight = IndexedBase("weight", shape=(4, 8, 8))
    o, p, q, c, a, b = symbols("o p q c a b", integer=True)
    taps = Sum(image[c, p + a, q + b] * kernel[o, c, a, b], (c, 0, 2), (a, 0, 2), (b, 0, 2))
    return Sample(
        "convolution",
        Sum(weight[o, p, q] * taps, (o, 0, 3), (p, 0, 7), (q, 0, 7)),
        lambda image, kernel, weight: (functional.conv2d(image[None], kernel)[0] * weight).sum(),
        {"image": normal(3, 10, 10), "kernel": normal(4, 3, 3, 3), "weight": normal(4, 8, 8)},
    )


def conditioned(power: float) -> Draw:
    """Square matrices whose condition number is that power of ten."""

    def draw(generator: np.random.Generator) -> Any:
        left, right = (np.linalg.qr(generator.standard_normal((8, 8)))[0] for _ in range(2))
        return left @ np.diag(10.0 ** -np.linspace(0, power, 8)) @ right

    return draw


def _variance(t: Any) -> Any:
    return total(HadamardPower(t, 2)) / n - (total(t) / n) ** 2


def structured() -> Iterable[Sample]:
    """torch's functions of whole tensors."""
    yield Sample("matmul", X * W, torch.mm, {"X": normal(16, 64), "W": normal(64, 16)})
    yield Sample("softmax", softmax(X), lambda X: X.softmax(-1), {"X": normal(16, 64, scale=3)})
    yield Sample("softmax shifted", softmax(X), lambda X: X.softmax(-1), {"X": normal(16, 64, shift=100)})
    yield Sample("log_softmax", softmax(X).applyfunc(log), lambda X: X.log_softmax(-1), {"X": normal(16, 64, scale=3)})
    yield Sample("logsumexp", logsumexp(X), lambda X: X.logsumexp(-1, keepdim=True), {"X": normal(16, 64, scale=3)})
    yield Sample("layer norm", layer_norm(X), lambda X: functional.layer_norm(X, (64,)), {"X": normal(16, 64)})
    yield Sample(
        "layer norm mean 100",
        layer_norm(X),
        lambda X: functional.layer_norm(X, (64,)),
        {"X": normal(16, 64, shift=100)},
    )
    yield Sample(
        "attention",
        softmax(Q * K.T / sqrt(8)) * V,
        lambda Q, K, V: functional.scaled_dot_product_attention(Q[None], K[None], V[None])[0],
        _tokens(),
    )
    yield _convolution()
    yield Sample("norm", norm(X), torch.linalg.norm, {"X": normal(16, 64)})
    yield Sample("mean", mean(X), torch.mean, {"X": normal(16, 64)})
    yield Sample("sum of 20000", total(x), torch.sum, {"x": normal(20000, 1)})
    yield Sample("sum of 20000 positive", total(x) ** 2, lambda x: x.sum() ** 2, {"x": between(0.1, 1, 20000)}, SINGLE)
    yield Sample(
        "mean square of 20000", mean(HadamardPower(x, 2)), lambda x: x.square().mean(), {"x": normal(20000, 1)}
    )
    yield Sample(
        "dot of 20000", total(HadamardPower(x, 2)), lambda x: (x.T @ x).sum(), {"x": normal(20000, 1, scale=0.1)}
    )
    yield Sample("var", _variance(x), lambda x: x.var(correction=0), {"x": normal(256, 1)})
    yield Sample("var mean 10", _variance(x), lambda x: x.var(correction=0), {"x": normal(256, 1, shift=10)})
    yield Sample("std", sqrt(_variance(x)), lambda x: x.std(correction=0), {"x": normal(256, 1)})
    for power in (1, 4):
        yield Sample(f"inverse 1e{power}", Inverse(A), torch.linalg.inv, {"A": conditioned(power)}, WIDE)
    yield Sample("inverse 1e8", Inverse(A), torch.linalg.inv, {"A": conditioned(8)}, ("float64",))
    yield Sample(
        "atan2",
        _atan2(),
        torch.atan2,
        {"y": lambda g: around(1e-8)(g)[:, 0], "x": lambda g: around(1.0)(g)[:, 0]},
        WIDE,
    )


def _atan2() -> Any:
    first, second = IndexedBase("y", shape=(16,)), IndexedBase("x", shape=(16,))
    return atan2(first[i], second[i])
