"""Formulas: what a SymPy user wrote, beside the program that it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Basic, Dummy, IndexedBase, MatrixSymbol, Symbol, sympify
from sympy.tensor.array.expressions import ArraySymbol

from verifier.errors import FormulaNotUnderstoodError
from verifier.symbolic.extents import extent_symbols, free_indices, with_shapes
from verifier.symbolic.folding import folded
from verifier.symbolic.lowering import Lowering
from verifier.symbolic.program import Builder, Program, Shape
from verifier.symbolic.translator import Reading, Translator


@dataclass(frozen=True)
class Formula:
    """A SymPy formula and the program that it says: `output` is the tensor that holds the function's value.

    `symbols` maps the name of each input of the program to the symbol that it came from.
    """

    expression: Basic
    program: Program
    output: str
    symbols: Mapping[str, Basic]


def formula_of(
    expression: Any,
    further: Mapping[str, Basic] | None = None,
    readings: Mapping[type[Basic], Reading] | None = None,
) -> Formula:
    """The program of a formula as SymPy users write it.

    `further` are symbols that the program takes as inputs even if the formula does not hold them: a claim about a
    function has all of the function's inputs, and so all of its extents. `readings` take the place of the vocabulary
    for the nodes that they name.

    Raises `FormulaNotUnderstoodError`, naming the sub-expression that has no meaning here.
    """
    if isinstance(expression, str):
        raise FormulaNotUnderstoodError(repr(expression), "give a SymPy expression, not text")
    expression = with_shapes(sympify(expression, strict=True))
    symbols = {**(further or {}), **_inputs(expression)}
    builder = Builder()
    for name, symbol in symbols.items():
        builder.give(name, _shape(symbol))
    translator = Translator(Lowering(builder), frozenset(symbols.values()), readings)
    tensor = translator.whole(folded(expression))
    output = translator.lowering.define(tensor, "value")
    return Formula(expression, builder.build(), output, symbols)


def _inputs(expression: Basic) -> dict[str, Basic]:
    """The symbols that are inputs, by name, in the order of their names."""
    arrays = expression.atoms(MatrixSymbol, IndexedBase, ArraySymbol)
    not_inputs = extent_symbols(expression) | {array.args[0] for array in arrays}
    scalars = {s for s in expression.free_symbols if isinstance(s, Symbol) and not isinstance(s, Dummy)}
    scalars -= not_inputs | free_indices(expression).keys()
    named = {_name(symbol): symbol for symbol in sorted(arrays | scalars, key=_name)}
    if len(named) < len(arrays | scalars):
        raise FormulaNotUnderstoodError(expression, "two different symbols in it have the same name; rename one")
    return named


def _name(symbol: Basic) -> str:
    return str(symbol.label) if isinstance(symbol, IndexedBase) else str(symbol.name)


def _shape(symbol: Basic) -> Shape:
    return () if isinstance(symbol, Symbol) else tuple(symbol.shape)
