"""Selections: integers that are computed from values, and say which entry of a tensor is read."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Self

from sympy.core.relational import Relational

from verifier.symbolic.comprehension import Comprehension
from verifier.symbolic.equation import Equation
from verifier.symbolic.program import Builder, Contribution, Definition, Shape


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
    """For each place along the last axis, where the largest entry up to there is; either of two that are equal."""


class Argsort(Selection):
    """The places along the last axis in the order of their entries, the smallest first and NaN last."""


class Floor(Selection):
    """The largest integers that are not above the entries.

    Where an entry is too close to a whole number to tell, either neighbour may be named.
    """


def decides(definition: Definition) -> bool:
    """Whether what is defined depends on a comparison of values, so that a small change of them may change it much."""
    if isinstance(definition, Comprehension):
        compared = (symbol for relation in definition.body.atoms(Relational) for symbol in relation.free_symbols)
        return any(not symbol.is_integer for symbol in compared)
    if isinstance(definition, Equation):
        return any(decides(inner) for _, inner in definition.residual.definitions)
    return isinstance(definition, Selection)
