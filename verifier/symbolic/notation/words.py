"""What is claimed of tensors that have a name of their own: how they are written, and formulas for their derivatives.

Each claim was derived by hand, from the definition that the vocabulary has for the name, and is compared with the
derivative of that definition by the tests. A claim takes what the name is applied to, the named tensor itself, a
cotangent (for the adjoint) or a tangent, and the parameter of the name.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
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
    ExponentialDerivative,
    LayerNorm,
    LogSumExp,
    LowerHalf,
    LowerPart,
    LowerTriangular,
    MatrixExponential,
    PowerDerivative,
    Softmax,
    Sylvester,
    Symmetric,
    total,
)
from verifier.symbolic.notation import algebra
from verifier.symbolic.notation.inverses import inverse
from verifier.symbolic.notation.substitution import Closed

HALF = Rational(1, 2)

#: What is lower triangular.
ARE_LOWER = (Identity, DiagMatrix, Diagonal, LowerTriangular, LowerPart, LowerHalf, Cholesky)

#: A formula for a derivative.
Claim = Callable[[Any, Any, Any, Any], Any]


@dataclass(frozen=True)
class Word:
    """A name for tensors. `written` takes what the name is applied to, and the parameter, and gives the name of it.

    adjoint, tangent: what is claimed of the derivatives; None where nothing is.
    """

    name: str
    written: Callable[..., Expr]
    adjoint: Claim | None = None
    tangent: Claim | None = None


def _symmetric_part(matrix: MatrixExpr) -> MatrixExpr:
    return HALF * (matrix + matrix.T)


# Powers and exponentials


def _power_along(matrix: MatrixExpr, direction: MatrixExpr, exponent: Expr) -> MatrixExpr:
    """The derivative of a power along a direction; where the two commute for sure, it is that of numbers."""
    if _commute(matrix, direction):
        lowered = algebra.matrix_power(matrix, exponent - 1)
        return algebra.scaled(exponent, algebra.product(lowered, direction))
    coefficient, bare = algebra.coefficient_and_matrix(direction)
    return algebra.scaled(coefficient, PowerDerivative(matrix, exponent, bare))


def _exponential_along(matrix: MatrixExpr, direction: MatrixExpr, _: Basic) -> MatrixExpr:
    if _commute(matrix, direction):
        return algebra.product(MatrixExponential(matrix), direction)
    coefficient, bare = algebra.coefficient_and_matrix(direction)
    return algebra.scaled(coefficient, ExponentialDerivative(matrix, bare))


def _sylvester(left: MatrixExpr, right: MatrixExpr, constant: MatrixExpr, _: Basic) -> MatrixExpr:
    """The X with A·X + X·B = C; for A = B, half of A⁻¹·C if they commute for sure."""
    if left == right and _commute(left, constant):
        return algebra.scaled(HALF, algebra.product(inverse(left), constant))
    coefficient, bare = algebra.coefficient_and_matrix(constant)
    return algebra.scaled(coefficient, Sylvester(left, right, bare))


def _commute(matrix: MatrixExpr, other: MatrixExpr) -> bool:
    """Whether a matrix is a multiple of the identity, or of a power of the other one."""
    _, bare = algebra.coefficient_and_matrix(other)
    return isinstance(bare, Identity) or algebra.base(bare) == algebra.base(matrix)


POWER_DERIVATIVE = Word("power derivative", _power_along)
EXPONENTIAL_DERIVATIVE = Word("exponential derivative", _exponential_along)
SYLVESTER = Word("solution of a Sylvester equation", _sylvester)

POWER = Word(
    "power",
    algebra.matrix_power,
    adjoint=lambda A, P, G, k: PowerDerivative(A.T, k, G),
    tangent=lambda A, P, D, k: PowerDerivative(A, k, D),
)
SQUARE_ROOT = Word(
    "square root",
    lambda matrix, _: algebra.matrix_power(matrix, HALF),
    adjoint=lambda A, S, G, _: Sylvester(S.T, S.T, G),
    tangent=lambda A, S, D, _: Sylvester(S, S, D),
)
EXPONENTIAL = Word(
    "exponential",
    lambda matrix, _: MatrixExponential(matrix),
    adjoint=lambda A, P, G, _: ExponentialDerivative(A.T, G),
    tangent=lambda A, P, D, _: ExponentialDerivative(A, D),
)

# Factorisations


def _lower_half(matrix: MatrixExpr, _: Basic) -> MatrixExpr:
    coefficient, bare = algebra.coefficient_and_matrix(matrix)
    if isinstance(bare, Identity):
        return algebra.scaled(HALF * coefficient, bare)
    return algebra.scaled(coefficient, LowerHalf(bare))


def _lower_part(matrix: MatrixExpr, _: Basic) -> MatrixExpr:
    coefficient, bare = algebra.coefficient_and_matrix(matrix)
    return algebra.scaled(coefficient, bare if isinstance(bare, ARE_LOWER) else LowerPart(bare))


ADJUGATE = Word(
    "adjugate",
    lambda matrix, _: Adjugate(matrix),
    adjoint=lambda X, A, G, _: MatMul(total(HadamardProduct(G, A)), Inverse(X).T) - Inverse(X).T * G * A.T,
    tangent=lambda X, A, D, _: MatMul(Trace(Inverse(X) * D), A) - Inverse(X) * D * A,
)
EIGENVECTORS = Word("eigenvectors", lambda matrix, _: Eigenvectors(matrix))
EIGENVALUES = Word(
    "eigenvalues",
    lambda matrix, _: Eigenvalues(matrix),
    adjoint=lambda A, w, g, _: Eigenvectors(A) * DiagMatrix(g) * Eigenvectors(A).T,
    tangent=lambda A, w, D, _: DiagonalOf(Eigenvectors(A).T * D * Eigenvectors(A)),
)
CHOLESKY = Word(
    "cholesky",
    lambda matrix, _: Cholesky(matrix),
    adjoint=lambda A, L, G, _: _symmetric_part(Inverse(L).T * LowerHalf(L.T * G) * Inverse(L)),
    tangent=lambda A, L, D, _: L * LowerHalf(Inverse(L) * _symmetric_part(D) * Inverse(L).T),
)
LOWER_HALF = Word("lower half", _lower_half)
LOWER_PART = Word(
    "lower part",
    _lower_part,
    adjoint=lambda A, L, G, _: LowerPart(G),
    tangent=lambda A, L, D, _: LowerPart(D),
)

# Structured variables: each is the projection of its input, and the derivative along anything is projected too.


def _projection(name: str, node: Callable[[Any], Expr], projected: Callable[[Any], Any]) -> Word:
    return Word(name, lambda matrix, _: node(matrix), lambda A, S, G, _: projected(G), lambda A, S, D, _: projected(D))


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


SOFTMAX = Word("softmax", lambda matrix, _: Softmax(matrix), _softmax_slope, _softmax_slope)
LOGSUMEXP = Word("logsumexp", _logsumexp, _logsumexp_adjoint, _logsumexp_tangent)
LAYER_NORM = Word(
    "layer norm", lambda matrix, epsilon: LayerNorm(matrix, epsilon), _layer_norm_slope, _layer_norm_slope
)
