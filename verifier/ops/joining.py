"""Tensors put together: concatenations, diagonals of blocks, and padding."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sympy import Integer

from verifier.op import Operand, op, pairs, real, sample
from verifier.symbolic.arrangement import extents, joined, padded, placed, reflected, replicated
from verifier.symbolic.region import Region
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor


def cat(tensors: Sequence[Operand], dim: int = 0, *, scope: Scope) -> Tensor:
    """cat(Tensor[] tensors, int dim=0) -> Tensor"""
    parts = [tensor for tensor in tensors if extents(tensor) != (0,)] or [tensors[0]]
    return joined(parts, dim % len(parts[0].shape), scope)


def stack(tensors: Sequence[Operand], dim: int = 0, *, scope: Scope) -> Tensor:
    """stack(Tensor[] tensors, int dim=0) -> Tensor"""
    axis = dim % (len(tensors[0].shape) + 1)
    return joined([with_axis(tensor, axis) for tensor in tensors], axis, scope)


def with_axis(tensor: Tensor, axis: int) -> Tensor:
    """A tensor with an axis of extent 1 more."""
    shape = (*tensor.shape[:axis], Integer(1), *tensor.shape[axis:])
    return Tensor(shape, lambda *at: tensor.entry(*at[:axis], *at[axis + 1 :]))


def block_diag(tensors: Sequence[Operand], *, scope: Scope) -> Tensor:
    """block_diag(Tensor[] tensors) -> Tensor"""
    blocks: list[Tensor] = list(tensors)
    for _ in range(2):
        blocks = [block if len(block.shape) == 2 else with_axis(block, 0) for block in blocks]
    rows, columns = (sum(extents(block)[k] for block in blocks) for k in (0, 1))
    parts, row, column = [], 0, 0
    for block in blocks:
        parts.append((Region(row * columns + column, extents(block), (columns, 1)), block))
        row, column = row + extents(block)[0], column + extents(block)[1]
    return placed((rows, columns), [part for part in parts if part[0].size], scope)


def constant_pad_nd(self: Operand, pad: Sequence[int], value: Any = 0, *, scope: Scope) -> Tensor:
    """constant_pad_nd(Tensor self, SymInt[] pad, Scalar value=0) -> Tensor"""
    widths = widths_of(pad, len(self.shape))
    around = padded(self, scope, value)
    shape = tuple(n + before + after for n, (before, after) in zip(self.shape, widths, strict=True))
    return Tensor(shape, lambda *at: around.entry(*(i - before for i, (before, _) in zip(at, widths, strict=True))))


def reflection_pad(self: Operand, padding: Sequence[int], *, scope: Scope) -> Tensor:
    """reflection_pad1d(Tensor self, SymInt[2] padding) -> Tensor, and the same of 2 and 3 axes"""
    return _continued(self, padding, reflected, scope)


def replication_pad(self: Operand, padding: Sequence[int], *, scope: Scope) -> Tensor:
    """replication_pad1d(Tensor self, SymInt[2] padding) -> Tensor, and the same of 2 and 3 axes"""
    return _continued(self, padding, replicated, scope)


def _continued(tensor: Tensor, padding: Sequence[int], along: Callable[..., Tensor], scope: Scope) -> Tensor:
    for axis, (before, after) in enumerate(widths_of(padding, len(tensor.shape))):
        if (before, after) != (0, 0):
            tensor = along(scope.settled(tensor), axis, before, after, scope)
    return tensor


def widths_of(pad: Sequence[int], order: int) -> list[tuple[int, int]]:
    """How much is added before and after each axis; torch gives pairs from the last axis on."""
    given = [(int(pad[2 * k]), int(pad[2 * k + 1])) for k in range(len(pad) // 2)]
    return [(0, 0)] * (order - len(given)) + given[::-1]


OPS = (
    op(
        "cat",
        define=cat,
        samples=(
            sample("cat", [real(2, 3), real(1, 3)]),
            sample("cat", [real(2, 3), pairs(2, 1), real(0)], -1),
        ),
    ),
    op("stack", define=stack, samples=(sample("stack", [real(2, 3), real(2, 3)], -1), sample("stack", [pairs()]))),
    op(
        "block_diag",
        define=block_diag,
        samples=(sample("block_diag", [real(2, 3), real(2), real(), pairs(1, 1)]), sample("block_diag", [real(2, 2)])),
    ),
    op(
        "constant_pad_nd",
        define=constant_pad_nd,
        samples=(
            sample("constant_pad_nd", real(2, 3), [1, 2], 0.1),
            sample("constant_pad_nd", real(2, 3, 2), [-1, 1, 2, -1]),
            sample("constant_pad_nd", pairs(2), [1, 0], 0.5),
        ),
    ),
    op(
        "reflection_pad1d",
        "reflection_pad2d",
        "reflection_pad3d",
        define=reflection_pad,
        samples=(
            sample("reflection_pad1d", real(2, 4), [2, 3]),
            sample("reflection_pad2d", real(1, 3, 4), [1, 3, 2, 0]),
            sample("reflection_pad2d", pairs(1, 2, 2), [1, 0, 1, 1]),
            sample("reflection_pad2d", real(1, 4, 4), [2, -1, -2, 3]),
            sample("reflection_pad3d", real(1, 2, 3, 2), [1, 1, 0, 2, 1, 0]),
        ),
    ),
    op(
        "replication_pad1d",
        "replication_pad2d",
        "replication_pad3d",
        define=replication_pad,
        samples=(
            sample("replication_pad1d", real(2, 3), [2, 3]),
            sample("replication_pad2d", real(1, 3, 4), [1, -1, -2, 3]),
            sample("replication_pad2d", pairs(1, 2, 2), [1, 0, 1, 1]),
            sample("replication_pad3d", real(1, 2, 2, 2), [1, 1, 0, 2, 1, 0]),
        ),
    ),
)
