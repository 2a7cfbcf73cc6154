"""Scalar bodies as tapes: every distinct sub-expression once, in order, by the functions of some arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, reduce
from typing import Any

from sympy import Add, Basic, Expr, Float, Mul, Number, Rational, Symbol

#: A function of arrays that broadcast, and the sub-expressions that it is applied to.
Step = Callable[..., Any]
Node = tuple[Step, tuple[Basic, ...]]


@dataclass(frozen=True)
class Tape:
    """A scalar expression as steps; each applies to earlier results (positions), the arguments being the first."""

    steps: tuple[tuple[Step, tuple[int, ...]], ...]
    last: int

    def run(self, *arguments: Any) -> Any:
        """The value of the expression."""
        results = list(arguments)
        for step, positions in self.steps:
            results.append(step(*(results[position] for position in positions)))
        return results[self.last]


@lru_cache(maxsize=4096)
def tape(body: Expr, symbols: Sequence[Symbol], node: Callable[[Basic], Node]) -> Tape:
    """The tape of a body whose arguments are `symbols`; `node` says how an arithmetic computes an expression.

    Sums and products are the same in every arithmetic and are not asked for.
    """
    positions: dict[Basic, int] = {symbol: k for k, symbol in enumerate(symbols)}
    steps: list[tuple[Step, tuple[int, ...]]] = []

    def place(expression: Basic) -> int:
        if expression not in positions:
            step, operands = _sum_or_product(expression) or node(expression)
            steps.append((step, tuple(place(operand) for operand in operands)))
            positions[expression] = len(symbols) + len(steps) - 1
        return positions[expression]

    last = place(body)
    return Tape(tuple(steps), last)


def _sum_or_product(expression: Basic) -> Node | None:
    if isinstance(expression, Add):
        return (lambda *terms: reduce(lambda a, b: a + b, terms)), expression.args
    if isinstance(expression, Mul):
        return (lambda *factors: reduce(lambda a, b: a * b, factors)), expression.args
    return None


def fraction(number: Number) -> tuple[int, int]:
    """A rational or binary floating-point number as the fraction that it is, exactly."""
    if isinstance(number, Float):
        sign, mantissa, exponent, _ = number._mpf_
        number = Rational((-1) ** sign * int(mantissa)) * Rational(2) ** exponent
    return int(number.p), int(number.q)
