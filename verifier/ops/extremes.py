"""The larger and the smaller of two, and what chooses, mixes or scales entries."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import Abs, Expr, Float, Integer, Max, Min, Piecewise, Rational, true

from verifier.op import Operand, op, pairs, real, sample
from verifier.symbolic.scope import entrywise
from verifier.symbolic.tensor import Tensor


def maximum(self: Operand, other: Operand) -> Tensor:
    """maximum(Tensor self, Tensor other) -> Tensor"""
    return entrywise(Max, self, other)


def minimum(self: Operand, other: Operand) -> Tensor:
    """minimum(Tensor self, Tensor other) -> Tensor"""
    return entrywise(Min, self, other)


def copysign(self: Operand, other: Any) -> Tensor:
    """copysign(Tensor self, Tensor other) -> Tensor"""

    def body(x: Expr, of: Expr) -> Expr:
        return Abs(x) * Piecewise((Integer(1), of >= 0), (Integer(-1), true), evaluate=False)

    return entrywise(body, self, other)


def lerp(self: Operand, end: Operand, weight: Any) -> Tensor:
    """lerp(Tensor self, Tensor end, Tensor weight) -> Tensor"""
    return entrywise(lambda a, b, w: a + w * (b - a), self, end, weight)


def ldexp(self: Operand, other: Operand) -> Tensor:
    """ldexp.Tensor(Tensor self, Tensor other) -> Tensor"""
    return entrywise(lambda x, n: x * Rational(1, 2) ** (Float(-1) * n), self, other)


def nan_to_num(self: Operand, nan: Any = None, posinf: Any = None, neginf: Any = None) -> Tensor:
    """nan_to_num(Tensor self, float? nan=None, float? posinf=None, float? neginf=None) -> Tensor"""
    largest = sympy.Float(1.7976931348623157e308)

    def body(x: Expr) -> Expr:
        high = largest if posinf is None else sympy.Float(posinf)
        low = -largest if neginf is None else sympy.Float(neginf)
        return Piecewise((high, x > largest), (low, x < -largest), (x, true), evaluate=False)

    return entrywise(body, self)


WIDE = real(2, 3)

OPS = (
    op(
        "maximum",
        "fmax",
        "max.other",
        define=maximum,
        samples=(sample("maximum", WIDE, real(3)), sample("fmax", WIDE, real(3)), sample("max.other", WIDE, real(3))),
    ),
    op(
        "minimum",
        "fmin",
        "min.other",
        define=minimum,
        samples=(sample("minimum", WIDE, real(3)), sample("fmin", WIDE, real(3)), sample("min.other", WIDE, real(3))),
    ),
    op(
        "copysign",
        define=copysign,
        samples=(sample("copysign.Tensor", WIDE, real(3)), sample("copysign.Scalar", WIDE, -1.0)),
    ),
    op(
        "lerp",
        define=lerp,
        samples=(
            sample("lerp.Tensor", WIDE, real(3), real(2, 1)),
            sample("lerp.Scalar", WIDE, real(3), 0.3),
            sample("lerp.Tensor", pairs(2), pairs(2), pairs(2)),
        ),
    ),
    op("ldexp", define=ldexp, samples=(sample("ldexp.Tensor", WIDE, real(3)),)),
    op("nan_to_num", define=nan_to_num, samples=(sample("nan_to_num", WIDE),)),
)
