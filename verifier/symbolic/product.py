"""Products over an index, and their derivatives, right with any number of zeros.

    out[b] = Π over j of x[b, j]

The derivative by x[b, j] is the product of the entries before j and of those after it: two recurrences along the axis,
so that the cost is that of the product itself, and nothing is divided.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from sympy import Eq, Expr, Integer, Piecewise

from verifier.symbolic.comprehension import Read, comprehension, index, value
from verifier.symbolic.program import Builder, Contribution, Shape
from verifier.symbolic.recurrence import Recurrence


@dataclass(frozen=True)
class Product:
    """The products along the last axis of a tensor with the axes `shape`, and `extent` factors each."""

    factors: str
    shape: Shape
    extent: Expr

    @property
    def operands(self) -> tuple[str, ...]:
        """The tensor of factors."""
        return (self.factors,)

    def adjoints(self, name: str, cotangent: str, active: Collection[str], builder: Builder) -> Iterator[Contribution]:
        """x_bar[b, j] += out_bar[b] * (the product of the others)."""
        if self.factors in active:
            reads = [Read(cotangent, self._at[:-1]), *self._others(builder)]
            part = comprehension(self._axes, self._at, value(0) * value(1) * value(2), reads, self._axes)
            yield self.factors, builder.define(part, f"adjoint_{self.factors}")

    def tangent(self, name: str, tangents: Mapping[str, str], builder: Builder) -> str | None:
        """out_dot[b] += x_dot[b, j] * (the product of the others)."""
        if self.factors not in tangents:
            return None
        reads = [Read(tangents[self.factors], self._at), *self._others(builder)]
        part = comprehension(self._axes, self._at[:-1], value(0) * value(1) * value(2), reads, self.shape)
        return builder.define(part, f"tangent_{name}")

    def renamed(self, names: Mapping[str, str]) -> Product:
        """The same of other factors."""
        return replace(self, factors=names.get(self.factors, self.factors))

    @property
    def _axes(self) -> Shape:
        """The axes of the factors."""
        return (*self.shape, self.extent)

    @property
    def _at(self) -> tuple[Expr, ...]:
        return tuple(index(k) for k in range(len(self._axes)))

    def _others(self, builder: Builder) -> list[Read]:
        """The products of the factors before each one, and of those after it."""
        before = exclusive_product(self.factors, self._axes, builder)
        after = exclusive_product(self.factors, self._axes, builder, backwards=True)
        return [Read(before, self._at), Read(after, self._at)]


def exclusive_product(factors: str, axes: Shape, builder: Builder, *, backwards: bool = False) -> str:
    """The tensor of the products of all factors before each one along the last axis, or of all after it."""
    at = tuple(index(k) for k in range(len(axes)))
    *outer, last = at
    neighbour = Read(factors, (*outer, last + 1 if backwards else last - 1), Integer(0))
    shifted = builder.define(comprehension(axes, at, value(0), [neighbour], axes), f"shifted_{factors}")
    first = axes[-1] - 1 if backwards else Integer(0)
    one = Piecewise((Integer(1), Eq(last, first)), (Integer(0), True))
    start = builder.define(comprehension(axes, at, one, [], axes), f"start_{factors}")
    called = f"{'after' if backwards else 'before'}_{factors}"
    return builder.define(Recurrence(start, axes, shifted, backwards), called)
