"""Products over an index, and their derivatives, right with any number of zeros.

    out[b] = Π over j of x[b, j]

The derivative by x[b, j] is the product of all the other entries of row b; by x[b, k] once more, of all but two of
them, and 0 if j = k. All derivatives of a product are of this one kind.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from sympy import Expr

from verifier.symbolic.comprehension import Comprehension, Read, comprehension, index, value
from verifier.symbolic.program import Builder, Contribution, Shape


@dataclass(frozen=True)
class Product:
    """The products along the last axis of a tensor with the axes `batch`, and `extent` factors each.

    The derivative of the given order has as many axes of that extent in addition: its entry [b, j, k, ...] is the
    product of all factors of row b but those at j, k, ..., which must be different, or it is 0.
    """

    factors: str
    batch: Shape
    extent: Expr
    order: int = 0

    @property
    def shape(self) -> Shape:
        """The batch, and one axis for each order."""
        return (*self.batch, *[self.extent] * self.order)

    @property
    def operands(self) -> tuple[str, ...]:
        """The tensor of factors."""
        return (self.factors,)

    def adjoints(self, name: str, cotangent: str, active: Collection[str], builder: Builder) -> Iterator[Contribution]:
        """x_bar[b, l] += out_bar[b, j, ...] * next order[b, j, ..., l]."""
        if self.factors in active:
            part = self._contracted(Read(cotangent, self._own), self._by, (*self.batch, self.extent), builder)
            yield self.factors, builder.define(part, f"adjoint_{self.factors}")

    def tangent(self, name: str, tangents: Mapping[str, str], builder: Builder) -> str | None:
        """out_dot[b, j, ...] += next order[b, j, ..., l] * x_dot[b, l]."""
        if self.factors not in tangents:
            return None
        part = self._contracted(Read(tangents[self.factors], self._by), self._own, self.shape, builder)
        return builder.define(part, f"tangent_{name}")

    def renamed(self, names: Mapping[str, str]) -> Product:
        """The same of other factors."""
        return replace(self, factors=names.get(self.factors, self.factors))

    @property
    def _own(self) -> tuple[Expr, ...]:
        return tuple(index(k) for k in range(len(self.shape)))

    @property
    def _by(self) -> tuple[Expr, ...]:
        """The indices of the factor that is differentiated by."""
        return (*self._own[: len(self.batch)], index(len(self.shape)))

    def _contracted(self, other: Read, target: tuple[Expr, ...], shape: Shape, builder: Builder) -> Comprehension:
        higher = replace(self, order=self.order + 1)
        every = tuple(index(k) for k in range(len(higher.shape)))
        reads = [other, Read(builder.define(higher, f"others_{self.factors}"), every)]
        return comprehension(higher.shape, target, value(0) * value(1), reads, shape)
