"""Norms of vectors, of any order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Integer, Piecewise, Rational, true

from verifier.op import Operand, op, pairs, real, sample
from verifier.symbolic.axes import axes_of, kept, with_unit_axes
from verifier.symbolic.complex_number import exactly
from verifier.symbolic.norms import of_order
from verifier.symbolic.scope import Scope, broadcast, entrywise
from verifier.symbolic.tensor import Tensor


def vector_norm(
    self: Operand,
    ord: Any = 2,
    dim: Sequence[int] | None = None,
    keepdim: bool = False,
    *,
    scope: Scope,
    dtype: str | None = None,
) -> Tensor:
    """linalg_vector_norm(Tensor self, Scalar ord=2, int[1]? dim=None, bool keepdim=False, *, ScalarType? dtype=None)"""
    axes = axes_of(dim, len(self.shape))
    return kept(of_order(self, ord, axes, scope), axes, keepdim)


def norm(self: Operand, p: Any = 2, *, scope: Scope, dtype: str | None = None) -> Tensor:
    """norm(Tensor self, Scalar p=2) -> Tensor"""
    return vector_norm(self, 2 if p is None else p, scope=scope)


def norm_over(
    self: Operand,
    p: Any,
    dim: Sequence[int],
    keepdim: bool = False,
    *,
    scope: Scope,
    dtype: str | None = None,
) -> Tensor:
    """norm.ScalarOpt_dim(Tensor self, Scalar? p, int[1] dim, bool keepdim=False) -> Tensor"""
    return vector_norm(self, 2 if p is None else p, dim, keepdim, scope=scope)


def dist(self: Operand, other: Operand, p: Any = 2, *, scope: Scope) -> Tensor:
    """dist(Tensor self, Tensor other, Scalar p=2) -> Tensor"""
    apart = scope.settled(entrywise(lambda a, b: a - b, self, other))
    return of_order(apart, p, axes_of(None, len(apart.shape)), scope)


def renorm(self: Operand, p: Any, dim: int, maxnorm: Any, scope: Scope) -> Tensor:
    """renorm(Tensor self, Scalar p, int dim, Scalar maxnorm) -> Tensor"""
    order = len(self.shape)
    axes = tuple(axis for axis in range(order) if axis != dim % order)
    norms, most = scope.settled(of_order(self, p, axes, scope)), exactly(maxnorm)
    factors = scope.settled(
        entrywise(lambda n: Piecewise((most / (n + Rational(1, 10**7)), n > most), (Integer(1), true)), norms)
    )
    spread = broadcast(with_unit_axes(factors, axes), self.shape)
    return Tensor(self.shape, lambda *at: self[at] * spread[at])


OPS = (
    op(
        "linalg_vector_norm",
        define=vector_norm,
        samples=(
            sample("linalg_vector_norm", real(2, 3)),
            sample("linalg_vector_norm", real(2, 3), 1, [-1], True),
            sample("linalg_vector_norm", real(2, 3), 0, [0]),
            sample("linalg_vector_norm", real(2, 3, 2), float("inf"), [0, 2]),
            sample("linalg_vector_norm", real(2, 3), float("-inf"), [1]),
            sample("linalg_vector_norm", real(2, 3), 2.5, [0]),
            sample("linalg_vector_norm", real(2, 3), -1.5, [1]),
            sample("linalg_vector_norm", pairs(2, 3), 3, [0, 1], True),
            sample("linalg_vector_norm", pairs(2, 3), 2),
        ),
    ),
    op(
        "norm.Scalar",
        define=norm,
        samples=(sample("norm.Scalar", real(2, 3), 3),),
    ),
    op(
        "norm.ScalarOpt_dim",
        define=norm_over,
        samples=(
            sample("norm.ScalarOpt_dim", real(2, 3), 2, [1], True),
            sample("norm.ScalarOpt_dim", pairs(2, 3), None, [0]),
        ),
    ),
    op(
        "dist",
        define=dist,
        samples=(sample("dist", real(2, 3), real(3)), sample("dist", real(3), real(3), float("inf"))),
    ),
    op("renorm", define=renorm, samples=(sample("renorm", real(3, 2, 2), 2, 0, 1.5),)),
)
