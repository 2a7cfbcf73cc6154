"""Entries at places that tensors of integers name: what is read there, added there, written there."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sympy import Expr, Integer, Mod, Piecewise, Rational, true

from verifier.symbolic.arrangement import by_parts
from verifier.symbolic.program import Shape
from verifier.symbolic.scope import Scope, broadcast, broadcast_shape
from verifier.symbolic.tensor import Tensor

#: From the indices of the entries that are written to the place that each of them goes to.
Place = Callable[..., Sequence[Expr]]


HALF = Rational(1, 2)


@dataclass(frozen=True)
class Indexed:
    """How x[index, :, other] indexes: the shape of what is read, and which entry of x its entry at an index is."""

    shape: Shape
    place: Place


def wrapped(place: Expr, extent: Expr) -> Expr:
    """An integer as an index, negative ones counted from the end."""
    return Mod(place, extent) if extent else place


def unwrapped(place: Expr, extent: Expr) -> Expr:
    """An integer that is an index as it stands."""
    return place


def indexed(
    shape: Shape, indices: Sequence[Tensor | None], as_index: Callable[[Expr, Expr], Expr] = wrapped
) -> Indexed:
    """The indexing of a tensor of `shape` by tensors of integers that broadcast, None for an axis that stays.

    The axes of the indices come where the first of them stands, and in front if there is an axis between two of them.
    `as_index` makes an index of an integer and the extent of its axis.
    """
    given = {axis: tensor for axis, tensor in enumerate(indices) if tensor is not None}
    stays = [axis for axis in range(len(shape)) if axis not in given]
    common = broadcast_shape(tensor.shape for tensor in given.values())
    spread = {axis: broadcast(tensor, common) for axis, tensor in given.items()}
    first = min(given, default=0)
    together = list(given) == list(range(first, first + len(given)))
    front = sum(axis < first for axis in stays) if together else 0
    kept = [shape[axis] for axis in stays]

    def place(*at: Expr) -> list[Expr]:
        chosen = at[front : front + len(common)]
        own = iter((*at[:front], *at[front + len(common) :]))
        return [
            as_index(spread[axis].entry(*chosen), extent) if axis in given else next(own)
            for axis, extent in enumerate(shape)
        ]

    return Indexed((*kept[:front], *common, *kept[front:]), place)


def read_at(tensor: Tensor, at: Indexed) -> Tensor:
    """The entries that an indexing reads."""
    return Tensor(at.shape, lambda *index: tensor.entry(*at.place(*index)))


def added_at(shape: Shape, values: Tensor, place: Place, scope: Scope) -> Tensor:
    """Zeros with each entry of `values` added at its place."""
    return by_parts(lambda part: scope.scattered(shape, part.shape, lambda *at: (place(*at), part.entry(*at))), values)


def times_named(shape: Shape, extents: Shape, place: Place, scope: Scope) -> Tensor:
    """How often each place of a tensor of `shape` is named."""
    return scope.scattered(shape, extents, lambda *at: (place(*at), Integer(1)), "times")


def written_at(tensor: Tensor, values: Tensor, place: Place, scope: Scope) -> Tensor:
    """A tensor with `values` in place of its entries. Of those that are written to one place the last one stays.

    Torch leaves it open which one stays, and on the CPU it is the last, in row-major order. Only that one has a
    derivative.
    """
    times = times_named(tensor.shape, values.shape, place, scope)
    numbers = _numbered(tensor.shape, scope)
    stays = scope.latest(Tensor(values.shape, lambda *at: numbers.entry(*place(*at))))

    def write(old: Tensor, new: Tensor) -> Tensor:
        kept = Tensor(
            new.shape,
            lambda *at: Piecewise((new.entry(*at), stays[at] > HALF), (Integer(0), true), evaluate=False),
        )
        there = added_at(tensor.shape, kept, place, scope)
        return Tensor(
            tensor.shape,
            lambda *at: Piecewise((there[at], times[at] > HALF), (old.entry(*at), true), evaluate=False),
        )

    return by_parts(write, tensor, values)


def _numbered(shape: Shape, scope: Scope) -> Tensor:
    """A tensor whose entries are numbered in row-major order."""

    def number(*at: Expr) -> Expr:
        found: Expr = Integer(0)
        for index, extent in zip(at, shape, strict=True):
            found = found * extent + index
        return found

    return scope.settled(Tensor(shape, number), "number")


def along_axis(axis: int, index: Tensor) -> Place:
    """The place with index[i, j, ...] along an axis, of an index of as many axes as the tensor, or one of one axis."""

    def place(*at: Expr) -> list[Expr]:
        named = index.entry(*at) if len(index.shape) == len(at) else index.entry(at[axis])
        return [*at[:axis], named, *at[axis + 1 :]]

    return place


def vector(tensor: Tensor) -> Tensor:
    """A lone number as one entry along an axis; other tensors as they are."""
    return tensor if tensor.shape else Tensor((Integer(1),), lambda k: tensor.entry())


def of_shape(tensor: Tensor, shape: Shape) -> Tensor:
    """One entry along an axis as the lone number that it was; other tensors as they are."""
    return tensor if shape else Tensor((), lambda: tensor.entry(Integer(0)))
