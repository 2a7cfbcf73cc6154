"""Variances and standard deviations."""

from __future__ import annotations

from typing import Any

from sympy import Integer, nan

from verifier.op import Operand, op, pairs, real, sample
from verifier.symbolic.axes import Dims, axes_of, count, kept, summed, with_unit_axes
from verifier.symbolic.complex_number import exactly, square_magnitude
from verifier.symbolic.norms import root
from verifier.symbolic.scope import Scope, broadcast, entrywise
from verifier.symbolic.tensor import Tensor


def var(self: Operand, dim: Dims = None, *, correction: Any = None, keepdim: bool = False, scope: Scope) -> Tensor:
    """var.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> Tensor"""
    return var_mean(self, dim, correction=correction, keepdim=keepdim, scope=scope)[0]


def std(self: Operand, dim: Dims = None, *, correction: Any = None, keepdim: bool = False, scope: Scope) -> Tensor:
    """std.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> Tensor"""
    return std_mean(self, dim, correction=correction, keepdim=keepdim, scope=scope)[0]


def std_mean(
    self: Operand, dim: Dims = None, *, correction: Any = None, keepdim: bool = False, scope: Scope
) -> tuple[Tensor, Tensor]:
    """std_mean.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> (...)

    Of equal entries the derivative is 0, which is one of the subgradients there.
    """
    variance, mean = var_mean(self, dim, correction=correction, keepdim=keepdim, scope=scope)
    return entrywise(lambda square: root(square, Integer(2)), scope.settled(variance)), mean


def var_mean(
    self: Operand, dim: Dims = None, *, correction: Any = None, keepdim: bool = False, scope: Scope
) -> tuple[Tensor, Tensor]:
    """var_mean.correction(Tensor self, int[1]? dim=None, *, Scalar? correction=None, bool keepdim=False) -> (...)"""
    axes = axes_of(dim, len(self.shape))
    number = count(self, axes)
    freedom = number - exactly(1 if correction is None else correction)
    mean = scope.settled(entrywise(lambda together: together / number, summed(self, axes)), "mean")
    around = broadcast(with_unit_axes(mean, axes), self.shape)
    squares = Tensor(self.shape, lambda *at: square_magnitude(self.entry(*at) - around.entry(*at)))
    together = scope.settled(summed(squares, axes))
    # Without a degree of freedom the quotient is 0/0, or infinite, whatever the entries are.
    variance = entrywise(lambda s: s / freedom if freedom > 0 else nan, together)
    return kept(variance, axes, keepdim), kept(mean, axes, keepdim)


OPS = (
    op(
        "var",
        define=var,
        samples=(
            sample("var.correction", real(2, 3)),
            sample("var.correction", real(2, 3, 2), [0, -1], correction=0, keepdim=True),
            sample("var.correction", pairs(2, 3), [1], correction=0.5),
        ),
    ),
    op(
        "std",
        define=std,
        samples=(
            sample("std.correction", real(2, 3), [1], correction=0, keepdim=True),
            sample("std.correction", pairs(2, 3)),
        ),
    ),
    op(
        "var_mean",
        define=var_mean,
        samples=(sample("var_mean.correction", real(2, 3), [0]), sample("var_mean.correction", pairs(2, 3))),
    ),
    op(
        "std_mean",
        define=std_mean,
        samples=(sample("std_mean.correction", real(2, 3), [1], keepdim=True),),
    ),
)
