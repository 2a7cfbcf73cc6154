"""Matrices put together from blocks."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Expr

from verifier.symbolic.comprehension import Read, comprehension, index, sum_of, value
from verifier.symbolic.program import Builder, Shape


def blocks(placed: Mapping[tuple[Expr | int, Expr | int], str], shape: Shape, builder: Builder) -> str:
    """The matrix that holds each of the given matrices from a row and a column on, and zeros elsewhere."""
    parts = []
    for (row, column), matrix in placed.items():
        target = (row + index(0), column + index(1))
        read = [Read(matrix, (index(0), index(1)))]
        parts.append(builder.define(comprehension(builder.shape(matrix), target, value(0), read, shape), "block"))
    return parts[0] if len(parts) == 1 else builder.define(sum_of(parts, shape), "blocks")
