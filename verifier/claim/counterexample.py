"""The smallest numbers that can be found at which a claim is wrong."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verifier.claim.numbers import Numbers, Pair
from verifier.claim.sides import Extents, Sides
from verifier.claim.sizes import smallest_sizes
from verifier.numeric.rational_nodes import NotRational
from verifier.numeric.rationals import NoValue

#: What entries may be, the simplest first.
LADDER = (0.0, 1.0, -1.0, 2.0, -2.0, 3.0, -3.0)

#: Random points that say whether there is anything to be found at a size.
POINTS = 3

#: Points that are drawn at most, how many of them are made smaller, and the evaluations that each of these may take.
MOST_DRAWS = 120
STARTS = 4
MOST_SHRINKS = 200

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Differing:
    """A point, and the two sides there, in these numbers."""

    point: Arrays
    extents: Extents
    pair: Pair
    numbers: Numbers


def counterexample(sides: Sides, numbers: Numbers, seed: int = 0) -> Differing | None:
    """The smallest point that was found at which the two sides differ; None where none was.

    The smallest sizes are tried first, then the simplest entries; what is found is made simpler entry by entry.
    """
    search = _Search(sides, numbers)
    for extents in smallest_sizes(sides):
        if search.differs_at_random(extents, seed):
            starts = search.starts(extents, np.random.default_rng(seed))
            found = [search.smaller(point, extents) for point in itertools.islice(starts, STARTS)]
            if found:
                return min(found, key=lambda one: search.complexity(one.point))
    return None


@dataclass
class _Search:
    sides: Sides
    numbers: Numbers

    def differs_at_random(self, extents: Extents, seed: int) -> bool:
        """Whether the sides differ at this size at all: random points tell, where there are any."""
        for attempt in range(POINTS):
            with suppress(NoValue, NotRational):
                point = self.numbers.point(self.sides, extents, f"counterexample {seed} {attempt}")
                if self.numbers.pair(self.sides, point, extents).same is False:
                    return True
        return False

    def differ(self, point: Arrays, extents: Extents) -> Pair | None:
        """The two sides, if they are proven to differ."""
        try:
            pair = self.numbers.pair(self.sides, point, extents)
        except (NoValue, NotRational):
            return None
        return pair if pair.same is False else None

    def starts(self, extents: Extents, generator: np.random.Generator) -> Iterator[Arrays]:
        """Points of small whole numbers at which the sides differ, from simple ones to any."""
        for number in range(MOST_DRAWS):
            count = 3 if number < MOST_DRAWS // 3 else 5 if number < 2 * MOST_DRAWS // 3 else 7
            point = {
                name: np.asarray(generator.choice(self.ladder(name)[:count], shape))
                for name, shape in self.sides.shapes(extents).items()
            }
            if self.differ(point, extents) is not None:
                yield point

    def complexity(self, point: Arrays) -> int:
        """How far up the ladder the entries are, all together."""
        return sum(self.ladder(name).index(value) for name, array in point.items() for value in array.ravel().tolist())

    def smaller(self, point: Arrays, extents: Extents) -> Differing:
        """The point with every entry as simple as it can be on its own, as long as the sides differ."""
        found = self.differ(point, extents)
        assert found is not None
        left, simpler = MOST_SHRINKS, True
        while simpler and left > 0:
            simpler = False
            for candidate in self.simpler(point):
                left -= 1
                pair = self.differ(candidate, extents)
                if pair is not None:
                    point, found, simpler = candidate, pair, True
                    break
                if left == 0:
                    break
        return Differing(point, extents, found, self.numbers)

    def simpler(self, point: Arrays) -> Iterator[Arrays]:
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
