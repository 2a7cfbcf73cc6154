"""What is read off a matrix, with nothing superfluous: its diagonal, its trace, its total, an inner product."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import (
    Add,
    Expr,
    HadamardProduct,
    Identity,
    Integer,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatrixExpr,
    Mul,
    OneMatrix,
    Trace,
    Transpose,
    ZeroMatrix,
)
from sympy.matrices.expressions.diagonal import DiagMatrix, DiagonalOf
from sympy.matrices.expressions.matexpr import MatrixElement

from verifier.symbolic.language import Explicit, Total
from verifier.symbolic.notation.algebra import (
    chain,
    coefficient_and_matrix,
    fewer_transposes,
    hadamard,
    product,
    scaled,
    transposed,
)
from verifier.symbolic.notation.elements import element
from verifier.symbolic.notation.nodes import UnitVector
from verifier.symbolic.notation.substitution import Closed


def diagonal_of(matrix: MatrixExpr) -> MatrixExpr:
    """The diagonal of a square matrix, as a column."""
    coefficient, bare = coefficient_and_matrix(matrix)
    match bare:
        case Identity() | OneMatrix():
            column: MatrixExpr = OneMatrix(matrix.shape[0], 1)
        case DiagMatrix():
            column = bare.args[0]
        case Transpose():
            column = diagonal_of(bare.arg)
        case ZeroMatrix():
            column = ZeroMatrix(matrix.shape[0], 1)
        case Explicit():
            column = Explicit(matrix.shape[0], 1, bare.diagonal_entries)
        case _:
            column = DiagonalOf(bare)
    return scaled(coefficient, column)


def trace(matrix: MatrixExpr) -> Expr:
    """The sum of the diagonal."""
    coefficient, bare = coefficient_and_matrix(_upright(matrix))
    if isinstance(bare, MatAdd):
        return coefficient * Add(*map(trace, bare.args))
    if isinstance(bare, MatMul) and (cut := _outer(bare.args)):
        return coefficient * _of_outer([*bare.args[cut:], *bare.args[:cut]])
    if isinstance(bare, Identity | OneMatrix):
        return coefficient * bare.shape[0]
    if isinstance(bare, Explicit):
        return coefficient * Add(*bare.diagonal_entries)
    if isinstance(bare, KroneckerProduct) and all(factor.shape[0] == factor.shape[1] for factor in bare.args):
        return coefficient * Mul(*map(trace, bare.args))
    return Integer(0) if isinstance(bare, ZeroMatrix) else coefficient * Closed(Trace(bare))


def _outer(factors: Sequence[MatrixExpr]) -> int:
    """Where a product falls apart into a column times a row; 0 where it does not."""
    return next((k for k, factor in enumerate(factors) if k and factor.shape[0] == 1), 0)


def _of_outer(factors: Sequence[MatrixExpr]) -> Expr:
    """The number that a row, matrices and a column make, and then another row, and so on."""
    cut = _outer(factors)
    if cut:
        return _of_outer(factors[:cut]) * _of_outer(factors[cut:])
    row, *between, column = factors
    return inner(transposed(row), product(*between, column))


def total(matrix: MatrixExpr) -> Expr:
    """The sum of all entries."""
    coefficient, bare = coefficient_and_matrix(_upright(matrix))
    factors = list(bare.args) if isinstance(bare, MatMul) else [bare]
    if len(factors) > 1 and isinstance(factors[0], OneMatrix) and factors[0].shape[0] == 1:
        return coefficient * total(chain(factors[1:]))
    if len(factors) > 1 and isinstance(factors[-1], OneMatrix) and factors[-1].shape[1] == 1:
        return coefficient * total(chain(factors[:-1]))
    match bare:
        case OneMatrix():
            return coefficient * Mul(*bare.shape)
        case ZeroMatrix():
            return Integer(0)
        case DiagonalOf():
            return coefficient * trace(bare.arg)
        case Explicit():
            return coefficient * Add(*bare.entries)
        case KroneckerProduct():
            return coefficient * Mul(*map(total, bare.args))
        case Identity():
            return coefficient * bare.shape[0]
        case _:
            return coefficient * Closed(Total(bare))


def inner(left: MatrixExpr, right: MatrixExpr) -> Expr:
    """The inner product of two columns."""
    if isinstance(coefficient_and_matrix(left)[1], OneMatrix | ZeroMatrix):
        left, right = right, left
    (a, bare_left), (b, bare_right) = coefficient_and_matrix(left), coefficient_and_matrix(right)
    if isinstance(bare_right, OneMatrix):
        return a * b * total(bare_left)
    if isinstance(bare_right, ZeroMatrix):
        return Integer(0)
    for unit, other in ((bare_left, bare_right), (bare_right, bare_left)):
        if isinstance(unit, UnitVector):
            return a * b * _entry(other, unit.position)
    together = hadamard(bare_left, bare_right)
    if _factors_of(together) < _factors_of(bare_left) + _factors_of(bare_right) - 1:
        return a * b * total(together)
    coefficient, bare = coefficient_and_matrix(_upright(product(transposed(bare_left), bare_right)))
    return a * b * coefficient * Closed(MatrixElement(bare, 0, 0))


def _entry(column: MatrixExpr, position: Expr) -> Expr:
    """An entry of a column; that of a matrix times a unit vector is one of the matrix."""
    *factors, last = column.args if isinstance(column, MatMul) else [column]
    if factors and isinstance(last, UnitVector):
        return element(chain(factors), position, last.position)
    return element(column, position, Integer(0))


def _factors_of(matrix: MatrixExpr) -> int:
    """How many factors an entrywise product has."""
    bare = coefficient_and_matrix(matrix)[1]
    return len(bare.args) if isinstance(bare, HadamardProduct) else int(not isinstance(bare, OneMatrix))


def _upright(matrix: MatrixExpr) -> MatrixExpr:
    """A matrix or its transpose, whichever has fewer transposes: for where both are worth the same."""
    return fewer_transposes(matrix, transposed(matrix))
