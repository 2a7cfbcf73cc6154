"""Scalar bodies on balls: every distinct sub-expression once, in order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any

import numpy as np
from sympy import (
    Add,
    And,
    Basic,
    Eq,
    Expr,
    Float,
    Ge,
    Gt,
    Integer,
    Le,
    Lt,
    Mul,
    Ne,
    Not,
    NumberSymbol,
    Or,
    Piecewise,
    Pow,
    Rational,
    Symbol,
)
from sympy.logic.boolalg import BooleanAtom

from verifier.errors import FunctionWithoutBalls
from verifier.numeric import branches
from verifier.numeric.ball_functions import CONSTANTS, FUNCTIONS, power, rational, whole_power

Step = Callable[..., Any]

RELATIONS: dict[type[Basic], Step] = {
    Lt: np.frompyfunc(branches.less, 2, 1),
    Le: np.frompyfunc(branches.less_or_equal, 2, 1),
    Gt: np.frompyfunc(lambda left, right: branches.less(right, left), 2, 1),
    Ge: np.frompyfunc(lambda left, right: branches.less_or_equal(right, left), 2, 1),
    Eq: np.frompyfunc(branches.equal, 2, 1),
    Ne: np.frompyfunc(lambda left, right: branches.negated(branches.equal(left, right)), 2, 1),
}


COMBINATIONS: dict[type[Basic], Step] = {And: branches.all_of, Or: branches.any_of, Not: branches.negated}


@dataclass(frozen=True)
class Tape:
    """A scalar expression as steps; each applies to the results of earlier ones (positions), arguments first."""

    arguments: int
    steps: tuple[tuple[Step, tuple[int, ...]], ...]

    def run(self, arguments: Sequence[Any], on_border: Callable[[], None]) -> Any:
        """The value for arrays that broadcast; `on_border` is called for every entry at a border of a piece."""
        results = list(arguments)
        for step, positions in self.steps:
            operands = [results[position] for position in positions]
            results.append(step(operands, on_border) if step is _select else step(*operands))
        return results[-1]


@lru_cache(maxsize=4096)
def tape(body: Expr, symbols: tuple[Symbol, ...]) -> Tape:
    """The tape of a body. Raises `FunctionWithoutBalls`, naming the function, where there is no ball arithmetic."""
    positions: dict[Basic, int] = {symbol: k for k, symbol in enumerate(symbols)}
    steps: list[tuple[Step, tuple[int, ...]]] = []

    def place(expression: Basic) -> int:
        if expression not in positions:
            step, operands = _step(expression)
            steps.append((step, tuple(place(operand) for operand in operands)))
            positions[expression] = len(symbols) + len(steps) - 1
        return positions[expression]

    last = place(body)
    if last != len(symbols) + len(steps) - 1:
        steps.append((lambda x: x, (last,)))
    return Tape(len(symbols), tuple(steps))


def _step(expression: Basic) -> tuple[Step, tuple[Basic, ...]]:
    """What computes an expression, and the sub-expressions that it is computed from."""
    if not expression.args:
        constant = _constant(expression)
        return (lambda: constant()), ()
    if isinstance(expression, Add):
        return (lambda *terms: reduce(lambda a, b: a + b, terms)), expression.args
    if isinstance(expression, Mul):
        return (lambda *factors: reduce(lambda a, b: a * b, factors)), expression.args
    if isinstance(expression, Pow):
        return _power(expression)
    if isinstance(expression, Piecewise):
        values, conditions = zip(*expression.args, strict=True)
        return _select, (*conditions, *values)
    if type(expression) in RELATIONS:
        return RELATIONS[type(expression)], expression.args
    if isinstance(expression, And | Or | Not):
        combine = COMBINATIONS[expression.func]
        return np.frompyfunc(combine, len(expression.args), 1), expression.args
    name = type(expression).__name__
    if name not in FUNCTIONS:
        raise FunctionWithoutBalls(name)
    return np.frompyfunc(FUNCTIONS[name], len(expression.args), 1), expression.args


def _power(expression: Pow) -> tuple[Step, tuple[Basic, ...]]:
    base, exponent = expression.args
    if exponent.is_Integer:
        whole = int(exponent)
        return np.frompyfunc(lambda b: whole_power(b, whole), 1, 1), (base,)
    if exponent.is_Rational and exponent.q == 2:
        whole = int(exponent.p)
        root = FUNCTIONS["sqrt"]
        return np.frompyfunc(lambda b: whole_power(root(b), whole), 1, 1), (base,)
    return np.frompyfunc(power, 2, 1), (base, exponent)


def _constant(expression: Basic) -> Callable[[], Any]:
    if isinstance(expression, BooleanAtom):
        return lambda: bool(expression)
    if isinstance(expression, Integer):
        return lambda: int(expression)
    if isinstance(expression, Float):
        return _constant(Rational(*_exactly(expression)))
    if isinstance(expression, Rational):
        return lambda: rational(int(expression.p), int(expression.q))
    if isinstance(expression, NumberSymbol) and type(expression).__name__ in CONSTANTS:
        return CONSTANTS[type(expression).__name__]
    raise FunctionWithoutBalls(str(expression))


def _exactly(number: Float) -> tuple[int, int]:
    """A binary floating-point number as the fraction that it is."""
    sign, mantissa, exponent, _ = number._mpf_
    signed = -int(mantissa) if sign else int(mantissa)
    return (signed << exponent, 1) if exponent >= 0 else (signed, 1 << -exponent)


def _select(operands: list[Any], on_border: Callable[[], None]) -> Any:
    half = len(operands) // 2
    return branches.selected(operands[:half], operands[half:], on_border)
