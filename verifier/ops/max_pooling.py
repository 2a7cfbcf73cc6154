"""Largest entries of windows, and the way back: selections by the places that torch chose."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from sympy import Expr, Integer

from verifier.op import Given, Operand, op, real, sample
from verifier.symbolic.arrangement import extents, flattened, reshaped
from verifier.symbolic.indexing import written_at
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor

Results = tuple[Operand | None, ...]


def max_pool2d(self: Operand, *options: Any, results: Results, scope: Scope) -> tuple[Tensor, None]:
    """max_pool2d_with_indices(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, ...), and

    adaptive_max_pool2d(Tensor self, int[2] output_size), fractional_max_pool2d(Tensor self, int[2] kernel_size, ...)
    """
    return _chosen(self, 2, results[1], scope), None


def max_pool3d(self: Operand, *options: Any, results: Results, scope: Scope) -> tuple[Tensor, None]:
    """max_pool3d_with_indices(Tensor self, int[3] kernel_size, int[3] stride=[], int[3] padding=0, ...), and

    adaptive_max_pool3d(Tensor self, int[3] output_size), fractional_max_pool3d(Tensor self, int[3] kernel_size, ...)
    """
    return _chosen(self, 3, results[1], scope), None


def _chosen(tensor: Tensor, axes: int, places: Operand | None, scope: Scope) -> Tensor:
    """The entries at places in the row-major order of the last axes."""
    assert places is not None
    outer = len(tensor.shape) - axes
    flat = flattened(tensor, outer, scope)
    return Tensor(places.shape, lambda *at: flat.entry(*at[:outer], places.entry(*at)))


def max_pool2d_backward(
    grad_output: Operand,
    self: Operand,
    kernel_size: Sequence[int],
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    ceil_mode: bool,
    indices: Operand,
    *,
    scope: Scope,
) -> Tensor:
    """max_pool2d_with_indices_backward(Tensor grad_output, Tensor self, int[2] kernel_size, ..., Tensor indices)"""
    return _returned(grad_output, indices, extents(self)[-2:], scope)


def max_unpool(self: Operand, indices: Operand, output_size: Sequence[int], *options: Any, scope: Scope) -> Tensor:
    """max_unpool2d(Tensor self, Tensor indices, SymInt[2] output_size) -> Tensor, and max_unpool3d(...)

    Of entries that name one place, as overlapping windows make them, the last one stays.
    """
    outer = len(self.shape) - len(output_size)
    lead = extents(self)[:outer]
    nothing = Tensor(tuple(map(Integer, (*lead, prod(output_size)))), lambda *at: Integer(0))
    written = written_at(nothing, self, lambda *at: [*at[:outer], indices.entry(*at)], scope)
    return reshaped(written, (*lead, *output_size), scope)


def _returned(values: Tensor, places: Tensor, sizes: Sequence[int], scope: Scope) -> Tensor:
    """Zeros with values added at places in the row-major order of the last axes."""
    outer = len(values.shape) - len(sizes)
    lead = extents(values)[:outer]

    def summand(*at: Expr) -> tuple[list[Expr], Expr]:
        return [*at[:outer], places.entry(*at)], values.entry(*at)

    flat = scope.scattered((*lead, prod(sizes)), extents(values), summand)
    return reshaped(flat, (*lead, *sizes), scope)


OPS = (
    op(
        "max_pool2d_with_indices",
        "adaptive_max_pool2d",
        "fractional_max_pool2d",
        define=max_pool2d,
        samples=(
            sample("max_pool2d_with_indices", real(2, 1, 4, 5), [2, 3], [1, 2], [1, 1], [1, 2], True),
            sample("adaptive_max_pool2d", real(2, 5, 4), [3, 2]),
            sample("fractional_max_pool2d", real(1, 1, 5, 5), [2, 2], [3, 3], Given([[[0.3, 0.6]]])),
        ),
    ),
    op(
        "max_pool3d_with_indices",
        "adaptive_max_pool3d",
        "fractional_max_pool3d",
        define=max_pool3d,
        samples=(
            sample("max_pool3d_with_indices", real(1, 1, 3, 4, 3), [2, 2, 3], [1, 2, 1], [1, 0, 1]),
            sample("adaptive_max_pool3d", real(1, 5, 4, 3), [3, 2, 1]),
            sample("fractional_max_pool3d", real(1, 1, 5, 5, 5), [2, 2, 2], [2, 3, 2], Given([[[0.3, 0.6, 0.1]]])),
        ),
    ),
    op(
        "max_pool2d_with_indices_backward",
        define=max_pool2d_backward,
        samples=(
            sample(
                "max_pool2d_with_indices_backward",
                real(1, 2, 2),
                Given([[[0.0] * 3] * 3]),
                [2, 2],
                [1, 1],
                [0, 0],
                [1, 1],
                False,
                Given([[[1, 1], [3, 8]]], "int64"),
            ),
        ),
    ),
    op(
        "max_unpool2d",
        "max_unpool3d",
        define=max_unpool,
        samples=(
            sample("max_unpool2d", real(1, 2, 2), Given([[[1, 5], [3, 8]]], "int64"), [3, 4]),
            sample("max_unpool2d", real(1, 2, 2), Given([[[1, 5], [1, 8]]], "int64"), [3, 4]),
            sample("max_unpool3d", real(1, 1, 1, 2), Given([[[[3, 7]]]], "int64"), [2, 2, 2], [2, 2, 2], [0, 0, 0]),
        ),
    ),
)
