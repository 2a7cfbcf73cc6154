"""Copies of views: what torch shows of a tensor under another shape, as a tensor of its own."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Expr, Integer

from verifier.op import Operand, op, pairs, real, sample
from verifier.symbolic.arrangement import extents, permuted, reshaped, sliced, viewed
from verifier.symbolic.region import Region, diagonal_region
from verifier.symbolic.scope import Scope, broadcast
from verifier.symbolic.tensor import Tensor


def alias_copy(self: Operand) -> Tensor:
    """alias_copy(Tensor self) -> Tensor"""
    return self


def as_strided_copy(
    self: Operand, size: Sequence[int], stride: Sequence[int], storage_offset: int | None = None, *, scope: Scope
) -> Tensor:
    """as_strided_copy(Tensor self, SymInt[] size, SymInt[] stride, SymInt? storage_offset=None) -> Tensor

    Of a tensor that fills its storage in row-major order.
    """
    return viewed(self, Region(storage_offset or 0, tuple(size), tuple(stride)), scope)


def diagonal_copy(self: Operand, offset: int = 0, dim1: int = 0, dim2: int = 1, *, scope: Scope) -> Tensor:
    """diagonal_copy(Tensor self, int offset=0, int dim1=0, int dim2=1) -> Tensor"""
    order = len(self.shape)
    return viewed(self, diagonal_region(extents(self), offset, dim1 % order, dim2 % order), scope)


def expand_copy(self: Operand, size: Sequence[int], implicit: bool = False) -> Tensor:
    """expand_copy(Tensor self, SymInt[] size, *, bool implicit=False) -> Tensor"""
    own = (-1,) * (len(size) - len(self.shape)) + extents(self)
    return broadcast(self, tuple(Integer(n if given == -1 else given) for given, n in zip(size, own, strict=True)))


def permute_copy(self: Operand, dims: Sequence[int]) -> Tensor:
    """permute_copy(Tensor self, int[] dims) -> Tensor"""
    return permuted(self, [dim % len(self.shape) for dim in dims])


def transpose_copy(self: Operand, dim0: int, dim1: int) -> Tensor:
    """transpose_copy.int(Tensor self, int dim0, int dim1) -> Tensor"""
    order = list(range(len(self.shape)))
    if order:
        order[dim0], order[dim1] = order[dim1], order[dim0]
    return permuted(self, order)


def t_copy(self: Operand) -> Tensor:
    """t_copy(Tensor self) -> Tensor"""
    return permuted(self, range(len(self.shape))[::-1])


def select_copy(self: Operand, dim: int, index: int) -> Tensor:
    """select_copy.int(Tensor self, int dim, SymInt index) -> Tensor"""
    return _without(self, dim % len(self.shape), index % extents(self)[dim])


def unbind_copy(self: Operand, dim: int = 0) -> tuple[Tensor, ...]:
    """unbind_copy.int(Tensor self, int dim=0) -> Tensor[]"""
    axis = dim % len(self.shape)
    return tuple(_without(self, axis, place) for place in range(extents(self)[axis]))


def _without(tensor: Tensor, axis: int, place: int) -> Tensor:
    shape = (*tensor.shape[:axis], *tensor.shape[axis + 1 :])
    return Tensor(shape, lambda *at: tensor.entry(*at[:axis], Integer(place), *at[axis:]))


def slice_copy(self: Operand, dim: int = 0, start: int | None = None, end: int | None = None, step: int = 1) -> Tensor:
    """slice_copy.Tensor(Tensor self, int dim=0, SymInt? start=None, SymInt? end=None, SymInt step=1) -> Tensor"""
    axis = dim % len(self.shape)
    chosen = range(*slice(start, end, step).indices(extents(self)[axis]))
    return sliced(self, axis, chosen.start, len(chosen), step)


def narrow_copy(self: Operand, dim: int, start: int, length: int) -> Tensor:
    """narrow_copy(Tensor self, int dim, SymInt start, SymInt length) -> Tensor"""
    axis = dim % len(self.shape)
    return sliced(self, axis, start + extents(self)[axis] if start < 0 else start, length)


def split_copy(self: Operand, split_size: int, dim: int = 0) -> tuple[Tensor, ...]:
    """split_copy.Tensor(Tensor self, SymInt split_size, int dim=0) -> Tensor[]"""
    axis = dim % len(self.shape)
    length = extents(self)[axis]
    starts = range(0, length, split_size) or range(1)
    return tuple(sliced(self, axis, start, min(split_size, length - start)) for start in starts)


def split_with_sizes_copy(self: Operand, split_sizes: Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """split_with_sizes_copy(Tensor self, SymInt[] split_sizes, int dim=0) -> Tensor[]"""
    axis = dim % len(self.shape)
    starts = [sum(split_sizes[:k]) for k in range(len(split_sizes))]
    return tuple(sliced(self, axis, start, n) for start, n in zip(starts, split_sizes, strict=True))


def squeeze_copy(self: Operand, dim: int | Sequence[int] | None = None) -> Tensor:
    """squeeze_copy(Tensor self) -> Tensor, squeeze_copy.dim(Tensor self, int dim), .dims(Tensor self, int[] dim)"""
    order = len(self.shape)
    given = range(order) if dim is None else (dim,) if isinstance(dim, int) else dim
    gone = {axis % order for axis in given if order and self.shape[axis] == 1}

    def entry(*at: Expr) -> Expr:
        left = iter(at)
        return self.entry(*(Integer(0) if axis in gone else next(left) for axis in range(order)))

    return Tensor(tuple(n for axis, n in enumerate(self.shape) if axis not in gone), entry)


def unsqueeze_copy(self: Operand, dim: int) -> Tensor:
    """unsqueeze_copy(Tensor self, int dim) -> Tensor"""
    axis = dim % (len(self.shape) + 1)
    shape = (*self.shape[:axis], Integer(1), *self.shape[axis:])
    return Tensor(shape, lambda *at: self.entry(*at[:axis], *at[axis + 1 :]))


def unfold_copy(self: Operand, dimension: int, size: int, step: int) -> Tensor:
    """unfold_copy(Tensor self, int dimension, int size, int step) -> Tensor"""
    if not self.shape:
        return Tensor((Integer(size),), lambda k: self.entry())
    axis = dimension % len(self.shape)
    count = Integer((extents(self)[axis] - size) // step + 1)
    shape = (*self.shape[:axis], count, *self.shape[axis + 1 :], Integer(size))
    return Tensor(shape, lambda *at: self.entry(*at[:axis], at[axis] * step + at[-1], *at[axis + 1 : -1]))


def view_copy(self: Operand, size: Sequence[int], *, scope: Scope) -> Tensor:
    """view_copy(Tensor self, SymInt[] size) -> Tensor"""
    return reshaped(self, size, scope)


OPS = (
    op("alias_copy", define=alias_copy, samples=(sample("alias_copy", real(2, 3)),)),
    op(
        "as_strided_copy",
        define=as_strided_copy,
        samples=(
            sample("as_strided_copy", real(3, 4), [2, 3], [2, 1], 1),
            sample("as_strided_copy", pairs(6), [2, 2], [2, 2]),
        ),
    ),
    op(
        "diagonal_copy",
        define=diagonal_copy,
        samples=(sample("diagonal_copy", real(2, 3, 4), 1, -1, 0), sample("diagonal_copy", pairs(3, 2), -1)),
    ),
    op("expand_copy", define=expand_copy, samples=(sample("expand_copy", real(3, 1), [2, -1, 4]),)),
    op("permute_copy", define=permute_copy, samples=(sample("permute_copy", real(2, 3, 4), [2, 0, -2]),)),
    op("transpose_copy.int", define=transpose_copy, samples=(sample("transpose_copy.int", real(2, 3, 4), 0, -1),)),
    op("t_copy", define=t_copy, samples=(sample("t_copy", real(2, 3)), sample("t_copy", pairs(3)))),
    op("select_copy.int", define=select_copy, samples=(sample("select_copy.int", real(2, 3), -1, -2),)),
    op("unbind_copy.int", define=unbind_copy, samples=(sample("unbind_copy.int", pairs(2, 3), -1),)),
    op("slice_copy.Tensor", define=slice_copy, samples=(sample("slice_copy.Tensor", real(2, 7), 1, -6, 10, 2),)),
    op("narrow_copy", define=narrow_copy, samples=(sample("narrow_copy", real(2, 5), 1, -4, 2),)),
    op("split_copy.Tensor", define=split_copy, samples=(sample("split_copy.Tensor", real(5, 2), 2, 0),)),
    op(
        "split_with_sizes_copy",
        define=split_with_sizes_copy,
        samples=(sample("split_with_sizes_copy", real(2, 5), [1, 3, 1], -1),),
    ),
    op(
        "squeeze_copy",
        define=squeeze_copy,
        samples=(
            sample("squeeze_copy", real(1, 2, 1)),
            sample("squeeze_copy.dim", real(1, 2, 1), -1),
            sample("squeeze_copy.dims", real(1, 2, 1), [0, 1]),
        ),
    ),
    op("unsqueeze_copy", define=unsqueeze_copy, samples=(sample("unsqueeze_copy", real(2, 3), -2),)),
    op(
        "unfold_copy",
        define=unfold_copy,
        samples=(sample("unfold_copy", real(2, 5, 2), 1, 3, 1), sample("unfold_copy", real(), 0, 1, 1)),
    ),
    op(
        "view_copy",
        "_unsafe_view",
        "_reshape_copy",
        define=view_copy,
        samples=(
            sample("view_copy", real(2, 6), [3, -1]),
            sample("_unsafe_view", pairs(4), [2, 2]),
            sample("_reshape_copy", real(4), [2, 2]),
        ),
    ),
)
