"""Matrices: sums, products, powers, transposes, and what is done entry by entry."""

from __future__ import annotations

from typing import Any

from sympy import (
    Basic,
    BlockMatrix,
    Determinant,
    Expr,
    Function,
    HadamardPower,
    HadamardProduct,
    Identity,
    Integer,
    Inverse,
    KroneckerProduct,
    Lambda,
    MatAdd,
    MatMul,
    MatPow,
    MatrixExpr,
    MatrixSymbol,
    Max,
    Min,
    Mul,
    OneMatrix,
    Symbol,
    Trace,
    Transpose,
    ZeroMatrix,
)
from sympy.core.relational import Relational
from sympy.matrices import MatrixBase
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix, DiagonalMatrix, DiagonalOf
from sympy.matrices.expressions.slice import MatrixSlice

from verifier.symbolic.language import Detached, DetachedMatrix, Explicit, Total
from verifier.symbolic.notation.layout import (
    Binding,
    Fenced,
    Grid,
    Indexed,
    Layout,
    Name,
    Number,
    Row,
    Sign,
    Word,
    called,
    held,
    joined,
    negated,
    plus,
    raised,
    row,
    separated,
    times,
)
from verifier.symbolic.notation.letters import free_letters
from verifier.symbolic.notation.nodes import UnitVector
from verifier.symbolic.notation.spelling import Spelling, is_negative
from verifier.symbolic.notation.spellings.conditions import indicated
from verifier.symbolic.notation.spellings.scalars import name

TRANSPOSE = Sign("⊤")
INVERSE = row(Sign("−"), Number("1"))
INVERSE_TRANSPOSE = row(Sign("−"), TRANSPOSE)


def symbol(node: MatrixSymbol, spelling: Spelling) -> Layout:
    """A matrix."""
    return Name(node.name)


def _bold(character: str) -> Any:
    return lambda node, spelling: Word(character, bold=True)


def unit_vector(node: UnitVector, spelling: Spelling) -> Layout:
    """A unit vector."""
    return Indexed(Word("e", bold=True), (spelling.spell(node.position),))


def add(node: MatAdd, spelling: Spelling) -> Layout:
    """A sum; what is subtracted stands last."""
    signed = sorted(((is_negative(_coefficient(term)), term) for term in node.args), key=lambda pair: pair[0])
    return plus((negative, _product(term, spelling, -1 if negative else 1)) for negative, term in signed)


def multiply(node: MatMul, spelling: Spelling) -> Layout:
    """A product."""
    if is_negative(_coefficient(node)):
        return negated(_product(node, spelling, -1))
    return _product(node, spelling)


def _product(node: MatrixExpr, spelling: Spelling, sign: int = 1) -> Layout:
    """A product, or a matrix as a product of one factor, times 1 or -1."""
    coefficient = sign * _coefficient(node)
    factors = [f for f in node.args if _is_matrix(f)] if isinstance(node, MatMul) else [node]
    if factors in ([OneMatrix(1, 1)], [Identity(1)]):
        return spelling.spell(coefficient)
    return times(spelling.all([coefficient, *factors] if coefficient != 1 else factors))


def _coefficient(term: MatrixExpr) -> Expr:
    return Mul(*(f for f in term.args if not _is_matrix(f))) if isinstance(term, MatMul) else Integer(1)


def _is_matrix(factor: Basic) -> bool:
    return isinstance(factor, MatrixExpr | MatrixBase)


def _between_factors(sign: str) -> Any:
    def spelled(node: MatrixExpr, spelling: Spelling) -> Layout:
        factors = [held(factor, Binding.POWER) for factor in spelling.all(node.args)]
        return joined(factors, sign, Binding.HADAMARD)

    return spelled


def transpose(node: Transpose, spelling: Spelling) -> Layout:
    """A transpose; that of an inverse is one exponent."""
    if isinstance(node.arg, MatPow) and node.arg.exp == -1:
        return raised(spelling.spell(node.arg.base), INVERSE_TRANSPOSE)
    return raised(spelling.spell(node.arg), TRANSPOSE)


def inverse(node: Inverse, spelling: Spelling) -> Layout:
    """An inverse; that of a transpose is one exponent."""
    if isinstance(node.arg, Transpose):
        return raised(spelling.spell(node.arg.arg), INVERSE_TRANSPOSE)
    return raised(spelling.spell(node.arg), INVERSE)


def power(node: MatPow, spelling: Spelling) -> Layout:
    """A power."""
    return raised(spelling.spell(node.base), spelling.spell(node.exp))


def elementwise_power(node: HadamardPower, spelling: Spelling) -> Layout:
    """A power of every entry."""
    return raised(spelling.spell(node.base), spelling.spell(node.exp), elementwise=True)


def elementwise(node: ElementwiseApplyFunction, spelling: Spelling) -> Layout:
    """A function of every entry: an indicator, named ones, or else a mapping."""
    argument, body = node.function.signature[0], node.function.expr
    inside = spelling.spell(node.expr)
    condition = indicated(body)
    if isinstance(condition, Relational):
        with spelling.standing(argument, inside):
            return Fenced(spelling.spell(condition), "[", "]")
    named = _marked(body, argument, inside, spelling)
    if named is not None:
        return named
    mapping = Fenced(spelling.spell(_with_readable_argument(node)))
    return row(raised(mapping, None, elementwise=True), Fenced(inside))


def _marked(body: Expr, argument: Symbol, inside: Layout, spelling: Spelling) -> Layout | None:
    """Functions inside of each other, each with its ring; None where the body is anything else."""
    if body == argument:
        return inside
    varying = [a for a in body.args if argument in a.free_symbols]
    if not isinstance(body, Function | Max | Min) or len(varying) != 1:
        return None
    inner = _marked(varying[0], argument, inside, spelling)
    if inner is None:
        return None
    with spelling.standing(varying[0], inner):
        return row(raised(Word(name(type(body))), None, elementwise=True), Fenced(separated(spelling.all(body.args))))


def _with_readable_argument(node: ElementwiseApplyFunction) -> Lambda:
    """A function with a plain name for its argument, that of nothing else in sight."""
    argument, body = node.function.signature[0], node.function.expr
    taken = {str(symbol) for symbol in (body.free_symbols | node.expr.free_symbols) - {argument}}
    readable = Symbol(next(free_letters("xtuv", frozenset(taken))), real=True)
    return Lambda(readable, body.xreplace({argument: readable}))


def _calling(word: str) -> Any:
    return lambda node, spelling: called(word, spelling.spell(node.args[0]))


def explicit(node: MatrixBase | Explicit, spelling: Spelling) -> Layout:
    """A matrix written out, or the entries on its diagonal where those are all."""
    matrix = node if isinstance(node, Explicit) else Explicit(node.shape[0], node.shape[1], node.flat())
    if matrix.is_diagonal:
        return called("diag", *spelling.all(matrix.diagonal_entries))
    return _grid(matrix.doit(), spelling)


def blocks(node: BlockMatrix, spelling: Spelling) -> Layout:
    """A matrix of matrices."""
    return _grid(node.blocks, spelling)


def _grid(matrix: MatrixBase, spelling: Spelling) -> Layout:
    return Grid(tuple(tuple(spelling.all(matrix.row(i))) for i in range(matrix.rows)))


def part(node: MatrixSlice, spelling: Spelling) -> Layout:
    """Some rows and columns; those of a column or a row need one range."""
    ranges = list(zip((node.rowslice, node.colslice), node.parent.shape, strict=True))
    counting = [_range(*along, spelling) for along in ranges if along[1] != 1]
    return Indexed(held(spelling.spell(node.parent), Binding.ATOM), tuple(counting))


def _range(positions: tuple[Expr, Expr, Expr], extent: Expr, spelling: Spelling) -> Layout:
    """From where to where, without what is understood: `:` is everything."""
    start, stop, step = positions
    ends = [
        spelling.spell(start) if start != 0 else Row(()),
        Sign(":"),
        spelling.spell(stop) if stop != extent else Row(()),
        *([Sign(":"), spelling.spell(step)] if step != 1 else []),
    ]
    return row(*ends)


NODES = {
    MatrixSymbol: symbol,
    OneMatrix: _bold("1"),
    ZeroMatrix: _bold("0"),
    Identity: lambda node, spelling: Word("1" if node.shape == (1, 1) else "I", bold=True),
    UnitVector: unit_vector,
    MatAdd: add,
    MatMul: multiply,
    HadamardProduct: _between_factors("⊙"),
    KroneckerProduct: _between_factors("⊗"),
    Transpose: transpose,
    Inverse: inverse,
    MatPow: power,
    HadamardPower: elementwise_power,
    ElementwiseApplyFunction: elementwise,
    Trace: _calling("tr"),
    Determinant: _calling("det"),
    DiagMatrix: _calling("diag"),
    DiagonalOf: _calling("diag"),
    DiagonalMatrix: lambda node, spelling: called("diag", called("diag", spelling.spell(node.arg))),
    MatrixBase: explicit,
    Explicit: explicit,
    BlockMatrix: blocks,
    MatrixSlice: part,
    Total: _calling("total"),
    Detached: _calling("Detached"),
    DetachedMatrix: _calling("Detached"),
}
