"""Elementary functions, entry by entry; where it says so, of complex numbers too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Expr, Integer, Piecewise, Rational, oo, pi, true

from verifier.op import Op, Operand, op, pairs, positive, real, sample
from verifier.symbolic import complex_number as cn
from verifier.symbolic.complex_number import Complex
from verifier.symbolic.scope import entrywise
from verifier.symbolic.tensor import Tensor


def _unary(name: str, body: Callable[[Any], Any], *samples: Any) -> Op:
    """An operator `name(Tensor self) -> Tensor` with a body for one entry; samples are what `self` may be."""

    def define(self: Operand) -> Tensor:
        return entrywise(body, self)

    return op(name, define=define, samples=tuple(sample(name, drawn) for drawn in samples))


def pow_(self: Any, exponent: Any) -> Tensor:
    """pow(Tensor self, Tensor exponent) -> Tensor"""
    return entrywise(_power, self, exponent)


def _power(base: Any, exponent: Any) -> Any:
    if isinstance(base, Complex) or isinstance(exponent, Complex):
        return cn.as_complex(base) ** exponent
    if base == 0 and isinstance(exponent, Expr):  # SymPy has no derivative of 0**x
        return Piecewise((Integer(0), exponent > 0), (oo, exponent < 0), (Integer(1), true), evaluate=False)
    return base**exponent


def _asin(z: Any) -> Any:
    """-i·log(i·z + √(1 - z²))."""
    if not isinstance(z, Complex):
        return sympy.asin(z)
    inner = cn.log(Complex(-z.im, z.re) + cn.sqrt(1 - z * z))
    return Complex(inner.im, -inner.re)


def _acos(z: Any) -> Any:
    return sympy.acos(z) if not isinstance(z, Complex) else pi / 2 - _asin(z)


def _atan(z: Any) -> Any:
    """i/2·(log(1 - i·z) - log(1 + i·z))."""
    if not isinstance(z, Complex):
        return sympy.atan(z)
    half = (cn.log(Complex(1 + z.im, -z.re)) - cn.log(Complex(1 - z.im, z.re))) / 2
    return Complex(-half.im, half.re)


def _asinh(z: Any) -> Any:
    return sympy.asinh(z) if not isinstance(z, Complex) else cn.log(z + cn.sqrt(z * z + 1))


def _acosh(z: Any) -> Any:
    return sympy.acosh(z) if not isinstance(z, Complex) else cn.log(z + cn.sqrt(z + 1) * cn.sqrt(z - 1))


def _atanh(z: Any) -> Any:
    return sympy.atanh(z) if not isinstance(z, Complex) else (cn.log(1 + z) - cn.log(1 - z)) / 2


def _expm1(z: Any) -> Any:
    """exp(z) - 1, of real numbers as 2·exp(z/2)·sinh(z/2): the difference would cancel near 0."""
    return 2 * sympy.exp(z / 2) * sympy.sinh(z / 2) if not isinstance(z, Complex) else cn.exp(z) - 1


def _log1p(z: Any) -> Any:
    """log(1 + z), of real numbers as 2·atanh(z/(2 + z)): the sum would lose what is small."""
    return 2 * sympy.atanh(z / (2 + z)) if not isinstance(z, Complex) else cn.log(1 + z)


def _sigmoid(z: Any) -> Any:
    """1/(1 + exp(-z)), of real numbers as exp(z/2)/(2·cosh(z/2))."""
    return sympy.exp(z / 2) / (2 * sympy.cosh(z / 2)) if not isinstance(z, Complex) else 1 / (1 + cn.exp(-z))


def _logarithm(base: int) -> Callable[[Any], Any]:
    return lambda z: cn.log(z) / sympy.log(base)


def _sinc(x: Any) -> Any:
    """sin(πx)/(πx)."""
    return sympy.sinc(pi * x) if not isinstance(x, Complex) else cn.sin(x * pi) / (x * pi)


WIDE, INSIDE, SIZES = real(2, 3), real(2, 3, low=-0.9, high=0.9), positive(2, 3)

OPS = (
    op(
        "pow",
        define=pow_,
        samples=(
            sample("pow.Tensor_Scalar", real(3), 3),
            sample("pow.Tensor_Scalar", positive(3), -1.5),
            sample("pow.Tensor_Tensor", positive(2, 3), real(3)),
            sample("pow.Scalar", 2.5, real(3)),
            sample("pow.Tensor_Tensor", pairs(2), pairs(2)),
        ),
    ),
    _unary("exp", cn.exp, WIDE, pairs(2)),
    _unary("exp2", lambda z: cn.exp(z * sympy.log(2)), WIDE, pairs(2)),
    _unary("expm1", _expm1, WIDE, pairs(2)),
    _unary("log", cn.log, SIZES, pairs(2)),
    _unary("log2", _logarithm(2), SIZES, pairs(2)),
    _unary("log10", _logarithm(10), SIZES, pairs(2)),
    _unary("log1p", _log1p, INSIDE, pairs(2)),
    _unary("sqrt", cn.sqrt, SIZES, pairs(2)),
    _unary("rsqrt", lambda z: 1 / cn.sqrt(z), SIZES, pairs(2)),
    _unary("square", lambda z: z * z, WIDE, pairs(2)),
    _unary("sin", cn.sin, WIDE, pairs(2)),
    _unary("cos", cn.cos, WIDE, pairs(2)),
    _unary("tan", cn.tan, INSIDE, pairs(2)),
    _unary("sinh", cn.sinh, WIDE, pairs(2)),
    _unary("cosh", cn.cosh, WIDE, pairs(2)),
    _unary("tanh", cn.tanh, WIDE, pairs(2, low=-1, high=1)),
    _unary("asin", _asin, INSIDE, pairs(2)),
    _unary("acos", _acos, INSIDE, pairs(2)),
    _unary("atan", _atan, WIDE, pairs(2)),
    _unary("asinh", _asinh, WIDE, pairs(2)),
    _unary("acosh", _acosh, positive(3, low=1.2, high=4.0), pairs(2)),
    _unary("atanh", _atanh, INSIDE, pairs(2)),
    _unary("sigmoid", _sigmoid, WIDE, pairs(2)),
    _unary("sinc", _sinc, WIDE, pairs(2)),
    _unary("deg2rad", lambda x: x * pi / 180, WIDE),
    _unary("rad2deg", lambda x: x * 180 / pi, WIDE),
    _unary("erf", sympy.erf, WIDE),
    _unary("erfc", sympy.erfc, WIDE),
    _unary("erfinv", sympy.erfinv, INSIDE),
    _unary("lgamma", sympy.loggamma, SIZES),
    _unary("digamma", sympy.digamma, SIZES),
    _unary("floor", sympy.floor, WIDE),
    _unary("ceil", sympy.ceiling, WIDE),
    _unary("abs", cn.magnitude, WIDE, pairs(2)),
    _unary("sign", sympy.sign, WIDE),
    _unary("relu", lambda x: sympy.Max(x, Integer(0)), WIDE),
    _unary("silu", lambda x: x * _sigmoid(x), WIDE),
    _unary("mish", lambda x: x * sympy.tanh(sympy.log(1 + sympy.exp(x))), WIDE),
    _unary("hardswish", lambda x: x * sympy.Min(sympy.Max(x + 3, Integer(0)), Integer(6)) / 6, real(3, low=-5, high=5)),
    _unary("hardsigmoid", lambda x: sympy.Min(sympy.Max(x / 6 + Rational(1, 2), Integer(0)), Integer(1)), WIDE),
)
