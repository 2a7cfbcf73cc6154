"""Every scalar function in balls against mpmath at 60 digits."""

import mpmath
import numpy as np
import pytest
from flint import arb, ctx
from sympy import Integer, Rational, Symbol

from verifier.numeric.ball_functions import CONSTANTS, FUNCTIONS, INFINITIES, power, rational, whole_power
from verifier.numeric.ball_nodes import ball_node
from verifier.numeric.balls import Balls, estimate

UNIT, POSITIVE, ANY, LARGE = (-0.9, -0.25, 0.5), (0.25, 1.5, 7.0), (-2.5, -0.5, 0.75, 3.0), (1.25, 2.5, 9.0)

PLACES = {
    **dict.fromkeys(["asin", "acos", "atanh", "erfinv", "log1p"], UNIT),
    **dict.fromkeys(["log", "sqrt", "loggamma", "Ci", "li", "LambertW", "Chi"], POSITIVE),
    **dict.fromkeys(["acosh", "zeta"], LARGE),
    "erfcinv": (0.25, 0.5, 1.5),
}
TWO_PLACES = {
    "atan2": [(1.0, 2.0), (-1.0, -0.5), (2.0, -0.5)],
    "polygamma": [(0, 1.5), (1, 2.5), (3, 0.75)],
    "besselj": [(0, 1.5), (2, 0.5)],
    "bessely": [(0, 1.5), (2, 0.5)],
    "besseli": [(0, 1.5), (1, -0.5)],
    "besselk": [(0, 1.5), (2, 0.5)],
    "expint": [(1, 1.5), (3, 0.5)],
    "uppergamma": [(2.5, 1.5), (0.25, 3.0)],
    "lowergamma": [(2.5, 1.5), (0.25, 3.0)],
    "polylog": [(2, 0.5), (3, -0.75)],
    "Max": [(1.0, 2.0), (-1.0, -3.0)],
    "Min": [(1.0, 2.0), (-1.0, -3.0)],
}
NAMES = {
    "loggamma": mpmath.loggamma,
    "ceiling": mpmath.ceil,
    "LambertW": mpmath.lambertw,
    "Si": mpmath.si,
    "Ci": mpmath.ci,
    "Ei": mpmath.ei,
    "polygamma": mpmath.polygamma,
    "erfcinv": lambda x: mpmath.erfinv(1 - mpmath.mpf(x)),
    "uppergamma": lambda s, x: mpmath.gammainc(s, x),
    "lowergamma": lambda s, x: mpmath.gammainc(s, 0, x),
    "airyaiprime": lambda x: mpmath.airyai(x, derivative=1),
    "airybiprime": lambda x: mpmath.airybi(x, derivative=1),
    "Abs": abs,
    "Max": max,
    "Min": min,
    "IsNumber": lambda x: mpmath.mpf(not mpmath.isnan(x)),
    "erfcx": lambda x: mpmath.exp(x * x) * mpmath.erfc(x),
}


def truth(name, *arguments):
    with mpmath.workdps(60):
        return NAMES.get(name, getattr(mpmath, name.lower(), None))(*map(mpmath.mpf, arguments))


def contains(ball, number):
    with ctx.workprec(400):
        return arb(ball).overlaps(arb(mpmath.nstr(number, 59)) + arb(0, abs(float(number)) * 1e-57))


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_enclosures_hold_the_value(name):
    arguments = TWO_PLACES.get(name) or [(x,) for x in PLACES.get(name, ANY)]
    for point in arguments:
        exact = truth(name, *point)
        with ctx.workprec(113):
            balls = [x if isinstance(x, int) else arb(x) for x in point]
            ball = FUNCTIONS[name](*balls)
        assert contains(ball, exact), (name, point, ball, exact)
        assert float(ball.rad()) <= 2.0**-95 * (abs(float(exact)) + 1), (name, point, ball)


def test_the_enclosure_test_can_fail():
    with ctx.workprec(113):
        assert not contains(arb(2).exp(), truth("exp", 2.0) * (1 + mpmath.mpf(10) ** -30))


def test_the_zeta_function_of_two_arguments():
    with ctx.workprec(113):
        ball = FUNCTIONS["zeta"](arb(2.5), arb(0.75))
    with mpmath.workdps(60):
        assert contains(ball, mpmath.zeta(2.5, 0.75))


@pytest.mark.parametrize("name", sorted(CONSTANTS))
def test_constants(name):
    known = {"Pi": "pi", "Exp1": "e", "EulerGamma": "euler", "Catalan": "catalan", "GoldenRatio": "phi"}
    with ctx.workprec(113), mpmath.workdps(60):
        assert contains(CONSTANTS[name](), +getattr(mpmath, known[name]))


def test_nan_is_no_number():
    assert FUNCTIONS["IsNumber"](arb.nan()) == 0 and FUNCTIONS["IsNumber"](arb.pos_inf()) == 1


def test_infinities_are_themselves():
    assert INFINITIES["Infinity"]() > 10**400
    assert INFINITIES["NegativeInfinity"]() < -(10**400)


@pytest.mark.parametrize("exponent", range(-5, 10))
@pytest.mark.parametrize("base", [-1.75, 0.5, 3.0])
def test_whole_powers(base, exponent):
    with ctx.workprec(113), mpmath.workdps(60):
        assert contains(whole_power(arb(base), exponent), mpmath.mpf(base) ** exponent)


def test_even_powers_of_a_ball_around_zero_hold_zero():
    with ctx.workprec(113):
        square = whole_power(arb(0, 0.5), 2)
    assert square.is_finite() and square.contains(0) and square.contains(0.25) and square.contains(0.01)


def test_real_powers():
    with ctx.workprec(113), mpmath.workdps(60):
        assert contains(power(arb(2.5), arb(0.7)), mpmath.mpf(2.5) ** mpmath.mpf(0.7))
        assert power(arb(0), arb(0.5)) == 0
        assert power(0, 0.5) == 0
        assert not power(arb(-1), arb(0.5)).is_finite()
        assert not power(arb(0), arb(-0.5)).is_finite()


def test_rational_numbers_are_not_rounded_early():
    with ctx.workprec(400):
        third = rational(1, 3)
    with ctx.workprec(300):
        assert (third * 3 - 1).contains(0) and float(third.rad()) < 1e-100


BODIES = {
    "root": (lambda x: x ** Rational(3, 2), lambda x: x**1.5),
    "inverse root": (lambda x: x ** Rational(-1, 2), lambda x: x**-0.5),
    "cube root": (lambda x: x ** Rational(1, 3), lambda x: x ** (mpmath.mpf(1) / 3)),
    "inverse": (lambda x: x**-3, lambda x: x**-3),
    "decimal": (lambda x: x * 0.1, lambda x: x * mpmath.mpf(0.1)),
    "sevenths": (lambda x: x * Rational(1, 7), lambda x: x / 7),
}


@pytest.mark.parametrize("name", BODIES)
def test_bodies(name):
    build, exact = BODIES[name]
    symbol = Symbol("x", positive=True)
    balls = Balls(113)
    with balls.context():
        (ball,) = balls.function(build(symbol), (symbol,))(balls.array(np.array([2.75])))
    with mpmath.workdps(60):
        assert contains(ball, exact(mpmath.mpf(2.75)))
    assert estimate(np.array([ball])).error[0] < 1e-15


def test_an_integer_body_is_a_ball():
    balls = Balls(113)
    with balls.context():
        found = balls.function(Integer(3), ())()
    assert isinstance(found[()], arb)
    assert ball_node(Integer(3))[0]() == 3


def test_a_negative_number_has_whole_powers():
    assert power(arb(-2), arb(3)) == -8 and power(arb(-2), arb(-2)) == 0.25
    assert power(arb(-2), arb("2.5")).is_nan() and power(arb(-2), arb(2, 0.01)).is_nan()
