"""Reads: the entries of operands that a comprehension needs, as arrays over its domain.

An affine read is a strided view (padded first where it leaves the tensor); any other read gathers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Symbol, lambdify

from verifier.errors import IndexOutsideError
from verifier.numeric.affine import Affine
from verifier.numeric.arithmetic import Arithmetic, Labelled, Values
from verifier.symbolic.comprehension import Read, index, pointer


@dataclass(frozen=True)
class Grid:
    """A domain with numbers for its extents, and the integers that its pointers hold."""

    domain: tuple[int, ...]
    extents: Mapping[Symbol, int]
    pointers: tuple[NDArray[Any], ...] = ()

    def integers(self, expression: Expr) -> NDArray[Any]:
        """An index expression over the whole domain, as an integer array that broadcasts to it."""
        indices = [self.along(k) for k in range(len(self.domain))]
        values = _compiled(expression, len(self.domain), tuple(self.extents))(
            *indices, *self.pointers_at(expression), *self.extents.values()
        )
        return np.asarray(values, dtype=np.int64)

    def along(self, axis: int) -> NDArray[Any]:
        """The index at `axis`, as an array that broadcasts to the domain."""
        shape = [1] * len(self.domain)
        shape[axis] = self.domain[axis]
        return np.arange(self.domain[axis]).reshape(shape)

    def pointers_at(self, expression: Expr) -> list[NDArray[Any]]:
        """The arrays of the pointers that occur in an expression, in order."""
        return [array for k, array in enumerate(self.pointers) if pointer(k) in expression.free_symbols]


@cache
def _compiled(expression: Expr, order: int, extents: tuple[Symbol, ...]) -> Any:
    pointers = sorted((s for s in expression.free_symbols if s.name.startswith("p") and s not in extents), key=_number)
    return lambdify([*(index(k) for k in range(order)), *pointers, *extents], expression, "numpy", dummify=True)


def _number(symbol: Symbol) -> int:
    return int(symbol.name[1:])


def read_strided(
    arithmetic: Arithmetic, values: Values, read: Read, at: Sequence[Affine], domain: tuple[int, ...]
) -> Labelled:
    """An affine read as a view over the indices that it uses."""
    shape = tuple(values.shape)
    offset, widths = [], []
    for place, extent in zip(at, shape, strict=True):
        low, high = place.range(domain)
        widths.append((max(0, -low), max(0, high - extent + 1)))
        offset.append(place.offset + max(0, -low))
    if any(width != (0, 0) for width in widths):
        values = arithmetic.pad(values, widths, _fill(read, shape))
    axes = tuple(k for k in range(len(domain)) if any(place.steps[k] for place in at))
    steps = [tuple(place.steps[k] for place in at) for k in axes]
    return Labelled(arithmetic.strided(values, offset, [domain[k] for k in axes], steps), axes)


def read_gathered(arithmetic: Arithmetic, values: Values, read: Read, grid: Grid) -> Labelled:
    """Any other read, over the whole domain."""
    shape = tuple(values.shape)
    at = np.broadcast_arrays(*(grid.integers(expression) for expression in read.index))
    inside = np.logical_and.reduce([(i >= 0) & (i < n) for i, n in zip(at, shape, strict=True)])
    if inside.all():
        gathered = arithmetic.gather(values, at)
    else:
        fill = _fill(read, shape)
        clipped = [np.clip(i, 0, n - 1) for i, n in zip(at, shape, strict=True)]
        gathered = arithmetic.where(inside, arithmetic.gather(values, clipped), fill)
    return Labelled(arithmetic.expand(gathered, grid.domain), tuple(range(len(grid.domain))))


def _fill(read: Read, shape: tuple[int, ...]) -> Expr:
    if read.fill is None:
        raise IndexOutsideError(read.tensor, read.index, shape)
    return read.fill
