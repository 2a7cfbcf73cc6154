"""What is claimed of tensors that have a name of their own: how they are written, and formulas for their derivatives.

Each claim was derived by hand, from the definition that the vocabulary has for the name, and is compared with the
derivative of that definition by the tests. There is one for each tensor that a name is applied to. It takes all of
these, the named tensor itself, a cotangent (for the adjoint) or a tangent of that one, and the parameter of the name.
All claims are made of names again, so that they can be differentiated as often as one likes. Those of powers and
exponentials are in `powers.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import (
    Basic,
    Expr,
    HadamardPower,
    HadamardProduct,
    Identity,
    Inverse,
    MatMul,
    MatrixExpr,
    OneMatrix,
    Rational,
    Trace,
)
from sympy.matrices.expressions.diagonal import DiagMatrix, DiagonalOf

from verifier.symbolic.language import (
    Adjugate,
    Cholesky,
    Diagonal,
    Eigenvalues,
    Eigenvectors,
    LayerNorm,
    LogSumExp,
    LowerHalf,
    LowerPart,
    LowerTriangular,
    ReciprocalGaps,
    Softmax,
    Symmetric,
    total,
)
from verifier.symbolic.notation import algebra
from verifier.symbolic.notation.substitution import Closed
from verifier.symbolic.notation.word import Word, word_of_one

HALF = Rational(1, 2)

#: What is lower triangular.
ARE_LOWER = (Identity, DiagMatrix, Diagonal, LowerTriangular, LowerPart, LowerHalf, Cholesky)


def _symmetric_part(matrix: MatrixExpr) -> MatrixExpr:
    return HALF * (matrix + matrix.T)


# Factorisations


def _lower_half(matrix: MatrixExpr, _: Basic) -> MatrixExpr:
    coefficient, bare = algebra.coefficient_and_matrix(matrix)
    if isinstance(bare, Identity):
        return algebra.scaled(HALF * coefficient, bare)
    return algebra.scaled(coefficient, LowerHalf(bare))


def _gaps(matrix: MatrixExpr) -> MatrixExpr:
    return ReciprocalGaps(Eigenvalues(matrix))


def _ones(column: MatrixExpr) -> MatrixExpr:
    return OneMatrix(column.shape[0], 1)


def _difference_of_sums(matrix: MatrixExpr) -> MatrixExpr:
    """The sums of the rows less the sums of the columns."""
    ones = OneMatrix(matrix.shape[0], 1)
    return matrix * ones - matrix.T * ones


def _lower_part(matrix: MatrixExpr, _: Basic) -> MatrixExpr:
    coefficient, bare = algebra.coefficient_and_matrix(matrix)
    return algebra.scaled(coefficient, bare if isinstance(bare, ARE_LOWER) else LowerPart(bare))


ADJUGATE = word_of_one(
    "adjugate",
    lambda matrix, _: Adjugate(matrix),
    adjoint=lambda X, A, G, _: MatMul(total(HadamardProduct(G, A)), Inverse(X).T) - Inverse(X).T * G * A.T,
    tangent=lambda X, A, D, _: MatMul(Trace(Inverse(X) * D), A) - Inverse(X) * D * A,
)
EIGENVECTORS = word_of_one(
    "eigenvectors",
    lambda matrix, _: Eigenvectors(matrix),
    adjoint=lambda A, V, G, _: _symmetric_part(V * HadamardProduct(_gaps(A), V.T * G) * V.T),
    tangent=lambda A, V, D, _: V * HadamardProduct(_gaps(A), V.T * _symmetric_part(D) * V),
)
RECIPROCAL_GAPS = word_of_one(
    "reciprocal gaps",
    lambda column, _: ReciprocalGaps(column),
    adjoint=lambda w, F, G, _: _difference_of_sums(HadamardProduct(G, HadamardPower(F, 2))),
    tangent=lambda w, F, d, _: HadamardProduct(HadamardPower(F, 2), d * _ones(d).T - _ones(d) * d.T),
)
EIGENVALUES = word_of_one(
    "eigenvalues",
    lambda matrix, _: Eigenvalues(matrix),
    adjoint=lambda A, w, g, _: Eigenvectors(A) * DiagMatrix(g) * Eigenvectors(A).T,
    tangent=lambda A, w, D, _: DiagonalOf(Eigenvectors(A).T * D * Eigenvectors(A)),
)
CHOLESKY = word_of_one(
    "cholesky",
    lambda matrix, _: Cholesky(matrix),
    adjoint=lambda A, L, G, _: _symmetric_part(Inverse(L).T * LowerHalf(L.T * G) * Inverse(L)),
    tangent=lambda A, L, D, _: L * LowerHalf(Inverse(L) * _symmetric_part(D) * Inverse(L).T),
)
LOWER_HALF = word_of_one(
    "lower half",
    _lower_half,
    adjoint=lambda A, L, G, _: LowerHalf(G),
    tangent=lambda A, L, D, _: LowerHalf(D),
)
LOWER_PART = word_of_one(
    "lower part",
    _lower_part,
    adjoint=lambda A, L, G, _: LowerPart(G),
    tangent=lambda A, L, D, _: LowerPart(D),
)

# Structured variables: each is the projection of its input, and the derivative along anything is projected too.


def _projection(name: str, node: Callable[[Any], Expr], projected: Callable[[Any], Any]) -> Word:
    return word_of_one(
        name, lambda matrix, _: node(matrix), lambda A, S, G, _: projected(G), lambda A, S, D, _: projected(D)
    )


SYMMETRIC = _projection("symmetric matrix", Symmetric, _symmetric_part)
DIAGONAL = _projection("diagonal matrix", Diagonal, lambda G: DiagMatrix(DiagonalOf(G)))
LOWER_TRIANGULAR = _projection("lower triangular matrix", LowerTriangular, LowerPart)

# Normalisations, of the rows of a matrix or of a column. The Jacobians of softmax and of layer norm are symmetric, so
# that one formula is claimed of adjoint and tangent.


def _softmax_slope(X: Any, S: Any, G: Any, _: Any) -> Any:
    weighted = HadamardProduct(G, S)
    if S.shape[1] == 1:
        return weighted - MatMul(total(weighted), S)
    return weighted - DiagMatrix(weighted * OneMatrix(S.shape[1], 1)) * S


def _logsumexp_adjoint(X: Any, y: Any, g: Any, _: Any) -> Any:
    return MatMul(g[0, 0], Softmax(X)) if X.shape[1] == 1 else DiagMatrix(g) * Softmax(X)


def _logsumexp_tangent(X: Any, y: Any, D: Any, _: Any) -> Any:
    weighted = HadamardProduct(Softmax(X), D)
    return OneMatrix(1, X.shape[0]) * weighted if X.shape[1] == 1 else weighted * OneMatrix(X.shape[1], 1)


def _layer_norm_slope(X: Any, Y: Any, G: Any, epsilon: Any) -> Any:
    """(G - mean(G) - mean(G∘Y)·Y)/σ for each row, with σ² = variance + ε."""
    rows, columns = X.shape
    if columns == 1:
        ones, n = OneMatrix(rows, 1), rows
        deviations = X - MatMul(total(X) / n, ones)
        sigma = (total(HadamardPower(deviations, 2)) / n + epsilon) ** HALF
        projected = G - MatMul(total(G) / n, ones) - MatMul(total(HadamardProduct(G, Y)) / n, Y)
        return MatMul(1 / sigma, projected)
    mean = OneMatrix(columns, 1) / columns
    deviations = X - X * mean * OneMatrix(1, columns)
    variance = HadamardPower(deviations, 2) * mean + epsilon * OneMatrix(rows, 1)
    projected = G - G * mean * OneMatrix(1, columns) - DiagMatrix(HadamardProduct(G, Y) * mean) * Y
    return DiagMatrix(HadamardPower(variance, -HALF)) * projected


def _logsumexp(matrix: MatrixExpr, _: Basic) -> Expr:
    node = LogSumExp(matrix)
    return Closed(node[0, 0]) if node.shape == (1, 1) else node


SOFTMAX = word_of_one("softmax", lambda matrix, _: Softmax(matrix), _softmax_slope, _softmax_slope)
LOGSUMEXP = word_of_one("logsumexp", _logsumexp, _logsumexp_adjoint, _logsumexp_tangent)
LAYER_NORM = word_of_one(
    "layer norm", lambda matrix, epsilon: LayerNorm(matrix, epsilon), _layer_norm_slope, _layer_norm_slope
)
