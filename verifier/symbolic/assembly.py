"""Assemblies: a tensor that others are written into, one after another.

Concatenation, stacking, padding with a constant, and all writes into a tensor or a view of it are assemblies. What is
overwritten is gone: its cotangent is zero, whatever the later value is worth, so nothing is ever multiplied by zero.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Integer, S

from verifier.symbolic.program import Builder, Contribution, Shape
from verifier.symbolic.region import Region, whole
from verifier.symbolic.strided import Strided


@dataclass(frozen=True)
class Part:
    """What is written into a region: a tensor of its shape, or zeros if `tensor` is None.

    A detached part has a value and no derivative.
    """

    region: Region
    tensor: str | None = None
    detached: bool = False


@dataclass(frozen=True)
class Assembly:
    """A tensor of `extents` whose entries are `fill` until the parts are written, later ones over earlier ones.

    No part may name a place twice: which of its entries stays would be undefined. Use `assembly` to make one.
    """

    extents: tuple[int, ...]
    parts: tuple[Part, ...]
    fill: Expr = S.Zero

    @property
    def shape(self) -> Shape:
        """The extents."""
        return tuple(map(Integer, self.extents))

    @property
    def operands(self) -> tuple[str, ...]:
        """The tensors that are written, each once."""
        return tuple(dict.fromkeys(part.tensor for part in self.parts if part.tensor is not None))

    def adjoints(self, name: str, cotangent: str, active: Collection[str], builder: Builder) -> Iterator[Contribution]:
        """The cotangent at each part's region, zero where a later part lies over it."""
        for number, part in enumerate(self.parts):
            if part.tensor is None or part.tensor not in active or part.detached:
                continue
            owners = set(np.flatnonzero(np.bincount(self._owners[part.region.places().ravel()])))
            if number not in owners:
                continue
            over = [Part(self.parts[later].region) for later in sorted(owners - {number})]
            left = assembly(self.extents, [Part(whole(self.extents), cotangent), *over])
            source = builder.define(left, f"left_of_{name}") if over else cotangent
            yield part.tensor, builder.define(Strided(source, part.region), f"adjoint_{part.tensor}")

    def tangent(self, name: str, tangents: Mapping[str, str], builder: Builder) -> str | None:
        """The tangents written in place of the parts, and zeros for what has none."""
        moving = [tangents.get(part.tensor or "") if not part.detached else None for part in self.parts]
        if not any(moving):
            return None
        parts = [Part(part.region, tangent) for part, tangent in zip(self.parts, moving, strict=True)]
        return builder.define(assembly(self.extents, parts), f"tangent_{name}")

    def renamed(self, names: Mapping[str, str]) -> Assembly:
        """The same of other tensors."""
        parts = [
            replace(part, tensor=names.get(part.tensor, part.tensor)) if part.tensor else part for part in self.parts
        ]
        return replace(self, parts=tuple(parts))

    @cached_property
    def _owners(self) -> NDArray[np.int64]:
        """For each entry the part that wrote it last, -1 where none did."""
        owners = np.full(int(np.prod(self.extents, dtype=int)), -1)
        for number, part in enumerate(self.parts):
            owners[part.region.places()] = number
        return owners


def assembly(extents: Sequence[int], parts: Sequence[Part], fill: Expr = S.Zero) -> Assembly:
    """An assembly without the parts that leave no trace: empty ones, zeros on zeros, and what a whole part covers."""
    kept: list[Part] = []
    everything = whole(extents)
    for part in parts:
        _check(part.region, everything.size)
        if part.region == everything:
            kept, fill = [], Integer(0)
        if part.region.size and not (part.tensor is None and not kept and fill == 0):
            kept.append(part)
    return Assembly(tuple(extents), tuple(kept), fill)


def _check(region: Region, size: int) -> None:
    region.check_inside(size)
    if not region.is_plainly_distinct and np.unique(region.places()).size < region.size:
        raise ValueError(f"{region} names a place twice, so that writing into it has no definite result")
