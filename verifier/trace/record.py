"""A recorded run as plain data: statements over versions of storages, without views and without mutation.

A tensor is a version of its storage seen through a geometry, so that views need no statement. A write makes a new
version. Numbers that do not vary with the inputs are constants, kept beside the record: equal records are equal
objects, whatever the numbers, and what is derived from one is derived once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch


@dataclass(frozen=True)
class Geometry:
    """How a tensor lies in its storage: extents, strides and offset in entries of `dtype` (its name)."""

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int
    dtype: str
    conjugated: bool = False
    negated: bool = False

    @classmethod
    def of(cls, tensor: torch.Tensor) -> Geometry:
        """The geometry of a strided tensor; any other counts as the dense one that has its entries."""
        if tensor.layout != torch.strided:
            return cls.contiguous(tuple(tensor.shape), dtype_name(tensor.dtype))
        return cls(
            tuple(tensor.shape),
            tensor.stride(),
            int(tensor.storage_offset()),
            dtype_name(tensor.dtype),
            tensor.is_conj(),
            tensor.is_neg(),
        )

    @classmethod
    def contiguous(cls, shape: tuple[int, ...], dtype: str) -> Geometry:
        """The geometry of a tensor that has a storage of its own, in row-major order."""
        strides, step = [], 1
        for extent in reversed(shape):
            strides.append(step)
            step *= max(extent, 1)
        return cls(shape, tuple(reversed(strides)), 0, dtype)


@dataclass(frozen=True)
class Reading:
    """A tensor as an operand: a version of a storage, seen through a geometry."""

    version: int
    geometry: Geometry


@dataclass(frozen=True)
class FromInput:
    """The storage of an input of the function, in row-major order; complex numbers as pairs along a last axis."""

    name: str
    geometry: Geometry


@dataclass(frozen=True)
class Constant:
    """Numbers that do not vary, the `position`-th of the trace's constants, in row-major order."""

    position: int
    geometry: Geometry


@dataclass(frozen=True)
class Result:
    """The storage of what a statement returns: its `output`-th result, as it lies in a storage of `size` entries."""

    statement: int
    output: int
    geometry: Geometry
    size: int


@dataclass(frozen=True)
class Written:
    """The version `before` with the first result of a statement, or a constant version, written at a geometry."""

    before: int
    geometry: Geometry
    statement: int | None = None
    constant: int | None = None


@dataclass(frozen=True)
class Shifted:
    """The version `before` with a constant version added at a geometry: a write that autograd does not see."""

    before: int
    geometry: Geometry
    constant: int


Version = FromInput | Constant | Result | Written | Shifted


@dataclass(frozen=True)
class Statement:
    """One call. Arguments are `Reading`s, nested tuples of them, or plain values; `results` holds constants.

    operator, overload: the name in the schema ("aten::add") and which of its overloads was called.
    results: for each result that is an integer or boolean tensor its reading as a constant, and for those that are
        one of several solutions; None for the others. Then what was written into buffers, as constants.
    inside: the custom Function that was running, None outside.
    """

    operator: str
    overload: str
    arguments: tuple[Any, ...]
    keywords: tuple[tuple[str, Any], ...]
    results: tuple[Reading | None, ...]
    inside: str | None = None

    @property
    def name(self) -> str:
        """The operator as torch prints it: `aten::add.Tensor`."""
        return f"{self.operator}.{self.overload}"


@dataclass(frozen=True)
class Record:
    """All statements of a run in order, the versions that they read, and the readings that were returned."""

    statements: tuple[Statement, ...]
    versions: tuple[Version, ...]
    outputs: tuple[Reading, ...]


def dtype_name(dtype: torch.dtype) -> str:
    """The name of a dtype: `float32`."""
    return str(dtype).removeprefix("torch.")
