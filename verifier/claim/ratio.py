"""The rational number by which one array is a multiple of another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

import numpy as np
from sympy import Rational

from verifier.numeric.arithmetic import Values
from verifier.numeric.balls import estimate
from verifier.numeric.rationals import as_fraction

#: A quotient of balls is taken for the nearest fraction with such denominators, the small ones first.
DENOMINATORS = (1_000, 1_000_000_000)


def ratio(array: Values, other: Values, same: Callable[[Values, Values], bool]) -> Rational | None:
    """The r with array = r·other; None where there is none that is simple."""
    places = [place for place in np.ndindex(other.shape) if not same(other[place], 0 * other[place])]
    if not places:
        return None
    for found in _quotients(array[places[0]], other[places[0]]):
        if same(array * found.denominator, other * found.numerator):
            return Rational(found.numerator, found.denominator)
    return None


def _quotients(number: Values, other: Values) -> Iterator[Fraction]:
    exact = as_fraction(number / other)
    if exact is not None:
        yield exact
        return
    near = float(estimate(np.asarray(number / other, dtype=object)).value)
    if np.isfinite(near):
        yield from (Fraction(near).limit_denominator(largest) for largest in DENOMINATORS)
