"""What is claimed of powers and exponentials of matrices, of their derivatives, and of Sylvester equations.

A square root is the solution of S·S = A, and so its derivative is that of a Sylvester equation. See `words.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from sympy import Basic, Expr, Identity, MatrixExpr, Mul, Rational, default_sort_key, ff

from verifier.symbolic.language import ExponentialDerivative, MatrixExponential, PowerDerivative, Sylvester
from verifier.symbolic.notation import algebra
from verifier.symbolic.notation.inverses import inverse
from verifier.symbolic.notation.word import Claim, Word, word_of_one

HALF = Rational(1, 2)


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

POWER = word_of_one(
    "power",
    algebra.matrix_power,
    adjoint=lambda A, P, G, k: PowerDerivative(A.T, k, G),
    tangent=lambda A, P, D, k: PowerDerivative(A, k, D),
)
SQUARE_ROOT = word_of_one(
    "square root",
    lambda matrix, _: algebra.matrix_power(matrix, HALF),
    adjoint=lambda A, S, G, _: Sylvester(S.T, S.T, G),
    tangent=lambda A, S, D, _: Sylvester(S, S, D),
)
EXPONENTIAL = word_of_one(
    "exponential",
    lambda matrix, _: MatrixExponential(matrix),
    adjoint=lambda A, P, G, _: ExponentialDerivative(A.T, G),
    tangent=lambda A, P, D, _: ExponentialDerivative(A, D),
)
