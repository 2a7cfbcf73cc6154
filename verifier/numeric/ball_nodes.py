"""How balls compute each node of a scalar expression."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from sympy import (
    And,
    Basic,
    Integer,
    Not,
    Number,
    Or,
    Piecewise,
    Pow,
    Symbol,
)
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom

from verifier.errors import FunctionWithoutBallsError
from verifier.numeric import branches
from verifier.numeric.ball_functions import CONSTANTS, FUNCTIONS, INFINITIES, power, rational, whole_power
from verifier.numeric.branched import lifted
from verifier.numeric.tape import Node, Step, fraction

#: The argument of every tape of balls that holds the `Conditions` of the evaluation.
CONDITIONS = Symbol("conditions")

COMBINATIONS: dict[type[Basic], Callable[..., Any]] = {
    And: branches.all_of,
    Or: branches.any_of,
    Not: branches.negated,
}


def ball_node(expression: Basic) -> Node:
    """See `tape`. Raises `FunctionWithoutBallsError`, naming what has no ball arithmetic."""
    if not expression.args:
        return _constant(expression), ()
    if isinstance(expression, Pow):
        return _power(expression)
    if isinstance(expression, Piecewise):
        values, conditions = zip(*expression.args, strict=True)
        return _select, (*conditions, *values)
    if isinstance(expression, Relational):
        symbols = tuple(sorted(expression.free_symbols, key=str))
        return partial(branches.related, expression, symbols), (CONDITIONS, *expression.args, *symbols)
    if type(expression) in COMBINATIONS:
        return np.frompyfunc(COMBINATIONS[type(expression)], len(expression.args), 1), expression.args
    name = type(expression).__name__
    if name not in FUNCTIONS:
        raise FunctionWithoutBallsError(name)
    return np.frompyfunc(lifted(FUNCTIONS[name]), len(expression.args), 1), expression.args


def _power(expression: Pow) -> Node:
    base, exponent = expression.args
    if exponent.is_Integer:
        return np.frompyfunc(lifted(lambda b: whole_power(b, int(exponent))), 1, 1), (base,)
    if exponent.is_Rational and exponent.q == 2:
        root = FUNCTIONS["sqrt"]
        return np.frompyfunc(lifted(lambda b: whole_power(root(b), int(exponent.p))), 1, 1), (base,)
    return np.frompyfunc(lifted(power), 2, 1), (base, exponent)


def _constant(expression: Basic) -> Step:
    """A constant, computed anew at every run since its radius depends on the precision."""
    if isinstance(expression, BooleanAtom):
        return lambda: bool(expression)
    if isinstance(expression, Integer):
        return lambda: int(expression)
    if isinstance(expression, Number) and expression.is_finite:
        return lambda: rational(*fraction(expression))
    named = {**CONSTANTS, **INFINITIES}.get(type(expression).__name__)
    if named is not None:
        return named
    raise FunctionWithoutBallsError(str(expression))


def _select(*operands: Any) -> Any:
    half = len(operands) // 2
    return branches.selected(operands[:half], operands[half:])
