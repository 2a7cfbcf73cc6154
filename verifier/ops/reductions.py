"""Sums, means, products and traces."""

from __future__ import annotations

from typing import Any

from sympy import Integer, nan

from verifier.op import Given, Operand, op, pairs, real, sample
from verifier.symbolic.axes import Dims, axes_of, count, kept, rows, summed
from verifier.symbolic.cumulative import product
from verifier.symbolic.presence import present
from verifier.symbolic.scope import Scope, entrywise
from verifier.symbolic.tensor import Tensor, total


def sum_(self: Operand, dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """sum(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor"""
    axes = axes_of(dim, len(self.shape))
    return kept(summed(self, axes), axes, keepdim)


def nansum(self: Operand, dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """nansum(Tensor self, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor"""
    axes = axes_of(dim, len(self.shape))
    return kept(summed(entrywise(lambda x: present(x, Integer(0)), self), axes), axes, keepdim)


def mean(self: Operand, dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """mean(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor"""
    number = count(self, axes_of(dim, len(self.shape)))
    return entrywise(lambda together: together / number if number else nan, sum_(self, dim, keepdim))


def prod(self: Operand, dim: Dims = None, keepdim: bool = False, *, scope: Scope, dtype: Any = None) -> Tensor:
    """prod(Tensor self, int dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor"""
    axes = axes_of(dim, len(self.shape))
    return kept(product(rows(self, axes, scope), scope), axes, keepdim) if self.shape else self


def trace(self: Operand) -> Tensor:
    """trace(Tensor self) -> Tensor"""
    return Tensor((), lambda: total(min(self.shape), lambda i: self[i, i]))


OPS = (
    op(
        "sum",
        define=sum_,
        samples=(
            sample("sum", real(2, 3)),
            sample("sum.dim_IntList", real(2, 3, 2), [0, -1], True),
            sample("sum.dim_IntList", pairs(2, 3), [1]),
        ),
    ),
    op(
        "nansum",
        define=nansum,
        samples=(
            sample("nansum", real(2, 3)),
            sample("nansum", Given([[1.5, float("nan")], [float("nan"), -2.0]], varies=True), [-1], True),
        ),
    ),
    op("mean", define=mean, samples=(sample("mean", real(2, 3)), sample("mean.dim", real(2, 3), [-1], True))),
    op(
        "prod",
        define=prod,
        samples=(
            sample("prod", real(2, 3)),
            sample("prod.dim_int", Given([[0.0, 2.0, 0.0], [1.5, 0.0, -3.0]], varies=True), -1, True),
            sample("prod.dim_int", real(2, 3, 2), 1),
            sample("prod", pairs(2, 3)),
            sample("prod.dim_int", pairs(2, 3), 0),
            sample("prod", real()),
        ),
    ),
    op("trace", define=trace, samples=(sample("trace", real(2, 3)), sample("trace", pairs(3, 2)))),
)
