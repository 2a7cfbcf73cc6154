"""Solutions of linear systems and factors of matrices, each by the equation that defines it; real or complex."""

from __future__ import annotations

from typing import Any

from sympy import Eq, Integer

from verifier.symbolic.complex_number import Complex, real
from verifier.symbolic.eigenproblem import eigenproblem, singular_value_problem
from verifier.symbolic.implicit import Parts, approximated, assembled, implicit
from verifier.symbolic.matrices import adjoint, chosen, common_batch, identity, in_batch, minus, product, triangle
from verifier.symbolic.program import Shape
from verifier.symbolic.scope import Scope, broadcast, is_complex
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


def orthonormal_factor(matrix: Tensor, near: tuple[Tensor, Tensor], scope: Scope) -> Tensor:
    """The Q of A = Q·R with Qᴴ·Q = 1 and R upper triangular, real on the diagonal; A has no more columns than rows.

    It is the one near the first of `near`, which are approximations of Q and R.
    """
    *batch, rows, columns = matrix.shape
    first = (0,) * len(batch)

    def residual(both: Tensor, start: Tensor, given: Tensor) -> Parts:
        q = Tensor(given.shape, both.entry)
        r = Tensor((*batch, columns, columns), lambda *at: both[(*at[:-2], at[-2] + rows, at[-1])])
        gram = minus(product(adjoint(q), q), identity(*batch, columns, columns))
        return {
            (*first, 0, 0): minus(product(q, r), given),
            (*first, rows, 0): _on_diagonal(gram, r, lambda row, col: row <= col),
        }

    shape = (*batch, rows + columns, columns)
    start = assembled({(*first, 0, 0): near[0], (*first, rows, 0): near[1]}, shape, scope)
    both = implicit(residual, (matrix,), shape, scope, near=start, name="factors")
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


def eigenpairs(matrix: Tensor, near: tuple[Tensor, Tensor], scope: Scope) -> tuple[Tensor, Tensor]:
    """Eigenvalues, and eigenvectors of length 1 as columns; those near given ones, in the same phase."""
    *batch, size, _ = matrix.shape
    first, shape = (0,) * len(batch), (*batch, size + 1, size)
    start = assembled({(*first, 0, 0): near[1], (*first, size, 0): _row(near[0])}, shape, scope)
    pairs = is_complex(near[1])
    both = implicit(lambda u, v, a: eigenproblem(a, u, v), (matrix,), shape, scope, pairs=pairs, near=start)
    return Tensor((*batch, size), lambda *at: both[(*at[:-1], size, at[-1])]), Tensor(matrix.shape, both.entry)


def singular_triplets(matrix: Tensor, near: tuple[Tensor, Tensor, Tensor], scope: Scope) -> tuple[Tensor, ...]:
    """U, the singular values, and V; those near given ones, in the same phase."""
    *batch, rows, columns = matrix.shape
    size, least = rows + columns, min(rows, columns)
    first, shape = (0,) * len(batch), (*batch, size + 1, least)
    left, values, right = (Tensor((*t.shape[:-1], least), t.entry) for t in near)
    parts = {(*first, 0, 0): left, (*first, rows, 0): right, (*first, size, 0): _row(values)}
    start = assembled(parts, shape, scope)
    both = implicit(lambda u, v, a: singular_value_problem(a, u, v), (matrix,), shape, scope, near=start)
    return (
        Tensor((*batch, rows, least), both.entry),
        Tensor((*batch, least), lambda *at: real(both[(*at[:-1], size, at[-1])])),
        Tensor((*batch, columns, least), lambda *at: both[(*at[:-2], at[-2] + rows, at[-1])]),
    )


def _row(values: Tensor) -> Tensor:
    *batch, size = values.shape
    return Tensor((*batch, Integer(1), size), lambda *at: values[(*at[:-2], at[-1])])


def pseudoinverse(matrix: Tensor, absolute: Tensor, relative: Tensor, scope: Scope) -> Tensor:
    """The pseudoinverse of a matrix whose rank stays what it is.

    With the projectors P and Q on the row and the column space, held constant, C = A·P has the columns of A and
    F = Q·A its rows, so that A⁺ = F⁺·(Q·A·P)·C⁺; and C⁺ = (Cᴴ·C + 1 - P)⁻¹·Cᴴ, F⁺ = Fᴴ·(F·Fᴴ + 1 - Q)⁻¹, since C and F
    lose no rank on what P and Q leave. Singular values that are at most max(absolute, relative·largest) count as 0.
    """
    *batch, rows, columns = matrix.shape
    size = max(rows, columns)
    onto = _projectors(matrix, absolute, relative, (*batch, Integer(2), size, size), scope)
    q = Tensor((*batch, rows, rows), lambda *at: onto[(*at[:-2], Integer(0), *at[-2:])])
    p = Tensor((*batch, columns, columns), lambda *at: onto[(*at[:-2], Integer(1), *at[-2:])])
    c, f = scope.settled(product(matrix, p)), scope.settled(product(q, matrix))
    beside_c = minus(product(adjoint(c), c), minus(p, identity(*batch, columns, columns)))
    beside_f = minus(product(f, adjoint(f)), minus(q, identity(*batch, rows, rows)))
    of_c = solution(beside_c, adjoint(c), scope)
    of_f = solution_from_the_right(beside_f, adjoint(f), scope)
    return product(of_f, scope.settled(product(scope.settled(product(f, p)), of_c)))


def _projectors(matrix: Tensor, absolute: Tensor, relative: Tensor, shape: Shape, scope: Scope) -> Tensor:
    batch = matrix.shape[:-2]
    operands = [scope.settled(t) for t in (matrix, broadcast(absolute, batch), broadcast(relative, batch))]
    return approximated("projectors", operands, shape, is_complex(matrix), scope)
