"""Reads: the entries of operands that a comprehension needs, as arrays over its domain, axes in the indices' order.

An affine read is a strided view (padded first where it leaves the tensor); any other read gathers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
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
    arithmetic: Arithmetic, values: Values, read: Read, at: tuple[Affine, ...], domain: tuple[int, ...]
) -> Labelled:
    """An affine read as a view over the indices that it uses."""
    shape = tuple(values.shape)
    view = _view(at, shape, domain)
    if view.order is not None:
        return Labelled(arithmetic.permute(values, view.order), view.axes)
    if view.leaves:
        values = arithmetic.pad(values, view.widths, _fill(read, shape))
    return Labelled(arithmetic.strided(values, view.offset, [domain[k] for k in view.axes], view.steps), view.axes)


@dataclass(frozen=True)
class View:
    """An affine read: how far to pad each axis, where to begin, and how far each of the indices `axes` steps.

    order is the order of the tensor's axes that is the whole read, where it is one.
    """

    widths: tuple[tuple[int, int], ...]
    offset: tuple[int, ...]
    axes: tuple[int, ...]
    steps: tuple[tuple[int, ...], ...]
    order: tuple[int, ...] | None

    @property
    def leaves(self) -> bool:
        """Whether it leaves the tensor."""
        return any(width != (0, 0) for width in self.widths)


@lru_cache(maxsize=4096)
def _view(at: tuple[Affine, ...], shape: tuple[int, ...], domain: tuple[int, ...]) -> View:
    ranges = [place.range(domain) for place in at]
    widths = tuple((max(0, -low), max(0, high - n + 1)) for (low, high), n in zip(ranges, shape, strict=True))
    axes = tuple(k for k in range(len(domain)) if any(place.steps[k] for place in at))
    runs = [_runs_along(place, extent, domain) for place, extent in zip(at, shape, strict=True)]
    return View(
        widths=widths,
        offset=tuple(place.offset + before for place, (before, _) in zip(at, widths, strict=True)),
        axes=axes,
        steps=tuple(tuple(place.steps[k] for place in at) for k in axes),
        order=tuple(runs.index(k) for k in axes) if sorted(runs) == list(axes) else None,
    )


def _runs_along(place: Affine, extent: int, domain: tuple[int, ...]) -> int:
    """The index that runs along an axis from end to end; -1 where none does."""
    used = place.used
    plain = len(used) == 1 and place.offset == 0 and place.steps[used[0]] == 1 and domain[used[0]] == extent
    return used[0] if plain else -1


def read_gathered(arithmetic: Arithmetic, values: Values, read: Read, grid: Grid) -> Labelled:
    """Any other read, over the indices that it uses."""
    shape = tuple(values.shape)
    split = split_axes(read.index, shape, grid)
    extents = [shape[axis] for axis in split.others]
    values = arithmetic.permute(values, (*split.others, *split.plain))
    inside = split.inside(extents)
    if inside.all():
        gathered = arithmetic.gather(values, split.at)
    else:
        fill = _fill(read, shape)
        clipped = [np.clip(i, 0, n - 1) for i, n in zip(split.at, extents, strict=True)]
        condition = inside.reshape(inside.shape + (1,) * len(split.plain))
        gathered = arithmetic.where(condition, arithmetic.gather(values, clipped), fill)
    axes = (*split.moving, *split.plain.values())
    order = sorted(range(len(axes)), key=axes.__getitem__)
    return Labelled(arithmetic.permute(gathered, order), tuple(axes[k] for k in order))


def read_integers(values: NDArray[Any], read: Read, grid: Grid) -> NDArray[Any]:
    """What a pointer reads, over the whole domain but for unit axes where it does not move."""
    at = [grid.integers(expression) for expression in read.index]
    inside = [(i >= 0) & (i < n) for i, n in zip(at, values.shape, strict=True)]
    if all(i.all() for i in inside):
        return np.asarray(values[tuple(at)])
    clipped = tuple(np.clip(i, 0, n - 1) for i, n in zip(at, values.shape, strict=True))
    return np.where(
        np.logical_and.reduce(np.broadcast_arrays(*inside)), values[clipped], int(_fill(read, values.shape))
    )


@dataclass(frozen=True)
class Split:
    """The axes of a tensor by how an index moves them.

    plain: axes that one index runs along from end to end, which moves nothing else, with that index.
    others: all other axes, and `at` where in them: arrays over the indices `moving`.
    """

    plain: Mapping[int, int]
    others: tuple[int, ...]
    moving: tuple[int, ...]
    at: tuple[NDArray[Any], ...]

    def inside(self, extents: Sequence[int]) -> NDArray[Any]:
        """Where the other axes, of these extents, are not left."""
        moves = np.broadcast_shapes(*(i.shape for i in self.at))
        met = [(i >= 0) & (i < n) for i, n in zip(self.at, extents, strict=True)]
        return np.logical_and.reduce([np.ones(moves, dtype=bool), *met])


def split_axes(expressions: Sequence[Expr], shape: Sequence[int], grid: Grid) -> Split:
    """The axes of a tensor of `shape` at index expressions."""
    bare = {
        axis: k
        for axis, (expression, extent) in enumerate(zip(expressions, shape, strict=True))
        for k in range(len(grid.domain))
        if expression == index(k) and grid.domain[k] == extent and list(expressions).count(expression) == 1
    }
    found = {axis: grid.integers(e) for axis, e in enumerate(expressions) if axis not in bare}
    moves = np.broadcast_shapes((1,) * len(grid.domain), *(i.shape for i in found.values()))
    moving = tuple(k for k, extent in enumerate(moves) if extent > 1)
    for axis, k in bare.items():
        if k in moving:
            found[axis] = grid.along(k)
    others = tuple(sorted(found))
    at = np.broadcast_arrays(*(found[axis] for axis in others))
    shaped = tuple(np.array(np.broadcast_to(i, moves)).reshape([moves[k] for k in moving]) for i in at)
    return Split({axis: k for axis, k in bare.items() if axis not in found}, others, moving, shaped)


def _fill(read: Read, shape: tuple[int, ...]) -> Expr:
    if read.fill is None:
        raise IndexOutsideError(read.tensor, read.index, shape)
    return read.fill
