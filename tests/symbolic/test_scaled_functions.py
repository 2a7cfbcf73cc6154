"""The differential equation of erfcx is that of exp(x²)·erfc(x), and its values are those of both."""

import math

import pytest
from flint import arb
from sympy import Symbol, erfc, exp, simplify

from verifier.numeric.ball_functions import FUNCTIONS
from verifier.numeric.compiled import compiled
from verifier.symbolic.scaled_functions import erfcx

x = Symbol("x", real=True)


def test_the_derivative_is_that_of_the_product():
    claimed = erfcx(x).diff(x).replace(erfcx, lambda t: exp(t**2) * erfc(t))
    assert simplify(claimed - (exp(x**2) * erfc(x)).diff(x)) == 0


@pytest.mark.parametrize("place", [-2.0, 0.0, 0.5, 3.0])
def test_both_arithmetics_have_its_values(place):
    expected = math.exp(place**2) * math.erfc(place)
    assert compiled(erfcx(x), (x,))(place) == pytest.approx(expected, rel=1e-12)
    assert float(FUNCTIONS["erfcx"](arb(place)).mid()) == pytest.approx(expected, rel=1e-12)
