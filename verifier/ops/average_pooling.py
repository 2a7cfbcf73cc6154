"""Means over windows."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sympy import Expr, Integer, Mul, Piecewise, Rational, true

from verifier.op import Operand, op, real, sample
from verifier.symbolic.arrangement import extents, padded
from verifier.symbolic.interpolation import along, whole_part
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor, total
from verifier.symbolic.windows import Windows, coverage, spread, total_over, windows


def avg_pool2d(self: Operand, *options: Any, scope: Scope) -> Tensor:
    """avg_pool2d(Tensor self, int[2] kernel_size, int[2] stride=[], int[2] padding=0, bool ceil_mode=False, ...)"""
    return avg_pool(self, 2, *options, scope=scope)


def avg_pool3d(self: Operand, *options: Any, scope: Scope) -> Tensor:
    """avg_pool3d(Tensor self, int[3] kernel_size, int[3] stride=[], int[3] padding=0, bool ceil_mode=False, ...)"""
    return avg_pool(self, 3, *options, scope=scope)


def avg_pool(
    self: Operand,
    axes: int,
    kernel_size: Sequence[int],
    stride: Sequence[int] = (),
    padding: Sequence[int] = (0,),
    ceil_mode: bool = False,
    count_include_pad: bool = True,
    divisor_override: int | None = None,
    *,
    scope: Scope,
) -> Tensor:
    """The sum over every window, divided by its number of entries, with or without those in the padding."""
    window = windows(axes, kernel_size, stride, padding)
    sizes, outer = extents(self)[-axes:], self.shape[:-axes]
    counts = window.counts(sizes, ceil=ceil_mode)
    around = padded(self, scope)

    def summed(*at: Expr) -> Expr:
        lead, own = at[: len(outer)], at[len(outer) :]
        return total_over(window.kernel, lambda *within: around.entry(*lead, *window.places(own, within)))

    sums = scope.settled(Tensor((*outer, *counts), summed), "sums")
    if divisor_override is not None:
        return Tensor(sums.shape, lambda *at: sums.entry(*at) / divisor_override)
    if count_include_pad:
        sizes = tuple(n + 2 * pad for n, pad in zip(sizes, window.padding, strict=True))
        window = Windows(window.kernel, window.stride, (0,) * axes, window.dilation)
    covered = coverage(window, sizes, counts, scope)

    def mean(*at: Expr) -> Expr:
        return sums.entry(*at) / Mul(*(here[i] for here, i in zip(covered, at[len(outer) :], strict=True)))

    return Tensor(sums.shape, mean)


def adaptive_avg_pool2d(self: Operand, output_size: Sequence[int], *, scope: Scope) -> Tensor:
    """_adaptive_avg_pool2d(Tensor self, SymInt[2] output_size) -> Tensor"""
    return _adaptive(self, spread(output_size, 2), scope)


def adaptive_avg_pool3d(self: Operand, output_size: Sequence[int], *, scope: Scope) -> Tensor:
    """_adaptive_avg_pool3d(Tensor self, SymInt[3] output_size) -> Tensor"""
    return _adaptive(self, spread(output_size, 3), scope)


def _adaptive(tensor: Tensor, output_size: Sequence[int], scope: Scope) -> Tensor:
    """The mean over a box is the mean along one axis after another."""
    first = len(tensor.shape) - len(output_size)
    for axis, count in enumerate(output_size, start=first):
        if 0 not in tensor.shape and extents(tensor)[axis] != count:
            tensor = scope.settled(_adaptive_mean(tensor, axis, count, scope), "mean")
    return tensor


def _adaptive_mean(tensor: Tensor, axis: int, count: int, scope: Scope) -> Tensor:
    """Means of the entries from floor(i·n/m) to ceil((i + 1)·n/m) - 1 along an axis of n entries, for i below m."""
    size = extents(tensor)[axis]
    longest = max(-(-(i + 1) * size // count) - i * size // count for i in range(count))
    step = Rational(size, count)

    def mean(read: Callable[[Expr], Expr], i: Expr) -> Expr:
        start = whole_part(step, Integer(0), i)
        length = -whole_part(-step, -step, i) - start

        def inside(k: Expr) -> Expr:
            # Whole numbers compared half way between them: in balls, equality is undecided.
            return Piecewise((read(start + k), k < length - Rational(1, 2)), (Integer(0), true), evaluate=False)

        return total(Integer(longest), inside) / length

    return along(padded(tensor, scope), axis, count, mean)


OPS = (
    op(
        "avg_pool2d",
        define=avg_pool2d,
        samples=(
            sample("avg_pool2d", real(2, 1, 4, 5), [2, 3], [1, 2], [1, 1], True),
            sample("avg_pool2d", real(1, 5, 5), [3], [], [1], False, False),
            sample("avg_pool2d", real(1, 5, 6), [2, 3], [2, 2], [1, 1], True, False),
            sample("avg_pool2d", real(1, 4, 4), [2, 2], [], [0], False, True, 3),
        ),
    ),
    op(
        "avg_pool3d",
        define=avg_pool3d,
        samples=(sample("avg_pool3d", real(1, 3, 4, 3), [2, 3, 2], [1, 2, 1], [1, 0, 1], True),),
    ),
    op(
        "_adaptive_avg_pool2d",
        define=adaptive_avg_pool2d,
        samples=(
            sample("_adaptive_avg_pool2d", real(1, 2, 5, 4), [3, 2]),
            sample("_adaptive_avg_pool2d", real(2, 3, 2), [4, 2]),
        ),
    ),
    op(
        "_adaptive_avg_pool3d",
        define=adaptive_avg_pool3d,
        samples=(sample("_adaptive_avg_pool3d", real(1, 5, 4, 3), [3, 2, 1]),),
    ),
)
