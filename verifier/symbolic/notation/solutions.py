"""What is defined by an equation or by the Leibniz formula, in matrix notation: inverses and determinants."""

from __future__ import annotations

from sympy import Expr, Identity, Integer, MatAdd, MatMul, MatrixExpr, MatrixSymbol, Transpose, ZeroMatrix

from verifier.symbolic.determinant import Determinant
from verifier.symbolic.notation import algebra
from verifier.symbolic.notation.contraction import NoMatrixNotation
from verifier.symbolic.notation.inverses import determinant, inverse
from verifier.symbolic.notation.operands import Operands


def determinant_form(definition: Determinant, operands: Operands) -> Expr:
    """det A, or its derivative det A · A⁻ᵀ, which says nothing where A is singular."""
    matrix = operands.matrix(definition.matrix)
    if matrix is None or definition.extent == 1 or definition.order > 1:
        raise NoMatrixNotation
    value = determinant(matrix)
    return value if definition.order == 0 else algebra.scaled(value, inverse(algebra.transposed(matrix)))


def solution(residual: MatrixExpr, unknown: MatrixSymbol) -> MatrixExpr:
    """The solution U of residual = 0, where the residual is A·U + C, U·A + C or the transpose of one.

    Raises `NoMatrixNotation` for any other.
    """
    if residual.has(Transpose(unknown)):
        residual = algebra.transposed(residual)
    # A number in front of the whole residual does not matter.
    _, bare = algebra.coefficient_and_matrix(residual)
    terms = bare.args if isinstance(bare, MatAdd) else [bare]
    factors = [_factors(term, unknown) for term in terms if term.has(unknown)]
    constant = algebra.added(ZeroMatrix(*unknown.shape), *(term for term in terms if not term.has(unknown)))
    opposite = algebra.scaled(Integer(-1), constant)
    if all(isinstance(right, Identity) for _, right in factors):
        return algebra.product(inverse(algebra.added(*(left for left, _ in factors))), opposite)
    if all(isinstance(left, Identity) for left, _ in factors):
        return algebra.product(opposite, inverse(algebra.added(*(right for _, right in factors))))
    raise NoMatrixNotation


def _factors(term: MatrixExpr, unknown: MatrixSymbol) -> tuple[MatrixExpr, MatrixExpr]:
    """A and B of a term A·U·B."""
    coefficient, bare = algebra.coefficient_and_matrix(term)
    factors = list(bare.args) if isinstance(bare, MatMul) else [bare]
    if factors.count(unknown) != 1 or sum(factor.has(unknown) for factor in factors) != 1:
        raise NoMatrixNotation
    at = factors.index(unknown)
    rows, columns = unknown.shape
    left = algebra.product(Identity(rows), *factors[:at])
    right = algebra.product(Identity(columns), *factors[at + 1 :])
    return (left, algebra.scaled(coefficient, right)) if at == 0 else (algebra.scaled(coefficient, left), right)
