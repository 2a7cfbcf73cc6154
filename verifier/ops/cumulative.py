"""Running sums and products."""

from __future__ import annotations

from typing import Any

from verifier.op import Given, Operand, op, pairs, real, sample
from verifier.symbolic.axes import along
from verifier.symbolic.cumulative import running_logsumexp, running_product, running_sum
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor


def cumsum(self: Operand, dim: int, *, scope: Scope, dtype: Any = None) -> Tensor:
    """cumsum(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor"""
    return along(self, dim, lambda rows: running_sum(rows, scope))


def cumprod(self: Operand, dim: int, *, scope: Scope, dtype: Any = None) -> Tensor:
    """cumprod(Tensor self, int dim, *, ScalarType? dtype=None) -> Tensor"""
    return along(self, dim, lambda rows: running_product(rows, scope))


def logcumsumexp(self: Operand, dim: int, *, scope: Scope) -> Tensor:
    """logcumsumexp(Tensor self, int dim) -> Tensor"""
    return along(self, dim, lambda rows: running_logsumexp(rows, scope))


OPS = (
    op(
        "cumsum",
        define=cumsum,
        samples=(sample("cumsum", real(2, 3), 0), sample("cumsum", pairs(2, 3), -1), sample("cumsum", real(), 0)),
    ),
    op(
        "cumprod",
        define=cumprod,
        samples=(
            sample("cumprod", real(2, 5), -1),
            sample("cumprod", Given([[0.0, 2.0], [1.5, 0.0], [-3.0, 0.0]], varies=True), 0),
            sample("cumprod", pairs(5, 2), 0),
        ),
    ),
    op(
        "logcumsumexp",
        define=logcumsumexp,
        samples=(
            sample("logcumsumexp", real(4, 2), 0),
            sample("logcumsumexp", Given([800.0, -900.0, 801.0, float("-inf")], varies=True), 0),
        ),
    ),
)
