"""The evaluation of definitions that only move entries, in any arithmetic: reshapes, strided reads, assemblies."""

from __future__ import annotations

import math
from collections.abc import Mapping

from sympy import Integer, Symbol

from verifier.numeric.arithmetic import Arithmetic, Values
from verifier.numeric.overlap import MOST_STEPS, fixing, pinned
from verifier.numeric.plan import number
from verifier.symbolic.assembly import Assembly
from verifier.symbolic.region import Region
from verifier.symbolic.reshape import Reshape
from verifier.symbolic.strided import Accumulated, Strided


def reshaped(definition: Reshape, values: Values, extents: Mapping[Symbol, int]) -> Values:
    """The same entries under another shape."""
    return values.reshape(tuple(number(extent, extents) for extent in definition.shape))


def strided(definition: Strided, values: Values, arithmetic: Arithmetic) -> Values:
    """The entries that a region names, as a view."""
    region = definition.region
    if not region.size:
        return arithmetic.filled(region.shape, Integer(0))
    steps = [(stride,) for stride in region.strides]
    return arithmetic.strided(values.reshape((-1,)), [region.offset], region.shape, steps)


def accumulated(
    definition: Accumulated, values: Values, extents: Mapping[Symbol, int], arithmetic: Arithmetic
) -> Values:
    """Zeros, with the values added at the places that a region names."""
    shape = tuple(number(extent, extents) for extent in definition.shape)
    buffer = arithmetic.filled((math.prod(shape),), Integer(0))
    if definition.region.size:
        buffer = _added(buffer, definition.region, values, arithmetic)
    return buffer.reshape(shape)


def assembled(definition: Assembly, known: Mapping[str, Values], arithmetic: Arithmetic) -> Values:
    """The fill, with the parts written over it and over each other."""
    buffer = arithmetic.filled((math.prod(definition.extents),), definition.fill)
    for part in definition.parts:
        if part.tensor is None:
            values = arithmetic.filled((1,) * len(part.region.shape), Integer(0))
        else:
            values = arithmetic.detached(known[part.tensor]) if part.detached else known[part.tensor]
        buffer = arithmetic.put(buffer, part.region, values)
    return buffer.reshape(definition.extents)


def _added(buffer: Values, region: Region, values: Values, arithmetic: Arithmetic) -> Values:
    """Entries that name the same place by a stride of 0 are summed first; other repetitions are added in turn."""
    repeated = tuple(axis for axis, stride in enumerate(region.strides) if stride == 0)
    if repeated:
        values = arithmetic.sum(values, repeated)
        kept = [axis for axis in range(len(region.shape)) if axis not in repeated]
        shape, strides = (tuple(each[axis] for axis in kept) for each in (region.shape, region.strides))
        region = Region(region.offset, shape, strides)
    fixed = fixing(region)
    if math.prod(region.shape[axis] for axis in fixed) > MOST_STEPS:
        return arithmetic.scatter_add(buffer, [region.places()], values)
    for at, part in pinned(region, fixed):
        place = (*(at.get(axis, slice(None)) for axis in range(len(region.shape))), ...)
        buffer = arithmetic.add(buffer, part, values[place])
    return buffer
