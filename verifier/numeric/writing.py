"""Writes: adding the terms of a comprehension into its target.

Indices are fixed, one value after another, until each axis of the target depends on at most one index that still
runs and each index moves at most one axis: then a term is added into a slice (the taps of a convolution). Where that
would take too many steps, or the target is not affine, terms are scattered.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from verifier.numeric.affine import Affine

#: More steps than this are slower than a scatter.
MOST_STEPS = 128


@dataclass(frozen=True)
class Slices:
    """How to write by slices: fix the indices `fixed`; of the others, `running[k]` moves axis k of the target."""

    fixed: tuple[int, ...]
    running: tuple[int | None, ...]

    @property
    def kept(self) -> tuple[int, ...]:
        """The running indices in the order of the target's axes."""
        return tuple(axis for axis in self.running if axis is not None)


def slices_for(target: Sequence[Affine], domain: tuple[int, ...]) -> Slices | None:
    """The cheapest way to write by slices; None where there is none within `MOST_STEPS`."""
    moving = [set(place.used) for place in target]
    crossing = {k for used in moving if len(used) > 1 for k in used}
    crossing |= {k for k in range(len(domain)) if sum(k in used for used in moving) > 1}
    choices = itertools.chain.from_iterable(
        itertools.combinations(sorted(crossing), size) for size in range(len(crossing) + 1)
    )
    possible = [fixed for fixed in choices if _separates(fixed, moving)]
    cheapest = min(possible, key=lambda fixed: math.prod(domain[k] for k in fixed))
    if math.prod(domain[k] for k in cheapest) > MOST_STEPS:
        return None
    return Slices(cheapest, tuple(next(iter(used - set(cheapest)), None) for used in moving))


def _separates(fixed: tuple[int, ...], moving: list[set[int]]) -> bool:
    running = [used - set(fixed) for used in moving]
    every = [k for used in running for k in used]
    return all(len(used) <= 1 for used in running) and len(every) == len(set(every))


def assignments(fixed: tuple[int, ...], domain: tuple[int, ...]) -> Iterator[dict[int, int]]:
    """Every way to give values to the fixed indices."""
    for values in itertools.product(*(range(domain[k]) for k in fixed)):
        yield dict(zip(fixed, values, strict=True))


@dataclass(frozen=True)
class Window:
    """One axis of a slice write: where in the target, and which part of the running index falls inside of it."""

    target: slice
    source: slice


def window(place: Affine, running: int | None, extent: int, domain: tuple[int, ...]) -> Window | None:
    """Where an axis of the target is written; None where all of it falls outside.

    `place` has no index left but `running`.
    """
    if running is None:
        return Window(slice(place.offset, place.offset + 1), slice(None)) if 0 <= place.offset < extent else None
    step, count = place.steps[running], domain[running]
    begin, end = _ends(place.offset, step, extent, count)
    if begin >= end:
        return None
    first, last = place.offset + step * begin, place.offset + step * (end - 1)
    stop = last + (1 if step > 0 else -1)
    return Window(slice(first, stop if stop >= 0 else None, step), slice(begin, end))


def _ends(offset: int, step: int, extent: int, count: int) -> tuple[int, int]:
    """The half-open range of k in [0, count) with 0 <= offset + step*k < extent."""
    if step < 0:
        return _ends(extent - 1 - offset, -step, extent, count)
    low = max(0, -(offset // step))
    high = min(count, (extent - 1 - offset) // step + 1)
    return low, max(low, high)


def fix(values: Mapping[int, int], axes: tuple[int, ...]) -> tuple[int | slice, ...]:
    """The index that takes an array over `axes` at the fixed values."""
    return tuple(values.get(k, slice(None)) for k in axes)
