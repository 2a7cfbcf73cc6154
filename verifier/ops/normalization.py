"""Normalisations: entries less their mean, over the standard deviation, scaled and moved."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from sympy import Expr, Integer, sqrt

from verifier.op import Given, Operand, op, real, sample
from verifier.symbolic.arrangement import extents, permuted, reshaped
from verifier.symbolic.complex_number import exactly
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor, total


def native_layer_norm(
    input: Operand,
    normalized_shape: Sequence[int],
    weight: Operand | None,
    bias: Operand | None,
    eps: float,
    *,
    scope: Scope,
) -> tuple[Tensor, ...]:
    """native_layer_norm(Tensor input, SymInt[] normalized_shape, Tensor? weight, Tensor? bias, float eps) -> 3 Tensors

    The mean and the reciprocal standard deviation are constants for autograd.
    """
    shape, inner = extents(input), len(normalized_shape)
    outer = shape[: len(shape) - inner]
    rows = reshaped(input, (prod(outer), prod(normalized_shape)), scope)
    centered, mean, rstd = standardized(rows, eps, scope)
    normal = reshaped(centered, shape, scope)

    def entry(*at: Expr) -> Expr:
        own = at[len(outer) :]
        return scaled(normal.entry(*at), weight, bias, own)

    kept = (*outer, *(1,) * inner)
    return (
        Tensor(input.shape, entry),
        reshaped(scope.detached(mean), kept, scope),
        reshaped(scope.detached(rstd), kept, scope),
    )


def native_group_norm(
    input: Operand,
    weight: Operand | None,
    bias: Operand | None,
    N: int,
    C: int,
    HxW: int,
    group: int,
    eps: float,
    *,
    scope: Scope,
) -> tuple[Tensor, ...]:
    """native_group_norm(Tensor input, Tensor? weight, Tensor? bias, SymInt N, SymInt C, SymInt HxW, int group, ...)"""
    rows = reshaped(input, (N * group, C // group * HxW), scope)
    normal, mean, rstd = standardized(rows, eps, scope)
    spread = reshaped(normal, extents(input), scope)
    output = Tensor(input.shape, lambda *at: scaled(spread.entry(*at), weight, bias, (at[1],)))
    return output, reshaped(mean, (N, group), scope), reshaped(rstd, (N, group), scope)


def native_batch_norm(
    input: Operand,
    weight: Operand | None,
    bias: Operand | None,
    running_mean: Operand | None,
    running_var: Operand | None,
    training: bool,
    momentum: float,
    eps: float,
    *,
    scope: Scope,
) -> tuple[Tensor, ...]:
    """native_batch_norm(Tensor input, Tensor? weight, Tensor? bias, Tensor? running_mean, Tensor? running_var, ...)

    What is saved for backward is constant for autograd, and empty where the statistics are given.
    """
    shape = extents(input)
    if not training:
        assert running_mean is not None
        assert running_var is not None
        normal: Tensor = Tensor(
            input.shape,
            lambda *at: (input.entry(*at) - running_mean[at[1]]) / sqrt(running_var[at[1]] + exactly(eps)),
        )
        nothing = Tensor((Integer(0),), lambda k: Integer(0))
        mean = rstd = nothing
    else:
        front = [1, 0, *range(2, len(shape))]
        rows = reshaped(scope.settled(permuted(input, front)), (shape[1], prod(shape) // shape[1]), scope)
        centered, mean, rstd = standardized(rows, eps, scope)
        normal = permuted(reshaped(centered, [shape[axis] for axis in front], scope), front)
    output = Tensor(input.shape, lambda *at: scaled(normal.entry(*at), weight, bias, (at[1],)))
    return output, scope.detached(mean), scope.detached(rstd)


def native_batch_norm_without_statistics(
    input: Operand,
    weight: Operand | None,
    bias: Operand | None,
    training: bool,
    momentum: float,
    eps: float,
    *,
    scope: Scope,
) -> tuple[Tensor, ...]:
    """_native_batch_norm_legit.no_stats(Tensor input, Tensor? weight, Tensor? bias, bool training, ...)"""
    return native_batch_norm(input, weight, bias, None, None, True, momentum, eps, scope=scope)


def batch_norm_with_update(
    input: Operand,
    weight: Operand | None,
    bias: Operand | None,
    running_mean: Operand,
    running_var: Operand,
    momentum: float,
    eps: float,
    *,
    scope: Scope,
) -> tuple[Any, ...]:
    """_batch_norm_with_update(Tensor input, Tensor? weight, Tensor? bias, Tensor(a!) running_mean, ...) -> 4 Tensors"""
    return *native_batch_norm(input, weight, bias, None, None, True, momentum, eps, scope=scope), None


def standardized(rows: Tensor, eps: float, scope: Scope) -> tuple[Tensor, Tensor, Tensor]:
    """Rows less their mean times 1/sqrt(variance + eps), that mean, and that factor."""
    count = rows.shape[1]
    mean = scope.settled(_mean(rows.shape[0], count, lambda i, j: rows[i, j]), "mean")
    centered = scope.settled(Tensor(rows.shape, lambda i, j: rows[i, j] - mean[i]), "centered")
    variance = scope.settled(_mean(rows.shape[0], count, lambda i, j: centered[i, j] ** 2), "variance")
    rstd = scope.settled(Tensor(mean.shape, lambda i: 1 / sqrt(variance[i] + exactly(eps))), "rstd")
    return scope.settled(Tensor(rows.shape, lambda i, j: centered[i, j] * rstd[i]), "normal"), mean, rstd


def _mean(rows: Expr, count: Expr, body: Callable[[Expr, Expr], Expr]) -> Tensor:
    return Tensor((rows,), lambda i: total(count, lambda j: body(i, j)) / count)


def scaled(value: Expr, weight: Tensor | None, bias: Tensor | None, at: Sequence[Expr]) -> Expr:
    """A value times the weight plus the bias at a place, as far as they are given."""
    value = value if weight is None else value * weight.entry(*at)
    return value if bias is None else value + bias.entry(*at)


OPS = (
    op(
        "native_layer_norm",
        define=native_layer_norm,
        samples=(
            sample("native_layer_norm", real(2, 3, 4), [3, 4], real(3, 4), real(3, 4), 1e-5),
            sample("native_layer_norm", real(2, 4), [4], None, None, 0.1),
        ),
    ),
    op(
        "native_group_norm",
        define=native_group_norm,
        samples=(
            sample("native_group_norm", real(2, 4, 3), real(4), real(4), 2, 4, 3, 2, 1e-5),
            sample("native_group_norm", real(1, 2, 2, 2), None, None, 1, 2, 4, 1, 0.1),
        ),
    ),
    op(
        "native_batch_norm",
        "_native_batch_norm_legit",
        define=native_batch_norm,
        samples=(
            sample("native_batch_norm", real(3, 2, 2), real(2), real(2), None, None, True, 0.1, 1e-5),
            sample(
                "native_batch_norm", real(3, 2), None, real(2), Given([0.1, 0.2]), Given([1.0, 0.5]), False, 0.1, 1e-5
            ),
            sample(
                "_native_batch_norm_legit",
                real(3, 2),
                real(2),
                None,
                Given([0.1, 0.2]),
                Given([1.0, 0.5]),
                True,
                0.1,
                0.1,
            ),
        ),
    ),
    op(
        "_native_batch_norm_legit.no_stats",
        define=native_batch_norm_without_statistics,
        samples=(sample("_native_batch_norm_legit.no_stats", real(3, 2), real(2), real(2), True, 0.1, 1e-5),),
    ),
    op(
        "_batch_norm_with_update",
        define=batch_norm_with_update,
        samples=(
            sample(
                "_batch_norm_with_update", real(3, 2), real(2), None, Given([0.1, 0.2]), Given([1.0, 0.5]), 0.1, 1e-5
            ),
        ),
    ),
)
