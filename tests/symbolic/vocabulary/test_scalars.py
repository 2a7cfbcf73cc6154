"""Scalar formulas: functions, pieces, kinks, constants."""

import math

import numpy as np
import pytest
from formulas import check_formula, gradients_of, value_of
from loops import assert_near
from sympy import (
    Abs,
    And,
    E,
    Eq,
    Function,
    GoldenRatio,
    Heaviside,
    Max,
    Min,
    Ne,
    Not,
    Or,
    Piecewise,
    Rational,
    Symbol,
    acos,
    asin,
    asinh,
    atan,
    atan2,
    atanh,
    besselj,
    ceiling,
    cosh,
    cot,
    erf,
    erfc,
    exp,
    floor,
    gamma,
    log,
    loggamma,
    oo,
    pi,
    polygamma,
    sec,
    sign,
    sin,
    sinc,
    sinh,
    sqrt,
    symbols,
    tan,
    tanh,
    zeta,
)

from verifier.errors import FormulaNotUnderstoodError, NoDerivativeError
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.language import Detached

x, y, z = symbols("x y z", real=True)

BOTH = {
    "polynomial": lambda x, y: 3 * x**4 * y - x * y**3 + Rational(1, 7) * x,
    "powers": lambda x, y: x**y + x ** Rational(5, 3) + x**-3 + sqrt(y) + 2**x,
    "exponentials": lambda x, y: exp(x * y) + log(x + y) + E**x + GoldenRatio * y,
    "circle": lambda x, y: sin(x) * tan(y / 2) + cot(x) + sec(y / 2),
    "inverse": lambda x, y: asin(x / 2) + acos(y / 2) + atan(x * y) + atan2(x, y),
    "hyperbolic": lambda x, y: sinh(x) * cosh(y) + tanh(x * y) + asinh(x) + atanh(y / 2),
    "error functions": lambda x, y: erf(x) * erfc(y),
    "gamma": lambda x, y: gamma(x) + loggamma(y) + polygamma(2, x),
    "sinc": lambda x, y: sinc(x * y),
    "pieces": lambda x, y: Piecewise((x**2 * y, x > y), (x * y**2 - x, y > Rational(3, 2)), (sin(x), True)),
    "joined conditions": lambda x, y: Piecewise(
        (x * y, And(x > 0, y > 1)), (x / y, Or(x < 0, Not(y < Rational(1, 2)))), (y**2, True)
    ),
    "maximum of three": lambda x, y: Max(x, y, 1) * x + Min(x * y, x, y**2) + Max(x - y, Min(x, 1)),
}


@pytest.mark.parametrize("name", BOTH)
@pytest.mark.parametrize(("low", "high"), [(0.3, 0.9), (1.1, 1.8)])
def test_functions(name, low, high):
    check_formula(BOTH[name], low, high, x=(), y=())


def slope_at(expression, place):
    return float(gradients_of(expression, x=np.array(float(place)))["x"])


@pytest.mark.parametrize(
    ("expression", "place", "value", "slope"),
    [
        (Abs(x), -2, 2, -1),
        (Abs(x) * x, -2, -4, 4),
        (sign(x) * x, -2, 2, -1),
        (Heaviside(x) * x, 2, 2, 1),
        (Heaviside(x) * x, -2, 0, 0),
        (floor(x) * x, 2.5, 5, 2),
        (ceiling(x) + x**2, 2.5, 9.25, 5),
        (Abs(sin(x)), 4, abs(math.sin(4)), -math.cos(4)),
        (sqrt(x**2), -3, 3, -1),
        (Max(x, 0) ** 2, 3, 9, 6),
        (Max(x, -x, 1), -3, 3, -1),
        (Piecewise((1, Eq(x, 0)), ((exp(x) - 1) / x, True)), 0, 1, 0.5),
        (Piecewise(((exp(x) - 1) / x, Ne(x, 0)), (1, True)), 0, 1, 0.5),
        (Piecewise((1, Eq(x, 0)), (sin(x) / x, True)), 0, 1, 0),
        (Piecewise((x, x < 1), (2, Eq(x, 2)), (x**2 / 2, True)), 2, 2, 2),
        (3 * Piecewise((x**2, x < 1), (Piecewise((0, Eq(x, 2)), (x - 2, True)), True)) + x, 2, 2, 4),
    ],
)
def test_kinks_and_single_points(expression, place, value, slope):
    formula = formula_of(expression)
    assert formula.symbols == {"x": x}
    assert_near(value_of(expression, x=np.array(float(place))), value)
    assert_near(slope_at(expression, place), slope)


@pytest.mark.parametrize(
    ("piece", "second"),
    [
        (Piecewise((1, Eq(x, 0)), ((exp(x) - 1) / x, True)), 1 / 3),
        (Piecewise(((exp(x) - 1) / x, Ne(x, 0)), (1, True)), 1 / 3),
        (Piecewise((1, Eq(x, 0)), (sin(x) / x, True)), -1 / 3),
    ],
)
def test_single_points_of_second_order(piece, second):
    formula = formula_of(piece)
    once = reverse(formula.program, formula.output, ["x"])
    twice = reverse(once.adjoint, once.gradients["x"], ["x"])
    told = {"x": np.array(0.0), once.cotangent: np.array(1.0), twice.cotangent: np.array(1.0)}
    from derivatives import at_once

    assert_near(at_once(twice.adjoint, told, twice.gradients["x"]), second)


def test_a_point_that_cannot_be_read_off_is_refused():
    with pytest.raises(NoDerivativeError):
        gradients_of(Piecewise((1, Eq(x**2 + x, 0)), (x, True)), x=np.array(0.5))


@pytest.mark.parametrize(
    ("expression", "slope"),
    [
        (x * Detached(x), 3),
        (Detached(x) ** 2, 0),
        (x ** Detached(x), 27),
        (Detached(sin(x) + x) * x + x**2, math.sin(3) + 9),
        (exp(x - Detached(x)), 1),
        (Piecewise((Detached(x) * x, x > 0), (x, True)), 3),
    ],
)
def test_detached(expression, slope):
    assert_near(slope_at(expression, 3), slope)


def test_a_constant_has_no_path():
    formula = formula_of(pi + x - x + 2)
    assert formula.symbols == {}
    assert_near(value_of(pi + 2), np.pi + 2)


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        (x * oo, "oo in the formula is not understood: formulas are over the finite real numbers"),
        (
            Function("f")(x),
            "f(x) in the formula is not understood: f is not defined; give the function itself",
        ),
        (
            Piecewise((x, Symbol("c", bool=True)), (0, True)),
            "c in the formula is not understood: conditions are comparisons between scalars, joined by And, Or and Not",
        ),
    ],
)
def test_what_has_no_meaning_is_named(expression, message):
    with pytest.raises(FormulaNotUnderstoodError) as caught:
        formula_of(expression)
    assert str(caught.value) == message


def test_what_has_no_derivative_is_named():
    with pytest.raises(NoDerivativeError) as caught:
        gradients_of(zeta(x) * x, x=np.array(2.0))
    assert str(caught.value) == (
        "zeta(x) has no derivative that is known here: "
        "write this part of the formula with differentiable functions, or wrap it in Detached(...)"
    )
    with pytest.raises(NoDerivativeError):
        gradients_of(besselj(x, 2), x=np.array(2.0))
