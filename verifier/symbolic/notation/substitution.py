"""Scalars that hold matrices, and substitution that bears them.

SymPy's algebra of scalars looks inside of everything for signs and common factors, and takes the matrix products that
it finds there (in a trace, in an entry of a product) for products of numbers. So these scalars stay closed while an
expression is built, and are opened at the end, without evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sympy import Add, AtomicExpr, Basic, Expr, Function, Max, Min, Mul, Piecewise, Pow, Tuple, false, true

from verifier.symbolic.notation.pieces import Pieces

#: The nodes that evaluate themselves when they are built.
EVALUATED = (Add, Mul, Pow, Function, Max, Min)


class Closed(AtomicExpr):
    """A real scalar that nobody looks inside of."""

    is_commutative = True
    is_real = True
    is_number = False

    content: Expr

    def __new__(cls, content: Expr) -> Closed:
        """`content` is no argument of the node, so that SymPy takes it for an atom."""
        closed = AtomicExpr.__new__(cls)
        closed.content = content
        return closed

    def _hashable_content(self) -> tuple[Basic, ...]:
        return (self.content,)

    @property
    def free_symbols(self) -> set[Basic]:
        """The symbols of what is inside."""
        return self.content.free_symbols


def put(expression: Any, values: Mapping[Any, Basic]) -> Any:
    """The expression with values in the places of symbols; `Piecewise` becomes `Pieces`."""
    if expression in values:
        return values[expression]
    if isinstance(expression, Closed):
        return Closed(put(expression.content, values))
    return mapped(expression, lambda argument: put(argument, values))


def opened(expression: Any) -> Any:
    """The expression with all that is closed in it open."""
    if isinstance(expression, Closed):
        return opened(expression.content)
    return mapped(expression, opened, evaluate=False)


def mapped(expression: Any, change: Callable[[Any], Any], *, evaluate: bool = True) -> Any:
    """The expression with every argument changed."""
    if isinstance(expression, Piecewise | Pieces):
        branches = _changed(expression, change)
        return branches[0][0] if branches and branches[0][1] == true else Pieces(*branches)
    arguments = [change(argument) for argument in expression.args]
    if all(new is old for new, old in zip(arguments, expression.args, strict=True)):
        return expression
    if isinstance(expression, EVALUATED) and not evaluate:
        return expression.func(*arguments, evaluate=False)
    return expression.func(*arguments)


def _changed(pieces: Any, change: Callable[[Any], Any]) -> list[Tuple]:
    """The branches that may hold: one whose condition has become false is not looked at, for it may make no sense."""
    branches = []
    for value, condition in pieces.args:
        changed = change(condition)
        if changed != false:
            branches.append(Tuple(change(value), changed))
        if changed == true:
            break
    return branches
