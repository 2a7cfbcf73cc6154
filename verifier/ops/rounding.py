"""Rounding, remainders and the parts of numbers."""

from __future__ import annotations

from typing import Any

from sympy import Abs, Eq, Expr, Float, Integer, Piecewise, Rational, floor, sign, true

from verifier.op import Operand, op, positive, real, sample
from verifier.symbolic.complex_number import quotient
from verifier.symbolic.scope import Scope, entrywise
from verifier.symbolic.tensor import Tensor


def _truncated(x: Expr) -> Expr:
    return sign(x) * floor(Abs(x))


def _nearest(x: Expr) -> Expr:
    """The nearest whole number, the even one of two."""
    above = x + Integer(1) / 2
    return Piecewise((2 * floor(above / 2), Eq(above, floor(above))), (floor(above), true), evaluate=False)


def trunc(self: Operand, scope: Scope) -> Tensor:
    """trunc(Tensor self) -> Tensor"""
    return entrywise(_truncated, scope.detached(self))


def round_(self: Operand, scope: Scope, decimals: int = 0) -> Tensor:
    """round.decimals(Tensor self, *, int decimals) -> Tensor"""
    scale = Integer(10) ** decimals
    return entrywise(lambda x: _nearest(x * scale) / scale, scope.detached(self))


def frac(self: Operand, scope: Scope) -> Tensor:
    """frac(Tensor self) -> Tensor"""
    return entrywise(lambda x, whole: x - whole, self, trunc(self, scope))


def div_mode(self: Operand, other: Any, scope: Scope, rounding_mode: str | None = None) -> Tensor:
    """div.Tensor_mode(Tensor self, Tensor other, *, str? rounding_mode) -> Tensor"""
    exact = entrywise(quotient, self, other)
    if rounding_mode is None:
        return exact
    return entrywise(floor if rounding_mode == "floor" else _truncated, scope.detached(exact))


def floor_divide(self: Operand, other: Any, scope: Scope) -> Tensor:
    """floor_divide(Tensor self, Tensor other) -> Tensor; torch has no derivative of it, not even 0"""
    return div_mode(self, other, scope, "floor")


def remainder(self: Any, other: Any, scope: Scope) -> Tensor:
    """remainder(Tensor self, Tensor other) -> Tensor"""
    times = entrywise(floor, scope.detached(entrywise(quotient, self, other)))
    return entrywise(lambda a, b, n: a - b * n, self, other, times)


def fmod(self: Operand, other: Any, scope: Scope) -> Tensor:
    """fmod(Tensor self, Tensor other) -> Tensor"""
    times = entrywise(_truncated, scope.detached(entrywise(quotient, self, other)))
    return entrywise(lambda a, b, n: a - b * n, self, other, times)


def frexp(self: Operand, results: tuple[Operand | None, ...]) -> tuple[Tensor, None]:
    """frexp.Tensor(Tensor self) -> (Tensor mantissa, Tensor exponent)"""
    return entrywise(lambda x, exponent: x * Rational(1, 2) ** (Float(1) * exponent), self, results[1]), None


WIDE = real(2, 4, low=-5, high=5)


def nextafter(self: Operand, other: Operand) -> Tensor:
    """nextafter(Tensor self, Tensor other) -> Tensor; the number itself, up to less than a rounding"""
    return entrywise(lambda x, towards: x, self, other)


OPS = (
    op("trunc", define=trunc, samples=(sample("trunc", WIDE),)),
    op("round", define=round_, samples=(sample("round", WIDE), sample("round.decimals", WIDE, decimals=1))),
    op("frac", define=frac, samples=(sample("frac", WIDE),)),
    op(
        "div.Tensor_mode",
        "div.Scalar_mode",
        define=div_mode,
        samples=(
            sample("div.Tensor_mode", WIDE, positive(4), rounding_mode="floor"),
            sample("div.Tensor_mode", WIDE, positive(4), rounding_mode="trunc"),
            sample("div.Tensor_mode", WIDE, positive(4), rounding_mode=None),
            sample("div.Scalar_mode", WIDE, 0.7, rounding_mode="trunc"),
        ),
    ),
    op("floor_divide", define=floor_divide, samples=()),
    op(
        "remainder",
        define=remainder,
        samples=(
            sample("remainder.Tensor", WIDE, positive(4)),
            sample("remainder.Scalar", WIDE, -0.7),
        ),
    ),
    op("fmod", define=fmod, samples=(sample("fmod.Tensor", WIDE, positive(4)), sample("fmod.Scalar", WIDE, 0.7))),
    op("nextafter", define=nextafter, samples=(sample("nextafter", WIDE, real(4)),)),
    op("frexp", define=frexp, samples=(sample("frexp.Tensor", WIDE),)),
)
