"""What kind of slip a refuted claim is: guesses, each of which is tested at random points before it is made."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

import numpy as np
from sympy import Basic, Rational, Symbol

from verifier.claim.evidence import Evidence
from verifier.claim.numbers import Numbers
from verifier.claim.ratio import ratio
from verifier.claim.sides import Extents, Point, Sides
from verifier.claim.sizes import in_words, same_everywhere
from verifier.claim.variants import interchanged, scalars, terms, transposed_once
from verifier.errors import VerifierError
from verifier.numeric.arithmetic import Values
from verifier.numeric.rational_nodes import NotRational
from verifier.numeric.rationals import NoValue
from verifier.symbolic.notation import render
from verifier.verdict.slips import Words, by_factor, by_transpose

#: What the two sides are called.
CLAIM = Words("the claim", "the derived gradient")

#: Square inputs whose symmetry is tried, alone and together.
MOST_SQUARE = 4


@dataclass(frozen=True)
class Seen:
    """Both sides at one random point."""

    point: Point
    extents: Extents
    derived: Values
    claimed: Values


def slip(sides: Sides, found: Evidence, closed_form: Basic | None = None, seed: int = 0) -> str | None:
    """The first guess that fits at every size tried, as a sentence; None if none does.

    `closed_form` is the derived gradient as an expression, whose terms the claim may miss.
    """
    trial = _Trial(sides, found, closed_form, seed)
    with found.numbers.arithmetic().context():
        guesses = (guess for hypothesis in HYPOTHESES for guess in hypothesis(trial))
        return next(guesses, None) if trial.points else None


@dataclass
class _Trial:
    sides: Sides
    found: Evidence
    closed_form: Basic | None
    seed: int

    @property
    def numbers(self) -> Numbers:
        """The kind of numbers that refuted the claim."""
        return self.found.numbers

    @cached_property
    def seen(self) -> list[Seen]:
        """Both sides at a random point of every size that told something."""
        return [self._see(self.sides, point, extents) for point, extents in self.points]

    @cached_property
    def points(self) -> list[tuple[Point, Extents]]:
        """Random points of every size that told something: two, for one alone makes every scalar a constant."""
        found = []
        for extents, number in itertools.product((*self.found.unequal, *self.found.equal), range(2)):
            with suppress(NoValue):  # a point without a value tells nothing
                seed = f"slip {self.seed} {in_words(extents)} {number}"
                found.append((self.numbers.sample(self.sides, extents, seed)[0], extents))
        return found

    def _see(self, sides: Sides, point: Point, extents: Extents) -> Seen:
        return Seen(point, extents, *sides.at(point, extents, self.numbers.arithmetic()))

    def same(self, left: Values, right: Values) -> bool:
        """Whether two arrays are equal, as far as these numbers can tell."""
        return bool(self.numbers.compared(left, right).same)

    def holds(self, sides: Sides, moved: Callable[[Point], Point] = dict) -> bool:
        """Whether a claim is right at every random point, moved before."""
        try:
            pairs = [self._see(sides, moved(point), extents) for point, extents in self.points]
        except (VerifierError, NoValue, NotRational, ValueError):
            return False  # a variant that is nothing at these points, as of another shape, explains no slip
        return all(self.same(pair.derived, pair.claimed) for pair in pairs)

    def values(self, expression: Basic) -> list[Values] | None:
        """An expression in the formula's symbols at every random point; None where it cannot be had."""
        try:
            other = self.sides.claiming(expression)
            return [other.claimed(p, extents, self.numbers.arithmetic()) for p, extents in self.points]
        except (VerifierError, NoValue, NotRational):
            return None  # a supposed term may have no value where the gradient has one

    def square(self) -> list[str]:
        """The inputs that are square matrices at every size."""
        shapes = [self.sides.shapes(extents) for _, extents in self.points]
        names = list(self.sides.formula.symbols)
        return [n for n in names if all(len(s[n]) == 2 and s[n][0] == s[n][1] for s in shapes) and n in shapes[0]]


def _by_factor(trial: _Trial) -> Iterator[str]:
    derived, claimed = [s.derived for s in trial.seen], [s.claimed for s in trial.seen]
    if all(trial.same(c, 0 * c) for c in claimed):
        yield "the claim is zero, and the gradient is not"
        return
    factor = _common_factor(trial, derived, claimed)
    if factor is not None:
        yield by_factor(CLAIM, render(factor).plain)


def _transposed(trial: _Trial) -> Iterator[str]:
    if any(s.derived.ndim != 2 or s.derived.shape[0] != s.derived.shape[1] for s in trial.seen):
        return
    factor = _common_factor(trial, [s.derived.T for s in trial.seen], [s.claimed for s in trial.seen])
    if factor is not None:
        times = "" if factor == 1 else "minus" if factor == -1 else f"{render(factor).plain} times"
        yield by_transpose(CLAIM, times)


def _symmetric_only(trial: _Trial) -> Iterator[str]:
    square = trial.square()[:MOST_SQUARE]
    for count in range(1, len(square) + 1):
        for names in itertools.combinations(square, count):
            if trial.holds(trial.sides, partial(_symmetrised, names=names)):
                are = "is" if count == 1 else "are"
                yield f"only symmetric: the claim is right where {' and '.join(names)} {are} symmetric"


def _transposed_input(trial: _Trial) -> Iterator[str]:
    yield from _mended(trial, transposed_once(trial.sides.claim.expression))


def _interchanged(trial: _Trial) -> Iterator[str]:
    yield from _mended(trial, interchanged(trial.sides.claim.expression))


def _mended(trial: _Trial, variants: Iterator[tuple[Basic, str]]) -> Iterator[str]:
    """The variants of the claim that are right."""
    for changed, what in variants:
        try:
            right = trial.holds(trial.sides.claiming(changed))
        except VerifierError:
            continue  # a variant need not be a formula: transposed factors may not fit
        if right:
            yield f"{what}: {render(changed).plain} is right"


def _by_term(trial: _Trial) -> Iterator[str]:
    """One term is missing, superfluous, or has another factor."""
    missing = [np.asarray(s.derived - s.claimed, dtype=object) for s in trial.seen]
    for term in terms(trial.sides.claim.expression):
        factor = _factor_of_term(trial, term, missing)
        if factor is not None:
            yield _term_of_claim(term, factor)
    for count in (1, 2):
        for chosen in itertools.combinations(terms(trial.closed_form), count):
            if _is_sum(trial, chosen, missing):
                named = " and ".join(render(term).plain for term in chosen)
                yield f"missing: the derived gradient has the term{'s' if count > 1 else ''} {named} beside the claim"


def _by_scalar(trial: _Trial) -> Iterator[str]:
    """A factor that is a scalar of the formula: the determinant, say, or the norm."""
    for scalar in scalars(trial.sides.formula.expression):
        values = trial.values(scalar)
        if values is None or any(v.size != 1 for v in values):
            continue
        pairs = [(s, v.ravel()[0]) for s, v in zip(trial.seen, values, strict=True)]
        multiplied = [(np.asarray(s.derived * v), np.asarray(s.claimed * v)) for s, v in pairs]
        factor = _common_factor(trial, [d for d, _ in multiplied], [s.claimed for s in trial.seen])
        if factor is not None:
            yield by_factor(CLAIM, render(factor * scalar).plain)
        factor = _common_factor(trial, [c for _, c in multiplied], [s.derived for s in trial.seen])
        if factor is not None:
            yield f"a factor: the derived gradient is {render(factor * scalar).plain} times the claim"


def _some_sizes(trial: _Trial) -> Iterator[str]:
    """Right where extents have a certain size, or are equal, and nowhere else."""
    equal, unequal = trial.found.equal, trial.found.unequal
    for condition in same_everywhere(equal):
        if not any(condition in set(same_everywhere([extents])) for extents in unequal):
            yield f"only some sizes: of the sizes tried, the claim is right where {condition}"


HYPOTHESES: tuple[Callable[[_Trial], Iterator[str]], ...] = (
    _by_factor,
    _transposed,
    _transposed_input,
    _symmetric_only,
    _interchanged,
    _by_term,
    _by_scalar,
    _some_sizes,
)


def _common_factor(trial: _Trial, derived: list[Values], claimed: list[Values]) -> Any:
    """The r with claimed = r·derived at every point: a number, or one times extents; None if there is none."""
    ratios = [ratio(c, d, trial.same) for d, c in zip(derived, claimed, strict=True)]
    if not ratios or None in ratios:
        return None
    extents = [s.extents for s in trial.seen]
    for monomial in _monomials(trial.sides.symbols):
        left = {r / Rational(monomial.subs(n)) for r, n in zip(ratios, extents, strict=True) if r is not None}
        if len(left) == 1:
            return left.pop() * monomial
    return None


def _monomials(symbols: tuple[Symbol, ...]) -> Iterator[Any]:
    """1, and the extents and their products and quotients."""
    yield Rational(1)
    for symbol in symbols:
        yield from (symbol, 1 / symbol)
    for one, other in itertools.combinations_with_replacement(symbols, 2):
        yield from (one * other, 1 / (one * other))
        if one != other:
            yield from (one / other, other / one)


def _factor_of_term(trial: _Trial, term: Basic, missing: list[Values]) -> Any:
    values = trial.values(term)
    if values is None or any(v.size != m.size for v, m in zip(values, missing, strict=True)):
        return None
    return _common_factor(trial, [v.reshape(m.shape) for v, m in zip(values, missing, strict=True)], missing)


def _term_of_claim(term: Basic, factor: Any) -> str:
    if factor == -1:
        return f"superfluous: without its term {render(term).plain} the claim is right"
    kind = "sign" if factor == -2 else "factor"
    return f"the {kind} of a term: with {render((1 + factor) * term).plain} for {render(term).plain} the claim is right"


def _is_sum(trial: _Trial, chosen: tuple[Basic, ...], missing: list[Values]) -> bool:
    columns = [trial.values(term) for term in chosen]
    total = [np.asarray(0 * m, dtype=object) for m in missing]
    for values in columns:
        if values is None or any(v.size != m.size for v, m in zip(values, missing, strict=True)):
            return False
        total = [np.asarray(t + v.reshape(t.shape), dtype=object) for t, v in zip(total, values, strict=True)]
    return all(trial.same(t, m) for t, m in zip(total, missing, strict=True))


def _symmetrised(point: Point, names: tuple[str, ...]) -> Point:
    return {name: array + array.T if name in names else array for name, array in point.items()}
