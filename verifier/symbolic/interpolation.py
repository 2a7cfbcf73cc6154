"""Reading between the entries of an axis: places that are fractions, and the weights of the entries around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import Add, Expr, Integer, Rational, floor, ilcm

from verifier.symbolic.arrangement import extents, replicated
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor

#: Taps on an axis: how far from the whole part of a place, and its weight by what is left of the place.
Taps = Sequence[tuple[int, Callable[[Expr], Expr]]]


def whole_part(step: Expr, offset: Expr, at: Expr) -> Expr:
    """The floor of step·at + offset, for rational numbers.

    Half of the least distance from a whole number is added, so that no rounding of the product crosses one.
    """
    step, offset = Rational(step), Rational(offset)
    return floor(step * at + offset + Rational(1, 2 * ilcm(step.q, offset.q)))


def along(
    tensor: Tensor, axis: int, length: Expr | int, entry: Callable[[Callable[[Expr], Expr], Expr], Expr]
) -> Tensor:
    """A tensor with another axis: entry(read, i), where read(k) is the given tensor's entry at k of that axis."""
    shape = (*tensor.shape[:axis], Integer(length), *tensor.shape[axis + 1 :])

    def at(*place: Expr) -> Expr:
        return entry(lambda k: tensor.entry(*place[:axis], k, *place[axis + 1 :]), place[axis])

    return Tensor(shape, at)


def linear() -> Taps:
    """The straight line between two entries."""
    return (0, lambda t: 1 - t), (1, lambda t: t)


def cubic() -> Taps:
    """Keys' cubic convolution over four entries, with a = -3/4."""
    a = Rational(-3, 4)

    def near(x: Expr) -> Expr:
        return ((a + 2) * x - (a + 3)) * x**2 + 1

    def far(x: Expr) -> Expr:
        return ((a * x - 5 * a) * x + 8 * a) * x - 4 * a

    return (-1, lambda t: far(t + 1)), (0, near), (1, lambda t: near(1 - t)), (2, lambda t: far(2 - t))


def resampled(
    tensor: Tensor, axis: int, count: int, step: Rational, offset: Rational, taps: Taps, scope: Scope
) -> Tensor:
    """What an axis has at the places step·i + offset for i below `count`; beyond its ends it stays the same."""
    lowest = floor(offset) + min(tap for tap, _ in taps)
    highest = floor(step * (count - 1) + offset) + max(tap for tap, _ in taps)
    before, after = max(0, int(-lowest)), max(0, int(highest) - extents(tensor)[axis] + 1)

    # Places and weights are tensors of their own, so that they are given the rounding that implementations have.
    places = scope.settled(Tensor((Integer(count),), lambda i: step * i + offset), "places")
    weights = [scope.settled(_weights(places, weight, step, offset), "weights") for _, weight in taps]

    def entry(read: Callable[[Expr], Expr], i: Expr) -> Expr:
        whole = whole_part(step, offset, i)
        return Add(*(weight[i] * read(whole + tap + before) for (tap, _), weight in zip(taps, weights, strict=True)))

    longer = replicated(scope.settled(tensor), axis, before, after, scope)
    return scope.settled(along(longer, axis, count, entry), "resampled")


def _weights(places: Tensor, weight: Callable[[Expr], Expr], step: Rational, offset: Rational) -> Tensor:
    return Tensor(places.shape, lambda i: weight(places[i] - whole_part(step, offset, i)))
