"""Words of the formula language, and those that closed forms are written with."""

from __future__ import annotations

from sympy import Basic, Expr, MatMul, MatPow, Symbol

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
    """Σ A^r·E·A^(k - 1 - r)."""
    index = _letter("rpq", node)
    terms = MatMul(
        MatPow(node.matrix, index), node.direction, MatPow(node.matrix, node.exponent - 1 - index), evaluate=False
    )
    first = row(spelling.spell(index), Sign("="), Number("0"))
    return BigOperator("Σ", first, spelling.spell(node.exponent - 1), held(spelling.spell(terms), Binding.PRODUCT))


def exponential_derivative(node: ExponentialDerivative, spelling: Spelling) -> Layout:
    """∫ exp(t·A)·E·exp((1 - t)·A) dt."""
    t = _letter("tsu", node)
    terms = MatMul(
        MatrixExponential(t * node.matrix), node.direction, MatrixExponential((1 - t) * node.matrix), evaluate=False
    )
    body = held(spelling.spell(terms), Binding.PRODUCT)
    return BigOperator("∫", Number("0"), Number("1"), row(body, Word(" d"), spelling.spell(t), binding=Binding.PRODUCT))


def _letter(letters: str, node: Basic) -> Expr:
    taken = frozenset(str(symbol) for symbol in node.free_symbols)
    return Symbol(next(free_letters(letters, taken)), integer=True)


NODES = {
    Structured: structured,
    MatrixExponential: lambda node, spelling: called("exp", spelling.spell(node.matrix)),
    Softmax: along_rows,
    LogSumExp: along_rows,
    LayerNorm: along_rows,
    PowerDerivative: power_derivative,
    ExponentialDerivative: exponential_derivative,
}
