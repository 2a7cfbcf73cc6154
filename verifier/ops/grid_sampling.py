"""Images read at given places: bilinear, nearest and bicubic, with what lies beyond the borders."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product
from typing import Any

from sympy import Abs, Add, Expr, Integer, Mul, Piecewise, Rational, true

from verifier.op import Operand, op, real, sample
from verifier.symbolic.arrangement import extents, padded
from verifier.symbolic.interpolation import Taps, cubic, linear
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor

LINEAR, NEAREST, CUBIC = range(3)
ZEROS, BORDER, REFLECTION = range(3)
HALF = Rational(1, 2)


def grid_sampler(
    input: Operand,
    grid: Operand,
    interpolation_mode: int,
    padding_mode: int,
    align_corners: bool,
    *,
    scope: Scope,
) -> Tensor:
    """grid_sampler_2d(Tensor input, Tensor grid, int interpolation_mode, int padding_mode, bool align_corners)

    The last axis of the grid holds the place on the last axis of the input first, from -1 to 1.
    """
    sizes = extents(input)[2:]
    axes = [_Axis(size, padding_mode, align_corners, scope) for size in sizes]
    places = [axis.place(grid, len(sizes) - 1 - k) for k, axis in enumerate(axes)]
    found: list[Sequence[tuple[Tensor, Tensor | None]]]
    if interpolation_mode == CUBIC:
        found = [axis.taps(place, cubic()) for axis, place in zip(axes, places, strict=True)]
    else:
        kept = [axis.inside(place) for axis, place in zip(axes, places, strict=True)]
        if interpolation_mode == NEAREST:
            found = [[(axis.whole(place, HALF), None)] for axis, place in zip(axes, kept, strict=True)]
        else:
            found = [axis.neighbours(place) for axis, place in zip(axes, kept, strict=True)]
    around = padded(input, scope)

    def entry(n: Expr, channel: Expr, *at: Expr) -> Expr:
        def term(chosen: Sequence[Any]) -> Expr:
            read = around.entry(n, channel, *(index.entry(n, *at) for index, _ in chosen))
            return Mul(read, *(weight.entry(n, *at) for _, weight in chosen if weight is not None))

        return Add(*map(term, product(*found)))

    return Tensor((*input.shape[:2], *grid.shape[1:-1]), entry)


class _Axis:
    """One axis of the input: how places on it are scaled, and where they go if they are beyond its ends."""

    def __init__(self, size: int, padding: int, align_corners: bool, scope: Scope) -> None:
        self.size, self.padding, self.align_corners, self.scope = Integer(size), padding, align_corners, scope

    def place(self, grid: Tensor, coordinate: int) -> Tensor:
        """The places in units of entries."""

        def entry(*at: Expr) -> Expr:
            given = grid.entry(*at, Integer(coordinate))
            if self.align_corners:
                return (given + 1) / 2 * (self.size - 1)
            return ((given + 1) * self.size - 1) / 2

        return self.scope.settled(Tensor(grid.shape[:-1], entry), "place")

    def inside(self, place: Tensor) -> Tensor:
        """The places, clipped or reflected."""
        if self.padding == ZEROS:
            return place
        if self.padding == REFLECTION:
            place = self._reflected(place)
        last = self.size - 1

        def clipped(*at: Expr) -> Expr:
            x = place.entry(*at)
            return Piecewise((Integer(0), x <= 0), (last, x >= last), (x, true), evaluate=False)

        return self.scope.settled(Tensor(place.shape, clipped), "inside")

    def _reflected(self, place: Tensor) -> Tensor:
        """The places, folded between the mirrors: the first and the last entry, or half an entry further out."""
        low = Integer(0) if self.align_corners else -HALF
        span = self.size - 1 if self.align_corners else self.size
        if span == 0:
            return Tensor(place.shape, lambda *at: Integer(0))
        distance = self.scope.settled(Tensor(place.shape, lambda *at: Abs(place.entry(*at) - low)), "distance")
        flips = self.whole(Tensor(place.shape, lambda *at: distance.entry(*at) / span), Integer(0))
        halves = self.whole(Tensor(place.shape, lambda *at: flips.entry(*at) / 2), Rational(1, 4))

        def folded(*at: Expr) -> Expr:
            beyond = distance.entry(*at) - flips.entry(*at) * span
            odd = flips.entry(*at) - 2 * halves.entry(*at) > HALF
            return Piecewise((span - beyond + low, odd), (beyond + low, true), evaluate=False)

        return self.scope.settled(Tensor(place.shape, folded), "reflected")

    def whole(self, place: Tensor, shift: Expr) -> Tensor:
        """The integers at or below the places moved by `shift`."""
        return self.scope.whole(self.scope.settled(Tensor(place.shape, lambda *at: place.entry(*at) + shift)))

    def neighbours(self, place: Tensor) -> list[tuple[Tensor, Tensor]]:
        """The entries before and after the places, with the weights of a straight line."""
        below = self.whole(place, Integer(0))
        return [(_moved(below, tap), self._weight(place, below, weight)) for tap, weight in linear()]

    def taps(self, place: Tensor, taps: Taps) -> list[tuple[Tensor, Tensor]]:
        """Entries around the places with their weights, each entry brought inside by itself."""
        below = self.whole(place, Integer(0))
        found = []
        for tap, weight in taps:
            index = self.whole(self.inside(_moved(below, tap)), HALF) if self.padding != ZEROS else _moved(below, tap)
            found.append((index, self._weight(place, below, weight)))
        return found

    def _weight(self, place: Tensor, below: Tensor, weight: Any) -> Tensor:
        rest = Tensor(place.shape, lambda *at: weight(place.entry(*at) - below.entry(*at)))
        return self.scope.settled(rest, "weight")


def _moved(index: Tensor, tap: int) -> Tensor:
    return Tensor(index.shape, lambda *at: index.entry(*at) + tap)


OPS = (
    op(
        "grid_sampler_2d",
        "grid_sampler_3d",
        define=grid_sampler,
        samples=(
            *(
                sample("grid_sampler_2d", real(1, 2, 3, 4), real(1, 2, 3, 2), mode, padding, align)
                for mode in (LINEAR, NEAREST, CUBIC)
                for padding in (ZEROS, BORDER, REFLECTION)
                for align in (False, True)
            ),
            *(
                sample("grid_sampler_3d", real(1, 1, 2, 3, 2), real(1, 1, 2, 2, 3), mode, padding, True)
                for mode in (LINEAR, NEAREST)
                for padding in (ZEROS, BORDER, REFLECTION)
            ),
        ),
    ),
)
