"""Tensors put together from blocks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from verifier.symbolic.comprehension import Read, comprehension, index, sum_of, value
from verifier.symbolic.program import Builder, Shape


def blocks(placed: Mapping[Any, str], shape: Shape, builder: Builder) -> str:
    """The tensor that holds each of the given ones from an index on, zeros elsewhere, and sums where they overlap."""
    parts = []
    for offset, block in placed.items():
        own = tuple(index(axis) for axis in range(len(shape)))
        target = tuple(start + i for start, i in zip(offset, own, strict=True))
        part = comprehension(builder.shape(block), target, value(0), [Read(block, own)], shape)
        parts.append(builder.define(part, "block"))
    return parts[0] if len(parts) == 1 else builder.define(sum_of(parts, shape), "blocks")
