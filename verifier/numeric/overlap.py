"""Regions that name places more than once, taken apart into regions that do not."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence

from verifier.symbolic.region import Region

#: More steps than this are slower than a scatter.
MOST_STEPS = 128


def fixing(region: Region) -> tuple[int, ...]:
    """The axes to go through one index at a time so that what is left names no place twice, in the fewest steps."""
    order = sorted(range(len(region.shape)), key=lambda axis: abs(region.strides[axis]))
    crossing = [k for k in range(len(order)) if _crosses(region, order[k], order[:k])]
    candidates = order[: crossing[-1] + 1] if crossing else []
    choices = itertools.chain.from_iterable(
        itertools.combinations(sorted(candidates), size) for size in range(len(candidates) + 1)
    )
    possible = (fixed for fixed in choices if _without(region, fixed).is_plainly_distinct)
    return min(possible, key=lambda fixed: math.prod(region.shape[axis] for axis in fixed))


def pinned(region: Region, fixed: tuple[int, ...]) -> Iterator[tuple[dict[int, int], Region]]:
    """For each way to fix the axes: the value of each, and the region that is left."""
    rest = _without(region, fixed)
    for values in itertools.product(*(range(region.shape[axis]) for axis in fixed)):
        at = dict(zip(fixed, values, strict=True))
        offset = region.offset + sum(region.strides[axis] * value for axis, value in at.items())
        yield at, Region(offset, rest.shape, rest.strides)


def _crosses(region: Region, axis: int, shorter: list[int]) -> bool:
    """Whether an axis steps into what the axes of shorter strides reach."""
    reach = sum(abs(region.strides[k]) * (region.shape[k] - 1) for k in shorter)
    return region.shape[axis] > 1 and abs(region.strides[axis]) <= reach


def _without(region: Region, gone: Sequence[int]) -> Region:
    kept = [axis for axis in range(len(region.shape)) if axis not in gone]
    return Region(region.offset, tuple(region.shape[k] for k in kept), tuple(region.strides[k] for k in kept))
