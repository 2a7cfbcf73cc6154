"""Partitioned matrices: blocks side by side and on top of each other, as a `BlockMatrix`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import accumulate, pairwise

from sympy import BlockMatrix, Expr, Integer, MatMul, MatrixExpr, OneMatrix, Transpose, ZeroMatrix, expand

from verifier.symbolic.notation.nodes import UnitVector

#: Where something begins and ends along an axis.
Range = tuple[Expr, Expr]
#: What is not zero in a matrix, by its rows and columns.
Pieces = Mapping[tuple[Range, Range], MatrixExpr]
Grid = Sequence[Sequence[MatrixExpr]]
#: How blocks are added.
Addition = Callable[[MatrixExpr, MatrixExpr], MatrixExpr]


def grid_of(matrix: BlockMatrix) -> Grid:
    """The blocks, row by row."""
    return [[matrix.blocks[i, k] for k in range(matrix.blocks.cols)] for i in range(matrix.blocks.rows)]


def from_grid(grid: Grid) -> MatrixExpr:
    """The matrix with these blocks."""
    if len(grid) == len(grid[0]) == 1:
        return grid[0][0]
    matrix = BlockMatrix([list(row) for row in grid])
    return ZeroMatrix(*matrix.shape) if all(isinstance(b, ZeroMatrix) for row in grid for b in row) else matrix


def ranges(grid: Grid) -> tuple[list[Range], list[Range]]:
    """Where the rows and the columns of blocks begin and end."""
    heights, widths = [row[0].shape[0] for row in grid], [block.shape[1] for block in grid[0]]
    rows, columns = (pairwise(accumulate(extents, initial=Integer(0))) for extents in (heights, widths))
    return list(rows), list(columns)


def is_upper(grid: Grid) -> bool:
    """Whether all blocks below the diagonal are zero, and those on it are square."""
    square = all(len(row) == len(grid) for row in grid) and all(
        grid[k][k].shape[0] == grid[k][k].shape[1] for k in range(len(grid))
    )
    return bool(grid) and square and all(isinstance(grid[i][k], ZeroMatrix) for i in range(len(grid)) for k in range(i))


def turned(grid: Grid) -> Grid:
    """The blocks column by column; each as it is."""
    return list(zip(*grid, strict=True))


def is_diagonal(grid: Grid) -> bool:
    """Whether all blocks but those on the diagonal are zero, and these are square."""
    return is_upper(grid) and is_upper(turned(grid))


def placed(matrix: MatrixExpr, rows: Range, columns: Range, shape: tuple[Expr, Expr]) -> MatrixExpr | None:
    """A matrix between zeros; None where it is not known to lie inside of the shape."""
    return _assembled({(rows, columns): matrix}, shape)


def merged(terms: Sequence[tuple[Expr, MatrixExpr]], add: Addition) -> list[tuple[Expr, MatrixExpr]]:
    """Terms of a sum of multiples, where what lies beside each other, or is cut alike, is one partitioned matrix."""
    if len(terms) < 2 or not any(isinstance(matrix, BlockMatrix) for _, matrix in terms):
        return list(terms)
    kept: list[tuple[Expr, MatrixExpr]] = []
    for term in sorted(terms, key=lambda term: not isinstance(term[1], BlockMatrix)):
        place, both = next(_joined(kept, term, add), (len(kept), None))
        kept[place : place + 1] = [term if both is None else (Integer(1), both)]
    return kept


def _joined(
    kept: Sequence[tuple[Expr, MatrixExpr]], term: tuple[Expr, MatrixExpr], add: Addition
) -> Iterator[tuple[int, MatrixExpr]]:
    """The partitioned matrices that a term lies beside or on the very blocks of, by their places, together with it."""
    pieces = _pieces(*term)
    for place, other in enumerate(kept):
        others = _pieces(*other) if isinstance(other[1], BlockMatrix) else None
        if pieces is not None and others is not None:
            sums = {at: add(others[at], pieces[at]) for at in others.keys() & pieces.keys()}
            both = _assembled({**others, **pieces, **sums}, term[1].shape)
            if both is not None:
                yield place, both


def _times(coefficient: Expr, matrix: MatrixExpr) -> MatrixExpr:
    if coefficient == 1:
        return matrix
    return MatMul(coefficient, *(matrix.args if isinstance(matrix, MatMul) else [matrix]))


def _pieces(coefficient: Expr, matrix: MatrixExpr) -> Pieces | None:
    """What is not zero in a partitioned matrix or at the one place that unit vectors choose; None for others."""
    one = _times(coefficient, OneMatrix(1, 1))
    match matrix:
        case BlockMatrix():
            grid = grid_of(matrix)
            rows, columns = ranges(grid)
            return {
                (rows[i], columns[k]): _times(coefficient, block)
                for i, blocks in enumerate(grid)
                for k, block in enumerate(blocks)
                if not isinstance(block, ZeroMatrix)
            }
        case UnitVector():
            return {(_at(matrix.position), (Integer(0), Integer(1))): one}
        case MatMul(args=(UnitVector() as row, Transpose(arg=UnitVector() as column))):
            return {(_at(row.position), _at(column.position)): one}
        case _:
            return None


def _at(position: Expr) -> Range:
    return position, position + 1


def _assembled(pieces: Pieces, shape: tuple[Expr, Expr]) -> MatrixExpr | None:
    """The matrix with these pieces between zeros; None where they overlap, or are not known not to."""
    rows = _in_order({end for at, _ in pieces for end in at} | {Integer(0), shape[0]})
    columns = _in_order({end for _, at in pieces for end in at} | {Integer(0), shape[1]})
    if rows is None or columns is None or (rows[0], rows[-1], columns[0], columns[-1]) != (0, shape[0], 0, shape[1]):
        return None
    grid = [[pieces.get((row, column)) for column in pairwise(columns)] for row in pairwise(rows)]
    if sum(block is not None for blocks in grid for block in blocks) < len(pieces):
        return None
    return from_grid(
        [
            [
                ZeroMatrix(below - above, right - left) if block is None else block
                for block, (left, right) in zip(blocks, pairwise(columns), strict=True)
            ]
            for blocks, (above, below) in zip(grid, pairwise(rows), strict=True)
        ]
    )


def _in_order(points: Iterable[Expr]) -> list[Expr] | None:
    """Points along an axis, the first one first; None where their order depends on what symbols stand for."""
    ordered: list[Expr] = []
    for point in points:
        differences = [expand(point - other) for other in ordered]
        if not all(difference.is_nonnegative or difference.is_nonpositive for difference in differences):
            return None
        ordered.insert(sum(bool(difference.is_nonnegative) for difference in differences), point)
    return ordered
