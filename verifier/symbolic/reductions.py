"""Reductions of tensors over some of their axes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Integer

from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor, total


def axes_of(dims: int | Sequence[int] | None, order: int) -> tuple[int, ...]:
    """The axes that `dim` of an operator names, from 0 on; all of them for None and ()."""
    named = (dims,) if isinstance(dims, int) else tuple(dims or range(order))
    return tuple(sorted(axis % order for axis in named)) if order else ()


def summed(tensor: Tensor, axes: Sequence[int]) -> Tensor:
    """The sum over axes."""
    kept = [axis for axis in range(len(tensor.shape)) if axis not in axes]

    def entry(*at: Any) -> Any:
        def over(place: dict[int, Any], left: Sequence[int]) -> Any:
            if not left:
                return tensor.entry(*(place[axis] for axis in range(len(tensor.shape))))
            return total(tensor.shape[left[0]], lambda j: over({**place, left[0]: j}, left[1:]))

        return over(dict(zip(kept, at, strict=True)), axes)

    return Tensor(tuple(tensor.shape[axis] for axis in kept), entry)


def largest(tensor: Tensor, axes: Sequence[int], scope: Scope) -> Tensor:
    """The largest entry over axes; see `Scope.largest`."""
    for axis in sorted(axes, reverse=True):
        tensor = scope.largest(_last(tensor, axis))
    return tensor


def _last(tensor: Tensor, axis: int) -> Tensor:
    shape = (*tensor.shape[:axis], *tensor.shape[axis + 1 :], tensor.shape[axis])
    return Tensor(shape, lambda *at: tensor.entry(*at[:axis], at[-1], *at[axis:-1]))


def with_unit_axes(tensor: Tensor, axes: Sequence[int]) -> Tensor:
    """The tensor with axes of extent 1 at positions of the result."""
    order = len(tensor.shape) + len(axes)
    new = {axis % order for axis in axes}
    own = iter(tensor.shape)
    shape = tuple(Integer(1) if axis in new else next(own) for axis in range(order))
    return Tensor(shape, lambda *at: tensor.entry(*(i for axis, i in enumerate(at) if axis not in new)))
