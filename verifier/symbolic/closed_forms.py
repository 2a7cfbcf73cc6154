"""Closed forms for the reader: a formula and its derivatives, as SymPy and rendered."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sympy import Basic, Expr, IndexedBase, Integer, MatrixSymbol, Symbol, preorder_traversal
from sympy.tensor.array.expressions import ArraySymbol

from verifier.errors import (
    DirectionShapeError,
    FormulaError,
    HessianOfTensorError,
    NoClosedFormError,
    NothingToDifferentiateError,
)
from verifier.symbolic.derivative import COTANGENT, forward, reverse
from verifier.symbolic.folding import folded
from verifier.symbolic.formula import Formula, formula_of
from verifier.symbolic.linear_map import linear_map
from verifier.symbolic.notation import closed_form, render
from verifier.symbolic.notation.named import READINGS
from verifier.symbolic.notation.products import with_other_factors
from verifier.symbolic.notation.unit_map import unit_map
from verifier.symbolic.program import Program, Shape
from verifier.symbolic.rendered import Rendered


def gradient_of(formula: Formula, by: str) -> Basic:
    """The gradient of a formula by the input of that name; see `verifier.derive`."""
    gradient = _gradient(formula, by)
    return Integer(0) if gradient is None else gradient.closed()


def product_of(formula: Formula, by: str, directions: Mapping[str, Basic]) -> Basic:
    """The derivative of the gradient by one input, along a direction of each input named; see `verifier.hvp`.

    Raises `DirectionShapeError` for a direction that does not have its input's shape.
    """
    for name, direction in directions.items():
        shape, expected = tuple(getattr(direction, "shape", ())), formula.program.shapes[name]
        if shape != expected:
            raise DirectionShapeError(direction, shape, name, expected)
    gradient = _gradient(formula, by)
    if gradient is None:
        return Integer(0)
    return _shortest(partial(_derivative, spelled, directions) for spelled in _spellings(gradient))


def hessian_of(formula: Formula, by: str) -> Basic:
    """The Hessian of a scalar formula by the input of that name; see `verifier.hessian`."""
    if any(extent != 1 for extent in formula.program.shapes[formula.output]):
        raise HessianOfTensorError(formula.expression)
    gradient = _gradient(formula, by)
    return Integer(0) if gradient is None else _mapping(gradient, by)


def jacobian_of(formula: Formula, by: str) -> Basic:
    """The Jacobian of a formula by the input of that name; see `verifier.jacobian`."""
    return _mapping(_value(_with_words(formula)), by)


def direction_for(formula: Formula, name: str, *, several: bool = False) -> Basic:
    """A symbol for a direction of an input: v, or V for a matrix; v_x and V_X where there are several."""
    shape = formula.program.shapes[name]
    letter = "V" if len(shape) == 2 and 1 not in shape else "v"
    if several:
        letter += f"_{name}"
    while letter in formula.symbols:
        letter += letter[0]
    return _like(formula.symbols[name], letter)


def closed_form_of(formula: Formula, by: str) -> Basic | None:
    """The gradient of a formula by an input; None where it has no closed form."""
    try:
        return gradient_of(formula, by)
    except NoClosedFormError:
        return None  # whoever asks for the form alone, by `derive`, is told why


def input_named(formula: Formula, by: Any) -> str:
    """The name of an input that is given as a symbol or by name. Raises `NothingToDifferentiateError`."""
    for name, symbol in formula.symbols.items():
        if symbol == by or name == str(by):
            return name
    raise NothingToDifferentiateError(str(formula.expression), str(by), list(formula.symbols))


def rendered_formula(formula: Formula) -> Rendered:
    """A formula as its author wrote it; what SymPy has written out entry by entry, in closed form."""
    if folded(formula.expression) == formula.expression:
        return render(formula.expression)
    try:
        return render(_value(_with_words(formula)).closed())
    except NoClosedFormError:
        return render(formula.expression)


def rendered_gradients(formula: Formula, wrt: Sequence[str]) -> dict[str, Rendered]:
    """The closed form of the gradient by each input that has one."""
    forms = {name: closed_form_of(formula, name) for name in wrt if name in formula.symbols}
    return {name: render(form) for name, form in forms.items() if form is not None}


def rendered_products(formula: Formula, wrt: Sequence[str]) -> dict[str, Rendered]:
    """The closed form of the Hessian-vector product by each input that has one, along all inputs at once."""
    known = [name for name in wrt if name in formula.symbols]
    directions = {name: direction_for(formula, name, several=len(known) > 1) for name in known}
    rendered = {}
    for name in known:
        try:
            rendered[name] = render(product_of(formula, name, directions))
        except NoClosedFormError:
            continue  # its numbers are compared all the same
    return rendered


def cotangent_for(shape: Shape, names: Collection[str]) -> Basic:
    """What stands for a cotangent of this shape in closed forms: 1 for a scalar, else a symbol of none of these."""
    if all(extent == 1 for extent in shape):
        return Integer(1)
    return _of_shape(next(letter for letter in ("G", "Ḡ", "Cotangent") if letter not in names), shape)


def symbols_of(formula: Formula) -> dict[str, Basic]:
    """What the inputs of a formula's program are in closed forms, those too that no user has given a symbol.

    The formula of a second gradient has such inputs: its directions, and the cotangent of the first one.
    """
    inputs = dict(formula.program.inputs)
    letters = {name: "G" if name == COTANGENT else name.replace("direction of ", "v_") for name in inputs}
    return {name: formula.symbols.get(name, _of_shape(letters[name], shape)) for name, shape in inputs.items()}


def placeholders(shapes: Mapping[str, Shape]) -> dict[str, Basic]:
    """Symbols of these names for tensors of these shapes, which nobody has given one."""
    return {name: _of_shape(name, shape) for name, shape in shapes.items()}


def _of_shape(name: str, shape: Shape) -> Basic:
    if len(shape) == 2:
        return MatrixSymbol(name, *shape)
    return IndexedBase(Symbol(name), shape=shape) if shape else Symbol(name, real=True)


@dataclass(frozen=True)
class _Tensor:
    """A tensor of a program; `symbols` says what the program's inputs are for the reader."""

    program: Program
    name: str
    symbols: Mapping[str, Basic]

    def closed(self) -> Basic:
        """Its closed form."""
        return closed_form(self.program, self.name, self.symbols)


def _value(formula: Formula) -> _Tensor:
    return _Tensor(formula.program, formula.output, formula.symbols)


def _gradient(formula: Formula, by: str) -> _Tensor | None:
    formula = _with_words(formula)
    derivation = reverse(formula.program, formula.output, [by])
    name = derivation.gradients[by]
    symbols = {
        **formula.symbols,
        derivation.cotangent: cotangent_for(formula.program.shapes[formula.output], formula.symbols),
    }
    return None if name is None else _Tensor(derivation.adjoint, name, symbols)


def _with_words(formula: Formula) -> Formula:
    """The formula as closed forms read it: what has a name keeps it, products lose one factor after another."""
    if any(type(node) in READINGS for node in preorder_traversal(folded(formula.expression))):
        formula = formula_of(formula.expression, formula.symbols, READINGS)
    return replace(formula, program=with_other_factors(formula.program))


def _along(tensor: _Tensor, directions: Mapping[str, Basic]) -> _Tensor | None:
    """The derivative of a tensor along directions of its inputs; None where it is zero."""
    moving = {name: _moving(name) for name in directions if name in tensor.symbols}
    program, output = forward(tensor.program, tensor.name, moving)
    symbols = {**tensor.symbols, **{inside: directions[name] for name, inside in moving.items()}}
    return None if output is None else _Tensor(program, output, symbols)


def _derivative(tensor: _Tensor, directions: Mapping[str, Basic]) -> Basic:
    moved = _along(tensor, directions)
    return Integer(0) if moved is None else moved.closed()


def _mapping(tensor: _Tensor, by: str) -> Basic:
    """The Jacobian of a tensor: its derivative along a direction, as a map of the direction.

    It is read off the sums over indices; where there is something else on the way, it is written at unit matrices.
    """
    direction = _moving(by)
    attempts = (_along(spelled, {by: _like(tensor.symbols[by], direction)}) for spelled in _spellings(tensor))
    moved = [along for along in attempts if along is not None]
    if not moved:
        return Integer(0)
    try:
        return _shortest(partial(_map, again, direction) for along in moved for again in _spellings(along))
    except NoClosedFormError:
        return _shortest(partial(unit_map, a.program, a.name, a.symbols, direction) for a in moved)


def _map(tensor: _Tensor, source: str) -> Basic:
    program, name = linear_map(tensor.program, tensor.name, source)
    return Integer(0) if name is None else _Tensor(program, name, tensor.symbols).closed()


def _spellings(tensor: _Tensor) -> Iterator[_Tensor]:
    """The program as it is, and the program of the tensor's closed form, where it has one in matrix notation.

    What is short mostly stays short when it is differentiated, and det A · A⁻ᵀ has a derivative in matrix notation,
    which the Leibniz formula has not.
    """
    yield tensor
    if any(isinstance(symbol, IndexedBase | ArraySymbol) for symbol in tensor.symbols.values()):
        return
    try:
        form = tensor.closed()
        written = _with_words(formula_of(form)) if isinstance(form, Expr) else None
    except FormulaError:
        return  # there is no closed form, or it has words that formulas do not have
    if written is not None:
        yield _Tensor(written.program, written.output, written.symbols)


def _shortest(attempts: Iterable[Callable[[], Basic]]) -> Basic:
    """The shortest closed form that the attempts find, the first of those."""
    found, failures = [], []
    for attempt in attempts:
        try:
            found.append(attempt())
        except NoClosedFormError as failure:
            failures.append(failure)
    if not found:
        raise failures[0]
    return min(found, key=lambda form: sum(1 for _ in preorder_traversal(form)))


def _moving(name: str) -> str:
    """The input of a program that holds the direction of another one: no symbol of a formula has such a name."""
    return f"direction of {name}"


def _like(symbol: Basic, name: str) -> Basic:
    """A symbol of another name for tensors of the same shape."""
    match symbol:
        case MatrixSymbol():
            return MatrixSymbol(name, *symbol.shape)
        case IndexedBase():
            return IndexedBase(Symbol(name), shape=symbol.shape)
        case ArraySymbol():
            return ArraySymbol(name, symbol.shape)
        case _:
            return Symbol(name, real=True)
