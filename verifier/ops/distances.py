"""Distances between rows. Where two rows are equal the derivative is 0, one of the subgradients there."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Eq, Expr, Integer, Piecewise, symbols, true
from sympy.logic.boolalg import Boolean

from verifier.op import Operand, op, real, sample
from verifier.symbolic.norms import of_order
from verifier.symbolic.scope import Scope, broadcast, broadcast_shape
from verifier.symbolic.tensor import Tensor


def cdist(x1: Operand, x2: Operand, p: float, compute_mode: int | None, *, scope: Scope) -> Tensor:
    """_cdist_forward(Tensor x1, Tensor x2, float p, int? compute_mode) -> Tensor"""
    batch = broadcast_shape([x1.shape[:-2], x2.shape[:-2]])
    first, second = (broadcast(x, (*batch, *x.shape[-2:])) for x in (x1, x2))
    return _between(first, second, p, scope, same=_are_one(first, second))


def euclidean_dist(x1: Operand, x2: Operand, *, scope: Scope) -> Tensor:
    """_euclidean_dist(Tensor x1, Tensor x2) -> Tensor; torch computes it by a product of matrices, which cancels"""
    return cdist(x1, x2, 2.0, None, scope=scope)


def pdist(self: Operand, p: float = 2, *, scope: Scope) -> Tensor:
    """_pdist_forward(Tensor self, float p=2) -> Tensor; the distances of all pairs, row by row"""
    count = int(self.shape[0])
    square = scope.settled(_between(self, self, p, scope, same=True))

    def entry(i: Expr, j: Expr) -> tuple[Sequence[Expr], Expr]:
        before = i * count - i * (i + 1) / 2
        return [Piecewise((before + j - i - 1, j > i), (Integer(-1), true))], square[i, j]

    return scope.scattered((count * (count - 1) // 2,), (count, count), entry)


def _between(first: Tensor, second: Tensor, order: float, scope: Scope, *, same: bool) -> Tensor:
    """The distance of each row of the first tensor from each one of the second.

    Where both are one tensor a row's distance from itself is 0 wherever it lies, and not the norm of something that
    happens to be 0.
    """
    *batch, rows, width = first.shape
    shape = (*batch, rows, second.shape[-2])

    def apart(*at: Expr) -> Expr:
        entry = first.entry(*at[:-2], at[-1]) - second.entry(*at[:-3], *at[-2:])
        return _unless(entry, Eq(at[-3], at[-2]), Integer(1)) if same else entry

    distances = of_order(scope.settled(Tensor((*shape, width), apart)), order, [len(batch) + 2], scope)
    if not same:
        return distances
    distances = scope.settled(distances)
    return Tensor(shape, lambda *at: _unless(distances.entry(*at), Eq(at[-2], at[-1]), Integer(0)))


def _are_one(first: Tensor, second: Tensor) -> bool:
    at = symbols(f"i:{len(first.shape)}", integer=True)
    return tuple(first.shape) == tuple(second.shape) and bool(first.entry(*at) == second.entry(*at))


def _unless(entry: Expr, condition: Boolean, otherwise: Expr) -> Expr:
    return Piecewise((otherwise, condition), (entry, true), evaluate=False)


OPS = (
    op(
        "_cdist_forward",
        define=cdist,
        samples=(
            sample("_cdist_forward", real(2, 3, 4), real(5, 4), 2.0, None),
            sample("_cdist_forward", real(3, 4), real(2, 4), 1.5, None),
            sample("_cdist_forward", real(3, 4), real(2, 4), float("inf"), None),
        ),
    ),
    op(
        "_euclidean_dist",
        define=euclidean_dist,
        samples=(sample("_euclidean_dist", real(2, 3, 4), real(2, 2, 4)),),
    ),
    op(
        "_pdist_forward",
        define=pdist,
        samples=(sample("_pdist_forward", real(4, 3)), sample("_pdist_forward", real(3, 2), 1.0)),
    ),
)
