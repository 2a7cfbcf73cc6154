"""Closed forms for the reader: a formula, and its gradient by each symbol, as SymPy and rendered."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Basic, IndexedBase, Integer, MatrixSymbol, Symbol

from verifier.errors import NoClosedFormError, NothingToDifferentiateError
from verifier.rendered import Rendered
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import Formula
from verifier.symbolic.notation import closed_form, render


def input_named(formula: Formula, by: Any) -> str:
    """The name of an input that is given as a symbol or by name. Raises `NothingToDifferentiateError`."""
    for name, symbol in formula.symbols.items():
        if symbol == by or name == str(by):
            return name
    raise NothingToDifferentiateError(str(formula.expression), str(by), list(formula.symbols))


def gradient_of(formula: Formula, name: str) -> Basic:
    """The gradient of a formula by the input of that name; see `verifier.derive`."""
    derivation = reverse(formula.program, formula.output, [name])
    tensor = derivation.gradients[name]
    if tensor is None:
        return Integer(0)
    symbols = {**formula.symbols, derivation.cotangent: _cotangent(formula)}
    return closed_form(derivation.adjoint, tensor, symbols)


def closed_form_of(formula: Formula, name: str) -> Basic | None:
    """The gradient of a formula by an input; None where it has no closed form."""
    try:
        return gradient_of(formula, name)
    except NoClosedFormError:
        return None


def rendered_formula(formula: Formula) -> Rendered:
    """A formula as its author wrote it."""
    return render(formula.expression)


def rendered_gradients(formula: Formula, wrt: Sequence[str]) -> dict[str, Rendered]:
    """The closed form of the gradient by each input that has one."""
    forms = {name: closed_form_of(formula, name) for name in wrt if name in formula.symbols}
    return {name: render(form) for name, form in forms.items() if form is not None}


def _cotangent(formula: Formula) -> Basic:
    shape = formula.program.shapes[formula.output]
    if all(extent == 1 for extent in shape):
        return Integer(1)
    name = next(letter for letter in ("G", "Ḡ", "Cotangent") if letter not in formula.symbols)
    if len(shape) == 2:
        return MatrixSymbol(name, *shape)
    return IndexedBase(Symbol(name), shape=shape)
