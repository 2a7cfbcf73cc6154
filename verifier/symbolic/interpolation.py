"""Reading between the entries of an axis: places that are fractions, and the weights of the entries around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sympy import Expr, Integer, Rational, floor, ilcm

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
