"""Sums and means."""

from __future__ import annotations

from typing import Any

from verifier.op import Operand, op, pairs, real, sample
from verifier.symbolic.axes import Dims, count, reduced, summed
from verifier.symbolic.tensor import Tensor


def sum_(self: Operand, dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """sum(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor"""
    return reduced(self, dim, keepdim, summed)


def mean(self: Operand, dim: Dims = None, keepdim: bool = False, dtype: Any = None) -> Tensor:
    """mean(Tensor self, int[1]? dim, bool keepdim=False, *, ScalarType? dtype=None) -> Tensor"""
    total = sum_(self, dim, keepdim)
    return Tensor(total.shape, lambda *at: total.entry(*at) / count(self, dim))


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
    op("mean", define=mean, samples=(sample("mean", real(2, 3)), sample("mean.dim", real(2, 3), [-1], True))),
)
