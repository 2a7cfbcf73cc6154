"""Programs: lists of definitions of tensors, each using earlier ones.

A definition says what one tensor is in terms of others. Every kind of definition (`comprehension.py`, `equation.py`,
`determinant.py`, `matrix_function.py`, `product.py`, `recurrence.py`, `selection.py`,
`reshape.py`, `strided.py`, `assembly.py`) gives its own adjoints and tangent in terms of the same kinds, so that the
derivative of a program is a program and can be differentiated again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

from sympy import Expr, Integer, Symbol

from verifier.symbolic.growth import check_growth

Shape = tuple[Expr, ...]

#: An operand, and a tensor to be added to its cotangent.
Contribution = tuple[str, str]


class Definition(Protocol):
    """What one tensor is. `shape` holds its extents: integers or expressions in extent symbols."""

    @property
    def shape(self) -> Shape:
        """The extents of the tensor that is defined."""

    @property
    def operands(self) -> tuple[str, ...]:
        """The names of the tensors that it reads."""

    def adjoints(self, name: str, cotangent: str, active: Collection[str], builder: Builder) -> Iterator[Contribution]:
        """What this definition, of the tensor `name` with the cotangent `cotangent`, adds to its operands' cotangents.

        Only the operands in `active` are asked for. The definitions that are needed are added to `builder`.
        """

    def tangent(self, name: str, tangents: Mapping[str, str], builder: Builder) -> str | None:
        """The tensor that holds the tangent of `name`, from its operands' tangents (by operand); None if it is zero."""

    def renamed(self, names: Mapping[str, str]) -> Definition:
        """The same definition in terms of other tensors."""


@dataclass(frozen=True)
class Program:
    """Tensors given from outside, with their shapes, and definitions of further tensors in order of use."""

    inputs: tuple[tuple[str, Shape], ...]
    definitions: tuple[tuple[str, Definition], ...]

    @cached_property
    def defined(self) -> dict[str, Definition]:
        """The definitions by name."""
        return dict(self.definitions)

    @cached_property
    def shapes(self) -> dict[str, Shape]:
        """The shape of every tensor, given or defined."""
        return dict(self.inputs) | {name: d.shape for name, d in self.definitions}

    def needed_for(self, wanted: Iterable[str]) -> list[tuple[str, Definition]]:
        """The definitions that `wanted` rest on, in order."""
        needed = set(wanted)
        for name, definition in reversed(self.definitions):
            if name in needed:
                needed.update(definition.operands)
        return [(name, definition) for name, definition in self.definitions if name in needed]

    def dependent_on(self, sources: Iterable[str]) -> set[str]:
        """The tensors whose definition reads one of `sources`, directly or not, and the sources themselves."""
        reached = set(sources)
        for name, definition in self.definitions:
            if not reached.isdisjoint(definition.operands):
                reached.add(name)
        return reached


class Builder:
    """Collects definitions into a program. The same definition given twice is one tensor."""

    def __init__(self, program: Program | None = None) -> None:
        self._inputs: dict[str, Shape] = dict(program.inputs) if program else {}
        self._definitions: dict[str, Definition] = dict(program.definitions) if program else {}
        self._names: dict[Definition, str] = {d: name for name, d in self._definitions.items()}

    def shape(self, name: str) -> Shape:
        """The shape of a tensor that is already known."""
        return self._inputs[name] if name in self._inputs else self._definitions[name].shape

    def give(self, name: str, shape: Iterable[Expr | int]) -> str:
        """Declare a tensor that comes from outside, under `name` or a similar name that is free; returns it."""
        name = self._unused(name)
        self._inputs[name] = tuple(map(_extent, shape))
        return name

    def define(self, definition: Definition, name: str) -> str:
        """Add a definition under `name`, or a similar name that is free; returns the name it has."""
        if definition not in self._names:
            check_growth(name, getattr(definition, "body", None), len(self._definitions) + 1)
            name = self._unused(name)
            self._definitions[name] = definition
            self._names[definition] = name
        return self._names[definition]

    def inline(self, program: Program, given: Mapping[str, str], wanted: str) -> str:
        """Add what another program defines, with tensors of this one for its inputs; returns the name of `wanted`."""
        names = dict(given)
        for name, definition in program.needed_for([wanted]):
            names[name] = self.define(definition.renamed(names), name)
        return names[wanted]

    def build(self) -> Program:
        """The program collected so far."""
        return Program(tuple(self._inputs.items()), tuple(self._definitions.items()))

    def _unused(self, name: str) -> str:
        candidate, number = name, 1
        while candidate in self._inputs or candidate in self._definitions:
            number += 1
            candidate = f"{name}_{number}"
        return candidate


def _extent(extent: Expr | int) -> Expr:
    return extent if isinstance(extent, Expr) else Integer(extent)


def bind_extents(program: Program, shapes: Mapping[str, tuple[int, ...]]) -> dict[Symbol, int]:
    """Numbers for the extent symbols of a program, from the shapes of the arrays given for its inputs.

    An extent that is a bare symbol binds it, and so does one that is linear in a single symbol (`n + 1`); every other
    extent must then come out as the array has it.
    Raises `verifier.errors.ShapeMismatchError` naming the input, both shapes and the symbol.
    """
    from verifier.errors import ShapeMismatchError

    bound: dict[Symbol, int] = {}
    given = [(name, shape, shapes[name]) for name, shape in program.inputs if name in shapes]
    for name, shape, actual in given:
        if len(shape) != len(actual):
            raise ShapeMismatchError(name, shape, actual)
        bound.update({s: n for s, n in zip(shape, actual, strict=True) if isinstance(s, Symbol) and s not in bound})
        unknown = [(s, n) for s, n in zip(shape, actual, strict=True) if not isinstance(s, Symbol)]
        bound.update({s: n for extent, number in unknown for s, n in _solved(extent, number, bound).items()})
    for name, shape, actual in given:
        if any(_known(s, bound) not in (n, None) for s, n in zip(shape, actual, strict=True)):
            raise ShapeMismatchError(name, tuple(s.subs(bound) for s in shape), actual)
    return bound


def _solved(extent: Expr, number: int, bound: Mapping[Symbol, int]) -> dict[Symbol, int]:
    """The one symbol of an extent that is not bound yet, where the extent is linear in it and the number is whole."""
    free = extent.free_symbols - bound.keys()
    if len(free) != 1:
        return {}
    (symbol,) = free
    rest = extent.subs(bound)
    offset, step = rest.subs(symbol, 0), rest.diff(symbol)
    if not (offset.is_Integer and step.is_Integer and (number - offset) % step == 0):
        return {}
    return {symbol: int((number - offset) / step)}


def _known(extent: Expr, bound: Mapping[Symbol, int]) -> int | None:
    if extent.is_Integer:
        return int(extent)
    if extent in bound:
        return bound[extent]
    return int(extent.subs(bound)) if extent.free_symbols <= bound.keys() else None


def shaped(program: Program, arrays: Mapping[str, Any]) -> dict[str, Any]:
    """The arrays of the program's inputs in the shapes that it gives them, up to extents of 1.

    A vector may stand for a matrix of one column, and the other way round. What is no input is left out.
    """
    shapes = dict(program.inputs)
    return {n: array.reshape(_fitted(array.shape, shapes[n])) for n, array in arrays.items() if n in shapes}


def _fitted(actual: tuple[int, ...], shape: Shape) -> tuple[int, ...]:
    """`actual` with the ones that `shape` has in addition, and without those that it does not have."""
    proper = [n for n in actual if n != 1]
    if not proper and all(extent == 1 or extent.free_symbols for extent in shape):
        return (1,) * len(shape)
    if len(actual) == len(shape) or len(proper) != sum(extent != 1 for extent in shape):
        return actual
    rest = iter(proper)
    return tuple(1 if extent == 1 else next(rest) for extent in shape)
