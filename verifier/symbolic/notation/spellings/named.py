"""Words of the formula language, and those that closed forms are written with."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice, permutations
from math import factorial

from sympy import Add, Expr, Integer, MatAdd, MatMul, MatPow, Symbol

from verifier.symbolic.language import (
    ExponentialDerivative,
    LayerNorm,
    LogSumExp,
    MatrixExponential,
    PowerDerivative,
    Softmax,
    Structured,
)
from verifier.symbolic.language.normalizations import EPSILON, runs_down
from verifier.symbolic.notation.layout import BigOperator, Binding, Layout, Name, Number, Sign, Word, called, held, row
from verifier.symbolic.notation.letters import free_letters
from verifier.symbolic.notation.spelling import Spelling


def structured(node: Structured, spelling: Spelling) -> Layout:
    """A structured variable, as its symbol."""
    return Name(node.name)


def along_rows(node: Softmax | LogSumExp | LayerNorm, spelling: Spelling) -> Layout:
    """A function of a column, or of each row of a matrix; then the axis that it runs along is written."""
    parts = [spelling.spell(node.matrix)]
    if isinstance(node, LayerNorm) and node.epsilon != EPSILON:
        parts.append(spelling.spell(node.epsilon))
    if not runs_down(node.matrix):
        parts.append(row(Word("axis"), Sign("="), Number("1")))
    return called(node.spelled, *parts)


def power_derivative(node: PowerDerivative, spelling: Spelling) -> Layout:
    """Σ A^r·E·A^(k - 1 - r); of second order Σ Σ A^q·(E·A^r·F + F·A^r·E)·A^(k - 2 - q - r)."""
    indices = _letters("rqp", node)
    left = [node.exponent - 1 - k - Add(*indices[:k]) for k in range(len(indices) + 1)]
    layout = _factors(node, [MatPow(node.matrix, power) for power in (*reversed(indices), left.pop() + 1)], spelling)
    for position, last in reversed(list(zip(indices, left, strict=True))):
        first = row(spelling.spell(position), Sign("="), Number("0"))
        layout = BigOperator("Σ", first, spelling.spell(last), layout)
    return layout


def exponential_derivative(node: ExponentialDerivative, spelling: Spelling) -> Layout:
    """∫ exp(t·A)·E·exp((1 - t)·A) dt; of second order ∫ ∫ exp(s·A)·(E·exp(t·A)·F + F·exp(t·A)·E)·exp((1 - s - t)·A)."""
    times = _letters("tsu", node)
    left = [1 - Add(*times[:k]) for k in range(len(times) + 1)]
    powers = [MatrixExponential(time * node.matrix) for time in (*reversed(times), left.pop())]
    layout = _factors(node, powers, spelling)
    for time, last in reversed(list(zip(times, left, strict=True))):
        body = row(layout, Word(" d"), spelling.spell(time), binding=Binding.PRODUCT)
        layout = BigOperator("∫", Number("0"), spelling.spell(last), body)
    return layout


def _factors(node: PowerDerivative | ExponentialDerivative, powers: Sequence[Expr], spelling: Spelling) -> Layout:
    """The directions in every order, each between two of the powers."""
    orders = list(dict.fromkeys(permutations(node.directions)))
    repeated = Integer(factorial(len(node.directions)) // len(orders))
    inner = [_alternating(order, powers[1:-1]) for order in orders]
    between = inner[0] if len(inner) == 1 else MatAdd(*inner, evaluate=False)
    factors = [powers[0], *(between.args if isinstance(between, MatMul) else [between]), powers[-1]]
    product = MatMul(*([repeated] if repeated != 1 else []), *factors, evaluate=False)
    return held(spelling.spell(product), Binding.PRODUCT)


def _alternating(directions: Sequence[Expr], powers: Sequence[Expr]) -> Expr:
    first, *rest = directions
    factors = [first, *(factor for pair in zip(powers, rest, strict=True) for factor in pair)]
    return MatMul(*factors, evaluate=False) if rest else first


def _letters(letters: str, node: PowerDerivative | ExponentialDerivative) -> list[Symbol]:
    """A letter for each direction."""
    free = free_letters(letters, frozenset(str(symbol) for symbol in node.free_symbols))
    return [Symbol(letter, integer=True) for letter in islice(free, len(node.directions))]


NODES = {
    Structured: structured,
    MatrixExponential: lambda node, spelling: called("exp", spelling.spell(node.matrix)),
    Softmax: along_rows,
    LogSumExp: along_rows,
    LayerNorm: along_rows,
    PowerDerivative: power_derivative,
    ExponentialDerivative: exponential_derivative,
}
