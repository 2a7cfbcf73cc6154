"""Linear algebra: logarithmic determinants, adjugates, factorisations, matrix exponentials."""

from __future__ import annotations

from typing import Any

from sympy import Determinant, Expr, Integer, Inverse, MatMul, MatrixExpr, log, sqrt
from sympy.matrices.expressions.diagonal import DiagMatrix, DiagonalOf

from verifier.errors import ShapesDoNotFitError
from verifier.symbolic.language.matrix_node import MatrixNode, matrix_of, square
from verifier.symbolic.language.norms import gram


class Adjugate(MatrixNode):
    """The transposed matrix of cofactors, det(A)·A⁻¹ where A has an inverse; write `adjugate(A)`."""

    spelled = "adjugate"


class Cholesky(MatrixNode):
    """The lower triangular L with a positive diagonal and L·Lᵀ = (A + Aᵀ)/2; write `cholesky(A)`."""

    spelled = "cholesky"


class Eigenvalues(MatrixNode):
    """The eigenvalues of (A + Aᵀ)/2 in ascending order, as a column; write `eigenvalues(A)`."""

    spelled = "eigenvalues"

    @property
    def shape(self) -> tuple[Expr, Expr]:
        """One column."""
        return self.matrix.shape[0], Integer(1)


class MatrixExponential(MatrixNode):
    """Σ A^k/k!; write `matrix_exp(A)`, or SymPy's `exp(A)` where that is the whole formula."""

    spelled = "matrix_exp"


def logdet(matrix: Any) -> Expr:
    """The logarithm of the determinant, which must be positive."""
    return log(Determinant(square("logdet", matrix)))


def adjugate(matrix: Any) -> Adjugate:
    """The adjugate; it exists, with all its derivatives, where the matrix is singular too."""
    return Adjugate(square("adjugate", matrix))


def cholesky(matrix: Any) -> Cholesky:
    """The lower Cholesky factor of the symmetric part of a matrix, which must be positive definite."""
    return Cholesky(square("cholesky", matrix))


def eigenvalues(matrix: Any) -> Eigenvalues:
    """The eigenvalues of the symmetric part of a matrix, ascending; where two are equal they have no derivative."""
    return Eigenvalues(square("eigenvalues", matrix))


def singular_values(matrix: Any) -> MatrixExpr:
    """The singular values, ascending, as roots of the eigenvalues of Xᵀ·X; where two are equal, or one is 0, no
    derivative is known. Of Xᵀ·X and X·Xᵀ the smaller one is taken; where extents are symbols, Xᵀ·X.
    """
    return Eigenvalues(gram(matrix_of("singular_values", matrix))).applyfunc(sqrt)


def matrix_exp(matrix: Any) -> MatrixExponential:
    """The matrix exponential."""
    return MatrixExponential(square("matrix_exp", matrix))


def solve(matrix: Any, right: Any) -> MatrixExpr:
    """The X with A·X = B."""
    left, right = square("solve", matrix), matrix_of("solve", right)
    if left.shape[1] != right.shape[0]:
        raise ShapesDoNotFitError(f"solve({left}, {right})", left.shape, right.shape)
    return MatMul(Inverse(left), right)


def diag(tensor: Any) -> MatrixExpr:
    """The diagonal matrix of a vector; of a matrix, its diagonal as a column."""
    matrix = matrix_of("diag", tensor)
    return DiagMatrix(matrix) if 1 in matrix.shape else DiagonalOf(matrix)
