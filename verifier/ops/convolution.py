"""Convolutions and their transposes, over any number of axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Expr

from verifier.op import Operand, op, real, sample
from verifier.symbolic.arrangement import extents, padded, reshaped
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor
from verifier.symbolic.windows import Windows, spread, total_over, windows


def convolution(
    input: Operand,
    weight: Operand,
    bias: Operand | None,
    stride: Sequence[int],
    padding: Sequence[int],
    dilation: Sequence[int],
    transposed: bool,
    output_padding: Sequence[int],
    groups: int,
    *,
    scope: Scope,
) -> Tensor:
    """convolution(Tensor input, Tensor weight, Tensor? bias, SymInt[] stride, SymInt[] padding, ...)"""
    axes = len(weight.shape) - 2
    window = windows(axes, extents(weight)[2:], stride, padding, dilation)
    first, second, *kernel = extents(weight)
    taps = reshaped(weight, (groups, first // groups, second, *kernel), scope)
    batch, channels, *sizes = extents(input)
    parts = reshaped(input, (batch, groups, channels // groups, *sizes), scope)
    if transposed:
        result = _transposed(parts, taps, window, spread(output_padding, axes), scope)
    else:
        result = _forward(parts, taps, window, scope)
    _, _, outputs, *space = extents(result)
    whole = reshaped(result, (batch, groups * outputs, *space), scope)
    return whole if bias is None else Tensor(whole.shape, lambda *at: whole.entry(*at) + bias.entry(at[1]))


def _forward(input: Tensor, weight: Tensor, window: Windows, scope: Scope) -> Tensor:
    """Over batch, group, output channel and space: Σ input[place in the window] · weight."""
    batch, groups, channels, *sizes = extents(input)
    around = padded(input, scope)

    def entry(n: Expr, group: Expr, output: Expr, *at: Expr) -> Any:
        def product(channel: Expr, *within: Expr) -> Any:
            places = window.places(at, within)
            return around.entry(n, group, channel, *places) * weight.entry(group, output, channel, *within)

        return total_over((channels, *window.kernel), product)

    shape = (batch, groups, weight.shape[1], *window.counts(sizes))
    return scope.settled(Tensor(shape, entry), "convolved")


def _transposed(input: Tensor, weight: Tensor, window: Windows, further: Sequence[int], scope: Scope) -> Tensor:
    """Every input entry times the weight, added where the forward convolution reads."""
    batch, groups, channels, *sizes = extents(input)
    outputs = extents(weight)[2]
    shape = (batch, groups, outputs, *(n + more for n, more in zip(window.spanned(sizes), further, strict=True)))

    def summand(n: Expr, group: Expr, output: Expr, channel: Expr, *rest: Expr) -> tuple[list[Expr], Any]:
        at, within = rest[: len(sizes)], rest[len(sizes) :]
        product = input.entry(n, group, channel, *at) * weight.entry(group, channel, output, *within)
        return [n, group, output, *window.places(at, within)], product

    return scope.scattered(shape, (batch, groups, outputs, channels, *sizes, *window.kernel), summand, "convolved")


OPS = (
    op(
        "convolution",
        define=convolution,
        samples=(
            sample("convolution", real(2, 4, 7), real(4, 2, 3), real(4), [2], [1], [2], False, [0], 2),
            sample("convolution", real(1, 2, 4, 5), real(3, 2, 2, 3), None, [1, 2], [1, 0], [1, 1], False, [0, 0], 1),
            sample("convolution", real(2, 4, 4), real(4, 3, 3), real(6), [2], [1], [2], True, [1], 2),
            sample("convolution", real(1, 2, 2, 3), real(2, 1, 2, 2), None, [2, 1], [0, 1], [1, 1], True, [1, 0], 1),
            sample("convolution", real(1, 1, 2, 3, 2), real(1, 1, 2, 2, 1), real(1), [1], [1], [1], False, [0], 1),
        ),
    ),
)
