"""Substitution that leaves what it builds as it is.

SymPy's own evaluates on the way: `Abs` and `Max` search their arguments for signs and common factors (slowly, and
with an exception where these hold matrix products), `Piecewise` rewrites conditions (without end, where these hold
pieces): it becomes `Pieces` here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sympy import Abs, Basic, Max, Min, Piecewise, Tuple

from verifier.symbolic.notation.pieces import Pieces

UNTOUCHED = (Abs, Max, Min)


def put(expression: Any, values: Mapping[Any, Basic]) -> Any:
    """The expression with values in the places of symbols."""
    if expression in values:
        return values[expression]
    return mapped(expression, lambda argument: put(argument, values))


def mapped(expression: Any, change: Callable[[Any], Any]) -> Any:
    """The expression with every argument changed."""
    if isinstance(expression, Piecewise | Pieces):
        return Pieces(*(Tuple(change(value), change(condition)) for value, condition in expression.args))
    arguments = [change(argument) for argument in expression.args]
    if all(new is old for new, old in zip(arguments, expression.args, strict=True)):
        return expression
    if isinstance(expression, UNTOUCHED):
        return expression.func(*arguments, evaluate=False)
    return expression.func(*arguments)
