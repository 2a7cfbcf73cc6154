"""Scalar SymPy functions on balls, by the name of the SymPy class, as functions of python-flint's `arb`."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

from flint import acb, arb, fmpq

Ball = Any


def rational(numerator: int, denominator: int) -> Ball:
    """A rational number as a ball."""
    return arb(fmpq(numerator, denominator))


def whole_power(base: Ball, exponent: int) -> Ball:
    """base**exponent for a whole number; squaring by `**` is NaN in balls that contain 0."""
    if exponent < 0:
        return 1 / whole_power(base, -exponent)
    result, square = arb(1), base
    while exponent:
        if exponent & 1:
            result = result * square
        exponent >>= 1
        if exponent:
            square = square * square
    return result


def power(base: Ball, exponent: Ball) -> Ball:
    """base**exponent for a positive base, or a whole exponent; 0 to a positive power is 0."""
    if base == 0 and exponent > 0:
        return arb(0)
    whole = arb(exponent).unique_fmpz() if base < 0 and arb(exponent).is_exact() else None
    if whole is not None:
        return whole_power(base, int(whole))
    return (exponent * arb(base).log()).exp()


def polygamma(order: Ball, x: Ball) -> Ball:
    """The polygamma function, which flint has for complex balls only."""
    return arb(x).digamma() if order == 0 else acb(x).polygamma(acb(order)).real


FUNCTIONS: dict[str, Callable[..., Ball]] = {
    **{
        name: (lambda x, method=name: getattr(arb(x), method)())
        for name in (
            *("exp", "log", "log1p", "sin", "cos", "tan", "cot", "sec", "csc", "asin", "acos", "atan"),
            *("sinh", "cosh", "tanh", "coth", "sech", "csch", "asinh", "acosh", "atanh"),
            *("erf", "erfc", "erfi", "erfinv", "erfcinv", "gamma", "digamma", "floor", "sqrt"),
        )
    },
    "Abs": lambda x: abs(arb(x)),
    "sign": lambda x: arb(x).sgn(),
    "Max": lambda *candidates: reduce(lambda one, other: one.max(other), map(arb, candidates)),
    "Min": lambda *candidates: reduce(lambda one, other: one.min(other), map(arb, candidates)),
    "ceiling": lambda x: arb(x).ceil(),
    "loggamma": lambda x: arb(x).lgamma(),
    "polygamma": polygamma,
    "erfcx": lambda x: (arb(x) * arb(x)).exp() * arb(x).erfc(),
    "IsNumber": lambda x: arb(0 if arb(x).is_nan() else 1),
    "atan2": lambda y, x: arb.atan2(arb(y), arb(x)),
    "sinc": lambda x: arb(x).sinc(),
    "besselj": lambda order, x: arb(x).bessel_j(order),
    "bessely": lambda order, x: arb(x).bessel_y(order),
    "besseli": lambda order, x: arb(x).bessel_i(order),
    "besselk": lambda order, x: arb(x).bessel_k(order),
    "zeta": lambda s, a=None: arb(s).zeta() if a is None else arb(s).zeta(a),
    "LambertW": lambda x: arb(x).lambertw(),
    "Si": lambda x: arb(x).si(),
    "Ci": lambda x: arb(x).ci(),
    "Ei": lambda x: arb(x).ei(),
    "Shi": lambda x: arb(x).shi(),
    "Chi": lambda x: arb(x).chi(),
    "expint": lambda order, x: arb(x).expint(arb(order)),
    "uppergamma": lambda s, x: arb(x).gamma_upper(arb(s)),
    "lowergamma": lambda s, x: arb(x).gamma_lower(arb(s)),
    "fresnels": lambda x: arb(x).fresnel_s(),
    "fresnelc": lambda x: arb(x).fresnel_c(),
    "airyai": lambda x: arb(x).airy_ai(),
    "airyaiprime": lambda x: arb(x).airy_ai(derivative=1),
    "airybi": lambda x: arb(x).airy_bi(),
    "airybiprime": lambda x: arb(x).airy_bi(derivative=1),
    "polylog": lambda order, x: arb(x).polylog(arb(order)),
}

CONSTANTS: dict[str, Callable[[], Ball]] = {
    "Pi": arb.pi,
    "Exp1": arb.const_e,
    "EulerGamma": arb.const_euler,
    "Catalan": arb.const_catalan,
    "GoldenRatio": lambda: (1 + arb(5).sqrt()) / 2,
}

INFINITIES: dict[str, Callable[[], Ball]] = {"Infinity": arb.pos_inf, "NegativeInfinity": arb.neg_inf, "NaN": arb.nan}
