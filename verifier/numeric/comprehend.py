"""The evaluation of one comprehension in any arithmetic."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from sympy import Integer, Symbol

from verifier.numeric.arithmetic import Arithmetic, Labelled, Values
from verifier.numeric.overlap import pinned
from verifier.numeric.plan import Place, Plan, plan
from verifier.numeric.reading import Grid, read_gathered, read_integers, read_strided, split_axes
from verifier.numeric.terms import Terms
from verifier.numeric.writing import Write
from verifier.symbolic.comprehension import Comprehension, Read


def comprehend(
    definition: Comprehension, operands: Mapping[str, Values], extents: Mapping[Symbol, int], arithmetic: Arithmetic
) -> Values:
    """The tensor that a comprehension defines, from the values of its operands and numbers for its extents."""
    planned = plan(definition, tuple(extents.items()))
    if 0 in planned.domain:
        return arithmetic.filled(planned.shape, Integer(0))
    grid = _grid(planned, operands)
    reads = [
        _read(read, at, operands[read.tensor], grid, arithmetic)
        for read, at in zip(definition.reads, planned.reads, strict=True)
    ]
    terms = Terms(planned, grid, arithmetic)
    return _scatter(terms, reads) if planned.write is None else _write(terms, reads, planned.write)


def _grid(planned: Plan, operands: Mapping[str, Values]) -> Grid:
    bare = Grid(planned.domain, planned.extents)
    pointers = [read_integers(np.asarray(operands[read.tensor]), read, bare) for read in planned.definition.pointers]
    return Grid(planned.domain, planned.extents, tuple(pointers))


def _read(read: Read, at: Place, values: Values, grid: Grid, arithmetic: Arithmetic) -> Labelled:
    values = arithmetic.detached(values) if read.detached else values
    if at is None:
        return read_gathered(arithmetic, values, read, grid)
    return read_strided(arithmetic, values, read, at, grid.domain)


def _write(terms: Terms, reads: list[Labelled], write: Write) -> Values:
    """Add the terms by strides."""
    arithmetic = terms.arithmetic
    if write.covering is not None:
        return terms.summed(reads, write.covering, {}).reshape(write.box)
    buffer = arithmetic.filled((math.prod(write.box),), Integer(0))
    for at, region in pinned(write.region, write.fixed):
        values = {write.indices[axis]: value for axis, value in at.items()}
        term = terms.summed([_fixed(read, values) for read in reads], write.running, values)
        buffer = arithmetic.add(buffer, region, term)
    return buffer.reshape(write.box)[(*write.inside, ...)]


def _fixed(read: Labelled, values: Mapping[int, int]) -> Labelled:
    if not values:
        return read
    place = (*(values.get(k, slice(None)) for k in read.axes), ...)
    return Labelled(read.values[place], tuple(k for k in read.axes if k not in values))


def _scatter(terms: Terms, reads: list[Labelled]) -> Values:
    """Add the term of every point of the domain at its target."""
    arithmetic, shape = terms.arithmetic, terms.plan.shape
    split = split_axes(terms.plan.definition.target, shape, terms.grid)
    extents = [shape[axis] for axis in split.others]
    values = terms.summed(reads, (*split.moving, *split.plain.values()), {})
    inside = split.inside(extents)
    buffer = arithmetic.filled((*extents, *(shape[axis] for axis in split.plain)), Integer(0))
    added = arithmetic.scatter_add(buffer, [i[inside] for i in split.at], values[inside])
    order = (*split.others, *split.plain)
    return arithmetic.permute(added, [order.index(axis) for axis in range(len(shape))])
