"""Activation functions, entry by entry; borders between pieces are visible as such."""

from __future__ import annotations

from typing import Any

from sympy import Abs, Expr, Integer, Max, Min, Piecewise, Rational, erf, exp, log, pi, sqrt, tanh, true
from sympy.codegen.cfunctions import log1p

from verifier.op import Operand, op, positive, real, sample
from verifier.symbolic.scope import entrywise
from verifier.symbolic.tensor import Tensor


def threshold(self: Operand, threshold: Any, value: Any) -> Tensor:
    """threshold(Tensor self, Scalar threshold, Scalar value) -> Tensor"""
    return entrywise(lambda x, t, v: Piecewise((v, x <= t), (x, true), evaluate=False), self, threshold, value)


def hardtanh(self: Operand, min_val: Any = -1, max_val: Any = 1) -> Tensor:
    """hardtanh(Tensor self, Scalar min_val=-1, Scalar max_val=1) -> Tensor"""
    return entrywise(lambda x, low, high: Min(Max(x, low), high), self, min_val, max_val)


def clamp(self: Operand, min: Any = None, max: Any = None) -> Tensor:
    """clamp(Tensor self, Scalar? min=None, Scalar? max=None) -> Tensor"""
    raised = self if min is None else entrywise(lambda x, low: Max(x, low), self, min)
    return raised if max is None else entrywise(lambda x, high: Min(x, high), raised, max)


def clamp_min(self: Operand, min: Any) -> Tensor:
    """clamp_min(Tensor self, Scalar min) -> Tensor"""
    return clamp(self, min)


def clamp_max(self: Operand, max: Any) -> Tensor:
    """clamp_max(Tensor self, Scalar max) -> Tensor"""
    return clamp(self, None, max)


def elu(self: Operand, alpha: Any = 1, scale: Any = 1, input_scale: Any = 1) -> Tensor:
    """elu(Tensor self, Scalar alpha=1, Scalar scale=1, Scalar input_scale=1) -> Tensor"""

    def body(x: Expr, a: Expr, s: Expr, i: Expr) -> Expr:
        return s * Piecewise((x, x > 0), (a * (exp(i * x) - 1), true), evaluate=False)

    return entrywise(body, self, alpha, scale, input_scale)


def celu(self: Operand, alpha: Any = 1) -> Tensor:
    """celu(Tensor self, Scalar alpha=1.0) -> Tensor"""
    return entrywise(lambda x, a: Piecewise((x, x > 0), (a * (exp(x / a) - 1), true), evaluate=False), self, alpha)


def gelu(self: Operand, approximate: str = "none") -> Tensor:
    """gelu(Tensor self, *, str approximate='none') -> Tensor"""
    if approximate == "tanh":
        return entrywise(lambda x: x / 2 * (1 + tanh(sqrt(2 / pi) * (x + Rational(44715, 10**6) * x**3))), self)
    return entrywise(lambda x: x / 2 * (1 + erf(x / sqrt(2))), self)


def leaky_relu(self: Operand, negative_slope: Any = 0.01) -> Tensor:
    """leaky_relu(Tensor self, Scalar negative_slope=0.01) -> Tensor"""
    return entrywise(lambda x, slope: Piecewise((x, x > 0), (slope * x, true), evaluate=False), self, negative_slope)


def prelu(self: Operand, weight: Operand) -> Tensor:
    """_prelu_kernel(Tensor self, Tensor weight) -> Tensor"""
    return leaky_relu(self, weight)


def softplus(self: Operand, beta: Any = 1, threshold: Any = 20) -> Tensor:
    """softplus(Tensor self, Scalar beta=1, Scalar threshold=20) -> Tensor"""

    def body(x: Expr, b: Expr, t: Expr) -> Expr:
        return Piecewise((x, b * x > t), (log1p(exp(b * x)) / b, true), evaluate=False)

    return entrywise(body, self, beta, threshold)


def softshrink(self: Operand, lambd: Any = 0.5) -> Tensor:
    """softshrink(Tensor self, Scalar lambd=0.5) -> Tensor"""

    def body(x: Expr, border: Expr) -> Expr:
        return Piecewise((x - border, x > border), (x + border, x < -border), (Integer(0), true), evaluate=False)

    return entrywise(body, self, lambd)


def hardshrink(self: Operand, lambd: Any = 0.5) -> Tensor:
    """hardshrink(Tensor self, Scalar lambd=0.5) -> Tensor"""
    return entrywise(
        lambda x, border: Piecewise((Integer(0), Abs(x) <= border), (x, true), evaluate=False), self, lambd
    )


def logit(self: Operand, eps: Any = None) -> Tensor:
    """logit(Tensor self, float? eps=None) -> Tensor"""
    inside = self if eps is None else entrywise(lambda x, e: Min(Max(x, e), 1 - e), self, eps)
    return entrywise(lambda x: log(x / (1 - x)), inside)


WIDE = real(2, 4, low=-3, high=3)

OPS = (
    op("threshold", define=threshold, samples=(sample("threshold", WIDE, 0.3, 7.0),)),
    op("hardtanh", define=hardtanh, samples=(sample("hardtanh", WIDE), sample("hardtanh_", WIDE, -0.5, 2.0))),
    op(
        "clamp",
        define=clamp,
        samples=(
            sample("clamp", WIDE, -1.0, 0.7),
            sample("clamp", WIDE, None, 0.7),
            sample("clamp.Tensor", WIDE, real(4, low=-2, high=-1), real(2, 1, low=0, high=2)),
        ),
    ),
    op(
        "clamp_min",
        define=clamp_min,
        samples=(sample("clamp_min", WIDE, 0.2), sample("clamp_min.Tensor", WIDE, real(4))),
    ),
    op(
        "clamp_max",
        define=clamp_max,
        samples=(sample("clamp_max", WIDE, 0.2), sample("clamp_max.Tensor", WIDE, real(4))),
    ),
    op("elu", define=elu, samples=(sample("elu", WIDE), sample("elu", WIDE, 1.5, 1.2, 0.7))),
    op("celu", define=celu, samples=(sample("celu", WIDE, 1.3),)),
    op("gelu", define=gelu, samples=(sample("gelu", WIDE), sample("gelu", WIDE, approximate="tanh"))),
    op("leaky_relu", define=leaky_relu, samples=(sample("leaky_relu", WIDE, 0.2),)),
    op("_prelu_kernel", define=prelu, samples=(sample("_prelu_kernel", WIDE, positive(4)),)),
    op("softplus", define=softplus, samples=(sample("softplus", WIDE, 1.5, 3.0), sample("softplus", WIDE))),
    op("softshrink", define=softshrink, samples=(sample("softshrink", WIDE, 0.8),)),
    op("hardshrink", define=hardshrink, samples=(sample("hardshrink", WIDE, 0.8),)),
    op(
        "logit",
        define=logit,
        samples=(sample("logit", real(3, low=0.05, high=0.95)), sample("logit", real(6, low=0.0, high=1.0), 0.3)),
    ),
)
