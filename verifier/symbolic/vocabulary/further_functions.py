"""Scalar functions that are others in disguise: whoever can evaluate those needs no definition of these."""

from __future__ import annotations

from collections.abc import Callable

from sympy import (
    Ei,
    EulerGamma,
    Expr,
    Mod,
    Rational,
    acos,
    acosh,
    acot,
    acoth,
    acsc,
    acsch,
    asec,
    asech,
    asin,
    asinh,
    atan,
    atanh,
    besselj,
    bessely,
    beta,
    binomial,
    digamma,
    erf,
    erf2,
    factorial,
    floor,
    frac,
    gamma,
    harmonic,
    jn,
    li,
    log,
    pi,
    sqrt,
    yn,
)

from verifier.errors import FormulaNotUnderstoodError
from verifier.symbolic.tensor import Tensor, scalar
from verifier.symbolic.translator import Translator


def _harmonic(n: Expr, order: Expr | None = None) -> Expr:
    if order not in (None, 1):
        raise FormulaNotUnderstoodError(harmonic(n, order), "only harmonic numbers of order 1 are known")
    return digamma(n + 1) + EulerGamma


#: What each function is, of its arguments.
MEANINGS: dict[type[Expr], Callable[..., Expr]] = {
    acot: lambda x: atan(1 / x),
    asec: lambda x: acos(1 / x),
    acsc: lambda x: asin(1 / x),
    acoth: lambda x: atanh(1 / x),
    asech: lambda x: acosh(1 / x),
    acsch: lambda x: asinh(1 / x),
    erf2: lambda x, y: erf(y) - erf(x),
    factorial: lambda x: gamma(x + 1),
    binomial: lambda n, k: gamma(n + 1) / (gamma(k + 1) * gamma(n - k + 1)),
    beta: lambda x, y: gamma(x) * gamma(y) / gamma(x + y),
    harmonic: _harmonic,
    jn: lambda n, x: sqrt(pi / (2 * x)) * besselj(n + Rational(1, 2), x),
    yn: lambda n, x: sqrt(pi / (2 * x)) * bessely(n + Rational(1, 2), x),
    li: lambda x: Ei(log(x)),
    frac: lambda x: x - floor(x),
    Mod: lambda x, y: x - y * floor(x / y),
}


def _rewritten(node: Expr, translator: Translator) -> Tensor:
    return scalar(MEANINGS[type(node)](*map(translator.entry, node.args)))


NODES = dict.fromkeys(MEANINGS, _rewritten)
