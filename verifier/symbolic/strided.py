"""Strided reads of a tensor's entries in row-major order, and their transposes.

    strided:      out[i]          = tensor[offset + Σ strides[k]·i_k]
    accumulated:  out[offset + Σ strides[k]·i_k]  +=  tensor[i]

Both are linear and each is the adjoint of the other, so that every view (select, slice, transpose, expand, unfold,
as_strided) and every scatter of one is closed under differentiation.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from sympy import Integer

from verifier.symbolic.program import Builder, Contribution, Shape
from verifier.symbolic.region import Region


@dataclass(frozen=True)
class Strided:
    """The entries of `tensor` that a region of it names."""

    tensor: str
    region: Region

    @property
    def shape(self) -> Shape:
        """The shape of the region."""
        return tuple(map(Integer, self.region.shape))

    @property
    def operands(self) -> tuple[str, ...]:
        """The tensor that is read."""
        return (self.tensor,)

    def adjoints(self, name: str, cotangent: str, active: Collection[str], builder: Builder) -> Iterator[Contribution]:
        """The cotangent added up at the places that were read."""
        if self.tensor in active:
            part = Accumulated(cotangent, self.region, builder.shape(self.tensor))
            yield self.tensor, builder.define(part, f"adjoint_{self.tensor}")

    def tangent(self, name: str, tangents: Mapping[str, str], builder: Builder) -> str | None:
        """The same read of the tangent."""
        if self.tensor not in tangents:
            return None
        return builder.define(Strided(tangents[self.tensor], self.region), f"tangent_{name}")

    def renamed(self, names: Mapping[str, str]) -> Strided:
        """The same of another tensor."""
        return replace(self, tensor=names.get(self.tensor, self.tensor))


@dataclass(frozen=True)
class Accumulated:
    """A tensor of `shape` that is zero but for the entries of `tensor`, added at the places that a region names."""

    tensor: str
    region: Region
    shape: Shape

    @property
    def operands(self) -> tuple[str, ...]:
        """The tensor that is added."""
        return (self.tensor,)

    def adjoints(self, name: str, cotangent: str, active: Collection[str], builder: Builder) -> Iterator[Contribution]:
        """The cotangent read at the places that were added to."""
        if self.tensor in active:
            yield self.tensor, builder.define(Strided(cotangent, self.region), f"adjoint_{self.tensor}")

    def tangent(self, name: str, tangents: Mapping[str, str], builder: Builder) -> str | None:
        """The tangent added at the same places."""
        if self.tensor not in tangents:
            return None
        part = Accumulated(tangents[self.tensor], self.region, self.shape)
        return builder.define(part, f"tangent_{name}")

    def renamed(self, names: Mapping[str, str]) -> Accumulated:
        """The same of another tensor."""
        return replace(self, tensor=names.get(self.tensor, self.tensor))
