"""Matrices along the last two axes of tensors, in batches: products, adjoints, triangles, permutations."""

from __future__ import annotations

from typing import Any

from sympy import Eq, Integer, KroneckerDelta, Ne, Piecewise, true
from sympy.logic.boolalg import Boolean

from verifier.symbolic.complex_number import Complex, as_complex, conjugate
from verifier.symbolic.program import Shape
from verifier.symbolic.scope import Scope, broadcast, broadcast_shape
from verifier.symbolic.tensor import Tensor, total


def in_batch(matrix: Tensor, batch: Shape) -> Tensor:
    """A matrix repeated along the axes of a batch."""
    return broadcast(matrix, (*batch, *matrix.shape[-2:]))


def common_batch(*matrices: Tensor) -> Shape:
    """The batch that matrices have together."""
    return broadcast_shape(matrix.shape[:-2] for matrix in matrices)


def product(left: Tensor, right: Tensor) -> Tensor:
    """The matrix product."""
    batch = common_batch(left, right)
    left, right = in_batch(left, batch), in_batch(right, batch)

    def entry(*at: Any) -> Any:
        *b, i, k = at
        return total(left.shape[-1], lambda j: left[(*b, i, j)] * right[(*b, j, k)])

    return Tensor((*batch, left.shape[-2], right.shape[-1]), entry)


def adjoint(matrix: Tensor) -> Tensor:
    """The transpose, of a complex matrix the conjugate transpose."""
    *batch, rows, columns = matrix.shape
    return Tensor((*batch, columns, rows), lambda *at: conjugate(matrix[(*at[:-2], at[-1], at[-2])]))


def hermitian(matrix: Tensor) -> Tensor:
    """The mean of a matrix and its adjoint."""
    other = adjoint(matrix)
    return Tensor(matrix.shape, lambda *at: (matrix[at] + other[at]) / 2)


def minus(left: Tensor, right: Tensor) -> Tensor:
    """The difference."""
    return Tensor(left.shape, lambda *at: left[at] - right[at])


def identity(*shape: Any) -> Tensor:
    """Identity matrices of that shape."""
    return Tensor(shape, lambda *at: KroneckerDelta(at[-2], at[-1]))


def column(vector: Tensor) -> Tensor:
    """Vectors as matrices of one column."""
    return Tensor((*vector.shape, Integer(1)), lambda *at: vector[at[:-1]])


def chosen(condition: Boolean, value: Any, otherwise: Any) -> Any:
    """One entry where a condition holds, another one elsewhere; either may be complex."""
    if isinstance(value, Complex) or isinstance(otherwise, Complex):
        value, otherwise = as_complex(value), as_complex(otherwise)
        return Complex(chosen(condition, value.re, otherwise.re), chosen(condition, value.im, otherwise.im))
    return Piecewise((value, condition), (otherwise, true), evaluate=False)


def triangle(matrix: Tensor, *, upper: bool, unit: bool = False) -> Tensor:
    """The upper or the lower triangle of a matrix; `unit`: with ones on the diagonal, whatever it holds."""

    def entry(*at: Any) -> Any:
        row, col = at[-2:]
        kept = chosen(row <= col if upper else row >= col, matrix[at], Integer(0))
        return chosen(Ne(row, col), kept, Integer(1)) if unit else kept

    return Tensor(matrix.shape, entry)


def permutation(pivots: Tensor, size: Any, scope: Scope) -> Tensor:
    """The P of A = P·L·U from the rows that LAPACK swapped, counted from 1: row k with row pivots[k], in turn.

    The rows of the identity are swapped likewise, which gives Pᵀ.
    """
    *batch, steps = pivots.shape
    rows = identity(*batch, size, size)
    for step in range(int(steps)):
        rows = scope.settled(_swapped(rows, pivots, step), "swapped")
    return Tensor(rows.shape, lambda *at: rows[(*at[:-2], at[-1], at[-2])])


def _swapped(rows: Tensor, pivots: Tensor, step: int) -> Tensor:
    def entry(*at: Any) -> Any:
        *b, i, j = at
        other = pivots[(*b, Integer(step))] - 1
        displaced = chosen(Eq(i, other), rows[(*b, Integer(step), j)], rows[(*b, i, j)])
        return chosen(Eq(i, step), rows[(*b, other, j)], displaced)

    return Tensor(rows.shape, entry)
