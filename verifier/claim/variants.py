"""Claims and formulas taken apart: their terms, scalars in them, and the same with one thing changed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import product

from sympy import (
    Add,
    Basic,
    Expr,
    Indexed,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    Transpose,
    expand_mul,
    preorder_traversal,
)
from sympy.matrices.expressions.matexpr import MatrixElement

#: Variants of a claim and scalars of a formula that are tried at most.
MOST = 12


def terms(expression: Basic | None) -> list[Basic]:
    """The terms of a sum, products of sums multiplied out; an expression that is no sum is its only term."""
    if isinstance(expression, MatrixExpr):
        return list(_terms_of_matrix(expression))
    return list(Add.make_args(expression.expand())) if isinstance(expression, Expr) else []


def _terms_of_matrix(expression: Expr) -> Iterator[Expr]:
    """What SymPy's own `expand` does, but that it also looks for closed forms of all sums within."""
    match expression:
        case MatAdd():
            for term in expression.args:
                yield from _terms_of_matrix(term)
        case MatMul():
            for factors in product(*map(_addends, expression.args)):
                yield MatMul(*factors).doit(deep=False)
        case _:
            yield expression


def _addends(factor: Expr) -> Sequence[Expr]:
    if isinstance(factor, MatrixExpr):
        return list(_terms_of_matrix(factor))
    return Add.make_args(expand_mul(factor, deep=False))


def scalars(expression: Basic) -> list[Basic]:
    """The scalars that an expression is made of, the largest first, without numbers and entries."""
    free = expression.free_symbols
    found = [
        part
        for part in preorder_traversal(expression)
        if isinstance(part, Expr)
        and not isinstance(part, MatrixExpr | Indexed | MatrixElement)
        and part.args
        and part.free_symbols
        and part.free_symbols <= free  # or it holds an index that is bound outside of it
    ]
    return list(dict.fromkeys(found))[:MOST]


def transposed_once(expression: Basic) -> Iterator[tuple[Basic, str]]:
    """The expression with one occurrence of a square matrix transposed, and what that says of the claim."""
    square = {s for s in expression.atoms(MatrixSymbol) if s.shape[0] == s.shape[1]}
    for count, path in enumerate(_paths(expression, square)):
        if count == MOST:
            return
        node = _at(expression, path)
        if path and isinstance(_at(expression, path[:-1]), Transpose):
            yield _put(expression, path[:-1], node), f"a transpose too many of {node.name}"
        else:
            yield _put(expression, path, Transpose(node)), f"a transpose of {node.name} is missing"


def interchanged(expression: Basic) -> Iterator[tuple[Basic, str]]:
    """The expression with two of its matrices in each other's place."""
    symbols = sorted(expression.atoms(MatrixSymbol), key=str)
    for count, one in enumerate(symbols):
        for other in symbols[count + 1 :]:
            if one.shape == other.shape:
                yield expression.xreplace({one: other, other: one}), f"{one.name} and {other.name} are interchanged"


def _paths(expression: Basic, wanted: set[Basic], path: tuple[int, ...] = ()) -> Iterator[tuple[int, ...]]:
    """Where in an expression any of these stand."""
    if expression in wanted:
        yield path
        return
    for position, argument in enumerate(expression.args):
        yield from _paths(argument, wanted, (*path, position))


def _at(expression: Basic, path: tuple[int, ...]) -> Basic:
    for position in path:
        expression = expression.args[position]
    return expression


def _put(expression: Basic, path: tuple[int, ...], replacement: Basic) -> Basic:
    if not path:
        return replacement
    arguments = list(expression.args)
    arguments[path[0]] = _put(arguments[path[0]], path[1:], replacement)
    return expression.func(*arguments)
