"""Entries of matrix expressions, taken as far inside as they go: `(A + B)[i, j]` is `A[i, j] + B[i, j]`."""

from __future__ import annotations

from sympy import (
    Add,
    BlockMatrix,
    Expr,
    HadamardPower,
    HadamardProduct,
    Identity,
    Integer,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    Mul,
    OneMatrix,
    Transpose,
    ZeroMatrix,
    expand,
)
from sympy.functions.special.tensor_functions import KroneckerDelta
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix, DiagonalOf
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.matrices.expressions.slice import MatrixSlice

from verifier.symbolic.language import Detached, DetachedMatrix, Explicit
from verifier.symbolic.notation.nodes import UnitVector
from verifier.symbolic.notation.partitions import Range, grid_of, ranges
from verifier.symbolic.notation.substitution import Closed, put

FIRST = Integer(0)


def element(matrix: MatrixExpr, row: Expr, column: Expr) -> Expr:
    """The entry of a matrix expression at a row and a column."""
    match matrix:
        case OneMatrix():
            return Integer(1)
        case ZeroMatrix():
            return Integer(0)
        case Identity():
            return _delta(row, column)
        case UnitVector():
            return KroneckerDelta(row, matrix.position)
        case Explicit() if row.is_Integer and column.is_Integer:
            return matrix.at(row, column)
        case DiagMatrix():
            return KroneckerDelta(row, column) * element(matrix.args[0], row, FIRST)
        case DiagonalOf():
            return element(matrix.arg, row, row)
        case Transpose():
            return element(matrix.arg, column, row)
        case MatAdd():
            return Add(*(element(term, row, column) for term in matrix.args))
        case HadamardProduct():
            return Mul(*(element(factor, row, column) for factor in matrix.args))
        case HadamardPower():
            return element(matrix.base, row, column) ** matrix.exp
        case ElementwiseApplyFunction():
            return put(matrix.function.expr, {matrix.function.signature[0]: element(matrix.expr, row, column)})
        case MatrixSlice():
            (above, _, down), (left, _, along) = matrix.rowslice, matrix.colslice
            return element(matrix.parent, above + down * row, left + along * column)
        case BlockMatrix():
            return _element_of_blocks(matrix, row, column)
        case DetachedMatrix():
            return Detached(element(matrix.expression, row, column))
        case MatMul():
            return _element_of_product(matrix, row, column)
        case _:
            entry = MatrixElement(matrix, row, column)
            return entry if isinstance(matrix, MatrixSymbol) else Closed(entry)


def _element_of_blocks(matrix: BlockMatrix, row: Expr, column: Expr) -> Expr:
    """The entry of a block where it is known which one that is."""
    grid = grid_of(matrix)
    at_rows, at_columns = ranges(grid)
    for (above, below), blocks in zip(at_rows, grid, strict=True):
        for (left, right), block in zip(at_columns, blocks, strict=True):
            if all(_is_within(at, ends) for at, ends in ((row, (above, below)), (column, (left, right)))):
                return element(block, row - above, column - left)
    return Closed(MatrixElement(matrix, row, column))


def _is_within(at: Expr, ends: Range) -> bool:
    return bool(expand(at - ends[0]).is_nonnegative and expand(ends[1] - at).is_positive)


def _delta(row: Expr, column: Expr) -> Expr:
    """Kronecker's delta, without what is added on both sides."""
    common = set(Add.make_args(row)) & set(Add.make_args(column))
    return KroneckerDelta(row - Add(*common), column - Add(*common))


def _element_of_product(matrix: MatMul, row: Expr, column: Expr) -> Expr:
    """Scalars come to the front, and an outer product u·vᵀ falls apart."""
    scalars = [factor for factor in matrix.args if not isinstance(factor, MatrixExpr)]
    factors = [factor for factor in matrix.args if isinstance(factor, MatrixExpr)]
    for position, factor in enumerate(factors[1:], start=1):
        if factor.shape[0] == 1:
            left, right = MatMul(*factors[:position]), MatMul(*factors[position:])
            return Mul(*scalars) * element(left, row, FIRST) * element(right, FIRST, column)
    if isinstance(factors[-1], UnitVector):
        return Mul(*scalars) * element(MatMul(*factors[:-1]), row, factors[-1].position)
    if isinstance(factors[0], Transpose) and isinstance(factors[0].arg, UnitVector):
        return Mul(*scalars) * element(MatMul(*factors[1:]), factors[0].arg.position, column)
    if len(factors) > 1:
        return Mul(*scalars, Closed(MatrixElement(MatMul(*factors), row, column)))
    return Mul(*scalars, element(factors[0], row, column))
