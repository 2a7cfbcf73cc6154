"""Where the points of a curve lie in a log-log picture: coordinates only, the drawing is the page's."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

from verifier.verdict.verdict import Curve

WIDTH, HEIGHT = 480, 300
LEFT, RIGHT, TOP, BOTTOM = 62, 464, 16, 250
#: The height of the band below the lowest decade, in which errors of exactly zero are drawn.
ZERO_BAND = 20
MOST_LABELS = 7

_SUPERSCRIPTS = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


@dataclass(frozen=True)
class Tick:
    """A decade on an axis; `label` is empty where labels would crowd."""

    at: float
    label: str


@dataclass(frozen=True)
class Point:
    """One error in the picture; `zero` marks an error of exactly zero, which has no place on a log scale."""

    x: float
    y: float
    zero: bool


@dataclass(frozen=True)
class Picture:
    """A curve ready to be drawn, in the coordinates of an SVG of WIDTH by HEIGHT.

    Points whose error is not finite are left out and counted in `missing`. `zero` is the height of the line for
    errors of exactly zero, None where there are none; `chosen` is the x of the chosen step.
    """

    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    true: tuple[Point, ...]
    estimated: tuple[Point, ...]
    chosen: float
    zero: float | None
    missing: int


@dataclass(frozen=True)
class _Axis:
    """A log scale from 10^low, drawn at `start`, to 10^high, drawn at `end`."""

    low: int
    high: int
    start: float
    end: float

    def at(self, number: float) -> float:
        share = (math.log10(number) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)

    @property
    def ticks(self) -> tuple[Tick, ...]:
        stride = math.ceil((self.high - self.low + 1) / MOST_LABELS)
        return tuple(
            Tick(self.at(10.0**power), _power_of_ten(power) if (power - self.low) % stride == 0 else "")
            for power in range(self.low, self.high + 1)
        )


def picture(curve: Curve) -> Picture:
    """Lays a curve out. Steps are positive; errors may be zero, NaN or infinite."""
    errors = [abs(error) for error in (*curve.errors, *curve.estimated_errors) if math.isfinite(error)]
    has_zeros = 0.0 in errors
    x_axis = _axis(curve.steps, LEFT, RIGHT)
    y_axis = _axis(errors, BOTTOM - ZERO_BAND * has_zeros, TOP)
    true = _points(curve.steps, curve.errors, x_axis, y_axis)
    estimated = _points(curve.steps, curve.estimated_errors, x_axis, y_axis)
    return Picture(
        x_ticks=x_axis.ticks,
        y_ticks=y_axis.ticks,
        true=true,
        estimated=estimated,
        chosen=x_axis.at(curve.steps[curve.chosen]),
        zero=BOTTOM if has_zeros else None,
        missing=len(curve.errors) + len(curve.estimated_errors) - len(true) - len(estimated),
    )


def _axis(numbers: Iterable[float], start: float, end: float) -> _Axis:
    powers = [math.log10(number) for number in numbers if number > 0]
    low = math.floor(min(powers, default=-1))
    return _Axis(low, max(math.ceil(max(powers, default=0)), low + 1), start, end)


def _points(steps: Iterable[float], errors: Iterable[float], x: _Axis, y: _Axis) -> tuple[Point, ...]:
    return tuple(
        Point(x.at(step), y.at(abs(error)) if error else BOTTOM, error == 0)
        for step, error in zip(steps, errors, strict=True)
        if math.isfinite(error)
    )


def _power_of_ten(power: int) -> str:
    return "10" + str(power).translate(_SUPERSCRIPTS)
