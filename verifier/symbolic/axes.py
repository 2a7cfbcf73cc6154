"""Reductions over some of a tensor's axes, as operators of torch name them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import reduce
from typing import Any

from sympy import Expr, Integer

from verifier.symbolic.tensor import Tensor, total

#: Axes as an operator takes them: one, several, or None for all.
Dims = int | Sequence[int] | None

#: What a tensor is reduced by: from its entries over the axes that go, with their extents, to one entry.
Reduce = Callable[[tuple[Expr, ...], Callable[..., Any]], Any]


def axes_of(tensor: Tensor, dims: Dims) -> tuple[int, ...]:
    """The axes that dims name, in order; none at all means all of them, as torch has it."""
    order = len(tensor.shape)
    chosen = (dims,) if isinstance(dims, int) else tuple(dims or range(order))
    return tuple(sorted({int(d) % max(order, 1) for d in chosen})) if order else ()


def count(tensor: Tensor, dims: Dims) -> Expr:
    """How many entries go into one."""
    return reduce(lambda a, b: a * b, (tensor.shape[axis] for axis in axes_of(tensor, dims)), Integer(1))


def reduced(tensor: Tensor, dims: Dims, keepdim: bool, reduction: Reduce) -> Tensor:
    """A tensor reduced over axes; with `keepdim` they stay, with extent 1."""
    gone = axes_of(tensor, dims)
    kept = [axis for axis in range(len(tensor.shape)) if axis not in gone]
    extents = tuple(tensor.shape[axis] for axis in gone)

    def entry(*at: Expr) -> Any:
        own = dict(zip(kept, (at[axis] for axis in kept) if keepdim else at, strict=True))
        return reduction(
            extents,
            lambda *inner: tensor.entry(
                *({**own, **dict(zip(gone, inner, strict=True))}[k] for k in range(len(tensor.shape)))
            ),
        )

    if keepdim:
        return Tensor(tuple(Integer(1) if k in gone else n for k, n in enumerate(tensor.shape)), entry)
    return Tensor(tuple(tensor.shape[axis] for axis in kept), entry)


def summed(extents: tuple[Expr, ...], entry: Callable[..., Any]) -> Any:
    """The sum over all of the extents."""
    if not extents:
        return entry()
    first, *rest = extents
    return total(first, lambda j: summed(tuple(rest), lambda *inner: entry(j, *inner)))
