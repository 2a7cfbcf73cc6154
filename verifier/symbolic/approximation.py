"""First approximations of the solutions of equations that are not linear.

Which of several solutions is meant, and in which gauge (the signs of eigenvectors, the order of eigenvalues), is said
by an approximation in float64. It is a constant for whoever differentiates: an equation refines it, and only from the
equation come derivatives and certified digits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from verifier.symbolic.program import Builder, Contribution, Shape

Method = Literal["cholesky", "eigh", "lu", "square_root", "projectors"]


@dataclass(frozen=True)
class Approximation:
    """What a method of float64 makes of tensors: an array of `shape`; see `verifier/numeric/approximations.py`.

    pairs: whether the tensors and the array are complex, with pairs of real numbers along a last axis.
    """

    method: Method
    operands: tuple[str, ...]
    shape: Shape
    pairs: bool = False

    def adjoints(self, name: str, cotangent: str, active: Collection[str], builder: Builder) -> Iterator[Contribution]:
        """Nothing."""
        yield from ()

    def tangent(self, name: str, tangents: Mapping[str, str], builder: Builder) -> str | None:
        """Zero."""
        return None

    def renamed(self, names: Mapping[str, str]) -> Approximation:
        """The same of other tensors."""
        return replace(self, operands=tuple(names.get(operand, operand) for operand in self.operands))
