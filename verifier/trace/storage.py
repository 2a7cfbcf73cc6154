"""Versions of storages as tensors of a program, and how operands are read from them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sympy import Expr, Integer

from verifier.symbolic.assembly import Part, assembly
from verifier.symbolic.complex_number import conjugate
from verifier.symbolic.program import Builder
from verifier.symbolic.region import Region
from verifier.symbolic.reshape import Reshape
from verifier.symbolic.scope import paired
from verifier.symbolic.strided import Strided
from verifier.symbolic.tensor import Tensor, named
from verifier.trace.record import Geometry


@dataclass(frozen=True)
class Stored:
    """A version of a storage of `size` entries.

    names: the tensor of the program that holds it, or two of them: the real and the imaginary part. Their entries
    lie in the storage as `region` says, all others are undefined.
    """

    names: tuple[str, ...]
    region: Region
    size: int

    @classmethod
    def filled(cls, names: Sequence[str], shape: tuple[int, ...]) -> Stored:
        """A storage that one tensor fills, in row-major order."""
        region = contiguous(shape)
        return cls(tuple(names), region, region.size)

    @property
    def is_row_major(self) -> bool:
        """Whether the tensor's entries are the storage's entries, in order."""
        return self.size == self.region.size and self.region == contiguous(self.region.shape)


def contiguous(shape: tuple[int, ...]) -> Region:
    """The region of a tensor that fills a storage in row-major order."""
    geometry = Geometry.contiguous(shape, "")
    return Region(0, shape, geometry.strides)


def region_of(geometry: Geometry) -> Region:
    """Where the entries of a tensor lie in its storage."""
    return Region(geometry.offset, geometry.shape, geometry.strides)


def read(stored: Stored, geometry: Geometry, builder: Builder) -> Tensor:
    """A tensor as it is seen through a geometry."""
    tensor = _read_parts(stored, geometry, builder)
    if geometry.conjugated:
        tensor = _mapped(tensor, conjugate)
    return _mapped(tensor, lambda z: -z) if geometry.negated else tensor


def written(before: Stored, geometry: Geometry, values: Sequence[str], builder: Builder) -> Stored:
    """The storage after tensors of the geometry's shape (one, or the two parts) were written into it."""
    region = region_of(geometry)
    if geometry.dtype.startswith("complex") != (len(before.names) == 2):
        before, region, values = _interleaved_write(before, region, values, builder)
    if region.size == before.size and region.is_plainly_distinct:
        return Stored(tuple(values), region, before.size)
    flat = flattened(before, builder)
    names = [
        builder.define(
            assembly(flat.region.shape, [Part(contiguous(flat.region.shape), old), Part(region, new)]), "written"
        )
        for old, new in zip(flat.names, values, strict=True)
    ]
    return replace(flat, names=tuple(names))


def flattened(stored: Stored, builder: Builder) -> Stored:
    """The same storage, its tensors in row-major order: with their own shape where they have it already."""
    if stored.is_row_major:
        return stored
    names = [builder.define(assembly((stored.size,), [Part(stored.region, n)]), "storage") for n in stored.names]
    return Stored.filled(names, (stored.size,))


def _read_parts(stored: Stored, geometry: Geometry, builder: Builder) -> Tensor:
    region, wants_pairs = region_of(geometry), geometry.dtype.startswith("complex")
    if wants_pairs and len(stored.names) == 1:
        return paired(*(_real(stored, stored.names[0], _doubled(region, k), builder) for k in (0, 1)))
    if wants_pairs:
        return paired(*(_real(stored, name, region, builder) for name in stored.names))
    if len(stored.names) == 2:
        return _part_of_pairs(stored, region, builder)
    return _real(stored, stored.names[0], region, builder)


def _part_of_pairs(stored: Stored, region: Region, builder: Builder) -> Tensor:
    """A real tensor that looks at the storage of a complex one."""
    if all(stride % 2 == 0 for stride, n in zip(region.strides, region.shape, strict=True) if n > 1):
        half = Region(region.offset // 2, region.shape, tuple(s // 2 for s in region.strides))
        return _real(stored, stored.names[region.offset % 2], half, builder)
    pairs = interleaved(stored, builder)
    return _real(pairs, pairs.names[0], region, builder)


def interleaved(stored: Stored, builder: Builder) -> Stored:
    """A storage of complex numbers as one of real numbers, real and imaginary parts in turn."""
    flat = flattened(stored, builder)
    parts = [Part(_doubled(contiguous((flat.size,)), k), _flat_name(flat, k, builder)) for k in (0, 1)]
    name = builder.define(assembly((2 * flat.size,), parts), "interleaved")
    return Stored.filled([name], (2 * flat.size,))


def _flat_name(stored: Stored, part: int, builder: Builder) -> str:
    if len(stored.region.shape) == 1:
        return stored.names[part]
    return builder.define(Reshape(stored.names[part], (Integer(stored.size),)), "flat")


def _interleaved_write(
    before: Stored, region: Region, values: Sequence[str], builder: Builder
) -> tuple[Stored, Region, Sequence[str]]:
    """The same write, into a storage whose complex numbers lie apart, or are seen as pairs."""
    if len(before.names) == 2:
        return interleaved(before, builder), region, values
    doubled = Region(2 * region.offset, (*region.shape, 2), (*(2 * s for s in region.strides), 1))
    size = region.size
    parts = [
        Part(_doubled(contiguous((size,)), k), _flat_name(Stored.filled([v], region.shape), 0, builder))
        for k, v in enumerate(values)
    ]
    pairs = builder.define(assembly((2 * size,), parts), "pairs")
    shape = tuple(map(Integer, doubled.shape))
    return before, doubled, [builder.define(Reshape(pairs, shape), "pairs")]


def _doubled(region: Region, offset: int) -> Region:
    """A region of complex numbers as the real (0) or imaginary (1) numbers of pairs."""
    return Region(2 * region.offset + offset, region.shape, tuple(2 * s for s in region.strides))


def _real(stored: Stored, name: str, region: Region, builder: Builder) -> Tensor:
    """A real tensor: entries of the stored one where its indices can be told apart, a strided read elsewhere."""
    shape = tuple(map(Integer, region.shape))
    places = _indices(stored.region, region)
    if places is not None:
        source = named(name, map(Integer, stored.region.shape))
        return Tensor(shape, lambda *at: source.entry(*(place(at) for place in places)))
    flat = flattened(Stored((name,), stored.region, stored.size), builder)
    return named(builder.define(Strided(flat.names[0], region), "view"), shape)


@dataclass(frozen=True)
class _Place:
    """One index of the stored tensor: offset + Σ steps[k]·i_k."""

    offset: int
    steps: tuple[int, ...]

    def __call__(self, at: Sequence[Expr]) -> Expr:
        return sum((step * i for step, i in zip(self.steps, at, strict=True) if step), Integer(self.offset))


def _indices(stored: Region, region: Region) -> list[_Place] | None:
    """For each axis of the stored tensor its index at a place of the region; None where they run into each other.

    An offset or a stride in the storage is split into digits, one for each axis, from the longest stride down. That is
    the place meant as long as no index leaves its axis.
    """
    if region.size == 0:
        return None
    order = sorted(range(len(stored.shape)), key=lambda d: -stored.strides[d])
    moving = [k for k, n in enumerate(region.shape) if n > 1]
    offset = _digits(region.offset - stored.offset, stored, order)
    digits = {k: _digits(region.strides[k], stored, order) for k in moving}
    if offset is None or any(found is None for found in digits.values()):
        return None
    places = []
    for d, extent in enumerate(stored.shape):
        steps = tuple((digits[k] or [])[d] if k in digits else 0 for k in range(len(region.shape)))
        furthest = offset[d] + sum(step * (n - 1) for step, n in zip(steps, region.shape, strict=True))
        if furthest >= extent:
            return None
        places.append(_Place(offset[d], steps))
    return places


def _digits(distance: int, stored: Region, order: Sequence[int]) -> list[int] | None:
    digits = [0] * len(stored.shape)
    if distance < 0:
        return None
    for d in order:
        if stored.shape[d] > 1 and stored.strides[d] > 0:
            digits[d], distance = divmod(distance, stored.strides[d])
    return None if distance else digits


def _mapped(tensor: Tensor, change: Callable[[Any], Any]) -> Tensor:
    return Tensor(tensor.shape, lambda *at: change(tensor.entry(*at)))
