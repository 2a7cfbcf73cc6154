"""How balls compute each node of a scalar expression."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb
from sympy import (
    And,
    Basic,
    Eq,
    Ge,
    Gt,
    Integer,
    Le,
    Lt,
    Ne,
    Not,
    Number,
    NumberSymbol,
    Or,
    Piecewise,
    Pow,
    Symbol,
)
from sympy.core.numbers import Infinity, NegativeInfinity
from sympy.logic.boolalg import BooleanAtom

from verifier.errors import FunctionWithoutBallsError
from verifier.numeric import branches
from verifier.numeric.ball_functions import CONSTANTS, FUNCTIONS, power, rational, whole_power
from verifier.numeric.tape import Node, Step, fraction

#: The argument of every tape of balls that is called for each entry at a border of a piece.
ON_BORDER = Symbol("on_border")

RELATIONS: dict[type[Basic], Step] = {
    Lt: np.frompyfunc(branches.less, 2, 1),
    Le: np.frompyfunc(branches.less_or_equal, 2, 1),
    Gt: np.frompyfunc(lambda left, right: branches.less(right, left), 2, 1),
    Ge: np.frompyfunc(lambda left, right: branches.less_or_equal(right, left), 2, 1),
    Eq: np.frompyfunc(branches.equal, 2, 1),
    Ne: np.frompyfunc(lambda left, right: branches.negated(branches.equal(left, right)), 2, 1),
}

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
        return _select, (ON_BORDER, *conditions, *values)
    if type(expression) in RELATIONS:
        return RELATIONS[type(expression)], expression.args
    if type(expression) in COMBINATIONS:
        return np.frompyfunc(COMBINATIONS[type(expression)], len(expression.args), 1), expression.args
    name = type(expression).__name__
    if name not in FUNCTIONS:
        raise FunctionWithoutBallsError(name)
    return np.frompyfunc(FUNCTIONS[name], len(expression.args), 1), expression.args


def _power(expression: Pow) -> Node:
    base, exponent = expression.args
    if exponent.is_Integer:
        return np.frompyfunc(lambda b: whole_power(b, int(exponent)), 1, 1), (base,)
    if exponent.is_Rational and exponent.q == 2:
        root = FUNCTIONS["sqrt"]
        return np.frompyfunc(lambda b: whole_power(root(b), int(exponent.p)), 1, 1), (base,)
    return np.frompyfunc(power, 2, 1), (base, exponent)


def _constant(expression: Basic) -> Step:
    """A constant, computed anew at every run since its radius depends on the precision."""
    if isinstance(expression, BooleanAtom):
        return lambda: bool(expression)
    if isinstance(expression, Integer):
        return lambda: int(expression)
    if isinstance(expression, Number) and expression.is_finite:
        return lambda: rational(*fraction(expression))
    if isinstance(expression, Infinity | NegativeInfinity):  # the fill of a mask: its exponential is 0
        return lambda: arb("inf") if expression.is_positive else arb("-inf")
    if isinstance(expression, NumberSymbol) and type(expression).__name__ in CONSTANTS:
        return CONSTANTS[type(expression).__name__]
    raise FunctionWithoutBallsError(str(expression))


def _select(on_border: Callable[[], None], *operands: Any) -> Any:
    half = len(operands) // 2
    return branches.selected(operands[:half], operands[half:], on_border)
