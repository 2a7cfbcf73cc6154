"""Solutions of linear systems and factors of matrices, each by the equation that defines it; real or complex."""

from __future__ import annotations

from typing import Any

from sympy import Eq

from verifier.symbolic.complex_number import Complex
from verifier.symbolic.implicit import Parts, implicit
from verifier.symbolic.matrices import adjoint, chosen, common_batch, identity, in_batch, minus, product, triangle
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor


def solution(matrix: Tensor, right: Tensor, scope: Scope) -> Tensor:
    """The X with A·X = B."""
    shape = (*common_batch(matrix, right), *right.shape[-2:])
    return implicit(lambda x, a, b: minus(product(a, x), in_batch(b, shape[:-2])), (matrix, right), shape, scope)


def solution_from_the_right(matrix: Tensor, right: Tensor, scope: Scope) -> Tensor:
    """The X with X·A = B."""
    shape = (*common_batch(matrix, right), *right.shape[-2:])
    return implicit(lambda x, a, b: minus(product(x, a), in_batch(b, shape[:-2])), (matrix, right), shape, scope)


def inverse(matrix: Tensor, scope: Scope) -> Tensor:
    """The X with A·X = 1."""
    return implicit(
        lambda x, a: minus(product(a, x), identity(*matrix.shape)), (matrix,), matrix.shape, scope, name="inverse"
    )


def cholesky_factor(matrix: Tensor, scope: Scope) -> Tensor:
    """The L, zero above the diagonal and real on it, with L·Lᴴ = A."""

    def residual(lower: Tensor, start: Tensor, given: Tensor) -> Tensor:
        return _on_diagonal(minus(product(lower, adjoint(lower)), given), lower, lambda row, col: row >= col)

    return implicit(residual, (matrix,), matrix.shape, scope, method="cholesky", name="cholesky")


def triangular_factors(matrix: Tensor, scope: Scope) -> Tensor:
    """L below the diagonal and U above and on it, with L·U = A and ones on the diagonal of L."""

    def residual(factors: Tensor, start: Tensor, given: Tensor) -> Tensor:
        return minus(product(*unpacked_factors(factors)), given)

    return implicit(residual, (matrix,), matrix.shape, scope, method="lu", name="factors")


def unpacked_factors(factors: Tensor) -> tuple[Tensor, Tensor]:
    """L and U of a matrix that holds both."""
    *batch, rows, columns = factors.shape
    least = min(rows, columns)
    lower = Tensor((*batch, rows, least), factors.entry)
    upper = Tensor((*batch, least, columns), factors.entry)
    return triangle(lower, upper=False, unit=True), triangle(upper, upper=True)


def orthonormal_factor(matrix: Tensor, scope: Scope) -> Tensor:
    """The Q of A = Q·R with Qᴴ·Q = 1 and R upper triangular, real on the diagonal; A has no more columns than rows."""
    *batch, rows, columns = matrix.shape

    def residual(both: Tensor, start: Tensor, given: Tensor) -> Parts:
        q = Tensor(given.shape, both.entry)
        r = Tensor((*batch, columns, columns), lambda *at: both[(*at[:-2], at[-2] + rows, at[-1])])
        gram = minus(product(adjoint(q), q), identity(*batch, columns, columns))
        first = (0,) * len(batch)
        return {
            (*first, 0, 0): minus(product(q, r), given),
            (*first, rows, 0): _on_diagonal(gram, r, lambda row, col: row <= col),
        }

    shape = (*batch, rows + columns, columns)
    both = implicit(residual, (matrix,), shape, scope, method="qr", name="factors")
    return Tensor(matrix.shape, both.entry)


def _on_diagonal(equations: Tensor, factor: Tensor, where: Any) -> Tensor:
    """Hermitian equations in one triangle, and in the other a factor that is zero there.

    On the diagonal the imaginary part of the equations says nothing: that of the factor is zero instead.
    """

    def entry(*at: Any) -> Any:
        row, col = at[-2:]
        equation, unknown = equations[at], factor[at]
        if not isinstance(unknown, Complex):
            return chosen(where(row, col), equation, unknown)
        beside = chosen(where(row, col), equation.im, unknown.im)
        return Complex(chosen(where(row, col), equation.re, unknown.re), chosen(Eq(row, col), unknown.im, beside))

    return Tensor(equations.shape, entry)
