"""How exact fractions compute each node of a scalar expression.

What is not rational is opaque: a random number for each function and argument. The identities that people use
without a word are kept: exp(-x) = 1/exp(x), x**(3/2) = x·√x, hyperbolic functions are rational in exp(x), and
trigonometric ones in tan(x/2).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import fmpq
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
    Or,
    Piecewise,
    Pow,
    Symbol,
    cos,
    cosh,
    exp,
    sin,
    sinh,
    tan,
    tanh,
)
from sympy.logic.boolalg import Boolean, BooleanAtom

from verifier.numeric.tape import Node, Step, fraction

#: The argument of every tape of fractions that gives the values of opaque functions.
OPAQUE = Symbol("opaque")


class NotRational(Exception):  # noqa: N818 - not an error: most functions are not rational
    """Raised where a value cannot be had by rational operations; the text is what asks for it."""


def _decided(compare: Callable[[Any, Any], bool]) -> Step:
    """A comparison of whole numbers, such as indices; the order of other values is no rational function of them."""

    def compared(left: Any, right: Any) -> bool:
        if isinstance(left, fmpq) or isinstance(right, fmpq):
            raise NotRational("a choice that depends on values")
        return compare(left, right)

    return np.frompyfunc(compared, 2, 1)


RELATIONS: dict[type[Basic], Step] = {
    Lt: _decided(lambda left, right: left < right),
    Le: _decided(lambda left, right: left <= right),
    Gt: _decided(lambda left, right: left > right),
    Ge: _decided(lambda left, right: left >= right),
    Eq: _decided(lambda left, right: left == right),
    Ne: _decided(lambda left, right: left != right),
}

#: Functions as rational functions of another: of exp(x), or of tan(x/2).
RATIONAL_IN: dict[type[Basic], tuple[str, Callable[[fmpq], fmpq]]] = {
    exp: ("exp", lambda e: e),
    sinh: ("exp", lambda e: (e - 1 / e) / 2),
    cosh: ("exp", lambda e: (e + 1 / e) / 2),
    tanh: ("exp", lambda e: (e - 1 / e) / (e + 1 / e)),
    sin: ("tan of the half", lambda t: 2 * t / (1 + t * t)),
    cos: ("tan of the half", lambda t: (1 - t * t) / (1 + t * t)),
    tan: ("tan of the half", lambda t: 2 * t / (1 - t * t)),
}

COMBINATIONS: dict[type[Basic], Step] = {
    And: lambda *truths: np.logical_and.reduce(np.broadcast_arrays(*truths)),
    Or: lambda *truths: np.logical_or.reduce(np.broadcast_arrays(*truths)),
    Not: lambda truth: np.logical_not(truth),
}


def rational_node(expression: Basic) -> Node:
    """See `tape`. Raises `NotRational` for conditions that it cannot decide."""
    if not expression.args:
        return _constant(expression)
    if isinstance(expression, Pow):
        return np.frompyfunc(_power, 3, 1), (OPAQUE, *expression.args)
    if type(expression) in RATIONAL_IN:
        name, function = RATIONAL_IN[type(expression)]
        return np.frompyfunc(lambda opaque, x: function(_odd(opaque, name, x)), 2, 1), (OPAQUE, *expression.args)
    if isinstance(expression, Piecewise):
        values, conditions = zip(*expression.args, strict=True)
        return _select, (*conditions, *values)
    kind: type[Basic] = type(expression)
    if kind in RELATIONS or kind in COMBINATIONS:
        return (RELATIONS | COMBINATIONS)[kind], expression.args
    if isinstance(expression, Boolean):
        raise NotRational(str(expression))
    return _opaque(kind.__name__, len(expression.args)), (OPAQUE, *expression.args)


def _constant(expression: Basic) -> Node:
    if isinstance(expression, BooleanAtom):
        return (lambda: bool(expression)), ()
    if isinstance(expression, Integer):
        return (lambda: int(expression)), ()
    if not expression.is_finite:
        raise NotRational(str(expression))
    if isinstance(expression, Number):
        number = fmpq(*fraction(expression))
        return (lambda: number), ()
    return _opaque(str(expression), 0), (OPAQUE,)


def _opaque(name: str, count: int) -> Step:
    return np.frompyfunc(lambda opaque, *arguments: opaque(name, *arguments), count + 1, 1)


def _power(opaque: Callable[..., fmpq], base: Any, exponent: Any) -> fmpq:
    power = fmpq(exponent)
    if power.q == 1:
        return fmpq(base) ** int(power.p)
    if power.q > 64:
        return opaque("power", base, exponent)
    whole, part = divmod(int(power.p), int(power.q))
    return fmpq(base) ** whole * opaque(f"root {power.q}", base) ** part


def _odd(opaque: Callable[..., fmpq], name: str, argument: Any) -> fmpq:
    """exp or tan of the half at an argument, from a positive one: exp(-x) = 1/exp(x), tan(-x) = -tan(x)."""
    if argument == 0:
        return fmpq(1 if name == "exp" else 0)
    if argument > 0:
        return opaque(name, argument)
    return 1 / opaque(name, -argument) if name == "exp" else -opaque(name, -argument)


def _select(*operands: Any) -> Any:
    """Entry by entry the value of the first condition that holds."""
    arrays = np.broadcast_arrays(*(np.asarray(operand, dtype=object) for operand in operands))
    half = len(arrays) // 2
    result = np.empty(arrays[0].shape, dtype=object)
    for place in np.ndindex(result.shape):
        chosen = (values[place] for holds, values in zip(arrays[:half], arrays[half:], strict=True) if holds[place])
        result[place] = next(chosen)
    return result
