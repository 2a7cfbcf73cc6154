"""How far rounding may carry the two sides of a condition towards each other.

In float32 a sum that cancels to the last digit may come out on the other side of a kink than the exact sum is. So a
border has a width: what an honest implementation may be off by, measured by evaluating with noise as `spread.py` does.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from sympy import Eq, Expr, Ne

from verifier.numeric.decided import Decided, Widths, conditions
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.spread import Measured
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
    found, wide = [measured.exact], widths(measured, roundoff)
    undecided = {
        body: [
            {r: np.abs(gap) <= of_call[r] for r, gap in gaps.items() if not isinstance(r, Eq | Ne)}
            for gaps, of_call in zip(measured.gaps[body], calls, strict=True)
        ]
        for body, calls in wide.items()
    }
    if any(mask.any() for calls in undecided.values() for masks in calls for mask in masks.values()):
        program, inputs, wanted = measured.program, measured.inputs, measured.wanted
        arithmetic = Decided()
        evaluate(program, inputs, wanted, arithmetic)
        for truth in (True, False):
            arithmetic.decide(undecided, truth)
            found.append(evaluate(program, inputs, wanted, arithmetic))
        generator = np.random.default_rng(0)
        for _ in range(BESIDE):
            beside = {name: _beside(array, generator) for name, array in inputs.items()}
            found.append(evaluate(program, beside, wanted, Float64()))
    return found


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
