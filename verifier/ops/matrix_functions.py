"""Determinants and exponentials."""

from __future__ import annotations

from typing import Any

from sympy import Integer, Ne, Piecewise, log, true

from verifier.op import Operand, Sample, op, pairs, real, sample
from verifier.symbolic.complex_number import direction, magnitude
from verifier.symbolic.determinant import Determinant
from verifier.symbolic.implicit import assembled
from verifier.symbolic.matrices import adjoint, permutation, product
from verifier.symbolic.matrix_function import MatrixFunction
from verifier.symbolic.scope import Scope, entrywise, is_complex, paired, parts
from verifier.symbolic.systems import triangular_factors
from verifier.symbolic.tensor import Tensor


def det(A: Operand, scope: Scope, results: Any) -> Any:
    """_linalg_det(Tensor A) -> (Tensor result, Tensor LU, Tensor pivots)"""
    return determinant(A, results[2], scope), None, None


def slogdet(A: Operand, scope: Scope, results: Any) -> Any:
    """_linalg_slogdet(Tensor A) -> (Tensor sign, Tensor logabsdet, Tensor LU, Tensor pivots)"""
    found = scope.settled(determinant(A, results[3], scope))
    return entrywise(direction, found), entrywise(lambda d: log(magnitude(d)), found), None, None


def determinant(matrix: Tensor, pivots: Tensor, scope: Scope) -> Tensor:
    """The determinants of a batch: of real matrices the Leibniz formula, of complex ones that of P·L·U."""
    *batch, size, _ = matrix.shape
    if is_complex(matrix):
        return of_factors(matrix, pivots, scope)
    return scope.add(Determinant(scope.name(matrix), size, 0, tuple(batch)), "determinant")


def of_factors(matrix: Tensor, pivots: Tensor, scope: Scope) -> Tensor:
    """The product of U's diagonal, with a change of sign for each of the rows that were swapped."""
    *batch, size, _ = matrix.shape
    moved = adjoint(permutation(pivots, size, scope))
    factors = triangular_factors(product(moved, matrix), scope)
    found = Tensor(tuple(batch), lambda *at: Integer(1))
    for step in map(Integer, range(int(size))):
        found = scope.settled(_times_pivot(found, factors, pivots, step))
    return found


def _times_pivot(found: Tensor, factors: Tensor, pivots: Tensor, step: Integer) -> Tensor:
    def entry(*at: Any) -> Any:
        sign = Piecewise((Integer(-1), Ne(pivots[(*at, step)], step + 1)), (Integer(1), true))
        return factors[(*at, step, step)] * found[at] * sign

    return Tensor(found.shape, entry)


def matrix_exp(self: Operand, scope: Scope) -> Tensor:
    """linalg_matrix_exp(Tensor self) -> Tensor: of a complex matrix X + i·Y as that of [[X, -Y], [Y, X]]"""
    *batch, size, _ = self.shape
    if not is_complex(self):
        return exponential(self, scope)
    x, y = parts(self)
    first = (0,) * len(batch)
    minus_y = entrywise(lambda part: -part, y)
    blocks = {(*first, 0, 0): x, (*first, 0, size): minus_y, (*first, size, 0): y, (*first, size, size): x}
    doubled = exponential(assembled(blocks, (*batch, 2 * size, 2 * size), scope), scope)
    below = Tensor(self.shape, lambda *at: doubled[(*at[:-2], size + at[-2], at[-1])])
    return paired(Tensor(self.shape, doubled.entry), below)


def exponential(matrix: Tensor, scope: Scope) -> Tensor:
    """The exponential of real matrices."""
    *batch, size, _ = matrix.shape
    name = scope.name(scope.settled(matrix))
    return scope.add(MatrixFunction(name, size, "exponential", batch=tuple(batch)), "exponential")


OPS = (
    op(
        "_linalg_det",
        define=det,
        samples=(
            Sample("_linalg_det", (real(2, 3, 3),), only=(0,)),
            Sample("_linalg_det", (pairs(2, 2),), only=(0,)),
        ),
    ),
    op(
        "_linalg_slogdet",
        define=slogdet,
        samples=(
            Sample("_linalg_slogdet", (real(2, 3, 3),), only=(1,)),
            Sample("_linalg_slogdet", (pairs(2, 2),), only=(0, 1)),
        ),
    ),
    op(
        "linalg_matrix_exp",
        define=matrix_exp,
        samples=(sample("linalg_matrix_exp", real(2, 3, 3)), sample("linalg_matrix_exp", pairs(2, 2))),
    ),
)
