"""Images in other sizes: the nearest entry, straight lines, cubics, along one axis after another."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sympy import Abs, Expr, Integer, Piecewise, Rational, true

from verifier.op import Operand, op, real, sample
from verifier.symbolic.arrangement import extents
from verifier.symbolic.complex_number import exactly
from verifier.symbolic.interpolation import Taps, along, cubic, linear, resampled, whole_part
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor, total

HALF = Rational(1, 2)

#: One axis in another size: takes the tensor, the axis, the size, and the scale factor that torch was given.
Resize = Callable[[Tensor, int, int, float | None], Tensor]


def upsample_nearest(self: Operand, output_size: Sequence[int], *scales: float | None, scope: Scope) -> Tensor:
    """upsample_nearest2d(Tensor self, SymInt[2] output_size, float? scales_h=None, float? scales_w=None) -> Tensor"""
    return _each_axis(self, output_size, scales, _nearest(Integer(0), scope))


def upsample_nearest_exact(self: Operand, output_size: Sequence[int], *scales: float | None, scope: Scope) -> Tensor:
    """_upsample_nearest_exact2d(Tensor self, SymInt[2] output_size, float? scales_h=None, float? scales_w=None)"""
    return _each_axis(self, output_size, scales, _nearest(HALF, scope))


def upsample_linear(
    self: Operand, output_size: Sequence[int], align_corners: bool, *scales: float | None, scope: Scope
) -> Tensor:
    """upsample_bilinear2d(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, ...)"""
    return _each_axis(self, output_size, scales, _interpolated(linear(), align_corners, scope))


def upsample_bicubic2d(
    self: Operand, output_size: Sequence[int], align_corners: bool, *scales: float | None, scope: Scope
) -> Tensor:
    """upsample_bicubic2d(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, ...)"""
    return _each_axis(self, output_size, scales, _interpolated(cubic(), align_corners, scope))


def upsample_bilinear2d_aa(
    self: Operand, output_size: Sequence[int], align_corners: bool, *scales: float | None, scope: Scope
) -> Tensor:
    """_upsample_bilinear2d_aa(Tensor self, SymInt[2] output_size, bool align_corners, float? scales_h=None, ...)

    The mean with triangular weights, as wide as a step where that is more than 1.
    """

    def resize(tensor: Tensor, axis: int, count: int, scale: float | None) -> Tensor:
        step = _step(extents(tensor)[axis], count, scale, align_corners)
        width, size = max(step, Integer(1)), tensor.shape[axis]
        centers = scope.settled(Tensor((Integer(count),), lambda i: step * (i + HALF)), "centers")

        def triangle(i: Expr, j: Expr, height: Expr) -> Expr:
            distance = Abs(j + HALF - centers[i]) / width
            return Piecewise(((1 - distance) * height, distance < 1), (Integer(0), true), evaluate=False)

        sums = Tensor(centers.shape, lambda i: total(size, lambda j: triangle(i, j, Integer(1))))
        settled = scope.settled(sums, "sums")

        def entry(read: Callable[[Expr], Expr], i: Expr) -> Expr:
            return total(size, lambda j: triangle(i, j, read(j))) / settled[i]

        return scope.settled(along(tensor, axis, count, entry), "resampled")

    return _each_axis(self, output_size, scales, resize)


def _each_axis(tensor: Tensor, sizes: Sequence[int], scales: Sequence[float | None], resize: Resize) -> Tensor:
    first = len(tensor.shape) - len(sizes)
    for k, size in enumerate(sizes):
        tensor = resize(tensor, first + k, size, scales[k] if scales else None)
    return tensor


def _nearest(shift: Rational, scope: Scope) -> Resize:
    """The entries at floor(step · (i + shift))."""

    def resize(tensor: Tensor, axis: int, count: int, scale: float | None) -> Tensor:
        step = _step(extents(tensor)[axis], count, scale, False)
        nearest = along(tensor, axis, count, lambda read, i: read(whole_part(step, step * shift, i)))
        return scope.settled(nearest, "resampled")

    return resize


def _interpolated(taps: Taps, align_corners: bool, scope: Scope) -> Resize:
    def resize(tensor: Tensor, axis: int, count: int, scale: float | None) -> Tensor:
        step = _step(extents(tensor)[axis], count, scale, align_corners)
        offset = Integer(0) if align_corners else (step - 1) / 2
        return resampled(tensor, axis, count, step, offset, taps, scope)

    return resize


def _step(size: int, count: int, scale: float | None, align_corners: bool) -> Any:
    """How far apart the places are that are read along an axis."""
    if align_corners:
        return Rational(size - 1, count - 1) if count > 1 else Integer(0)
    return exactly(1.0 / scale) if scale else Rational(size, count)


OPS = (
    op(
        "upsample_nearest1d",
        "upsample_nearest2d",
        "upsample_nearest3d",
        define=upsample_nearest,
        samples=(
            sample("upsample_nearest1d", real(1, 2, 3), [7]),
            sample("upsample_nearest2d", real(1, 1, 3, 4), [5, 2], 1.7, 0.6),
            sample("upsample_nearest3d", real(1, 1, 2, 3, 2), [3, 3, 1]),
        ),
    ),
    op(
        "_upsample_nearest_exact1d",
        "_upsample_nearest_exact2d",
        "_upsample_nearest_exact3d",
        define=upsample_nearest_exact,
        samples=(
            sample("_upsample_nearest_exact1d", real(1, 2, 3), [7]),
            sample("_upsample_nearest_exact2d", real(1, 1, 3, 4), [5, 2], 1.7, 0.6),
            sample("_upsample_nearest_exact3d", real(1, 1, 2, 3, 2), [3, 3, 1]),
        ),
    ),
    op(
        "upsample_linear1d",
        "upsample_bilinear2d",
        "upsample_trilinear3d",
        define=upsample_linear,
        samples=(
            sample("upsample_linear1d", real(1, 2, 3), [7], False),
            sample("upsample_linear1d", real(1, 2, 3), [5], True),
            sample("upsample_bilinear2d", real(1, 1, 3, 4), [5, 2], False, 1.7, 0.6),
            sample("upsample_trilinear3d", real(1, 1, 2, 3, 2), [3, 2, 1], True),
        ),
    ),
    op(
        "upsample_bicubic2d",
        define=upsample_bicubic2d,
        samples=(
            sample("upsample_bicubic2d", real(1, 1, 3, 4), [5, 2], False),
            sample("upsample_bicubic2d", real(1, 1, 2, 3), [4, 1], True),
        ),
    ),
    op(
        "_upsample_bilinear2d_aa",
        define=upsample_bilinear2d_aa,
        samples=(
            sample("_upsample_bilinear2d_aa", real(1, 1, 5, 3), [2, 5], False),
            sample("_upsample_bilinear2d_aa", real(1, 1, 5, 3), [2, 5], True),
        ),
    ),
)
