"""A tensor with new values in place of a view of it: the scatters that torch names after views."""

from __future__ import annotations

from collections.abc import Sequence

from verifier.op import Given, Operand, op, pairs, real, sample
from verifier.symbolic.arrangement import extents, overwritten
from verifier.symbolic.region import Region, diagonal_region, select_region, slice_region
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor


def as_strided_scatter(
    self: Operand,
    src: Operand,
    size: Sequence[int],
    stride: Sequence[int],
    storage_offset: int | None = None,
    *,
    scope: Scope,
) -> Tensor:
    """as_strided_scatter(Tensor self, Tensor src, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None)

    Of a tensor that fills its storage in row-major order.
    """
    return overwritten(self, Region(storage_offset or 0, tuple(size), tuple(stride)), src, scope)


def diagonal_scatter(
    self: Operand, src: Operand, offset: int = 0, dim1: int = 0, dim2: int = 1, *, scope: Scope
) -> Tensor:
    """diagonal_scatter(Tensor self, Tensor src, int offset=0, int dim1=0, int dim2=1) -> Tensor"""
    order = len(self.shape)
    return overwritten(self, diagonal_region(extents(self), offset, dim1 % order, dim2 % order), src, scope)


def select_scatter(self: Operand, src: Operand, dim: int, index: int, *, scope: Scope) -> Tensor:
    """select_scatter(Tensor self, Tensor src, int dim, SymInt index) -> Tensor"""
    shape, axis = extents(self), dim % len(self.shape)
    return overwritten(self, select_region(shape, axis, index % shape[axis]), src, scope)


def slice_scatter(
    self: Operand,
    src: Operand,
    dim: int = 0,
    start: int | None = None,
    end: int | None = None,
    step: int = 1,
    *,
    scope: Scope,
) -> Tensor:
    """slice_scatter(Tensor self, Tensor src, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1)"""
    shape, axis = extents(self), dim % len(self.shape)
    chosen = range(*slice(start, end, step).indices(shape[axis]))
    return overwritten(self, slice_region(shape, axis, chosen.start, len(chosen), step), src, scope)


OPS = (
    op(
        "as_strided_scatter",
        define=as_strided_scatter,
        # Torch's gradient by `self` is wrong (docs/findings.md), and so `self` is a constant here.
        samples=(sample("as_strided_scatter", Given([[1.0, 2.0, 3.0]]), real(2), [2], [2]),),
    ),
    op(
        "diagonal_scatter",
        define=diagonal_scatter,
        samples=(
            sample("diagonal_scatter", real(2, 3, 4), real(3, 2), 1, 0, -1),
            sample("diagonal_scatter", pairs(3, 3), pairs(2), -1),
        ),
    ),
    op(
        "select_scatter",
        define=select_scatter,
        samples=(sample("select_scatter", real(2, 3), real(2), -1, -2),),
    ),
    op(
        "slice_scatter",
        define=slice_scatter,
        samples=(sample("slice_scatter", real(2, 7), real(2, 3), 1, -6, 10, 2),),
    ),
)
