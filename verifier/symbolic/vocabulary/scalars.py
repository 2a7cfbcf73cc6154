"""Scalars: numbers, symbols, and functions of scalars, which keep SymPy's own meaning."""

from __future__ import annotations

from sympy import Add, Expr, Function, Max, Min, Mul, Number, NumberSymbol, Piecewise, Pow, Symbol
from sympy.core.function import AppliedUndef

from verifier.errors import FormulaNotUnderstoodError
from verifier.symbolic.tensor import Entry, Tensor, scalar
from verifier.symbolic.translator import Translator


def number(node: Expr, translator: Translator) -> Tensor:
    """A constant."""
    if not node.is_extended_real or node.is_infinite:
        raise FormulaNotUnderstoodError(node, "formulas are over the finite real numbers")
    return scalar(node)


def symbol(node: Symbol, translator: Translator) -> Tensor:
    """A scalar input, or an extent or index, which is itself."""
    return scalar(Entry(node.name, ()) if translator.is_input(node) else node)


def function(node: Expr, translator: Translator) -> Tensor:
    """A scalar function of scalars."""
    if isinstance(node, AppliedUndef):
        raise FormulaNotUnderstoodError(node, f"{node.func} is not defined; give the function itself")
    return scalar(node.func(*map(translator.entry, node.args)))


def piecewise(node: Piecewise, translator: Translator) -> Tensor:
    """A function given piece by piece; conditions are relations between scalars."""
    pieces = [(translator.entry(expression), translator.condition(condition)) for expression, condition in node.args]
    return scalar(Piecewise(*pieces))


NODES = {
    Number: number,
    NumberSymbol: number,
    Symbol: symbol,
    Add: function,
    Mul: function,
    Pow: function,
    Function: function,
    Max: function,
    Min: function,
    Piecewise: piecewise,
}
