"""Walks a SymPy formula and asks the vocabulary what each node means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from sympy import (
    And,
    Basic,
    Expr,
    Integer,
    MatrixExpr,
    Not,
    Or,
    Product,
    Sum,
    Symbol,
)
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom
from sympy.matrices import MatrixBase

from verifier.discover import collect
from verifier.errors import FormulaNotUnderstoodError
from verifier.symbolic.extents import free_indices
from verifier.symbolic.lowering import Lowering
from verifier.symbolic.program import Shape
from verifier.symbolic.tensor import Binder, Entry, Tensor

#: Another way to read a node: the tensor that it means, or None where it is to be read as everywhere.
Reading = Callable[[Any, "Translator"], Tensor | None]


class Translator:
    """Says what a SymPy expression means, as tensors of a program under construction.

    `readings` are asked before the vocabulary.
    """

    def __init__(
        self, lowering: Lowering, inputs: frozenset[Basic], readings: Mapping[type[Basic], Reading] | None = None
    ) -> None:
        self.lowering = lowering
        self._inputs = inputs
        self._readings = readings or {}

    def whole(self, expression: Basic) -> Tensor:
        """The tensor of a whole formula: its free indices, in the order of their names, are its axes."""
        free = free_indices(expression)
        if not free:
            return self.tensor(expression)
        indices = sorted(free, key=lambda symbol: symbol.name)

        def entry(*at: Expr) -> Expr:
            body = expression
            for symbol, position in zip(indices, at, strict=True):
                body = self.bind(body, symbol, position)
            return self.entry(body)

        return Tensor(tuple(free[symbol] for symbol in indices), entry)

    def tensor(self, node: Basic) -> Tensor:
        """What a node means."""
        if isinstance(node, Entry | Binder):
            return Tensor((), lambda: node)
        own = self._readings.get(type(node))
        read = own(node, self) if own else None
        if read is not None:
            return read
        for kind in type(node).__mro__:
            if kind in _vocabulary():
                return _vocabulary()[kind](node, self)
        raise FormulaNotUnderstoodError(node, f"{type(node).__name__} is not in the vocabulary of formulas")

    def entry(self, node: Basic) -> Expr:
        """What a scalar node means, as an entry expression; a 1×1 matrix is taken as its only entry."""
        tensor = self.tensor(node)
        if any(extent != 1 for extent in tensor.shape):
            raise FormulaNotUnderstoodError(node, "a scalar is needed at this place, and this is a matrix")
        return tensor.entry(*(Integer(0) for _ in tensor.shape))

    def broadcast(self, node: Basic, shape: Shape) -> Tensor:
        """A matrix as it is, or a scalar as a matrix that has it everywhere."""
        if isinstance(node, MatrixExpr | MatrixBase):
            return self.tensor(node)
        entry = self.entry(node)
        return Tensor(shape, lambda *index: entry)

    def settled(self, tensor: Tensor) -> Tensor:
        """The same tensor as one of the program's own."""
        return self.lowering.settled(tensor)

    def condition(self, node: Basic) -> Basic:
        """A condition of a piecewise function: relations between scalars, and their combinations."""
        if isinstance(node, BooleanAtom):
            return node
        if isinstance(node, And | Or | Not):
            return node.func(*map(self.condition, node.args))
        if isinstance(node, Relational):
            return node.func(*map(self.entry, node.args))
        raise FormulaNotUnderstoodError(node, "conditions are comparisons between scalars, joined by And, Or and Not")

    def index(self, node: Expr) -> Expr:
        """An index expression; entries of integer tensors may occur in it."""
        return self.entry(node)

    def is_input(self, symbol: Symbol) -> bool:
        """Whether a symbol is an input of the function, and not an extent or a bound index."""
        return symbol in self._inputs

    def bind(self, node: Basic, index: Symbol, position: Expr) -> Basic:
        """`node` with `index` at `position`, leaving alone the sums inside of it that bind the same symbol."""
        if node == index:
            return position
        if isinstance(node, Sum | Product) and any(limit[0] == index for limit in node.limits):
            return node
        if not node.args or index not in node.free_symbols:
            return node
        return node.func(*(self.bind(argument, index, position) for argument in node.args))


@cache
def _vocabulary() -> dict[type, Any]:
    nodes: dict[type, Any] = {}
    for table in collect("verifier.symbolic.vocabulary", "NODES"):
        nodes |= table
    return nodes
