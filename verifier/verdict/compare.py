"""Two estimates of the same tensor, entry by entry: how far apart they are, and how far they may be."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from verifier.verdict.verdict import Comparison
from verifier.witness import Array, Estimate


@dataclass(frozen=True)
class Gap:
    """The distance between two estimates, and the sum of their errors; `said` marks the entries that both speak of.

    NaN against a number is infinitely far; the same infinity twice, or NaN twice, is no distance.
    """

    distance: Array
    allowed: Array
    said: NDArray[np.bool_]

    @property
    def beyond(self) -> NDArray[np.bool_]:
        """Where the two contradict each other."""
        return self.said & ~(self.distance <= self.allowed)

    @property
    def excess(self) -> Array:
        """The distance in units of what is allowed; 0 where nothing was said."""
        with np.errstate(all="ignore"):
            ratio = np.where(self.distance == 0, 0.0, self.distance / self.allowed)
        return np.where(self.said, ratio, 0.0)


def gap(left: Estimate, right: Estimate) -> Gap:
    """The gap between two estimates of one shape."""
    with np.errstate(all="ignore"):
        distance = np.abs(left.value - right.value)
    same = (left.value == right.value) | (np.isnan(left.value) & np.isnan(right.value))
    distance = np.where(same, 0.0, np.where(np.isnan(distance), np.inf, distance))
    return Gap(distance, left.error + right.error, left.speaks & right.speaks)


def as_held(truth: Estimate, given: Estimate, largest: float) -> Estimate:
    """The truth as a dtype can hold it whose largest number is `largest`: infinite where it is beyond.

    Only where what is given is infinite too: somebody who computes in a wider dtype holds the number itself.
    """
    if not np.isinf(given.value).any():
        return truth
    size = np.copysign(1.0, given.value) * truth.value
    overflown = np.isinf(given.value) & (size > 0) & (size + given.error >= largest)
    return Estimate(np.where(overflown, given.value, truth.value), np.where(overflown, 0.0, truth.error))


def gaps(
    estimates: Mapping[str, Estimate], elements: Mapping[tuple[str, str], Estimate] | None = None
) -> dict[tuple[str, str], Gap]:
    """The gap of every pair of witnesses, in the order that they are given.

    `elements` holds what the first of a pair says to the second where it has several answers: the nearest one.
    """
    nearest = elements or {}
    return {
        (left, right): gap(nearest.get((left, right), estimates[left]), estimates[right])
        for left, right in combinations(estimates, 2)
    }


def comparison(input: str | None, pair: tuple[str, str], estimates: Mapping[str, Estimate], found: Gap) -> Comparison:
    """A pair of witnesses for the report, at the entry where they are furthest apart."""
    left, right = (estimates[name] for name in pair)
    size, entries = found.said.size, int(found.said.sum())
    if entries == 0:
        nothing = float("nan")
        return Comparison(input, *pair, None, nothing, nothing, nothing, nothing, 0, size, True)
    at = furthest(found.excess)
    return Comparison(
        input=input,
        left=pair[0],
        right=pair[1],
        index=at,
        left_value=float(left.value[at]),
        right_value=float(right.value[at]),
        difference=float(found.distance[at]),
        allowed=float(found.allowed[at]),
        entries=entries,
        size=size,
        agrees=not found.beyond.any(),
    )


def furthest(excess: Array) -> tuple[int, ...]:
    """The index of the largest excess."""
    return tuple(int(k) for k in np.unravel_index(int(np.argmax(excess)), excess.shape))
