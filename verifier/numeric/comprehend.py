"""The evaluation of one comprehension in any arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sympy import Integer, Symbol

from verifier.numeric.arithmetic import Arithmetic, Labelled, Values
from verifier.numeric.plan import Place, Plan, plan
from verifier.numeric.reading import Grid, read_gathered, read_strided
from verifier.numeric.terms import Terms
from verifier.numeric.writing import Slices, assignments, fix, window
from verifier.symbolic.comprehension import Comprehension, Read


def comprehend(
    definition: Comprehension, operands: Mapping[str, Values], extents: Mapping[Symbol, int], arithmetic: Arithmetic
) -> Values:
    """The tensor that a comprehension defines, from the values of its operands and numbers for its extents."""
    planned = plan(definition, tuple(extents.items()))
    result = arithmetic.filled(planned.shape, Integer(0))
    if 0 in planned.domain:
        return result
    grid = _grid(planned, operands)
    reads = [
        _read(read, at, operands[read.tensor], grid, arithmetic)
        for read, at in zip(definition.reads, planned.reads, strict=True)
    ]
    terms = Terms(planned, grid, arithmetic)
    if planned.slices is None:
        return _scatter(result, terms, reads)
    return _write(result, terms, reads, planned.slices)


def _grid(planned: Plan, operands: Mapping[str, Values]) -> Grid:
    bare = Grid(planned.domain, planned.extents)
    pointers = [np.asarray(operands[read.tensor])[_at(read, bare)] for read in planned.definition.pointers]
    return Grid(planned.domain, planned.extents, tuple(pointers))


def _at(read: Read, grid: Grid) -> tuple[Any, ...]:
    return tuple(grid.integers(expression) for expression in read.index)


def _read(read: Read, at: Place, values: Values, grid: Grid, arithmetic: Arithmetic) -> Labelled:
    values = arithmetic.detached(values) if read.detached else values
    if at is None:
        return read_gathered(arithmetic, values, read, grid)
    return read_strided(arithmetic, values, read, at, grid.domain)


def _write(result: Values, terms: Terms, reads: list[Labelled], slices: Slices) -> Values:
    """Add the terms slice by slice."""
    domain, arithmetic = terms.grid.domain, terms.arithmetic
    target = terms.plan.target or ()
    for values in assignments(slices.fixed, domain):
        places = [place.fixed(values) for place in target]
        windows = [
            window(place, running, extent, domain)
            for place, running, extent in zip(places, slices.running, result.shape, strict=True)
        ]
        if any(w is None for w in windows):
            continue
        term = terms.summed([_fixed(read, values) for read in reads], slices.kept, values)
        inside = tuple(w.source for w, axis in zip(windows, slices.running, strict=True) if w and axis is not None)
        at = tuple(w.target for w in windows if w)
        if not slices.fixed and _is_everything(at, inside, result.shape, term.shape):
            result = term
        else:
            result = arithmetic.add_into(result, at, _with_unit_axes(term[(*inside, ...)], slices.running))
    return result


def _is_everything(at: tuple[slice, ...], inside: tuple[slice, ...], shape: Any, term: Any) -> bool:
    """Whether a write covers the whole target, so that nothing has to be added up where it is the only one."""
    whole = len(at) == len(inside) and tuple(shape) == tuple(term)
    return whole and all(s == slice(0, n, 1) and t == slice(0, n) for s, t, n in zip(at, inside, shape, strict=True))


def _with_unit_axes(term: Values, running: tuple[int | None, ...]) -> Values:
    return term[(*(None if axis is None else slice(None) for axis in running), ...)]


def _fixed(read: Labelled, values: Mapping[int, int]) -> Labelled:
    if not values:
        return read
    return Labelled(read.values[(*fix(values, read.axes), ...)], tuple(k for k in read.axes if k not in values))


def _scatter(result: Values, terms: Terms, reads: list[Labelled]) -> Values:
    """Add the term of every point of the domain at its target."""
    grid = terms.grid
    everywhere = tuple(range(len(grid.domain)))
    values = terms.arithmetic.expand(terms.summed(reads, everywhere, {}), grid.domain)
    at = [np.broadcast_to(grid.integers(expression), grid.domain) for expression in terms.plan.definition.target]
    inside = np.logical_and.reduce([(i >= 0) & (i < n) for i, n in zip(at, result.shape, strict=True)])
    return terms.arithmetic.scatter_add(result, [i[inside] for i in at], values[inside])
