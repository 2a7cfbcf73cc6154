"""Special functions, entry by entry."""

from __future__ import annotations

from typing import Any

import sympy
from sympy import (
    Abs,
    Eq,
    Expr,
    Integer,
    Piecewise,
    Rational,
    besseli,
    erfc,
    erfinv,
    exp,
    log,
    pi,
    polygamma,
    sqrt,
    true,
)
from sympy.codegen.cfunctions import log1p

from verifier.op import Operand, op, pairs, positive, real, sample
from verifier.symbolic import complex_number as cn
from verifier.symbolic.complex_number import Complex
from verifier.symbolic.exponentials import LARGEST
from verifier.symbolic.scaled_functions import erfcx
from verifier.symbolic.scope import Scope, entrywise
from verifier.symbolic.tensor import Tensor


def i0(self: Operand) -> Tensor:
    """i0(Tensor self) -> Tensor"""
    return entrywise(lambda x: besseli(0, x), self)


def i0e(self: Operand, *, scope: Scope) -> Tensor:
    """special_i0e(Tensor self) -> Tensor"""
    return _scaled_bessel(0, self, scope)


def i1(self: Operand) -> Tensor:
    """special_i1(Tensor self) -> Tensor"""
    return entrywise(lambda x: besseli(1, x), self)


def i1e(self: Operand, *, scope: Scope) -> Tensor:
    """special_i1e(Tensor self) -> Tensor"""
    return _scaled_bessel(1, self, scope)


def _scaled_bessel(order: int, tensor: Tensor, scope: Scope) -> Tensor:
    """exp(-|x|)·I(x), whose derivative is a difference of the two factors' derivatives."""
    scale = scope.settled(entrywise(lambda x: exp(-Abs(x)), tensor))
    bessel = scope.settled(entrywise(lambda x: besseli(order, x), tensor))
    return entrywise(lambda a, b: a * b, scale, bessel)


def erfcx_(self: Operand) -> Tensor:
    """special_erfcx(Tensor self) -> Tensor"""
    return entrywise(erfcx, self)


def log_ndtr(self: Operand) -> Tensor:
    """special_log_ndtr(Tensor self) -> Tensor; log(erfc(-x/√2)/2), in two pieces that keep their digits"""

    def body(x: Expr) -> Expr:
        left = log(erfcx(-x / sqrt(2)) / 2) - x**2 / 2
        return Piecewise((left, x < -1), (log1p(-erfc(x / sqrt(2)) / 2), true), evaluate=False)

    return entrywise(body, self)


def ndtri(self: Operand) -> Tensor:
    """special_ndtri(Tensor self) -> Tensor"""
    return entrywise(lambda p: sqrt(2) * erfinv(2 * p - 1), self)


def entr(self: Operand) -> Tensor:
    """special_entr(Tensor self) -> Tensor"""
    return entrywise(lambda x: Piecewise((-x * log(x), x > 0), (Integer(0), true), evaluate=False), self)


def xlogy(self: Any, other: Any) -> Tensor:
    """xlogy(Tensor self, Tensor other) -> Tensor"""
    return entrywise(_times_log, self, other)


def xlog1py(self: Any, other: Any) -> Tensor:
    """special_xlog1py(Tensor self, Tensor other) -> Tensor"""
    return entrywise(lambda x, y: _times_log(x, 1 + y), self, other)


def _times_log(x: Expr, y: Expr) -> Expr:
    """x·log(y), and 0 where x is 0."""
    if not x.free_symbols and not x.atoms(sympy.Function) and x.is_number:
        return x * log(y) if x != 0 else Integer(0)
    return Piecewise((Integer(0), Eq(x, 0)), (x * log(y), true), evaluate=False)


def polygamma_(n: int, self: Operand) -> Tensor:
    """polygamma(int n, Tensor self) -> Tensor"""
    return entrywise(lambda x: polygamma(n, x), self)


def mvlgamma(self: Operand, p: int) -> Tensor:
    """mvlgamma(Tensor self, int p) -> Tensor"""
    constant = Rational(p * (p - 1), 4) * log(pi)
    return entrywise(lambda x: constant + sum(sympy.loggamma(x - Rational(j, 2)) for j in range(p)), self)


def logaddexp(self: Operand, other: Operand) -> Tensor:
    """logaddexp(Tensor self, Tensor other) -> Tensor"""
    return entrywise(_log_add_exp, self, other)


def logaddexp2(self: Operand, other: Operand) -> Tensor:
    """logaddexp2(Tensor self, Tensor other) -> Tensor"""
    two = log(2)
    return entrywise(lambda a, b: _log_add_exp(a * two, b * two) / two, self, other)


def _log_add_exp(a: Any, b: Any) -> Any:
    """log(exp(a) + exp(b)), of real numbers as their mean + log(2·cosh(half their difference)); of -inf the other."""
    if isinstance(a, Complex) or isinstance(b, Complex):
        return cn.log(cn.exp(a) + cn.exp(b))
    both = (a + b) / 2 + log(2 * sympy.cosh((a - b) / 2))
    return Piecewise((a, b < -LARGEST), (b, a < -LARGEST), (both, true), evaluate=False)


def hypot(self: Operand, other: Operand) -> Tensor:
    """hypot(Tensor self, Tensor other) -> Tensor"""
    return entrywise(lambda a, b: sqrt(a**2 + b**2), self, other)


def atan2(self: Operand, other: Operand) -> Tensor:
    """atan2(Tensor self, Tensor other) -> Tensor"""
    return entrywise(lambda y, x: sympy.atan2(y, x), self, other)


WIDE, SIZES = real(2, 3), positive(2, 3)

OPS = (
    op("i0", define=i0, samples=(sample("i0", WIDE),)),
    op("special_i0e", define=i0e, samples=(sample("special_i0e", WIDE),)),
    op("special_i1", define=i1, samples=(sample("special_i1", WIDE),)),
    op("special_i1e", define=i1e, samples=(sample("special_i1e", WIDE),)),
    op("special_erfcx", define=erfcx_, samples=(sample("special_erfcx", WIDE),)),
    op("special_log_ndtr", define=log_ndtr, samples=(sample("special_log_ndtr", WIDE),)),
    op("special_ndtri", define=ndtri, samples=(sample("special_ndtri", real(3, low=0.1, high=0.9)),)),
    op("special_entr", define=entr, samples=(sample("special_entr", SIZES),)),
    op(
        "xlogy",
        define=xlogy,
        samples=(
            sample("xlogy.Tensor", WIDE, SIZES),
            sample("xlogy.Scalar_Self", 2.0, SIZES),
            sample("xlogy.Scalar_Other", WIDE, 2.0),
        ),
    ),
    op("special_xlog1py", define=xlog1py, samples=(sample("special_xlog1py", WIDE, SIZES),)),
    op(
        "polygamma",
        define=polygamma_,
        samples=(sample("polygamma", 1, SIZES), sample("polygamma", 3, SIZES)),
    ),
    op("mvlgamma", define=mvlgamma, samples=(sample("mvlgamma", positive(3, low=2.0, high=4.0), 3),)),
    op(
        "logaddexp",
        define=logaddexp,
        samples=(sample("logaddexp", WIDE, real(3)), sample("logaddexp", pairs(2), pairs(2))),
    ),
    op("logaddexp2", define=logaddexp2, samples=(sample("logaddexp2", WIDE, real(3)),)),
    op("hypot", define=hypot, samples=(sample("hypot", WIDE, real(3)),)),
    op("atan2", define=atan2, samples=(sample("atan2", WIDE, real(3)),)),
)
