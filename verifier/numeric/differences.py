"""A derivative from values alone, and how far off it may be.

The function is seen along one line, as `phi(t)` of a displacement t. Steps shrink by halves from a coarse one. At each
step the eighth-order central difference and the two fourth-order one-sided ones are taken from the same nine points,
four of which the coarser step has already paid for. A step's error is what it may owe to

- truncation: its distance to the next finer step, and to every finer step beyond what rounding explains there
  (the rule by which Lepski chooses a bandwidth: a value stands if no finer one refutes it);
- rounding: the noise of phi, magnified by the stencil. The noise is the caller's floor or the measured one if that is
  larger: high differences of a smooth function vanish, and what they leave is noise (Moré and Wild, ECnoise);
- a kink at the point, to which central differences are blind: their agreement from step to step proves nothing there.
  But it does not vanish from high differences: they put at least 0.73 of the jump into the error, and half would do.

The step of least error is chosen.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from verifier.numeric.stencils import CENTRAL, LEFT, RIGHT, Stencil

Array = NDArray[np.float64]

#: From displacements to the values of phi there, and the rounding level of each value. Not finite: outside the domain.
Line = Callable[[Array], tuple[Array, Array]]

#: Steps in one sweep at most.
STEPS = 60

#: A slope counts only once this many finer ones have had the chance to refute it.
FINER = 3

#: No step is shorter than this many times what rounding the point itself may displace it by.
BLURS = 2.0**8

#: A sweep ends once rounding alone is this many times the error already reached: nothing finer can do better ...
HOPELESS = 16.0

#: ... or once the error is this small a part of the slope, and so many finer steps have not refuted it.
ENOUGH, UNREFUTED = 2.0**-40, 6

#: An error is good enough only where the slope has settled: over an oscillation, steps agree to a digit by chance.
CONVERGED = 2.0**-16

#: What is left of high differences passes for noise up to this many times the caller's floor. Beyond, it may be an
#: oscillation that finer steps resolve.
NOISE_ABOVE_FLOOR = 2.0**10

#: Noise vanishes if it goes from this many times the floor to that many in one step, and had not been fading for some.
LOUD, GONE, FADING = 2.0**20, 2.0**4, 4

_OFFSETS = np.arange(-4.0, 5.0)


@dataclass(frozen=True)
class Difference:
    """A derivative from values: `value` is within `error` of the truth, by this estimate's own account.

    left, right: the one-sided slopes, NaN where the function has no values; `kink` is how far apart they surely are,
        0.0 where the function may be smooth.
    steps, values, errors: the sweep, coarsest step first, steps outside the domain left out; `chosen` is the step that
        `value` was taken at. Empty where the function has no values beside the point: `value` is NaN then.
    diverges: the slopes grow without end as the step shrinks, and so `error` is infinite.
    """

    value: float
    error: float
    left: float
    right: float
    kink: float
    steps: tuple[float, ...]
    values: tuple[float, ...]
    errors: tuple[float, ...]
    chosen: int
    diverges: bool = False

    @property
    def one_sided(self) -> bool:
        """Whether the function has values on one side of the point only."""
        return math.isnan(self.left) != math.isnan(self.right)


def differentiate(
    line: Line,
    coarsest: float,
    *,
    look_down_to: float,
    point: float,
    roundoff: float,
    enough: float = 0.0,
    to_the_end: bool = False,
    expected: tuple[float, float] | None = None,
) -> Difference:
    """The derivative of phi at displacement 0.

    coarsest: the first step; the line is evaluated up to four times as far on both sides.
    look_down_to: the sweep does not end before its steps are this small: a scale that the function surely has.
    point, roundoff: displacements are added to this number, and the sum is rounded with this unit roundoff.
    enough: an error that is small enough for a central slope, whatever finer steps might tell.
    to_the_end: sweep on after the best step has been passed, for a picture of the error against the step.
    expected: a slope that is known from elsewhere, and its error. Two steps in a row that find it need no finer ones to
        be believed: by chance steps may agree with each other, and not with a number that was there before them.
    """
    sweep = _Sweep(line, coarsest, point, roundoff)
    while not sweep.is_at_its_end():
        sweep.refine()
        if expected is not None and sweep.central.finds(*expected, enough):
            return sweep.latest()
        if not to_the_end and sweep.step <= look_down_to and sweep.may_end(enough):
            break
    return sweep.difference()


class _Slopes:
    """The slopes that one stencil finds at shrinking steps. Steps where phi has no value are left out."""

    def __init__(self, stencil: Stencil) -> None:
        self.stencil = stencil
        self.steps: list[float] = []
        self.values: list[float] = []
        self.floors: list[float] = []
        self.noises: list[float] = []
        self.variation = 0.0

    def add(self, step: float, values: Array, floors: Array, blur: float) -> None:
        """Take the slope at one more step."""
        values, floors = values[self.stencil.points], floors[self.stencil.points]
        with np.errstate(over="ignore", invalid="ignore"):
            slope = float(self.stencil.slope @ values) / step
            noise = float(np.abs(self.stencil.noise @ values).max())
        if not (math.isfinite(slope) and math.isfinite(noise)):
            return
        variation, floor = float(values.max() - values.min()), float(floors.max()) + abs(slope) * blur
        if variation == 0.0 and self.variation > 0.0:
            # What is flat here may have been rounded away, by as much as the rounding where it was not flat.
            floor = max(floor, *self.floors)
        self.steps.append(step)
        self.values.append(slope)
        self.floors.append(floor)
        self.noises.append(noise)
        self.variation = max(self.variation, variation)

    def rounding(self) -> list[float]:
        """How far rounding may have pushed each slope.

        A finer step cannot have more noise than a coarser one, and one high difference may be small by luck: the
        noise of a step is the largest that was measured there or below.
        """
        measured = list(accumulate(self._lasting_noises()[::-1], max))[::-1]
        return [self._pushed(h, max(f, n)) for h, f, n in zip(self.steps, self.floors, measured, strict=True)]

    def _lasting_noises(self) -> list[float]:
        """The noise at each step; steps so fine that they lie between two jumps have that of the jumps."""
        lasting, level = [], 0.0
        for k, noise in enumerate(self.noises):
            if self._vanishes_at(k):
                level = max(level, *self.noises[k - FADING : k])
            lasting.append(max(noise, level))
        return lasting

    def _vanishes_at(self, k: int) -> bool:
        """Whether noise is gone from one step to the next, as it is where all points of a stencil lie on one stair.

        An oscillation that is resolved fades step by step. A kink beside the point, which a step may leave behind at
        once, has faded by halves until then.
        """
        if k < FADING:
            return False
        before, floor = self.noises[k - 1], self.floors[k]
        gone = self.noises[k] <= GONE * floor and before > LOUD * floor
        return gone and before > self.noises[k - FADING] / 4

    def _pushed(self, step: float, noise: float) -> float:
        return 2 * noise * self.stencil.magnification / step

    def errors(self) -> list[float]:
        """How far off each slope may be in all; the finest ones have too few to answer to, and are left out."""
        rounding = self.rounding()
        return [2 * self._refuted(k, rounding) + rounding[k] for k in range(len(self.values) - FINER)]

    def _refuted(self, k: int, rounding: list[float]) -> float:
        value = self.values[k]
        finer = zip(self.values[k + 1 :], rounding[k + 1 :], strict=True)
        return max(abs(value - self.values[k + 1]), *(abs(value - other) - bound for other, bound in finer))

    def latest(self) -> tuple[float, float]:
        """The finest slope, and how far off it may be: by its distance to the one before, and by rounding."""
        pushed = self._pushed(self.steps[-1], max(self.floors[-1], self.noises[-1]))
        return self.values[-1], abs(self.values[-1] - self.values[-2]) + pushed

    def finds(self, slope: float, error: float, enough: float) -> bool:
        """Whether the last two steps find a slope that is known already, as well as is needed or as rounding lets them.

        At a kink they do not: what high differences leave counts for rounding.
        """
        if len(self.steps) < 2:
            return False
        last, own = self.latest()
        least = HOPELESS * self._pushed(self.steps[-1], self.floors[-1])
        sharp = own <= max(min(enough, CONVERGED * abs(last)), ENOUGH * abs(last), least)
        return sharp and all(abs(value - slope) <= error + own for value in self.values[-2:])

    def chosen(self) -> tuple[float, float]:
        """The slope of least error, and that error; NaN and infinite if there is none."""
        errors = self.errors()
        best = _least(errors) if errors else 0
        return (self.values[best], errors[best]) if errors else (math.nan, math.inf)

    def is_settled(self, scale: float) -> bool:
        """Whether one of the slopes is good, relative to `scale`, and has not been refuted for long."""
        errors = self.errors()
        best = _least(errors) if errors else 0
        return len(errors) > best + UNREFUTED - FINER and errors[best] <= ENOUGH * scale

    def is_hopeless(self) -> bool:
        """Whether no finer slope can be better than the best one, because of rounding."""
        errors = self.errors()
        if not errors:
            return False
        noise, floor = max(self.noises[-FINER:]), self.floors[-1]
        noise = floor if noise > NOISE_ABOVE_FLOOR * floor else noise
        return self._pushed(self.steps[-1], max(floor, noise)) >= HOPELESS * min(errors)

    def grow_without_end(self) -> bool:
        """Whether the finest slopes move apart instead of together, by more than rounding explains."""
        if len(self.values) < 5:
            return False
        gaps = [abs(b - a) for a, b in pairwise(self.values[-5:])]
        explained = [2 * self._pushed(h, f) for h, f in zip(self.steps[-4:], self.floors[-4:], strict=True)]
        beyond = all(gap > bound for gap, bound in zip(gaps, explained, strict=True))
        return beyond and all(finer >= 0.9 * coarser for coarser, finer in pairwise(gaps))


class _Sweep:
    """Slopes of one line at shrinking steps, by three stencils on the same nine points."""

    def __init__(self, line: Line, coarsest: float, point: float, roundoff: float) -> None:
        self.line, self.point, self.roundoff = line, abs(point), roundoff
        self.step = 2 * coarsest
        value, floor = line(np.zeros(1))
        self.value, self.centre = value[0], (np.zeros(1), floor)
        self.points: tuple[Array, Array] | None = None
        self.central, self.left, self.right = _Slopes(CENTRAL), _Slopes(LEFT), _Slopes(RIGHT)
        self.length = 0

    def refine(self) -> None:
        """Halve the step."""
        self.step /= 2
        self.length += 1
        self.points = self._nine_points()
        blur = self.roundoff * (self.point + 4 * self.step)
        for slopes in (self.central, self.left, self.right):
            slopes.add(self.step, *self.points, blur)

    def _nine_points(self) -> tuple[Array, Array]:
        """The change of phi from its value at 0, and its rounding level: at -4, ..., 4 steps."""
        known = slice(4, 5) if self.points is None else slice(0, 9, 2)
        inner = self.centre if self.points is None else tuple(row[2:7] for row in self.points)
        new = np.delete(np.arange(9), known)
        values, floors = self.line(_OFFSETS[new] * self.step)
        points = np.empty((2, 9))
        points[:, known] = inner
        points[:, new] = values - self.value, floors
        return points[0], points[1]

    def latest(self) -> Difference:
        """What the finest central slope says, without a word about the two sides."""
        value, error = self.central.latest()
        steps = (self.central.steps[-1],)
        return Difference(value, error, math.nan, math.nan, 0.0, steps, (value,), (error,), 0)

    def best(self) -> _Slopes:
        """Central slopes where the function has values on both sides, else those of its one side."""
        return max((self.central, self.left, self.right), key=lambda s: len(s.steps) > FINER)

    def may_end(self, enough: float) -> bool:
        """Whether finer steps would tell nothing new, or nothing that matters."""
        value, error = self.central.chosen()
        scale = max(abs(side.chosen()[0]) for side in (self.left, self.right))
        at_a_kink = self.left.is_settled(scale) and self.right.is_settled(scale)
        suffices = error <= min(enough, CONVERGED * abs(value))
        return suffices or at_a_kink or self.central.is_settled(scale) or self.central.is_hopeless()

    def is_at_its_end(self) -> bool:
        """Whether there is no finer step."""
        return self.length == STEPS or self.step / 2 < BLURS * self.roundoff * self.point

    def difference(self) -> Difference:
        """What the whole sweep says."""
        slopes, errors = self.best(), self.best().errors()
        (left, left_error), (right, right_error) = self.left.chosen(), self.right.chosen()
        kink = max(0.0, abs(left - right) - left_error - right_error)
        diverges = self.is_at_its_end() and slopes.grow_without_end()
        chosen = _least(errors) if errors else 0
        return Difference(
            value=slopes.values[chosen] if errors else math.nan,
            error=errors[chosen] if errors and not diverges else math.inf,
            left=left,
            right=right,
            kink=kink,
            steps=tuple(slopes.steps[: len(errors)]),
            values=tuple(slopes.values[: len(errors)]),
            errors=tuple(errors),
            chosen=chosen,
            diverges=diverges,
        )


def _least(errors: list[float]) -> int:
    return min(range(len(errors)), key=errors.__getitem__)
