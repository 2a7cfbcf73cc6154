"""Scalar functions that SymPy shares with torch and SciPy, with their derivatives, against mpmath at 40 digits."""

import mpmath
import numpy as np
import pytest
import sympy
import torch
from loops import assert_near
from sympy import Rational, Symbol, exp

from verifier.errors import FunctionNotEvaluatedError, FunctionNotInTorchError, FunctionWithoutBallsError
from verifier.numeric.balls import Balls, estimate
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.in_torch import InTorch, torch_function
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of

x, y = Symbol("x", real=True), Symbol("y", real=True)
AT = {"x": 0.375, "y": 1.21875}

#: Functions that torch has too.
SHARED = {
    "erf": (sympy.erf(x) * sympy.erfc(y), lambda x, y: mpmath.erf(x) * mpmath.erfc(y)),
    "erf2": (sympy.erf2(x, y), lambda x, y: mpmath.erf(y) - mpmath.erf(x)),
    "erfinv": (sympy.erfinv(x), lambda x, y: mpmath.erfinv(x)),
    "erfcinv": (sympy.erfcinv(x), lambda x, y: mpmath.erfinv(1 - x)),
    "gamma": (sympy.gamma(x) / sympy.gamma(-y), lambda x, y: mpmath.gamma(x) / mpmath.gamma(-y)),
    "loggamma": (sympy.loggamma(x), lambda x, y: mpmath.loggamma(x)),
    "polygamma": (sympy.polygamma(2, x) * y, lambda x, y: mpmath.polygamma(2, x) * y),
    "besselj": (sympy.besselj(0, y) * sympy.besselj(3, y), lambda x, y: mpmath.besselj(0, y) * mpmath.besselj(3, y)),
    "bessely": (sympy.bessely(0, x) + sympy.bessely(2, y), lambda x, y: mpmath.bessely(0, x) + mpmath.bessely(2, y)),
    "besseli": (sympy.besseli(1, y), lambda x, y: mpmath.besseli(1, y)),
    "besselk": (sympy.besselk(0, x) * sympy.besselk(1, y), lambda x, y: mpmath.besselk(0, x) * mpmath.besselk(1, y)),
    "zeta": (sympy.zeta(3, x), lambda x, y: mpmath.zeta(3, x)),
    "uppergamma": (sympy.uppergamma(Rational(1, 3), x), lambda x, y: mpmath.gammainc(mpmath.mpf(1) / 3, x)),
    "lowergamma": (sympy.lowergamma(Rational(1, 3), x), lambda x, y: mpmath.gammainc(mpmath.mpf(1) / 3, 0, x)),
    "beta": (sympy.beta(x, y), lambda x, y: mpmath.beta(x, y)),
    "binomial": (sympy.binomial(x + 3, y), lambda x, y: mpmath.binomial(x + 3, y)),
    "factorial": (sympy.factorial(x), lambda x, y: mpmath.gamma(x + 1)),
    "frac": (sympy.frac(3 * y) * x, lambda x, y: mpmath.frac(3 * y) * x),
    "Mod": (sympy.Mod(y, x), lambda x, y: mpmath.fmod(y, x)),
    "acot": (sympy.acot(x), lambda x, y: mpmath.acot(x)),
    "asec": (sympy.asec(y) * sympy.acsc(y), lambda x, y: mpmath.asec(y) * mpmath.acsc(y)),
    "acoth": (sympy.acoth(y), lambda x, y: mpmath.acoth(y)),
    "asech": (sympy.asech(x) * sympy.acsch(y), lambda x, y: mpmath.asech(x) * mpmath.acsch(y)),
    "atan2": (sympy.atan2(y, -x), lambda x, y: mpmath.atan2(y, -x)),
    "hyperbolic": (
        sympy.coth(x) + sympy.sech(y) * sympy.csch(x),
        lambda x, y: mpmath.coth(x) + mpmath.sech(y) * mpmath.csch(x),
    ),
    "sinc": (sympy.sinc(x), lambda x, y: mpmath.sinc(x)),
}

#: Functions that SciPy and flint have; torch's own slope of digamma is off by 2e-10 in float64.
FURTHER = {
    "harmonic": (sympy.harmonic(x), lambda x, y: mpmath.harmonic(x)),
    "digamma": (sympy.digamma(x), lambda x, y: mpmath.digamma(x)),
    "erfi": (sympy.erfi(x), lambda x, y: mpmath.erfi(x)),
    "jn": (sympy.jn(1, y), lambda x, y: _spherical(mpmath.besselj, 1, y)),
    "yn": (sympy.yn(0, x), lambda x, y: _spherical(mpmath.bessely, 0, x)),
    "besselj of an odd half": (sympy.besselj(Rational(3, 2), y), lambda x, y: mpmath.besselj(1.5, y)),
    "LambertW": (sympy.LambertW(x), lambda x, y: mpmath.lambertw(x).real),
    "Si": (sympy.Si(x) + sympy.Ci(y), lambda x, y: mpmath.si(x) + mpmath.ci(y)),
    "Shi": (sympy.Shi(x) + sympy.Chi(y), lambda x, y: mpmath.shi(x) + mpmath.chi(y)),
    "Ei": (sympy.Ei(x) + sympy.li(y), lambda x, y: mpmath.ei(x) + mpmath.li(y)),
    "expint": (sympy.expint(1, x) + sympy.expint(3, y), lambda x, y: mpmath.expint(1, x) + mpmath.expint(3, y)),
    "fresnel": (sympy.fresnels(x) * sympy.fresnelc(y), lambda x, y: mpmath.fresnels(x) * mpmath.fresnelc(y)),
    "airy": (sympy.airyai(x) * sympy.airybi(y), lambda x, y: mpmath.airyai(x) * mpmath.airybi(y)),
}


def _spherical(bessel, order, x):
    return mpmath.sqrt(mpmath.pi / (2 * x)) * bessel(order + mpmath.mpf(1) / 2, x)


def evaluated(expression, arithmetic):
    """The value and the slopes by the symbols that occur."""
    formula = formula_of(expression)
    derivation = reverse(formula.program, formula.output, list(formula.symbols))
    told = {name: np.array(AT[name]) for name in formula.symbols} | {derivation.cotangent: np.array(1.0)}
    found = evaluate(derivation.adjoint, told, [derivation.output, *derivation.gradients.values()], arithmetic)
    slopes = {name: found[tensor] for name, tensor in derivation.gradients.items()}
    return found[derivation.output], slopes


def differences(function, name):
    step = mpmath.mpf(10) ** -12
    ends = [function(**{**AT, name: mpmath.mpf(AT[name]) + sign * step}) for sign in (1, -1)]
    return (ends[0] - ends[1]) / (2 * step)


@pytest.mark.parametrize("name", [*SHARED, *FURTHER])
def test_values_and_slopes(name):
    expression, function = {**SHARED, **FURTHER}[name]
    with mpmath.workdps(40):
        truth = float(function(**{n: mpmath.mpf(v) for n, v in AT.items()}))
        expected = {n: float(differences(function, n)) for n in AT}
    arithmetics = [Float64(), Balls(), InTorch(torch.float64)] if name in SHARED else [Float64(), Balls()]
    for arithmetic in arithmetics:
        value, slopes = evaluated(expression, arithmetic)
        if isinstance(arithmetic, Balls):
            assert all(estimate(v).error <= 1e-15 * (1 + abs(estimate(v).value)) for v in [value, *slopes.values()])
            value, slopes = estimate(value).value, {n: estimate(v).value for n, v in slopes.items()}
        assert_near(value, truth, 1e-12)
        for n, slope in slopes.items():
            assert_near(slope, expected[n], 1e-11)


@pytest.mark.parametrize(
    ("expression", "arithmetic", "kind", "message"),
    [
        (
            sympy.elliptic_k(x),
            Float64(),
            FunctionNotEvaluatedError,
            "elliptic_k in the formula, or in its derivative, cannot be evaluated: "
            "write it with functions that SciPy has under the same name",
        ),
        (
            sympy.elliptic_k(x),
            Balls(),
            FunctionWithoutBallsError,
            "elliptic_k in the formula cannot be evaluated with a proven error: "
            "write it with elementary functions, or with one that python-flint has",
        ),
        (sympy.DiracDelta(x), Float64(), FunctionNotEvaluatedError, None),
    ],
)
def test_what_cannot_be_evaluated_is_named(expression, arithmetic, kind, message):
    with pytest.raises(kind) as caught:
        evaluated(expression, arithmetic)
    assert message is None or str(caught.value) == message


def test_bessel_functions_that_torch_does_not_have():
    formula = formula_of(sympy.besselj(Rational(1, 2), x) * exp(x))
    with pytest.raises(FunctionNotInTorchError) as caught:
        torch_function(formula.program, formula.output)(x=torch.tensor(0.5))
    assert str(caught.value).startswith("torch has no besselj of the order 0.5, so the formula cannot be run in torch")
