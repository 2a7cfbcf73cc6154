"""Numbers that depend on conditions which the point does not decide.

At a kink a condition may hold or not, and a derivative is one number if it does and another if it does not. Such a
number is kept as a polynomial in unknowns that are 0 or 1, one for each undecided condition, with balls as
coefficients. Sums and products of such polynomials are exact, so that one evaluation of a program gives its tensors
for all choices at once, and a condition that two entries share is one unknown in both.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import reduce
from itertools import chain, combinations
from typing import Any

import numpy as np
from flint import arb

from verifier.numeric.borders import Border

#: Conditions that are enumerated: all 2**10 choices.
MOST_ENUMERATED = 10

#: Terms of a polynomial; beyond, the number is replaced by its hull.
MOST_TERMS = 4096

Choice = frozenset[Border]
NOTHING: Choice = frozenset()


class Branched:
    """The sum of `terms[s]` over the sets s of conditions all of which hold. Made by `branched`."""

    __slots__ = ("terms",)

    def __init__(self, terms: Mapping[Choice, Any]) -> None:
        self.terms = terms

    @property
    def borders(self) -> list[Border]:
        """The conditions that it depends on, in the order that they were met."""
        return sorted(frozenset().union(*self.terms), key=lambda border: border.number)

    def at(self, holding: Collection[Border]) -> Any:
        """The number if the conditions in `holding` hold, and no others."""
        return sum((value for choice, value in self.terms.items() if choice.issubset(holding)), arb(0))

    def hull(self) -> Any:
        """A ball that holds the number for every choice; the smallest one, unless too many conditions act together."""
        return reduce(lambda one, other: one + other, (_hull_of_part(part) for part in self.parts()), arb(0))

    def parts(self) -> Iterator[Branched]:
        """The number as a sum of numbers that depend on different conditions."""
        groups: list[tuple[set[Border], dict[Choice, Any]]] = []
        for choice, value in self.terms.items():
            touching = [group for group in groups if not group[0].isdisjoint(choice)]
            joined: tuple[set[Border], dict[Choice, Any]] = (set(choice), {choice: value})
            for borders, terms in touching:
                joined[0].update(borders)
                joined[1].update(terms)
            groups = [group for group in groups if group not in touching] + [joined]
        return (Branched(terms) for _, terms in groups)

    def __neg__(self) -> Any:
        return self * -1

    def __add__(self, other: Any) -> Any:
        if not isinstance(other, Branched | arb | int | float):
            return NotImplemented
        terms = dict(self.terms)
        for choice, value in _terms(other).items():
            terms[choice] = terms[choice] + value if choice in terms else value
        return branched(terms)

    def __sub__(self, other: Any) -> Any:
        return self + -other

    def __rsub__(self, other: Any) -> Any:
        return -self + other

    def __mul__(self, other: Any) -> Any:
        if not isinstance(other, Branched | arb | int | float):
            return NotImplemented
        terms: dict[Choice, Any] = {}
        for one, left in self.terms.items():
            for two, right in _terms(other).items():
                both = one | two
                terms[both] = terms[both] + left * right if both in terms else left * right
        return branched(terms)

    def __truediv__(self, other: Any) -> Any:
        return self * (1 / other)

    def __rtruediv__(self, other: Any) -> Any:
        return lifted(lambda divisor: arb(1) / divisor)(self) * other

    __radd__ = __add__
    __rmul__ = __mul__


def branched(terms: Mapping[Choice, Any]) -> Any:
    """A number by its terms: a plain one if nothing depends on any condition, an interval if there are too many."""
    kept = {choice: value for choice, value in terms.items() if not _is_zero(value)}
    if not kept:
        return 0 if all(isinstance(value, int) for value in terms.values()) else arb(0)
    if kept.keys() == {NOTHING}:
        return kept[NOTHING]
    number = Branched(kept)
    return number if len(kept) <= MOST_TERMS else anything_in(number.hull())


def unknown(border: Border) -> Branched:
    """1 if the condition holds, else 0."""
    return Branched({frozenset((border,)): 1})


def anything_in(ball: Any) -> Any:
    """Any number in a ball: what is left where the conditions behind it are too many to be told apart."""
    if not ball.is_finite() or ball.is_exact():
        return ball
    low, high = ball.lower(), ball.upper()
    return Branched({NOTHING: low, frozenset((Border.blunt(),)): high - low})


def lifted(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of balls as a function of branched numbers too: it is applied for every choice."""

    def apply(*arguments: Any) -> Any:
        if not any(isinstance(argument, Branched) for argument in arguments):
            return function(*arguments)
        borders = list(dict.fromkeys(b for a in arguments if isinstance(a, Branched) for b in a.borders))
        if len(borders) > MOST_ENUMERATED:
            return anything_in(function(*map(hull, arguments)))
        values = {holding: function(*(at(a, holding) for a in arguments)) for holding in choices(borders)}
        return branched({choice: _coefficient(choice, values) for choice in values})

    return apply


def choices(borders: Iterable[Border]) -> Iterator[Choice]:
    """Every set of the conditions that may hold together, smaller ones first."""
    listed = list(borders)
    return map(frozenset, chain.from_iterable(combinations(listed, size) for size in range(len(listed) + 1)))


def at(number: Any, holding: Collection[Border]) -> Any:
    """A number, branched or not, for one choice."""
    return number.at(holding) if isinstance(number, Branched) else number


def hull(number: Any) -> Any:
    """A ball that holds a number, branched or not, for every choice."""
    return number.hull() if isinstance(number, Branched) else number


def some_branch(number: Any) -> Any:
    """A number, branched or not, if all conditions hold."""
    return number.at(number.borders) if isinstance(number, Branched) else number


def depends(values: Any) -> bool:
    """Whether any entry of an array depends on an undecided condition."""
    return any(isinstance(number, Branched) for number in values.flat)


def linearly(function: Callable[[Any], Any], values: Any) -> Any:
    """A linear function of an array of balls, applied to an array of branched numbers."""
    by_choice: dict[Choice, Any] = {}
    for place, number in np.ndenumerate(values):
        for choice, value in _terms(number).items():
            by_choice.setdefault(choice, np.full(values.shape, arb(0), dtype=object))[place] = value
    parts = {choice: np.asarray(function(part), dtype=object) for choice, part in by_choice.items()}
    result = np.empty(next(iter(parts.values())).shape, dtype=object)
    for place in np.ndindex(result.shape):
        result[place] = branched({choice: part[place] for choice, part in parts.items()})
    return result


def _terms(number: Any) -> Mapping[Choice, Any]:
    if isinstance(number, Branched):
        return number.terms
    return {NOTHING: arb(number) if isinstance(number, float) else number}


def _is_zero(value: Any) -> bool:
    return bool(value == 0)


def _coefficient(choice: Choice, values: Mapping[Choice, Any]) -> Any:
    """The coefficient of a product of unknowns in the polynomial that has these values (inclusion and exclusion)."""
    return sum(((-1) ** (len(choice) - len(part)) * arb(values[part]) for part in choices(choice)), arb(0))


def _hull_of_part(part: Branched) -> Any:
    borders = part.borders
    if len(borders) <= MOST_ENUMERATED:
        return reduce(lambda one, other: one.union(other), (arb(part.at(holding)) for holding in choices(borders)))
    terms = (arb(value).union(arb(0)) if choice else arb(value) for choice, value in part.terms.items())
    return reduce(lambda one, other: one + other, terms)
