"""The smallest numbers that can be found at which a claim is wrong."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np

from verifier.claim.numbers import Numbers, Pair
from verifier.claim.sides import Extents, Point, Sides
from verifier.claim.sizes import smallest_sizes
from verifier.numeric.rational_nodes import NotRational
from verifier.numeric.rationals import NoValue

#: What entries may be, the simplest first.
LADDER = (0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0)

#: Random points that say whether there is anything to be found at a size.
POINTS = 3

#: Points that are drawn at most, and how many of them are made smaller.
MOST_DRAWS = 120
STARTS = 4

#: Evaluations of both sides, and scalar operations in all of them together, that the search at one size may take.
MOST_EVALUATIONS = 1_000
MOST_WORK = 10_000_000


@dataclass(frozen=True)
class Differing:
    """A point, and the two sides there, in these numbers."""

    point: Point
    extents: Extents
    pair: Pair
    numbers: Numbers


def counterexample(sides: Sides, numbers: Numbers, seed: int = 0) -> Differing | None:
    """The smallest point that was found at which the two sides differ; None where none was.

    The smallest sizes are tried first, then the simplest entries; what is found is made simpler entry by entry.
    """
    for extents in smallest_sizes(sides):
        evaluations = min(MOST_EVALUATIONS, MOST_WORK // max(1, sides.work(extents)))
        search = _Search(sides, numbers, extents, evaluations)
        if search.differs_at_random(seed):
            starts = itertools.islice(search.starts(np.random.default_rng(seed)), STARTS)
            found = [search.smaller(start) for start in starts]
            if found:
                return min(found, key=lambda one: search.complexity(one.point))
    return None


@dataclass
class _Search:
    """The search at one size, which ends when no evaluations are left."""

    sides: Sides
    numbers: Numbers
    extents: Extents
    evaluations: int

    def differs_at_random(self, seed: int) -> bool:
        """Whether the sides differ at this size at all: random points tell, where there are any."""
        for attempt in range(POINTS):
            with suppress(NoValue, NotRational):  # a point without a value refutes nothing
                _, pair = self.numbers.sample(self.sides, self.extents, f"counterexample {seed} {attempt}")
                if pair.same is False:
                    return True
        return False

    def differ(self, point: Point) -> Differing | None:
        """The two sides, if they are proven to differ."""
        if self.evaluations <= 0:
            return None
        self.evaluations -= 1
        with suppress(NoValue, NotRational):  # a point without a value refutes nothing
            pair = self.numbers.pair(self.sides, point, self.extents)
            if pair.same is False:
                return Differing(point, self.extents, pair, self.numbers)
        return None

    def starts(self, generator: np.random.Generator) -> Iterator[Differing]:
        """Points of small whole numbers at which the sides differ, from simple ones to any."""
        for number in range(MOST_DRAWS):
            count = 3 if number < MOST_DRAWS // 3 else 5 if number < 2 * MOST_DRAWS // 3 else 7
            point = {
                name: np.asarray(generator.choice(self.ladder(name)[:count], shape))
                for name, shape in self.sides.shapes(self.extents).items()
            }
            found = self.differ(point)
            if found is not None:
                yield found

    def complexity(self, point: Point) -> int:
        """How far up the ladder the entries are, all together."""
        return sum(self.ladder(name).index(value) for name, array in point.items() for value in array.ravel().tolist())

    def smaller(self, found: Differing) -> Differing:
        """The point with every entry as simple as it can be on its own, as long as the sides differ."""
        while True:
            simpler = next(filter(None, map(self.differ, self.simpler(found.point))), None)
            if simpler is None:
                return found
            found = simpler

    def simpler(self, point: Point) -> Iterator[Point]:
        """The point with one array zero or one entry simpler, the largest steps first."""
        for name, array in point.items():
            zero = self.ladder(name)[0]
            if array.size > 1 and (array != zero).any():
                yield {**point, name: np.full_like(array, zero)}
        for name, array in point.items():
            ladder = self.ladder(name)
            for place in np.ndindex(array.shape):
                for value in ladder[: ladder.index(array[place])]:
                    changed = array.copy()
                    changed[place] = value
                    yield {**point, name: changed}

    def ladder(self, name: str) -> list[Any]:
        """What the entries of an input may be, the simplest first: of its symbol's sign, and whole where it is."""
        example = self.sides.examples[name]
        whole = example.dtype.kind in "iub"
        if whole and example.shape:
            return sorted(set(example.ravel().tolist()))
        symbol = self.sides.formula.symbols[name]
        allowed = [value for value in LADDER if _may_be(symbol, value)]
        return [int(value) for value in allowed] if whole else allowed


def _may_be(symbol: Any, value: float) -> bool:
    """Whether the assumptions of a symbol allow a value."""
    if value == 0:
        return not (getattr(symbol, "is_positive", None) or getattr(symbol, "is_negative", None))
    return getattr(symbol, "is_nonpositive" if value > 0 else "is_nonnegative", None) is not True
