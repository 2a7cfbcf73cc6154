"""Limits of tensors at points where balls have no number for them: at a pole, or at the border of a domain.

A tensor is evaluated at points ever nearer to the given one, from several sides. Where it grows from step to step it is
infinite there, where it settles it has a limit, and sides that lie outside of the domain do not count. This is
evidence, and no proof.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb
from numpy.typing import NDArray

from verifier.numeric.arithmetic import Values
from verifier.numeric.balls import Balls, estimate
from verifier.numeric.evaluate import evaluate
from verifier.symbolic.program import Program
from verifier.witness import Array, Estimate

#: Relative distances from the point, as powers of two: each is the square of the one before.
DISTANCES = (-64, -128, -256)

#: Bits that tell points apart at the smallest distance, with as many again for cancellation.
PRECISION = 904

#: From one distance to the next a logarithm doubles its step; what settles has ever smaller steps.
GROWS, SETTLES = 1.5, 0.5

#: Directions drawn at random beside the straight ones, each both ways.
DRAWN = 2

#: How many times the tensors are evaluated.
EVALUATIONS = (4 + 2 * DRAWN) * len(DISTANCES)

#: Limits that are nearer to each other than this are the same.
SAME = 2.0**-30

#: Sides that were not tried may have limits somewhat beyond the range of those that were.
WIDENED = 2.0

ROUNDOFF = 2.0**-53


@dataclass(frozen=True)
class Limit:
    """The limits of a tensor's entries; where its sides have several the estimate holds their range."""

    estimate: Estimate
    several: NDArray[np.bool_]


def limits(
    program: Program, inputs: Mapping[str, NDArray], tensors: Sequence[str], output: str, moved: Sequence[str]
) -> dict[str, Limit]:
    """The limits of tensors when the inputs in `moved` come near to their numbers; an entry without one says nothing.

    A side counts if all of `output`, the function's value, exists there.
    """
    wanted = list(dict.fromkeys([output, *tensors]))
    found: dict[str, list[Estimate]] = {name: [] for name in tensors}
    for direction in _directions(inputs, moved):
        steps = [_nearby(program, inputs, wanted, direction, distance) for distance in DISTANCES]
        if not any(np.isnan(step[output]).any() for step in steps):
            for name in tensors:
                found[name].append(_limit(*(step[name] for step in steps)))
    return {name: _common(sides) for name, sides in found.items() if sides}


def _directions(inputs: Mapping[str, NDArray], moved: Sequence[str], seed: int = 0) -> Iterator[dict[str, Array]]:
    """By how much each entry moves: in proportion to itself, away from 0 or towards it; and what is 0 up or down."""
    for size in (-1.0, 1.0):
        for step in (1.0, -1.0):
            yield {name: np.where(inputs[name] == 0, step, size * inputs[name]) for name in moved}
    generator = np.random.default_rng(seed)
    for _ in range(DRAWN):
        drawn = {
            name: generator.uniform(0.5, 1.5, inputs[name].shape)
            * generator.choice([-1.0, 1.0], inputs[name].shape)
            * np.where(inputs[name] == 0, 1.0, inputs[name])
            for name in moved
        }
        yield drawn
        yield {name: -direction for name, direction in drawn.items()}


def _nearby(
    program: Program, inputs: Mapping[str, NDArray], tensors: Sequence[str], direction: Mapping[str, Array], power: int
) -> dict[str, Array]:
    balls = Balls(PRECISION)
    with balls.context():
        exact = {name: balls.array(array) for name, array in inputs.items()}
        distance = arb(2) ** power
        near: dict[str, Values] = {
            name: np.asarray(exact[name] + balls.array(step) * distance, dtype=object)
            for name, step in direction.items()
        }
    found = evaluate(program, {**exact, **near}, tensors, balls)
    told = {name: estimate(values) for name, values in found.items()}
    small = float(np.finfo(np.float64).tiny)
    return {n: np.where(e.error <= np.abs(e.value) * SAME + small, e.value, np.nan) for n, e in told.items()}


def _limit(far: Array, near: Array, nearest: Array) -> Estimate:
    """On one side: infinite where the steps grow, the last value where they settle; else it says nothing."""
    with np.errstate(all="ignore"):
        first, second = np.abs(near - far), np.abs(nearest - near)
        settled = (second <= SETTLES * first) | (second <= SAME * np.abs(nearest))
        growing = np.isinf(nearest) | ((second >= GROWS * first) & (np.abs(nearest) > np.abs(near)))
    value = np.where(growing, np.copysign(np.inf, nearest), nearest)
    return Estimate(value, np.where(growing, 0.0, np.where(settled, second + ROUNDOFF * np.abs(nearest), np.inf)))


def _common(sides: Sequence[Estimate]) -> Limit:
    """What all sides agree on, and the range of those that are finite where they do not.

    A side without a number runs along the border, as x and y do that move alike when |x − y| is differentiated: it does
    not count where another one, and that the other way, has numbers.
    """
    values, errors = (np.array([getattr(side, part) for side in sides]) for part in ("value", "error"))
    absent = np.isnan(values)
    absent &= (~absent).sum(axis=0) >= 2
    known, finite = (np.isfinite(errors) | absent).all(axis=0), (np.isfinite(values) | absent).all(axis=0)
    with np.errstate(all="ignore"):
        low, high = np.where(absent, np.inf, values).min(axis=0), np.where(absent, -np.inf, values).max(axis=0)
        error = np.where(absent, 0.0, errors).max(axis=0)
        apart = np.where(low == high, 0.0, high - low)
        same = known & (apart <= 2 * error + SAME * np.minimum(np.abs(low), np.abs(high))) & (finite | (low == high))
        several = known & finite & ~same
        middle = np.where(several, low / 2 + high / 2, high)
    told = np.where(same, error + np.where(finite, apart, 0.0), np.where(several, WIDENED * apart / 2, np.inf))
    return Limit(Estimate(np.where(same | several, middle, np.nan), told), several)
