"""Writes: how the terms of a comprehension are added into its target, where the target is affine.

The target is laid into a box that no term leaves. In the box's row-major order a term's place is an offset and a stride
for each index, a region, and terms are added by strides; what lies outside of the tensor is cut off at the end. Indices
whose strides overlap (the taps of a convolution) are fixed, one value after another. Where that takes too many steps,
or the box were much larger than the tensor, there is no such write, and terms are scattered.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

from verifier.numeric.affine import Affine
from verifier.numeric.overlap import MOST_STEPS, fixing
from verifier.symbolic.region import Region, row_major

#: How many times larger than the tensor and the terms a box may be, and what is small enough in any case.
ROOM, SMALL = 4, 4096


@dataclass(frozen=True)
class Write:
    """How to write by strides.

    indices: the indices that move the target. region: their places in a box of the extents `box`, flat.
    inside: where the tensor lies in the box. fixed: the axes of `region` to go through one value after another.
    """

    indices: tuple[int, ...]
    region: Region
    box: tuple[int, ...]
    inside: tuple[slice, ...]
    fixed: tuple[int, ...]

    @property
    def running(self) -> tuple[int, ...]:
        """The indices that are not fixed."""
        return tuple(k for axis, k in enumerate(self.indices) if axis not in self.fixed)

    @cached_property
    def covering(self) -> tuple[int, ...] | None:
        """The indices in the order in which their terms are just the tensor's entries; None where they are not."""
        extents, strides = self.region.shape, self.region.strides
        order = sorted(range(len(extents)), key=lambda axis: (-strides[axis], extents[axis]))
        ordered = [extents[axis] for axis in order]
        plain = all(
            extents[axis] == 1 or strides[axis] == stride
            for axis, stride in zip(order, row_major(ordered), strict=True)
        )
        same = all(s == slice(0, n) for s, n in zip(self.inside, self.box, strict=True))
        if not (plain and same and self.region.size == math.prod(self.box)):
            return None
        return tuple(self.indices[axis] for axis in order)


def write_for(target: Sequence[Affine], shape: tuple[int, ...], domain: tuple[int, ...]) -> Write | None:
    """The cheapest way to write into a tensor of `shape` by strides; None where a scatter is better."""
    if 0 in domain:
        return None
    ranges = [place.range(domain) for place in target]
    before = [max(0, -low) for low, _ in ranges]
    box = tuple(b + max(n, high + 1) for b, n, (_, high) in zip(before, shape, ranges, strict=True))
    if math.prod(box) > max(SMALL, ROOM * (math.prod(shape) + math.prod(domain))):
        return None
    axes = row_major(box)
    indices = tuple(k for k in range(len(domain)) if any(place.steps[k] for place in target))
    region = Region(
        sum((place.offset + b) * axis for place, b, axis in zip(target, before, axes, strict=True)),
        tuple(domain[k] for k in indices),
        tuple(sum(place.steps[k] * axis for place, axis in zip(target, axes, strict=True)) for k in indices),
    )
    fixed = fixing(region)
    if math.prod(region.shape[axis] for axis in fixed) > MOST_STEPS:
        return None
    inside = tuple(slice(b, b + n) for b, n in zip(before, shape, strict=True))
    return Write(indices, region, box, inside, fixed)
