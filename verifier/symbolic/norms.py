"""Norms of any order, and the roots that they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Expr, Integer, Piecewise, true

from verifier.symbolic.axes import largest, summed
from verifier.symbolic.complex_number import exactly, magnitude, square_magnitude
from verifier.symbolic.scope import Scope, entrywise
from verifier.symbolic.tensor import Tensor


def of_order(tensor: Tensor, order: Any, axes: Sequence[int], scope: Scope) -> Tensor:
    """(Σ |x|^p)^(1/p) over axes; the largest and the smallest |x| for ±inf, the number of entries that differ from 0
    for order 0."""
    p = exactly(order)
    if p in (exactly(float("inf")), exactly(float("-inf"))):
        sign = 1 if p > 0 else -1
        extreme = largest(entrywise(lambda x: sign * magnitude(x), tensor), axes, scope)
        return entrywise(lambda x: sign * x, extreme)
    if p == 0:
        ones = entrywise(lambda x: Piecewise((Integer(1), square_magnitude(x) > 0), (Integer(0), true)), tensor)
        return summed(ones, axes)
    if p == 2:
        return entrywise(lambda s: root(s, p), scope.settled(summed(entrywise(square_magnitude, tensor), axes)))
    sizes = scope.settled(entrywise(magnitude, tensor))
    powers = scope.settled(summed(entrywise(lambda size: size**p, sizes), axes))
    return entrywise(lambda s: root(s, p), powers)


def root(power: Expr, order: Expr) -> Expr:
    """power^(1/order); at 0 a constant, for 0 is the smallest of the subgradients that a norm has there."""
    return Piecewise((Integer(0), power <= 0), (power ** (1 / order), true), evaluate=False)
