"""Entries added, written or filled in at places that integers name.

Where one place is named twice, the last entry that is written there stays, as on the CPU: torch leaves it open.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Integer

from verifier.op import Given, Operand, booleans, integers, op, pairs, real, sample
from verifier.ops.comparisons import chosen
from verifier.symbolic.arrangement import extents, flattened, reshaped
from verifier.symbolic.complex_number import exactly
from verifier.symbolic.indexing import (
    added_at,
    along_axis,
    indexed,
    of_shape,
    times_named,
    unwrapped,
    vector,
    written_at,
)
from verifier.symbolic.scope import Scope, broadcast, entrywise
from verifier.symbolic.tensor import Tensor


def scatter(self: Operand, dim: int, index: Operand, src: Any, *, scope: Scope) -> Tensor:
    """scatter.src(Tensor self, int dim, Tensor index, Tensor src) -> Tensor, scatter.value(..., Scalar value)"""
    target, places = vector(self), vector(index)
    place = along_axis(dim % len(target.shape), places)
    values = Tensor(places.shape, vector(src).entry if isinstance(src, Tensor) else lambda *at: exactly(src))
    return of_shape(written_at(target, values, place, scope), self.shape)


def scatter_add(self: Operand, dim: int, index: Operand, src: Operand, *, scope: Scope) -> Tensor:
    """scatter_add(Tensor self, int dim, Tensor index, Tensor src) -> Tensor"""
    target, places = vector(self), vector(index)
    place = along_axis(dim % len(target.shape), places)
    added = added_at(target.shape, Tensor(places.shape, vector(src).entry), place, scope)
    return of_shape(entrywise(lambda a, b: a + b, target, added), self.shape)


def index_add(self: Operand, dim: int, index: Operand, source: Operand, *, alpha: Any = 1, scope: Scope) -> Tensor:
    """index_add(Tensor self, int dim, Tensor index, Tensor source, *, Scalar alpha=1) -> Tensor"""
    target = vector(self)
    place = along_axis(dim % len(target.shape), vector(index))
    added = added_at(target.shape, vector(source), place, scope)
    return of_shape(entrywise(lambda a, b, factor: a + b * factor, target, added, alpha), self.shape)


def index_copy(self: Operand, dim: int, index: Operand, source: Operand, *, scope: Scope) -> Tensor:
    """index_copy(Tensor self, int dim, Tensor index, Tensor source) -> Tensor"""
    target = vector(self)
    place = along_axis(dim % len(target.shape), vector(index))
    return of_shape(written_at(target, vector(source), place, scope), self.shape)


def index_fill(self: Operand, dim: int, index: Operand, value: Any, *, scope: Scope) -> Tensor:
    """index_fill.int_Scalar(Tensor self, int dim, Tensor index, Scalar value) -> Tensor, and of a Tensor value"""
    target, places = vector(self), vector(index)
    axis = dim % len(target.shape)
    place = indexed((target.shape[axis],), [places]).place
    times = times_named((target.shape[axis],), places.shape, place, scope)
    new = value.entry() if isinstance(value, Tensor) else exactly(value)
    filled = Tensor(target.shape, lambda *at: chosen(times.entry(at[axis]), new, target.entry(*at)))
    return of_shape(filled, self.shape)


def index_put(
    self: Tensor,
    indices: Sequence[Operand | None],
    values: Tensor,
    accumulate: bool = False,
    unsafe: bool = False,
    *,
    scope: Scope,
) -> Tensor:
    """index_put(Tensor self, Tensor?[] indices, Tensor values, bool accumulate=False) -> Tensor

    Conditions among the indices come as the places where they hold.
    """
    return _put(self, indices, values, accumulate, scope)


def put(self: Operand, index: Operand, source: Operand, accumulate: bool = False, *, scope: Scope) -> Tensor:
    """put(Tensor self, Tensor index, Tensor source, bool accumulate=False) -> Tensor"""
    flat = flattened(vector(self), 0, scope)
    values = reshaped(source, extents(index), scope)
    return reshaped(_put(flat, [index], values, accumulate, scope), extents(self), scope)


def _put(target: Tensor, indices: Sequence[Tensor | None], values: Tensor, accumulate: bool, scope: Scope) -> Tensor:
    there = indexed(target.shape, indices)
    spread = broadcast(values, there.shape)
    if not accumulate:
        return written_at(target, spread, there.place, scope)
    return entrywise(lambda a, b: a + b, target, added_at(target.shape, spread, there.place, scope))


def masked_scatter(self: Operand, mask: Sequence[Operand], source: Operand, *, scope: Scope) -> Tensor:
    """masked_scatter(Tensor self, Tensor mask, Tensor source) -> Tensor

    After the mask come the places where it holds, which take the first entries of the source.
    """
    condition, *places = mask
    target = vector(broadcast(self, condition.shape))
    taken = Tensor(places[0].shape, flattened(vector(source), 0, scope).entry)
    return of_shape(written_at(target, taken, indexed(target.shape, places).place, scope), condition.shape)


def unsafe_masked_index_put_accumulate(
    self: Operand, mask: Operand, indices: Sequence[Operand | None], values: Operand, *, scope: Scope
) -> Tensor:
    """_unsafe_masked_index_put_accumulate(Tensor self, Tensor mask, Tensor?[] indices, Tensor values) -> Tensor

    Where the mask does not hold, indices may leave the tensor, and nothing is added.
    """
    kept = entrywise(lambda condition, value: chosen(condition, value, Integer(0)), mask, values)
    place = indexed(self.shape, indices, unwrapped).place
    return entrywise(lambda a, b: a + b, self, added_at(self.shape, kept, place, scope))


ONCE = Given([[2, 0, 1], [0, 3, 2]], "int64")
TWICE = Given([[2, 0, 1], [0, 0, 2]], "int64")
ROWS, COLUMNS = Given([[2], [0]], "int64"), Given([1, -1, 0], "int64")

OPS = (
    op(
        "scatter.src",
        "scatter.value",
        define=scatter,
        samples=(
            sample("scatter.src", real(4, 3), 0, ONCE, real(2, 3)),
            sample("scatter.src", pairs(2, 4), -1, ONCE, pairs(2, 3)),
            sample("scatter.value", real(3, 4), 1, ONCE, 0.3),
            sample("scatter.src", real(), 0, Given(0, "int64"), real()),
            sample("scatter.src", real(4, 3), 0, TWICE, real(2, 3)),
        ),
    ),
    op(
        "scatter_add",
        define=scatter_add,
        samples=(
            sample("scatter_add", real(4, 3), 0, integers(5, 2), real(5, 2)),
            sample("scatter_add", pairs(4), -1, integers(5), pairs(5)),
            sample("scatter_add", real(), 0, Given(0, "int64"), real()),
        ),
    ),
    op(
        "index_add",
        define=index_add,
        samples=(
            sample("index_add", real(4, 2), 0, integers(5), real(5, 2), alpha=0.3),
            sample("index_add", pairs(4), -1, integers(2), pairs(2)),
            sample("index_add", real(), 0, Given(0, "int64"), real()),
        ),
    ),
    op(
        "index_copy",
        define=index_copy,
        samples=(
            sample("index_copy", real(2, 4), 1, Given([3, 0], "int64"), real(2, 2)),
            sample("index_copy", pairs(3), 0, Given([1], "int64"), pairs(1)),
            sample("index_copy", pairs(3), 0, Given([1, 0, 1], "int64"), pairs(3)),
        ),
    ),
    op(
        "index_fill",
        define=index_fill,
        samples=(
            sample("index_fill.int_Scalar", real(2, 4), 1, Given([3, -4, 3], "int64"), 0.3),
            sample("index_fill.int_Tensor", pairs(3), 0, Given([1], "int64"), pairs()),
            sample("index_fill.int_Scalar", real(), 0, Given(0, "int64"), 2),
        ),
    ),
    op(
        *("index_put", "_index_put_impl", "_unsafe_index_put"),
        define=index_put,
        samples=(
            sample("index_put", real(3, 4), [ROWS, COLUMNS], real(2, 3)),
            sample("index_put", real(3, 4), [None, COLUMNS], real(3), True),
            sample("index_put_", pairs(3, 2), [Given([True, False, True], "bool")], pairs(2, 2)),
            sample("_index_put_impl_", real(4), [integers(6)], real(6), True),
            sample("_unsafe_index_put", real(3, 4), [ROWS, COLUMNS], real(2, 1)),
            sample("index_put", real(3, 4), [None, Given([1, -1, 3], "int64")], real(3)),
        ),
    ),
    op(
        "put",
        define=put,
        samples=(
            sample("put", real(2, 3), Given([[5, -6]], "int64"), real(2)),
            sample("put", real(2, 3), integers(7), real(7), True),
            sample("put", real(2, 3), Given([[5, -1], [0, 5]], "int64"), real(2, 2)),
        ),
    ),
    op(
        "masked_scatter",
        define=masked_scatter,
        samples=(
            sample("masked_scatter", real(2, 3), booleans(2, 3), real(7)),
            sample("masked_scatter", pairs(2, 3), booleans(3), pairs(2, 3)),
        ),
    ),
    op(
        "_unsafe_masked_index_put_accumulate",
        define=unsafe_masked_index_put_accumulate,
        samples=(
            sample(
                "_unsafe_masked_index_put_accumulate",
                real(3, 4),
                Given([True, False, True, True], "bool"),
                [Given([2, 5, 0, 2], "int64"), Given([1, 0, 3, 1], "int64")],
                real(4),
            ),
        ),
    ),
)
