"""Matrices put together from others: blocks, Kronecker products, slices, entries written one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial, reduce
from itertools import product

from sympy import (
    And,
    BlockDiagMatrix,
    BlockMatrix,
    Eq,
    Expr,
    FunctionMatrix,
    Integer,
    KroneckerProduct,
    NDimArray,
    Piecewise,
    false,
    true,
)
from sympy.matrices import MatrixBase
from sympy.matrices.expressions.slice import MatrixSlice

from verifier.errors import FormulaNotUnderstoodError
from verifier.symbolic import blocks
from verifier.symbolic.comprehension import Read, comprehension, index, value
from verifier.symbolic.language import Explicit
from verifier.symbolic.tensor import Tensor, named
from verifier.symbolic.translator import Translator


def kronecker_product(node: KroneckerProduct, translator: Translator) -> Tensor:
    """Every entry of the first factor times the whole second one, in its place."""
    factors = [translator.settled(translator.tensor(factor)) for factor in node.args]
    return reduce(lambda left, right: _kronecker(left, right, translator), factors)


def _kronecker(left: Tensor, right: Tensor, translator: Translator) -> Tensor:
    (rows, columns), (height, width) = left.shape, right.shape
    row, column, down, along = (index(axis) for axis in range(4))
    shape = (rows * height, columns * width)
    definition = comprehension(
        (rows, columns, height, width),
        (row * height + down, column * width + along),
        value(0) * value(1),
        [
            Read(translator.lowering.define(left), (row, column)),
            Read(translator.lowering.define(right), (down, along)),
        ],
        shape,
    )
    return named(translator.lowering.builder.define(definition, "kronecker"), shape)


def block_matrix(node: BlockMatrix, translator: Translator) -> Tensor:
    """Blocks side by side and on top of each other."""
    grid = node.blocks
    placed: dict[tuple[Expr | int, ...], str] = {}
    row = Integer(0)
    for i in range(grid.rows):
        column = Integer(0)
        for j in range(grid.cols):
            placed[row, column] = translator.lowering.define(translator.tensor(grid[i, j]), "block")
            column += grid[i, j].shape[1]
        row += grid[i, 0].shape[0]
    return _placed(placed, node, translator)


def block_diagonal(node: BlockDiagMatrix, translator: Translator) -> Tensor:
    """Blocks along the diagonal."""
    placed: dict[tuple[Expr | int, ...], str] = {}
    row, column = Integer(0), Integer(0)
    for block in node.args:
        placed[row, column] = translator.lowering.define(translator.tensor(block), "block")
        row, column = row + block.shape[0], column + block.shape[1]
    return _placed(placed, node, translator)


def _placed(placed: Mapping[tuple[Expr | int, ...], str], node: BlockMatrix, translator: Translator) -> Tensor:
    return named(blocks.blocks(placed, node.shape, translator.lowering.builder), node.shape)


def explicit(node: MatrixBase | NDimArray, translator: Translator) -> Tensor:
    """A tensor whose entries are written out: numbers as one piecewise constant, other entries each in their place."""
    shape = tuple(map(Integer, node.shape))
    entries = {at: node[at] for at in product(*map(range, node.shape))}
    numbers = {at: entry for at, entry in entries.items() if entry.is_number}
    others = {at: entry for at, entry in entries.items() if not entry.is_number}
    constant = Tensor(shape, lambda *at: _constant(numbers, at, translator))
    if not others:
        return constant
    single = (Integer(1),) * len(shape)
    placed: dict[tuple[Expr | int, ...], str] = {
        at: translator.lowering.define(Tensor(single, partial(_same, translator.entry(entry))), "entry")
        for at, entry in others.items()
    }
    written = named(blocks.blocks(placed, shape, translator.lowering.builder), shape)
    if all(number == 0 for number in numbers.values()):
        return written
    return Tensor(shape, lambda *at: written[at] + constant[at])


def _same(entry: Expr, *at: Expr) -> Expr:
    return entry


def _constant(numbers: Mapping[tuple[int, ...], Expr], at: Sequence[Expr], translator: Translator) -> Expr:
    """The number at an index; 0 where there is none."""
    given = [
        (translator.entry(number), And(*(Eq(i, position) for i, position in zip(at, place, strict=True))))
        for place, number in numbers.items()
        if number != 0
    ]
    possible = [(number, condition) for number, condition in given if condition != false]
    if possible and possible[0][1] == true:
        return possible[0][0]
    # SymPy would merge equal numbers, and write their conditions out in every way.
    return Piecewise(*possible, (Integer(0), true), evaluate=False)


def part(node: MatrixSlice, translator: Translator) -> Tensor:
    """Some rows and columns, each from a start on in even steps."""
    matrix = translator.tensor(node.parent)
    if any((stop - start) % step != 0 for start, stop, step in (node.rowslice, node.colslice)):
        # SymPy gives X[0:3:2] one row, and everybody else two.
        raise FormulaNotUnderstoodError(node, "the step of a slice must divide its length")
    (row, _, down), (column, _, along) = node.rowslice, node.colslice
    return Tensor(node.shape, lambda i, k: matrix[row + down * i, column + along * k])


def function_matrix(node: FunctionMatrix, translator: Translator) -> Tensor:
    """A matrix given by a function of its indices."""
    return Tensor(node.shape, lambda i, k: translator.entry(node.lamda(i, k)))


NODES = {
    KroneckerProduct: kronecker_product,
    BlockMatrix: block_matrix,
    BlockDiagMatrix: block_diagonal,
    MatrixBase: explicit,
    NDimArray: explicit,
    Explicit: lambda node, translator: explicit(node.doit(), translator),
    MatrixSlice: part,
    FunctionMatrix: function_matrix,
}
