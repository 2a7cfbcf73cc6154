"""Selections: integers that are computed from values, and say which entry of a tensor is read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Self

from verifier.symbolic.program import Builder, Contribution, Shape


@dataclass(frozen=True)
class Selection:
    """Integers of `shape` that are computed once from the values of a tensor, and have no derivative."""

    tensor: str
    shape: Shape

    @property
    def operands(self) -> tuple[str, ...]:
        """The tensor that is looked at."""
        return (self.tensor,)

    def adjoints(self, name: str, cotangent: str, active: Collection[str], builder: Builder) -> Iterator[Contribution]:
        """Nothing."""
        yield from ()

    def tangent(self, name: str, tangents: Mapping[str, str], builder: Builder) -> str | None:
        """Zero."""
        return None

    def renamed(self, names: Mapping[str, str]) -> Self:
        """The same of another tensor."""
        return replace(self, tensor=names.get(self.tensor, self.tensor))


class Argmax(Selection):
    """Where the largest entry along the last axis is; the first of equal ones.

    Where two entries are equal, or too close to tell, either may be named: what is computed from them must not depend
    on which.
    """


class RunningArgmax(Selection):
    """Where the largest of the entries up to each one along the last axis is.

    Of equal entries it is the last, as `torch.cummax` has it; where two are too close to tell, either may be named. A
    cumulative maximum reads its tensor through them.
    """


class Argsort(Selection):
    """The places along the last axis in the order of their entries, the smallest first and NaN last."""


class Floor(Selection):
    """The largest integers that are not above the entries.

    Where an entry is too close to a whole number to tell, either neighbour may be named.
    """


class Latest(Selection):
    """1 for the last of the entries that are the same number, in row-major order, and 0 for those before it."""
