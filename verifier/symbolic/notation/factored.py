"""Sums that read better in one piece, where eigenvectors, Φ or their like stand in every term.

Q·A·Qᵀ + Q·B·Qᵀ                =  Q·(A + B)·Qᵀ
(F ∘ M)·diag(g) - diag(g)·(F ∘ M)  =  F ∘ (1·gᵀ - g·1ᵀ) ∘ M      with F the reciprocal gaps: divided differences
Φ(S) + Φ(S)ᵀ                   =  S                           for a symmetric S
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations, takewhile

from sympy import Basic, Expr, HadamardProduct, MatAdd, MatMul, MatrixExpr, Mul, OneMatrix, Transpose
from sympy.matrices.expressions.diagonal import DiagMatrix

from verifier.symbolic.language import Cholesky, Eigenvectors, LowerHalf, ReciprocalGaps
from verifier.symbolic.notation import algebra
from verifier.symbolic.notation.nodes import UnitVector
from verifier.symbolic.notation.substitution import mapped

#: Where one of these is in a sum, it is looked at.
WORDS = (Eigenvectors, LowerHalf, Cholesky)

#: A term: its coefficient, and its factors.
Term = tuple[Expr, tuple[MatrixExpr, ...]]


def factored(expression: Basic) -> Basic:
    """The expression with its sums of products in as few pieces as these rules leave."""
    if not expression.has(*WORDS):
        return expression
    expression = mapped(expression, factored, evaluate=False)
    match expression:
        case MatAdd():
            return _sum(expression)
        case MatMul() if any(isinstance(factor, MatMul) for factor in expression.args):
            matrices = [factor for factor in expression.args if isinstance(factor, MatrixExpr)]
            scalars = Mul(*(factor for factor in expression.args if factor not in matrices))
            return algebra.scaled(scalars, algebra.product(*matrices))
        case _:
            return expression


def _sum(matrix: MatAdd) -> MatrixExpr:
    terms = _paired([_term(term) for term in matrix.args])
    products = [factors for _, factors in terms]
    most = min(map(len, products)) - 1
    if len(terms) < 2 or most < 1:
        return _added(terms)
    left = min(_shared(products), most)
    right = min(_shared([factors[::-1] for factors in products]), most - left)
    if not left + right:
        return _added(terms)
    inner = [(c, factors[left : len(factors) - right]) for c, factors in terms]
    first = products[0]
    return algebra.product(*first[:left], _added(_paired(inner)), *first[len(first) - right :])


def _term(matrix: MatrixExpr) -> Term:
    coefficient, bare = algebra.coefficient_and_matrix(matrix)
    return coefficient, tuple(bare.args) if isinstance(bare, MatMul) else (bare,)


def _added(terms: Sequence[Term]) -> MatrixExpr:
    return algebra.added(*(algebra.scaled(c, algebra.product(*factors)) for c, factors in terms))


def _shared(products: Sequence[Sequence[MatrixExpr]]) -> int:
    """How many factors all products begin with."""
    columns = zip(*products, strict=False)
    return sum(1 for _ in takewhile(lambda factors: all(factor == factors[0] for factor in factors), columns))


def _paired(terms: list[Term]) -> list[Term]:
    """The terms, with two of them replaced by one as often as that is possible."""
    for one, other in combinations(terms, 2):
        together = _together(one, other) or _together(other, one)
        if together is not None:
            rest = [term for term in terms if term is not one and term is not other]
            return _paired([together, *rest])
    return terms


def _together(one: Term, other: Term) -> Term | None:
    """Two terms as one, by what is left between the factors that they begin and end with."""
    (c, first), (d, second) = one, other
    if len(first) != len(second):
        return None
    left = _shared([first, second])
    right = _shared([first[left:][::-1], second[left:][::-1]])
    end = len(first) - right
    middle = _differences(first[left:end], second[left:end]) if c == -d else None
    if middle is None and c == d:
        middle = _halves(first[left:end], second[left:end])
    return None if middle is None else (c, (*first[:left], middle, *first[end:]))


def _differences(one: tuple[MatrixExpr, ...], other: tuple[MatrixExpr, ...]) -> MatrixExpr | None:
    """(F ∘ M)·diag(g) less diag(g)·(F ∘ M)."""
    if len(one) < 2 or one != (*other[-1:], *other[:-1]):
        return None
    product, column = one[0], _diagonal_of(one[1:])
    if column is None or not isinstance(product, HadamardProduct):
        return None
    if not any(isinstance(factor, ReciprocalGaps) for factor in product.args):
        return None
    ones = OneMatrix(column.shape[0], 1)
    rows = algebra.product(ones, algebra.transposed(column))
    columns = algebra.product(column, algebra.transposed(ones))
    return algebra.hadamard(algebra.added(rows, algebra.scaled(-1, columns)), *product.args)


def _diagonal_of(factors: tuple[MatrixExpr, ...]) -> MatrixExpr | None:
    """The column on the diagonal of a product that is a diagonal matrix for sure."""
    match factors:
        case (DiagMatrix() as diagonal,):
            return diagonal.args[0]
        case (UnitVector() as unit, other) if other == Transpose(unit):
            return unit
        case _:
            return None


def _halves(one: tuple[MatrixExpr, ...], other: tuple[MatrixExpr, ...]) -> MatrixExpr | None:
    """Φ(S) and its transpose, of a symmetric S."""
    if len(one) != 1 or not isinstance(one[0], LowerHalf) or other != (Transpose(one[0]),):
        return None
    inside = one[0].matrix
    return inside if algebra.transposed(inside) == inside else None
