"""Entries of one tensor in other places: flips, rotations, repetitions, triangles, diagonals, shuffles, patches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

from sympy import Expr, Integer, Piecewise, true
from sympy.logic.boolalg import Boolean

from verifier.op import Operand, op, pairs, real, sample
from verifier.symbolic.arrangement import (
    by_parts,
    extents,
    flattened,
    joined,
    padded,
    permuted,
    placed,
    reshaped,
    sliced,
)
from verifier.symbolic.region import diagonal_region
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor
from verifier.symbolic.windows import windows


def flip(self: Operand, dims: Sequence[int]) -> Tensor:
    """flip(Tensor self, int[] dims) -> Tensor"""
    axes = {dim % len(self.shape) for dim in dims}

    def entry(*at: Expr) -> Expr:
        return self.entry(*(self.shape[k] - 1 - i if k in axes else i for k, i in enumerate(at)))

    return Tensor(self.shape, entry)


def roll(self: Operand, shifts: Sequence[int], dims: Sequence[int] = (), *, scope: Scope) -> Tensor:
    """roll(Tensor self, SymInt[1] shifts, int[1] dims=[]) -> Tensor"""
    if 0 in self.shape:
        return self
    tensor: Tensor = self if dims else flattened(self, 0, scope)
    for shift, dim in zip(shifts, dims or (0,), strict=True):
        axis = dim % len(tensor.shape)
        length = extents(tensor)[axis]
        carried = shift % length
        if carried:
            tail, head = sliced(tensor, axis, length - carried, carried), sliced(tensor, axis, 0, length - carried)
            tensor = joined([tail, head], axis, scope)
    return reshaped(tensor, extents(self), scope)


def rot90(self: Operand, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    """rot90(Tensor self, int k=1, int[] dims=[0,1]) -> Tensor"""
    first, second = (dim % len(self.shape) for dim in dims)
    turned: Tensor = self
    for _ in range(k % 4):
        turned = _quarter_turn(turned, first, second)
    return turned


def _quarter_turn(tensor: Tensor, first: int, second: int) -> Tensor:
    shape = list(tensor.shape)
    shape[first], shape[second] = shape[second], shape[first]

    def entry(*at: Expr) -> Expr:
        own = list(at)
        own[first], own[second] = at[second], tensor.shape[second] - 1 - at[first]
        return tensor.entry(*own)

    return Tensor(tuple(shape), entry)


def repeat(self: Operand, repeats: Sequence[int], *, scope: Scope) -> Tensor:
    """repeat(Tensor self, SymInt[] repeats) -> Tensor"""
    shape = (1,) * (len(repeats) - len(self.shape)) + extents(self)
    own = len(repeats) - len(self.shape)
    both = tuple(Integer(n) for pair in zip(repeats, shape, strict=True) for n in pair)
    blocks = Tensor(both, lambda *at: self.entry(*at[1::2][own:]))
    return reshaped(blocks, [times * n for times, n in zip(repeats, shape, strict=True)], scope)


def tril(self: Operand, diagonal: int = 0) -> Tensor:
    """tril(Tensor self, SymInt diagonal=0) -> Tensor"""
    return _triangle(self, lambda i, j: j - i <= diagonal)


def triu(self: Operand, diagonal: int = 0) -> Tensor:
    """triu(Tensor self, SymInt diagonal=0) -> Tensor"""
    return _triangle(self, lambda i, j: j - i >= diagonal)


def _triangle(tensor: Tensor, inside: Callable[[Expr, Expr], Boolean]) -> Tensor:
    def kept(part: Tensor) -> Tensor:
        return Tensor(
            part.shape, lambda *at: Piecewise((part.entry(*at), inside(*at[-2:])), (Integer(0), true), evaluate=False)
        )

    return by_parts(kept, tensor)


def diag_embed(self: Operand, offset: int = 0, dim1: int = -2, dim2: int = -1, *, scope: Scope) -> Tensor:
    """diag_embed(Tensor self, int offset=0, int dim1=-2, int dim2=-1) -> Tensor"""
    order = len(self.shape) + 1
    axis1, axis2 = dim1 % order, dim2 % order
    size = extents(self)[-1] + abs(offset)
    others = iter(extents(self)[:-1])
    shape = tuple(size if axis in (axis1, axis2) else next(others) for axis in range(order))
    return placed(shape, [(diagonal_region(shape, offset, axis1, axis2), self)], scope)


def pixel_shuffle(self: Operand, upscale_factor: int, *, scope: Scope) -> Tensor:
    """pixel_shuffle(Tensor self, int upscale_factor) -> Tensor"""
    *batch, channels, height, width = extents(self)
    r, count = upscale_factor, len(batch)
    split = reshaped(self, (*batch, channels // r**2, r, r, height, width), scope)
    woven = permuted(split, (*range(count), *(count + k for k in (0, 3, 1, 4, 2))))
    return reshaped(woven, (*batch, channels // r**2, height * r, width * r), scope)


def pixel_unshuffle(self: Operand, downscale_factor: int, *, scope: Scope) -> Tensor:
    """pixel_unshuffle(Tensor self, int downscale_factor) -> Tensor"""
    *batch, channels, height, width = extents(self)
    r, count = downscale_factor, len(batch)
    split = reshaped(self, (*batch, channels, height // r, r, width // r, r), scope)
    woven = permuted(split, (*range(count), *(count + k for k in (0, 2, 4, 1, 3))))
    return reshaped(woven, (*batch, channels * r**2, height // r, width // r), scope)


def channel_shuffle(self: Operand, groups: int, *, scope: Scope) -> Tensor:
    """channel_shuffle(Tensor self, SymInt groups) -> Tensor"""
    batch, channels, *space = extents(self)
    split = reshaped(self, (batch, groups, channels // groups, *space), scope)
    woven = permuted(split, (0, 2, 1, *range(3, 3 + len(space))))
    return reshaped(woven, extents(self), scope)


def im2col(
    self: Operand,
    kernel_size: Sequence[int],
    dilation: Sequence[int],
    padding: Sequence[int],
    stride: Sequence[int],
    *,
    scope: Scope,
) -> Tensor:
    """im2col(Tensor self, SymInt[2] kernel_size, SymInt[2] dilation, SymInt[2] padding, SymInt[2] stride) -> Tensor"""
    *batch, channels, height, width = extents(self)
    window = windows(2, kernel_size, stride, padding, dilation)
    counts = window.counts((height, width))
    around = padded(self, scope)

    def entry(*at: Expr) -> Expr:
        *outer, down, right, row, column = at
        return around.entry(*outer, *window.places((row, column), (down, right)))

    patches = Tensor((*batch, channels, *window.kernel, *counts), entry)
    return reshaped(patches, (*batch, channels * prod(window.kernel), prod(counts)), scope)


def col2im(
    self: Operand,
    output_size: Sequence[int],
    kernel_size: Sequence[int],
    dilation: Sequence[int],
    padding: Sequence[int],
    stride: Sequence[int],
    *,
    scope: Scope,
) -> Tensor:
    """col2im(Tensor self, SymInt[2] output_size, SymInt[2] kernel_size, SymInt[2] dilation, SymInt[2] padding, ...)"""
    *batch, columns, _ = extents(self)
    window = windows(2, kernel_size, stride, padding, dilation)
    channels, counts = columns // prod(window.kernel), window.counts(output_size)
    patches = reshaped(self, (*batch, channels, *window.kernel, *counts), scope)
    outer = len(batch) + 1

    def summand(*indices: Expr) -> tuple[list[Expr], Expr]:
        within, at = indices[outer : outer + 2], indices[outer + 2 :]
        return [*indices[:outer], *window.places(at, within)], patches.entry(*indices)

    return scope.scattered((*batch, channels, *output_size), extents(patches), summand)


OPS = (
    op("flip", define=flip, samples=(sample("flip", real(2, 3), [-1]), sample("flip", pairs(2, 3), [0, 1]))),
    op(
        "roll",
        define=roll,
        samples=(
            sample("roll", real(2, 3), [1, -2], [0, -1]),
            sample("roll", real(2, 3), [4]),
            sample("roll", pairs(3), [1], [0]),
        ),
    ),
    op(
        "rot90",
        define=rot90,
        samples=(
            sample("rot90", real(2, 3)),
            sample("rot90", real(2, 3, 2), 3, [1, -1]),
            sample("rot90", pairs(2, 3), -2),
        ),
    ),
    op(
        "repeat",
        define=repeat,
        samples=(
            sample("repeat", real(2, 3), [2, 1, 2]),
            sample("repeat", pairs(2), [3]),
            sample("repeat", real(), []),
        ),
    ),
    op("tril", define=tril, samples=(sample("tril", real(3, 4), -1), sample("tril", pairs(2, 2)))),
    op("triu", define=triu, samples=(sample("triu", real(2, 3, 4), 1), sample("triu", pairs(2, 2)))),
    op(
        "diag_embed",
        define=diag_embed,
        samples=(
            sample("diag_embed", real(2, 3)),
            sample("diag_embed", real(2, 3), -1, 0, -2),
            sample("diag_embed", pairs(3), 2),
        ),
    ),
    op("pixel_shuffle", define=pixel_shuffle, samples=(sample("pixel_shuffle", real(1, 8, 2, 3), 2),)),
    op("pixel_unshuffle", define=pixel_unshuffle, samples=(sample("pixel_unshuffle", real(1, 2, 4, 6), 2),)),
    op("channel_shuffle", define=channel_shuffle, samples=(sample("channel_shuffle", real(2, 6, 2), 3),)),
    op(
        "im2col",
        define=im2col,
        samples=(
            sample("im2col", real(2, 1, 4, 5), [2, 3], [2, 1], [1, 0], [1, 2]),
            sample("im2col", pairs(1, 3, 3), [2, 2], [1, 1], [0, 0], [1, 1]),
        ),
    ),
    op(
        "col2im",
        define=col2im,
        samples=(
            sample("col2im", real(1, 6, 8), [4, 5], [2, 3], [2, 1], [1, 0], [1, 2]),
            sample("col2im", real(4, 4), [3, 3], [2, 2], [1, 1], [0, 0], [1, 1]),
        ),
    ),
)
