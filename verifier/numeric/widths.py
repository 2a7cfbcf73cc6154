"""How far rounding may carry the two sides of a condition towards each other.

In float32 a sum that cancels to the last digit may come out on the other side of a kink than the exact sum is. So a
border has a width: what an honest implementation may be off by, measured by evaluating with noise as `spread.py` does.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from sympy import Eq, Expr, Ne

from verifier.numeric.decided import Decided, Widths, conditions
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.noise import Noise
from verifier.numeric.spread import SMALLEST_NOISE, Measured, deviations
from verifier.symbolic.comprehension import Comprehension
from verifier.symbolic.program import Program

#: Points beside a point that lies on a border, and how far they are in proportion.
BESIDE, DISTANCE = 16, 2.0**-49


def widths(measured: Measured, roundoff: float) -> dict[Expr, list[Widths]]:
    """The width of every border that an evaluation meets, where `roundoff` is the candidate's."""
    return measured.moves(roundoff).widths if decides(measured.program, measured.wanted) else {}


def branches(measured: Measured, roundoff: float) -> list[dict[str, NDArray[np.float64]]]:
    """The tensors in float64 on branches that meet at the point; one element where everything is decided.

    They are the point's own, those with all that is undecided decided one way or the other, and those of points beside
    it, drawn at random. That need not be all.
    """
    program, inputs, wanted = measured.program, measured.inputs, measured.wanted
    found = [measured.exact, *(evaluate(program, inputs, wanted, side) for side in _sides(measured, roundoff))]
    if len(found) > 1:
        generator = np.random.default_rng(0)
        for _ in range(BESIDE):
            beside = {name: _beside(array, generator) for name, array in inputs.items()}
            found.append(evaluate(program, beside, wanted, Float64()))
    return found


def spread_of_sides(measured: Measured, roundoff: float) -> dict[str, NDArray[np.float64]]:
    """The largest spread of each entry over the two ways to decide what rounding leaves undecided.

    An honest implementation may be on either side of a border, where it rounds as that side does.
    """
    program, inputs, wanted = measured.program, measured.inputs, measured.wanted
    largest = dict(measured.moves(roundoff).spread)
    drawn = max(roundoff, SMALLEST_NOISE)
    for side in _sides(measured, roundoff):
        exact = evaluate(program, inputs, wanted, side)
        noise = Noise(drawn, measured.seed, roundoff)
        spreads = deviations(program, inputs, exact, noise, side, measured.draws)
        largest = {n: np.maximum(largest[n], roundoff / drawn * spread) for n, spread in spreads.items()}
    return largest


def _sides(measured: Measured, roundoff: float) -> Iterator[Decided]:
    """Arithmetics that decide all that is undecided in one way or the other; none where everything is decided."""
    undecided = {
        body: [
            {r: np.abs(gap) <= of_call[r] for r, gap in gaps.items() if not isinstance(r, Eq | Ne)}
            for gaps, of_call in zip(measured.gaps[body], calls, strict=True)
        ]
        for body, calls in widths(measured, roundoff).items()
    }
    if any(mask.any() for calls in undecided.values() for masks in calls for mask in masks.values()):
        arithmetic = Decided()
        evaluate(measured.program, measured.inputs, measured.wanted, arithmetic)
        for truth in (True, False):
            arithmetic.decide(undecided, truth)
            yield arithmetic


def _beside(array: NDArray, generator: np.random.Generator) -> NDArray:
    """The numbers, each moved by a few roundoffs."""
    if array.dtype.kind != "f":
        return array
    size = np.where(array == 0, np.max(np.abs(array), initial=0.0) or 1.0, array)
    return np.asarray(array + DISTANCE * generator.uniform(-1, 1, array.shape) * size)


def decides(program: Program, wanted: Sequence[str]) -> bool:
    """Whether any definition on the way to `wanted` depends on conditions between values."""
    definitions = (definition for _, definition in program.needed_for(wanted))
    return any(isinstance(d, Comprehension) and conditions(d.body) for d in definitions)
