"""Reshapes: the same entries in the same row-major order, under another shape."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from verifier.symbolic.program import Builder, Contribution, Shape


@dataclass(frozen=True)
class Reshape:
    """The entries of `tensor` in row-major order, as a tensor of `shape`."""

    tensor: str
    shape: Shape

    @property
    def operands(self) -> tuple[str, ...]:
        """The tensor that is reshaped."""
        return (self.tensor,)

    def adjoints(self, name: str, cotangent: str, active: Collection[str], builder: Builder) -> Iterator[Contribution]:
        """The cotangent in the shape of the tensor."""
        if self.tensor in active:
            part = Reshape(cotangent, builder.shape(self.tensor))
            yield self.tensor, builder.define(part, f"adjoint_{self.tensor}")

    def tangent(self, name: str, tangents: Mapping[str, str], builder: Builder) -> str | None:
        """The tangent in the shape of the result."""
        if self.tensor not in tangents:
            return None
        return builder.define(Reshape(tangents[self.tensor], self.shape), f"tangent_{name}")

    def renamed(self, names: Mapping[str, str]) -> Reshape:
        """The same of another tensor."""
        return replace(self, tensor=names.get(self.tensor, self.tensor))
