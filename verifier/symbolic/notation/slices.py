"""Slices of matrix expressions, taken as far inside as they go: the first n rows of `[X, A; B, X]·a` need no slice of
the partitioned matrix.
"""

from __future__ import annotations

from collections.abc import Sequence

from sympy import (
    BlockMatrix,
    Expr,
    HadamardPower,
    HadamardProduct,
    Identity,
    Integer,
    MatAdd,
    MatMul,
    MatPow,
    MatrixExpr,
    OneMatrix,
    Transpose,
    ZeroMatrix,
    expand,
    preorder_traversal,
)
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix
from sympy.matrices.expressions.slice import MatrixSlice

from verifier.symbolic.notation import algebra
from verifier.symbolic.notation.elements import element
from verifier.symbolic.notation.partitions import Grid, Range, from_grid, grid_of, is_diagonal, ranges, turned


def part(matrix: MatrixExpr, rows: Range, columns: Range) -> MatrixExpr:
    """Some successive rows and columns of a matrix."""
    coefficient, bare = algebra.coefficient_and_matrix(matrix)
    return algebra.scaled(coefficient, _part(bare, rows, columns))


def whole(matrix: MatrixExpr, axis: int) -> Range:
    """All rows, or all columns."""
    return Integer(0), matrix.shape[axis]


def _part(matrix: MatrixExpr, rows: Range, columns: Range) -> MatrixExpr:
    if (rows, columns) == (whole(matrix, 0), whole(matrix, 1)):
        return matrix
    match matrix:
        case OneMatrix() | ZeroMatrix():
            return matrix.func(rows[1] - rows[0], columns[1] - columns[0])
        case Identity() if rows == columns:
            return Identity(rows[1] - rows[0])
        case Identity() if _is_before(rows, columns) or _is_before(columns, rows):
            return ZeroMatrix(rows[1] - rows[0], columns[1] - columns[0])
        case DiagMatrix() if rows == columns:
            return algebra.diagonal(part(matrix.args[0], rows, (Integer(0), Integer(1))))
        case Transpose():
            return algebra.transposed(_part(matrix.arg, columns, rows))
        case BlockMatrix():
            return _of_blocks(matrix, rows, columns)
        case MatPow() if is_diagonal(_blocks(matrix.base)):
            powers = [[_block_power(block, matrix.exp) for block in row] for row in _blocks(matrix.base)]
            return part(from_grid(powers), rows, columns)
        case MatMul():
            return _of_product(list(matrix.args), rows, columns)
        case MatAdd():
            inside = algebra.added(*(part(term, rows, columns) for term in matrix.args))
        case HadamardProduct():
            inside = algebra.hadamard(*(part(factor, rows, columns) for factor in matrix.args))
        case HadamardPower():
            inside = algebra.power(part(matrix.base, rows, columns), matrix.exp)
        case ElementwiseApplyFunction():
            inside = algebra.applied(matrix.function, part(matrix.expr, rows, columns))
        case _:
            return _slice(matrix, rows, columns)
    return min(inside, _slice(matrix, rows, columns), key=_length)


def _slice(matrix: MatrixExpr, rows: Range, columns: Range) -> MatrixExpr:
    if (rows, columns) == (whole(matrix, 0), whole(matrix, 1)):
        return matrix
    if (rows[1] - rows[0], columns[1] - columns[0]) == (1, 1):
        return algebra.scaled(element(matrix, rows[0], columns[0]), OneMatrix(1, 1))
    return MatrixSlice(matrix, rows, columns)


def _length(matrix: MatrixExpr) -> int:
    return sum(1 for _ in preorder_traversal(matrix))


def _is_before(one: Range, other: Range) -> bool:
    return expand(other[0] - one[1]).is_nonnegative is True


def _block_power(block: MatrixExpr, exponent: Expr) -> MatrixExpr:
    return block if isinstance(block, ZeroMatrix) else algebra.matrix_power(block, exponent)


def _of_blocks(matrix: BlockMatrix, rows: Range, columns: Range) -> MatrixExpr:
    """Whole blocks, or what lies inside of one of them."""
    grid = grid_of(matrix)
    at_rows, at_columns = ranges(grid)
    chosen = _within(at_rows, rows), _within(at_columns, columns)
    if chosen[0] is None or chosen[1] is None:
        return _slice(matrix, rows, columns)
    found = from_grid([[grid[i][k] for k in range(*chosen[1])] for i in range(*chosen[0])])
    above, left = at_rows[chosen[0][0]][0], at_columns[chosen[1][0]][0]
    inside = (rows[0] - above, rows[1] - above), (columns[0] - left, columns[1] - left)
    return _slice(found, *inside) if isinstance(found, BlockMatrix) else part(found, *inside)


def _within(blocks: Sequence[Range], wanted: Range) -> tuple[int, int] | None:
    """The first block of a range and the one after its last, where it is made of whole blocks or inside of one."""
    starts, ends = [start for start, _ in blocks], [end for _, end in blocks]
    if wanted[0] in starts and wanted[1] in ends:
        return starts.index(wanted[0]), ends.index(wanted[1]) + 1
    for k, (start, end) in enumerate(blocks):
        if expand(wanted[0] - start).is_nonnegative and expand(end - wanted[1]).is_nonnegative:
            return k, k + 1
    return None


def _of_product(factors: list[MatrixExpr], rows: Range, columns: Range) -> MatrixExpr:
    """Rows of the first factor and columns of the last one, where they read no worse than the slice of a product."""
    first = _part(factors[0], rows, whole(factors[0], 1))
    if first.shape[1] == 1 or not _is_slice(first):
        factors, rows = [first, *factors[1:]], (Integer(0), first.shape[0])
    last = _part(factors[-1], whole(factors[-1], 0), columns)
    if last.shape[0] == 1 or not _is_slice(last):
        factors, columns = [*factors[:-1], last], (Integer(0), last.shape[1])
    coefficient, bare = algebra.coefficient_and_matrix(_multiplied(factors))
    mirrored = algebra.transposed(bare)
    product = algebra.transposed(_multiplied(list(mirrored.args if isinstance(mirrored, MatMul) else [mirrored])))
    return algebra.scaled(coefficient, _slice(product, rows, columns))


def _is_slice(matrix: MatrixExpr) -> bool:
    return isinstance(matrix.arg if isinstance(matrix, Transpose) else matrix, MatrixSlice)


def _multiplied(factors: list[MatrixExpr]) -> MatrixExpr:
    """The product, where a row of blocks is multiplied with the factors after it that fall apart like it."""
    while len(factors) > 1:
        grid = _blocks(factors[0])
        others = _rows_of(factors[1], ranges(grid)[1]) if len(grid) == 1 else []
        if not others:
            break
        summed = [
            algebra.added(*(algebra.product(block, row[k]) for block, row in zip(grid[0], others, strict=True)))
            for k in range(len(others[0]))
        ]
        factors = [from_grid([summed]), *factors[2:]]
    return algebra.product(*factors)


def _rows_of(matrix: MatrixExpr, at: Sequence[Range]) -> Grid:
    """A matrix cut into rows at these places; nothing where it does not fall apart there."""
    if matrix.shape[1] == 1 or isinstance(matrix, OneMatrix):
        return [[part(matrix, rows, whole(matrix, 1))] for rows in at]
    grid = _blocks(matrix)
    return grid if grid and ranges(grid)[0] == list(at) else []


def _blocks(matrix: MatrixExpr) -> Grid:
    """The blocks of a partitioned matrix, or of the transpose of one; nothing for any other matrix."""
    match matrix:
        case BlockMatrix():
            return grid_of(matrix)
        case Transpose(arg=BlockMatrix()):
            return [[algebra.transposed(block) for block in row] for row in turned(grid_of(matrix.arg))]
        case _:
            return []
