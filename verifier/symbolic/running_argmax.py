"""Running selections: where the largest entry so far is, along an axis."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from verifier.symbolic.program import Builder, Contribution, Shape


@dataclass(frozen=True)
class RunningArgmax:
    """The integers that say where the largest of the entries up to each one along the last axis is.

    Of equal entries it is the last, as `torch.cummax` has it; where two are too close to tell, either may be named. The
    integers have no derivative. A cumulative maximum reads its tensor through them.
    """

    tensor: str
    shape: Shape

    @property
    def operands(self) -> tuple[str, ...]:
        """The tensor that is searched."""
        return (self.tensor,)

    def adjoints(self, name: str, cotangent: str, active: Collection[str], builder: Builder) -> Iterator[Contribution]:
        """Nothing."""
        yield from ()

    def tangent(self, name: str, tangents: Mapping[str, str], builder: Builder) -> str | None:
        """Zero."""
        return None

    def renamed(self, names: Mapping[str, str]) -> RunningArgmax:
        """The same of another tensor."""
        return replace(self, tensor=names.get(self.tensor, self.tensor))
