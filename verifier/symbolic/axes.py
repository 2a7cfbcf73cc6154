"""Axes of tensors, as operators of torch name them: reductions over some, functions along one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from operator import mul
from typing import Any

from sympy import Expr, Integer

from verifier.symbolic.arrangement import flattened, permuted
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor, total

#: Axes as an operator takes them: one, several, or None for all.
Dims = int | Sequence[int] | None


def axes_of(dims: Dims, order: int) -> tuple[int, ...]:
    """The axes that `dim` of an operator names, from 0 on; all of them for None and ()."""
    named = (dims,) if isinstance(dims, int) else tuple(dims or range(order))
    return tuple(sorted({axis % order for axis in named})) if order else ()


def count(tensor: Tensor, axes: Sequence[int]) -> Expr:
    """How many entries there are along axes."""
    return reduce(mul, (tensor.shape[axis] for axis in axes), Integer(1))


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


def rows(tensor: Tensor, axes: Sequence[int], scope: Scope) -> Tensor:
    """The entries along axes in row-major order as a last axis, after the axes that stay."""
    kept = [axis for axis in range(len(tensor.shape)) if axis not in axes]
    return flattened(scope.settled(permuted(tensor, (*kept, *axes))), len(kept), scope)


def largest(tensor: Tensor, axes: Sequence[int], scope: Scope) -> Tensor:
    """The largest entry over axes; see `Scope.largest`."""
    return scope.largest(rows(tensor, axes, scope)) if axes else tensor


def with_unit_axes(tensor: Tensor, axes: Sequence[int]) -> Tensor:
    """The tensor with axes of extent 1 at positions of the result."""
    order = len(tensor.shape) + len(axes)
    new = {axis % order for axis in axes}
    own = iter(tensor.shape)
    shape = tuple(Integer(1) if axis in new else next(own) for axis in range(order))
    return Tensor(shape, lambda *at: tensor.entry(*(i for axis, i in enumerate(at) if axis not in new)))


def kept(reduced: Tensor, axes: Sequence[int], keepdim: bool) -> Tensor:
    """What is left of a tensor after a reduction over axes; with `keepdim` they stay, with extent 1."""
    return with_unit_axes(reduced, axes) if keepdim else reduced


def along(tensor: Tensor, dim: int, function: Callable[[Tensor], Tensor]) -> Tensor:
    """A function of the last axis, which it keeps, applied to another one. A lone number is one entry long."""
    if not tensor.shape:
        lone = function(with_unit_axes(tensor, (0,)))
        return Tensor((), lambda: lone.entry(Integer(0)))
    order = [axis for axis in range(len(tensor.shape)) if axis != dim % len(tensor.shape)]
    last = [*order, dim % len(tensor.shape)]
    return permuted(function(permuted(tensor, last)), [last.index(axis) for axis in range(len(last))])
