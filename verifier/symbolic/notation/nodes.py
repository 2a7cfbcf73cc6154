"""What closed forms hold beside SymPy's own: tensors given entry by entry, and unit vectors."""

from __future__ import annotations

from typing import Any

from sympy import Basic, Expr, Integer, KroneckerDelta, MatrixExpr, Symbol, Tuple


class Entries(Basic):
    """A tensor given entry by entry: `[i, j] ↦ expression`.

    args: the expression, then a pair (index, extent) for each axis; an index runs from 0 to its extent - 1.
    """

    @property
    def expression(self) -> Expr:
        """The entry at the indices."""
        return self.args[0]

    @property
    def axes(self) -> tuple[tuple[Symbol, Expr], ...]:
        """The index and the extent of each axis."""
        return tuple((axis[0], axis[1]) for axis in self.args[1:])

    @property
    def shape(self) -> tuple[Expr, ...]:
        """The tensor's shape."""
        return tuple(extent for _, extent in self.axes)

    @property
    def free_symbols(self) -> set[Basic]:
        """The symbols of the expression and of the extents, without the indices."""
        extents = set().union(*(extent.free_symbols for extent in self.shape))
        return (self.expression.free_symbols - {index for index, _ in self.axes}) | extents

    def _sympystr(self, printer: Any) -> str:
        indices = ", ".join(printer.doprint(index) for index, _ in self.axes)
        return f"[{indices}] ↦ {printer.doprint(self.expression)}"


def entries(expression: Expr, *axes: tuple[Symbol, Expr]) -> Entries:
    """The tensor whose entry at the indices is `expression`."""
    return Entries(expression, *(Tuple(*axis) for axis in axes))


class UnitVector(MatrixExpr):
    """The column of `extent` zeros but for a one at `position`, which counts from 0."""

    @property
    def extent(self) -> Expr:
        """How many entries it has."""
        return self.args[0]

    @property
    def position(self) -> Expr:
        """Where the one is."""
        return self.args[1]

    @property
    def shape(self) -> tuple[Expr, Expr]:
        """One column."""
        return self.extent, Integer(1)

    def _entry(self, i: Expr, j: Expr, **kwargs: Any) -> Expr:
        return KroneckerDelta(i, self.position)

    def _sympystr(self, printer: Any) -> str:
        return f"e_{printer.doprint(self.position)}"
