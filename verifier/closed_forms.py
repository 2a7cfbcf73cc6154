"""Closed forms for the reader: a formula, and its gradient by each symbol, as SymPy and rendered."""

from __future__ import annotations

from collections.abc import Sequence

from sympy import Basic, IndexedBase, Integer, MatrixSymbol, Symbol

from verifier.errors import NoClosedFormError
from verifier.rendered import Rendered
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import Formula
from verifier.symbolic.notation import closed_form, render


def gradient_of(formula: Formula, name: str) -> Basic:
    """The gradient of a formula by the input of that name; see `verifier.derive`."""
    derivation = reverse(formula.program, formula.output, [name])
    tensor = derivation.gradients[name]
    if tensor is None:
        return Integer(0)
    symbols = {**formula.symbols, derivation.cotangent: _cotangent(formula)}
    return closed_form(derivation.adjoint, tensor, symbols)


def rendered_formula(formula: Formula) -> Rendered:
    """A formula as its author wrote it."""
    return render(formula.expression)


def rendered_gradients(formula: Formula, wrt: Sequence[str]) -> dict[str, Rendered]:
    """The closed form of the gradient by each input that has one."""
    rendered = {}
    for name in (name for name in wrt if name in formula.symbols):
        try:
            rendered[name] = render(gradient_of(formula, name))
        except NoClosedFormError:
            continue
    return rendered


def _cotangent(formula: Formula) -> Basic:
    shape = formula.program.shapes[formula.output]
    if all(extent == 1 for extent in shape):
        return Integer(1)
    name = next(letter for letter in ("G", "Ḡ", "Cotangent") if letter not in formula.symbols)
    if len(shape) == 2:
        return MatrixSymbol(name, *shape)
    return IndexedBase(Symbol(name), shape=shape)
