"""The evaluation of one comprehension in any arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from sympy import Expr, Integer, Mul, Symbol

from verifier.errors import ExtentUnknownError
from verifier.numeric.affine import Affine, affine
from verifier.numeric.arithmetic import Arithmetic, Axes, Labelled, Values
from verifier.numeric.reading import Grid, read_gathered, read_strided
from verifier.numeric.writing import assignments, fix, slices_for, window
from verifier.symbolic.comprehension import Comprehension, Read, index, value


def comprehend(
    definition: Comprehension, operands: Mapping[str, Values], extents: Mapping[Symbol, int], arithmetic: Arithmetic
) -> Values:
    """The tensor that a comprehension defines, from the values of its operands and numbers for its extents."""
    shape = tuple(_number(extent, extents) for extent in definition.shape)
    domain = tuple(_number(extent, extents) for extent in definition.domain)
    result = arithmetic.filled(shape, Integer(0))
    if 0 in domain:
        return result
    grid = _grid(definition, operands, domain, extents)
    reads = [_read(read, operands[read.tensor], grid, arithmetic) for read in definition.reads]
    terms = Terms(definition.body, grid, arithmetic)
    target = [affine(place, len(domain), extents) for place in definition.target]
    if any(place is None for place in target):
        return _scatter(result, definition, terms, reads, grid)
    return _write(result, definition, terms, reads, [place for place in target if place is not None])


def _number(extent: Expr, extents: Mapping[Symbol, int]) -> int:
    number = extent.subs(extents)
    if not number.is_Integer:
        raise ExtentUnknownError(extent)
    return int(number)


def _grid(
    definition: Comprehension, operands: Mapping[str, Values], domain: tuple[int, ...], extents: Mapping[Symbol, int]
) -> Grid:
    bare = Grid(domain, extents)
    pointers = [np.asarray(operands[read.tensor])[_at(read, bare)] for read in definition.pointers]
    return Grid(domain, extents, tuple(pointers))


def _at(read: Read, grid: Grid) -> tuple[Any, ...]:
    return tuple(grid.integers(expression) for expression in read.index)


def _read(read: Read, values: Values, grid: Grid, arithmetic: Arithmetic) -> Labelled:
    values = arithmetic.detached(values) if read.detached else values
    at = [affine(expression, len(grid.domain), grid.extents) for expression in read.index]
    if any(place is None for place in at):
        return read_gathered(arithmetic, values, read, grid)
    return read_strided(arithmetic, values, read, [place for place in at if place is not None], grid.domain)


def _write(
    result: Values, definition: Comprehension, terms: Terms, reads: list[Labelled], target: list[Affine]
) -> Values:
    domain, arithmetic = terms.grid.domain, terms.arithmetic
    slices = slices_for(target, domain)
    if slices is None:
        return _scatter(result, definition, terms, reads, terms.grid)
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
        if _is_everything(at, inside, result.shape, term.shape):
            result = term
        else:
            result = arithmetic.add_into(result, at, _with_unit_axes(term[(*inside, ...)], slices.running))
    return result


def _is_everything(at: tuple[slice, ...], inside: tuple[slice, ...], shape: Any, term: Any) -> bool:
    """Whether a single write covers the whole target, so that nothing has to be added up."""
    whole = len(at) == len(inside) and tuple(shape) == tuple(term)
    return whole and all(s == slice(0, n, 1) and t == slice(0, n) for s, t, n in zip(at, inside, shape, strict=True))


def _with_unit_axes(term: Values, running: tuple[int | None, ...]) -> Values:
    return term[(*(None if axis is None else slice(None) for axis in running), ...)]


def _fixed(read: Labelled, values: Mapping[int, int]) -> Labelled:
    if not values:
        return read
    return Labelled(read.values[(*fix(values, read.axes), ...)], tuple(k for k in read.axes if k not in values))


def _scatter(result: Values, definition: Comprehension, terms: Terms, reads: list[Labelled], grid: Grid) -> Values:
    """Add the term of every point of the domain at its target."""
    everywhere = tuple(range(len(grid.domain)))
    values = terms.arithmetic.expand(terms.summed(reads, everywhere, {}), grid.domain)
    at = [np.broadcast_to(grid.integers(expression), grid.domain) for expression in definition.target]
    inside = np.logical_and.reduce([(i >= 0) & (i < n) for i, n in zip(at, result.shape, strict=True)])
    return terms.arithmetic.scatter_add(result, [i[inside] for i in at], values[inside])


@dataclass(frozen=True)
class Terms:
    """The body of a comprehension, ready to be summed over all indices but a few."""

    body: Expr
    grid: Grid
    arithmetic: Arithmetic

    def summed(self, reads: list[Labelled], kept: Axes, fixed: Mapping[int, int]) -> Values:
        """The body at `fixed` values of some indices, summed over all others but `kept`."""
        product = _product(self.body)
        if product is not None and product.positions:
            return self._contracted(product, reads, kept, fixed)
        return self._applied(reads, kept, fixed)

    def _contracted(self, product: Product, reads: list[Labelled], kept: Axes, fixed: Mapping[int, int]) -> Values:
        factors = [reads[position] for position in product.positions]
        reached = {axis for factor in factors for axis in factor.axes}
        spread = tuple(axis for axis in kept if axis not in reached)
        running = [k for k in range(len(self.grid.domain)) if k not in fixed and k not in reached and k not in kept]
        repeats = Integer(int(np.prod([self.grid.domain[k] for k in running], dtype=object)))
        coefficient = (product.coefficient * repeats).subs(self.grid.extents)
        core = tuple(axis for axis in kept if axis in reached)
        result = self.arithmetic.contract(factors, core)
        if coefficient != 1:
            result = self.arithmetic.function(coefficient * value(0), (value(0),))(result)
        if not spread:
            return result
        shape = tuple(self.grid.domain[axis] for axis in kept)
        return self.arithmetic.expand(result[(*(slice(None) if k in reached else None for k in kept), ...)], shape)

    def _applied(self, reads: list[Labelled], kept: Axes, fixed: Mapping[int, int]) -> Values:
        running = tuple(k for k in range(len(self.grid.domain)) if k not in fixed)
        symbols = [value(k) for k in range(len(reads))]
        arguments = [self._aligned(read, running) for read in reads]
        for k in range(len(self.grid.domain)):
            if index(k) in self.body.free_symbols:
                symbols.append(index(k))
                arguments.append(fixed[k] if k in fixed else _squeezed(self.grid.along(k), fixed))
        extents = {s: n for s, n in self.grid.extents.items() if s in self.body.free_symbols}
        function = self.arithmetic.function(self.body, (*symbols, *extents))
        shape = tuple(self.grid.domain[k] for k in running)
        everywhere = self.arithmetic.expand(function(*arguments, *extents.values()), shape)
        gone = tuple(position for position, k in enumerate(running) if k not in kept)
        summed = self.arithmetic.sum(everywhere, gone) if gone else everywhere
        left = [k for k in running if k in kept]
        return self.arithmetic.permute(summed, [left.index(k) for k in kept])

    def _aligned(self, read: Labelled, running: Axes) -> Values:
        """A read with a unit axis for every running index that it does not have."""
        return read.values[(*(slice(None) if k in read.axes else None for k in running), ...)]


def _squeezed(along: Any, fixed: Mapping[int, int]) -> Any:
    return along[tuple(0 if k in fixed else slice(None) for k in range(along.ndim))]


@dataclass(frozen=True)
class Product:
    """A body that is a constant times reads: the positions of the reads, repeated as often as they occur."""

    coefficient: Expr
    positions: tuple[int, ...]


@cache
def _product(body: Expr) -> Product | None:
    coefficient, positions = Integer(1), []
    for factor in Mul.make_args(body):
        base, exponent = factor.as_base_exp()
        if base.is_Symbol and _is_value(base) and exponent.is_Integer and exponent > 0:
            positions += [int(base.name[1:])] * int(exponent)
        elif any(_is_value(s) or _is_index(s) for s in factor.free_symbols):
            return None
        else:
            coefficient *= factor
    return Product(coefficient, tuple(positions))


def _is_value(symbol: Symbol) -> bool:
    return symbol.name[0] == "a" and symbol.name[1:].isdigit() and symbol == value(int(symbol.name[1:]))


def _is_index(symbol: Symbol) -> bool:
    return symbol.name[0] == "i" and symbol.name[1:].isdigit() and symbol == index(int(symbol.name[1:]))
