"""Where an axis of a tensor is read or written: at one position, or along an index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr, S, Symbol, expand

from verifier.symbolic.notation.contraction import NoMatrixNotation
from verifier.symbolic.notation.partitions import Range


@dataclass(frozen=True)
class Place:
    """What is read or written of an axis of this `extent`: `length` positions from `start` on, along an index.

    index: None for one fixed position.
    """

    extent: Expr
    start: Expr
    length: Expr = S.One
    index: Symbol | None = None

    @property
    def range(self) -> Range:
        """Where it begins and ends."""
        return self.start, self.start + self.length

    @property
    def is_whole(self) -> bool:
        """Whether an index runs along all of the axis."""
        return self.index is not None and self.start == 0 and self.length == self.extent

    @property
    def is_inside(self) -> bool:
        """Whether it surely does not leave the axis."""
        start, end = self.range
        return bool(expand(start).is_nonnegative and expand(self.extent - end).is_nonnegative)

    @property
    def is_outside(self) -> bool:
        """Whether it is a number, and surely no position of the axis."""
        return self.start.is_Integer and bool(self.start < 0 or (self.extent - 1 - self.start).is_negative)


def place_at(position: Expr, extent: Expr, extents: Mapping[Symbol, Expr]) -> Place:
    """The place that an index expression means; `extents` has those of the indices.

    Raises `NoMatrixNotation` where that is none, such as every second position, or may be outside of the axis.
    """
    indices = position.free_symbols & extents.keys()
    if not indices:
        return Place(extent, position)
    index = next(iter(indices))
    found = Place(extent, expand(position - index), extents[index], index)
    if found.start.free_symbols & extents.keys() or not (found.is_whole or found.is_inside):
        raise NoMatrixNotation
    return found
