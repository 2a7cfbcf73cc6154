"""What is claimed of tensors that have a name of their own: how they are written, and formulas for their derivatives.

Each claim was derived by hand, from the definition that the vocabulary has for the name, and is compared with the
derivative of that definition by the tests. There is one for each tensor that a name is applied to. It takes all of
these, the named tensor itself, a cotangent (for the adjoint) or a tangent of that one, and the parameter of the name.
All claims are made of names again, so that they can be differentiated as often as one likes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
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
    Mul,
    OneMatrix,
    Rational,
    Trace,
    default_sort_key,
    ff,
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
    ReciprocalGaps,
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
Claim = Callable[..., Any]


@dataclass(frozen=True)
class Word:
    """A name for tensors. `written` takes what the name is applied to, and the parameter, and gives the name of it.

    adjoints, tangents: what is claimed of the derivatives by each of the tensors that the name is applied to.
    """

    name: str
    written: Callable[..., Expr]
    adjoints: tuple[Claim, ...]
    tangents: tuple[Claim, ...]


def _word(name: str, written: Callable[..., Expr], adjoint: Claim, tangent: Claim) -> Word:
    """A name that is applied to one tensor."""
    return Word(name, written, (adjoint,), (tangent,))


def _symmetric_part(matrix: MatrixExpr) -> MatrixExpr:
    return HALF * (matrix + matrix.T)


# Powers and exponentials


def _power_along(matrix: MatrixExpr, *given: Expr) -> MatrixExpr:
    """The derivative of a power along directions; where all of them commute for sure, it is that of numbers.

    Along the identity it is the exponent times the next lower power, and its derivative along the other directions.
    """
    *along, exponent = given
    coefficient, identities, directions = _sorted_out(along)
    lowered = exponent - identities
    coefficient *= ff(exponent, identities)
    if all(_commute(matrix, direction) for direction in directions):
        order = len(directions)
        power = algebra.matrix_power(matrix, lowered - order)
        return algebra.scaled(coefficient * ff(lowered, order), algebra.product(power, *directions))
    return algebra.scaled(coefficient, PowerDerivative(matrix, lowered, *directions))


def _exponential_along(matrix: MatrixExpr, *given: Expr) -> MatrixExpr:
    """The derivative of the exponential along directions; along the identity it is the exponential itself."""
    coefficient, _, directions = _sorted_out(given[:-1])
    if all(_commute(matrix, direction) for direction in directions):
        return algebra.scaled(coefficient, algebra.product(MatrixExponential(matrix), *directions))
    return algebra.scaled(coefficient, ExponentialDerivative(matrix, *directions))


def _sorted_out(along: Sequence[Any]) -> tuple[Expr, int, list[MatrixExpr]]:
    """The scalars in front of directions, how many are identities, and the others, in an order of their own."""
    pairs = [algebra.coefficient_and_matrix(direction) for direction in along]
    directions = sorted((bare for _, bare in pairs if not isinstance(bare, Identity)), key=default_sort_key)
    return Mul(*(coefficient for coefficient, _ in pairs)), len(pairs) - len(directions), directions


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


def _along(name: str, written: Callable[..., Expr], node: Callable[..., MatrixExpr], order: int) -> Word:
    """A derivative along `order` directions, which is linear in each of them.

    `node` takes the matrix, the directions and the parameter. A word of products A^p·E·A^q·F·A^r in every order has the
    transpose of the products with Eᵀ and Fᵀ at Aᵀ, and so is its own adjoint by any of the directions.
    """

    def adjoint(place: int) -> Claim:
        def claim(A: MatrixExpr, *given: Any) -> MatrixExpr:
            *directions, _, G, parameter = given
            others = [E.T for at, E in enumerate(directions, start=1) if at != place]
            return node(A.T, G, *others, parameter)

        return claim

    def tangent(place: int) -> Claim:
        def claim(A: MatrixExpr, *given: Any) -> MatrixExpr:
            *directions, _, D, parameter = given
            others = [E for at, E in enumerate(directions, start=1) if at != place]
            return node(A, D, *others, parameter)

        return claim

    places = range(order + 1)
    return Word(name, written, tuple(map(adjoint, places)), tuple(map(tangent, places)))


def _power_node(matrix: MatrixExpr, *given: Any) -> MatrixExpr:
    *directions, exponent = given
    return PowerDerivative(matrix, exponent, *directions)


def _exponential_node(matrix: MatrixExpr, *given: Any) -> MatrixExpr:
    return ExponentialDerivative(matrix, *given[:-1])


@cache
def power_derivative(order: int) -> Word:
    """The derivative of a power along so many directions."""
    return _along("power derivative", _power_along, _power_node, order)


@cache
def exponential_derivative(order: int) -> Word:
    """The derivative of the exponential along so many directions."""
    return _along("exponential derivative", _exponential_along, _exponential_node, order)


SYLVESTER = Word(
    "solution of a Sylvester equation",
    _sylvester,
    adjoints=(
        lambda A, B, C, X, G, _: -Sylvester(A.T, B.T, G) * X.T,
        lambda A, B, C, X, G, _: -X.T * Sylvester(A.T, B.T, G),
        lambda A, B, C, X, G, _: Sylvester(A.T, B.T, G),
    ),
    tangents=(
        lambda A, B, C, X, D, _: -Sylvester(A, B, D * X),
        lambda A, B, C, X, D, _: -Sylvester(A, B, X * D),
        lambda A, B, C, X, D, _: Sylvester(A, B, D),
    ),
)

POWER = _word(
    "power",
    algebra.matrix_power,
    adjoint=lambda A, P, G, k: PowerDerivative(A.T, k, G),
    tangent=lambda A, P, D, k: PowerDerivative(A, k, D),
)
SQUARE_ROOT = _word(
    "square root",
    lambda matrix, _: algebra.matrix_power(matrix, HALF),
    adjoint=lambda A, S, G, _: Sylvester(S.T, S.T, G),
    tangent=lambda A, S, D, _: Sylvester(S, S, D),
)
EXPONENTIAL = _word(
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


ADJUGATE = _word(
    "adjugate",
    lambda matrix, _: Adjugate(matrix),
    adjoint=lambda X, A, G, _: MatMul(total(HadamardProduct(G, A)), Inverse(X).T) - Inverse(X).T * G * A.T,
    tangent=lambda X, A, D, _: MatMul(Trace(Inverse(X) * D), A) - Inverse(X) * D * A,
)
EIGENVECTORS = _word(
    "eigenvectors",
    lambda matrix, _: Eigenvectors(matrix),
    adjoint=lambda A, V, G, _: _symmetric_part(V * HadamardProduct(_gaps(A), V.T * G) * V.T),
    tangent=lambda A, V, D, _: V * HadamardProduct(_gaps(A), V.T * _symmetric_part(D) * V),
)
RECIPROCAL_GAPS = _word(
    "reciprocal gaps",
    lambda column, _: ReciprocalGaps(column),
    adjoint=lambda w, F, G, _: _difference_of_sums(HadamardProduct(G, HadamardPower(F, 2))),
    tangent=lambda w, F, d, _: HadamardProduct(HadamardPower(F, 2), d * _ones(d).T - _ones(d) * d.T),
)
EIGENVALUES = _word(
    "eigenvalues",
    lambda matrix, _: Eigenvalues(matrix),
    adjoint=lambda A, w, g, _: Eigenvectors(A) * DiagMatrix(g) * Eigenvectors(A).T,
    tangent=lambda A, w, D, _: DiagonalOf(Eigenvectors(A).T * D * Eigenvectors(A)),
)
CHOLESKY = _word(
    "cholesky",
    lambda matrix, _: Cholesky(matrix),
    adjoint=lambda A, L, G, _: _symmetric_part(Inverse(L).T * LowerHalf(L.T * G) * Inverse(L)),
    tangent=lambda A, L, D, _: L * LowerHalf(Inverse(L) * _symmetric_part(D) * Inverse(L).T),
)
LOWER_HALF = _word(
    "lower half",
    _lower_half,
    adjoint=lambda A, L, G, _: LowerHalf(G),
    tangent=lambda A, L, D, _: LowerHalf(D),
)
LOWER_PART = _word(
    "lower part",
    _lower_part,
    adjoint=lambda A, L, G, _: LowerPart(G),
    tangent=lambda A, L, D, _: LowerPart(D),
)

# Structured variables: each is the projection of its input, and the derivative along anything is projected too.


def _projection(name: str, node: Callable[[Any], Expr], projected: Callable[[Any], Any]) -> Word:
    return _word(name, lambda matrix, _: node(matrix), lambda A, S, G, _: projected(G), lambda A, S, D, _: projected(D))


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


SOFTMAX = _word("softmax", lambda matrix, _: Softmax(matrix), _softmax_slope, _softmax_slope)
LOGSUMEXP = _word("logsumexp", _logsumexp, _logsumexp_adjoint, _logsumexp_tangent)
LAYER_NORM = _word(
    "layer norm", lambda matrix, epsilon: LayerNorm(matrix, epsilon), _layer_norm_slope, _layer_norm_slope
)
