"""Entries read at places that integers name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Integer

from verifier.op import Given, Operand, booleans, integers, op, pairs, real, sample
from verifier.ops.comparisons import chosen
from verifier.symbolic.arrangement import flattened, padded
from verifier.symbolic.complex_number import exactly
from verifier.symbolic.indexing import along_axis, indexed, read_at, unwrapped, vector
from verifier.symbolic.scope import Scope, broadcast
from verifier.symbolic.tensor import Tensor


def gather(self: Operand, dim: int, index: Operand, *, sparse_grad: bool = False) -> Tensor:
    """gather(Tensor self, int dim, Tensor index, *, bool sparse_grad=False) -> Tensor"""
    if not self.shape:
        return Tensor(index.shape, lambda *at: self.entry())
    if 0 in index.shape:  # it may have axes that the tensor lacks
        return Tensor(index.shape, lambda *at: Integer(0))
    place = along_axis(dim % len(self.shape), vector(index))
    return Tensor(index.shape, lambda *at: self.entry(*place(*(at or (0,)))))


def index_(self: Operand, indices: Sequence[Operand | None]) -> Tensor:
    """index.Tensor(Tensor self, Tensor?[] indices) -> Tensor; conditions come as the places where they hold"""
    return read_at(self, indexed(self.shape, indices))


def masked_select(self: Operand, mask: Sequence[Operand]) -> Tensor:
    """masked_select(Tensor self, Tensor mask) -> Tensor; after the mask come the places where it holds"""
    condition, *places = mask
    target = vector(broadcast(self, condition.shape))
    return read_at(target, indexed(target.shape, places))


def index_select(self: Operand, dim: int, index: Operand) -> Tensor:
    """index_select(Tensor self, int dim, Tensor index) -> Tensor"""
    if not self.shape:
        return self
    axis, places = dim % len(self.shape), vector(index)
    place = along_axis(axis, places) if len(self.shape) > 1 else (lambda k: (places.entry(k),))
    return Tensor((*self.shape[:axis], *places.shape, *self.shape[axis + 1 :]), lambda *at: self.entry(*place(*at)))


def take(self: Operand, index: Operand, *, scope: Scope) -> Tensor:
    """take(Tensor self, Tensor index) -> Tensor; the tensor is read in row-major order"""
    flat = flattened(vector(self), 0, scope)
    return read_at(flat, indexed(flat.shape, [index]))


def unsafe_masked_index(
    self: Operand, mask: Operand, indices: Sequence[Operand | None], fill: Any, *, scope: Scope
) -> Tensor:
    """_unsafe_masked_index(Tensor self, Tensor mask, Tensor?[] indices, Scalar fill) -> Tensor

    Where the mask does not hold, indices may leave the tensor.
    """
    inside = read_at(padded(self, scope), indexed(self.shape, indices, unwrapped))
    return Tensor(inside.shape, lambda *at: chosen(mask.entry(*at), inside[at], exactly(fill)))


ROWS, COLUMNS = Given([[2], [0]], "int64"), Given([1, -1, 1], "int64")

OPS = (
    op(
        "gather",
        define=gather,
        samples=(
            sample("gather", real(4, 3), 0, integers(2, 3)),
            sample("gather", pairs(2, 4), -1, integers(2, 2)),
            sample("gather", real(4), 0, integers()),
            sample("gather", real(), 0, Given([0, 0], "int64")),
        ),
    ),
    op(
        *("index.Tensor", "_unsafe_index.Tensor"),
        define=index_,
        samples=(
            sample("index.Tensor", real(3, 4, 2), [ROWS, COLUMNS]),
            sample("index.Tensor", real(3, 4, 2), [None, COLUMNS]),
            sample("index.Tensor", pairs(3, 2, 4), [ROWS, None, COLUMNS]),
            sample("index.Tensor", real(2, 3), [booleans(2, 3)]),
            sample("index.Tensor", real(3, 4), [Given([True, False, True], "bool"), Given([1, 3], "int64")]),
            sample("_unsafe_index.Tensor", real(3, 4), [None, COLUMNS]),
        ),
    ),
    op(
        "masked_select",
        define=masked_select,
        samples=(
            sample("masked_select", real(2, 3), booleans(2, 3)),
            sample("masked_select", real(3), booleans(2, 3)),
            sample("masked_select", pairs(2, 1), booleans(3)),
            sample("masked_select", real(), Given(True, "bool")),
        ),
    ),
    op(
        "index_select",
        define=index_select,
        samples=(
            sample("index_select", real(4, 3), 0, integers(5)),
            sample("index_select", pairs(2, 4), -1, integers()),
            sample("index_select", real(4), 0, integers(3)),
            sample("index_select", real(), 0, Given([0], "int64")),
        ),
    ),
    op(
        "take",
        define=take,
        samples=(
            sample("take", real(2, 3), Given([[5, -1], [0, 2]], "int64")),
            sample("take", real(), Given(0, "int64")),
        ),
    ),
    op(
        "_unsafe_masked_index",
        define=unsafe_masked_index,
        samples=(
            sample(
                "_unsafe_masked_index",
                real(3, 4),
                Given([True, False, True], "bool"),
                [Given([2, 5, 0], "int64"), Given([1, 0, 3], "int64")],
                0.3,
            ),
        ),
    ),
)
