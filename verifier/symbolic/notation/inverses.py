"""Inverses and determinants of what falls apart: Kronecker products, exponentials, block triangular matrices."""

from __future__ import annotations

from sympy import BlockMatrix, Determinant, Expr, Integer, KroneckerProduct, MatrixExpr, Mul, Transpose, ZeroMatrix

from verifier.symbolic.language import Explicit, MatrixExponential
from verifier.symbolic.notation import algebra
from verifier.symbolic.notation.elements import element
from verifier.symbolic.notation.partitions import from_grid, grid_of, is_upper, turned
from verifier.symbolic.notation.substitution import Closed


def inverse(matrix: MatrixExpr) -> MatrixExpr:
    """The inverse: of a transpose, the inverse transpose."""
    coefficient, bare = algebra.coefficient_and_matrix(matrix)
    match bare:
        case KroneckerProduct() if all(factor.shape[0] == factor.shape[1] for factor in bare.args):
            inverted: MatrixExpr = KroneckerProduct(*map(inverse, bare.args))
        case Explicit() if bare.is_diagonal and 0 not in bare.diagonal_entries:
            inverted = bare.mapped(lambda entry: entry if entry == 0 else 1 / entry)
        case MatrixExponential():
            inverted = MatrixExponential(algebra.scaled(Integer(-1), bare.matrix))
        case BlockMatrix():
            inverted = _of_blocks(bare) or algebra.matrix_power(bare, Integer(-1))
        case Transpose(arg=BlockMatrix()):
            untransposed = _of_blocks(bare.arg)
            inverted = algebra.transposed(untransposed) if untransposed else algebra.matrix_power(bare, Integer(-1))
        case _:
            inverted = algebra.matrix_power(bare, Integer(-1))
    return algebra.scaled(1 / coefficient, inverted)


def determinant(matrix: MatrixExpr) -> Expr:
    """The determinant: of a block triangular matrix, the product of those of the blocks on its diagonal."""
    grid = grid_of(matrix) if isinstance(matrix, BlockMatrix) else []
    if is_upper(grid) or is_upper(turned(grid)):
        return Mul(*(determinant(grid[k][k]) for k in range(len(grid))))
    return element(matrix, Integer(0), Integer(0)) if matrix.shape == (1, 1) else Closed(Determinant(matrix))


def _of_blocks(matrix: BlockMatrix) -> MatrixExpr | None:
    """The inverse of a partitioned matrix that is block diagonal, or block triangular with two rows."""
    grid = grid_of(matrix)
    upper, lower = is_upper(grid), is_upper(turned(grid))
    if not (upper and lower) and not ((upper or lower) and len(grid) == 2):
        return None
    inverted = [[algebra.transposed(ZeroMatrix(*block.shape)) for block in row] for row in turned(grid)]
    for k in range(len(grid)):
        inverted[k][k] = inverse(grid[k][k])
    if upper != lower:
        i, k = (0, 1) if upper else (1, 0)
        inverted[i][k] = algebra.scaled(Integer(-1), algebra.product(inverted[i][i], grid[i][k], inverted[k][k]))
    return from_grid(inverted)
