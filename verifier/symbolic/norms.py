"""Norms of any order, and the roots that they are made of."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Expr, Integer, Piecewise, true

from verifier.symbolic.axes import largest, summed, with_unit_axes
from verifier.symbolic.complex_number import exactly, magnitude, square_magnitude
from verifier.symbolic.scope import Scope, broadcast, entrywise
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
    if p < 0:
        return _of_negative_order(sizes, p, axes, scope)
    powers = scope.settled(summed(entrywise(lambda size: size**p, sizes), axes))
    return entrywise(lambda s: root(s, p), powers)


def _of_negative_order(sizes: Tensor, p: Expr, axes: Sequence[int], scope: Scope) -> Tensor:
    """(Σ size^p)^(1/p), and 0 as soon as one size is 0; 0 lies between the slopes that it has there."""
    smallest = scope.settled(
        scope.detached(entrywise(lambda x: -x, largest(entrywise(lambda x: -x, sizes), axes, scope)))
    )
    along = broadcast(with_unit_axes(smallest, axes), sizes.shape)

    def power(size: Expr, least: Expr) -> Expr:
        return Piecewise((size**p, least > 0), (Integer(1), true), evaluate=False)

    def norm(together: Expr, least: Expr) -> Expr:
        return Piecewise((together ** (1 / p), least > 0), (Integer(0), true), evaluate=False)

    powers = scope.settled(summed(entrywise(power, sizes, along), axes))
    return entrywise(norm, powers, smallest)


def root(power: Expr, order: Expr) -> Expr:
    """power^(1/order); at 0 a constant, for 0 is the smallest of the subgradients that a norm has there."""
    return Piecewise((Integer(0), power <= 0), (power ** (1 / order), true), evaluate=False)
