"""The two kinds of numbers in which the sides of a claim are compared: exact fractions, and balls."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from verifier.claim.sides import Extents, Point, Sides
from verifier.errors import IndexOutsideError
from verifier.numeric.arithmetic import Arithmetic, Values
from verifier.numeric.balls import Balls, estimate
from verifier.numeric.enclose import PRECISIONS
from verifier.numeric.rationals import NoValue, Rationals, nearest, random_rationals
from verifier.point import sampled
from verifier.witness import Estimate

#: In balls, values are taken for equal that agree to this, of the largest entry.
AGREEMENT = 1e-60


@dataclass(frozen=True)
class Pair:
    """The derived and the claimed gradient at one point.

    `differ` marks the entries that are proven to differ; `apart` bounds how far apart the two are in units of the
    largest entry, 0 for fractions that are equal.
    """

    derived: Values
    claimed: Values
    differ: NDArray[np.bool_]
    apart: float

    @property
    def same(self) -> bool | None:
        """Whether the two are equal, as far as these numbers tell; None where they do not."""
        if self.differ.any():
            return False
        return True if self.apart <= AGREEMENT else None


class Numbers(Protocol):
    """Numbers of one kind: where to evaluate, and what is the same."""

    def sample(self, sides: Sides, extents: Extents, seed: str) -> tuple[Point, Pair]:
        """A random point, and both sides there. Raises `NoValue` and `NotRational` as `pair` does."""

    def pair(self, sides: Sides, point: Point, extents: Extents) -> Pair:
        """Both sides at a point. Raises `NoValue` where one has none, `NotRational` where fractions do not do."""

    def compared(self, left: Values, right: Values) -> Pair:
        """Two arrays of these numbers."""

    def arithmetic(self) -> Arithmetic:
        """Where single expressions are evaluated."""

    def estimate(self, values: Values) -> Estimate:
        """These numbers as float64."""

    def shown(self, number: Any) -> str:
        """One of these numbers, written out."""


class Exact:
    """Fractions: what is equal is equal."""

    def __init__(self, seed: int = 0) -> None:
        self.rationals = Rationals(seed)

    def sample(self, sides: Sides, extents: Extents, seed: str) -> tuple[Point, Pair]:
        """Whole numbers of 128 bits, drawn uniformly; inputs that hold whole numbers keep to those of the example."""
        point = {
            name: _whole(sides, name, shape, seed) if is_whole(sides, name) else random_rationals(shape, seed + name)
            for name, shape in sides.shapes(extents).items()
        }
        return point, self.pair(sides, point, extents)

    def pair(self, sides: Sides, point: Point, extents: Extents) -> Pair:
        """See `Numbers`."""
        try:
            return self.compared(*sides.at(point, extents, self.rationals))
        except IndexOutsideError as cause:
            raise NoValue from cause

    def compared(self, left: Values, right: Values) -> Pair:
        """See `Numbers`."""
        differ = np.asarray(left != right, dtype=bool)
        return Pair(left, right, differ, 0.0)

    def arithmetic(self) -> Arithmetic:
        """See `Numbers`."""
        return self.rationals

    def estimate(self, values: Values) -> Estimate:
        """Fractions rounded to float64."""
        return nearest(values)

    def shown(self, number: Any) -> str:
        """A fraction as such."""
        return str(number)


class Enclosed:
    """Balls, whose precision doubles until the two sides differ or agree to `AGREEMENT`."""

    def sample(self, sides: Sides, extents: Extents, seed: str) -> tuple[Point, Pair]:
        """Random numbers of the signs of the example; where those have no value, positive, and positive definite."""
        for draw in (_signed, _positive, _definite):
            generator = np.random.default_rng(list(seed.encode()))
            point = {
                name: _whole(sides, name, shape, seed) if is_whole(sides, name) else draw(sides, name, shape, generator)
                for name, shape in sides.shapes(extents).items()
            }
            with suppress(NoValue):  # the next kind of numbers may have one
                return point, self.pair(sides, point, extents)
        raise NoValue

    def pair(self, sides: Sides, point: Point, extents: Extents) -> Pair:
        """See `Numbers`."""
        for precision in PRECISIONS[1:]:
            try:
                found = self.compared(*sides.at(point, extents, Balls(precision)))
            except IndexOutsideError as cause:
                raise NoValue from cause
            if found.same is not None:
                return found
        if not np.isfinite(found.apart):
            raise NoValue
        return found

    def compared(self, left: Values, right: Values) -> Pair:
        """See `Numbers`."""
        gap, size = estimate(left - right), estimate(left)
        with np.errstate(all="ignore"):
            differ = np.abs(gap.value) > gap.error
            largest = np.max(np.abs(size.value), initial=0.0)
            apart = float(np.max(np.abs(gap.value) + gap.error, initial=0.0)) / (largest or 1.0)
        return Pair(left, right, differ, float(np.nan_to_num(apart, nan=np.inf)))

    def arithmetic(self) -> Arithmetic:
        """See `Numbers`."""
        return Balls(PRECISIONS[1])

    def estimate(self, values: Values) -> Estimate:
        """Balls as float64 numbers with their errors."""
        return estimate(values)

    def shown(self, number: Any) -> str:
        """A ball's midpoint to seven digits."""
        return format(float(estimate(np.asarray(number, dtype=object)).value), ".7g")


def is_whole(sides: Sides, name: str) -> bool:
    """Whether an input holds whole numbers: indices, say."""
    return sides.examples[name].dtype.kind in "iub"


def _whole(sides: Sides, name: str, shape: tuple[int, ...], seed: str) -> NDArray[Any]:
    """Any whole number for a scalar; those of the example for a tensor of indices, say, which must stay in range."""
    generator = np.random.default_rng(list((seed + name).encode()))
    example = sides.examples[name]
    if not shape or not example.size:
        return np.asarray(sampled(sides.formula.symbols[name], shape, generator))
    return generator.choice(example.ravel(), shape)


def _signed(sides: Sides, name: str, shape: tuple[int, ...], generator: np.random.Generator) -> NDArray[Any]:
    example = sides.examples[name]
    signs = [1.0] if (example > 0).all() else [-1.0] if (example < 0).all() else [-1.0, 1.0]
    return generator.uniform(0.25, 1.0, shape) * generator.choice(signs, shape)


def _positive(sides: Sides, name: str, shape: tuple[int, ...], generator: np.random.Generator) -> NDArray[Any]:
    return generator.uniform(0.25, 1.0, shape)


def _definite(sides: Sides, name: str, shape: tuple[int, ...], generator: np.random.Generator) -> NDArray[Any]:
    values = generator.uniform(0.25, 1.0, shape)
    square = len(shape) == 2 and shape[0] == shape[1]
    return values @ values.T + np.eye(shape[0]) if square else values
