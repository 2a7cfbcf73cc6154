"""Enclosures of a program's tensors: balls at whatever precision makes them small enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verifier.numeric.balls import Balls, estimate
from verifier.numeric.evaluate import evaluate
from verifier.symbolic.program import Program
from verifier.witness import Array, Estimate

#: Bits of the midpoints, tried in turn until every ball is small enough.
PRECISIONS = (113, 226, 452, 904)

#: A ball is small enough if its radius is this small against its midpoint, or against what is allowed there.
RELATIVE_RADIUS = 2.0**-52
SHARE_OF_ALLOWANCE = 2.0**-20


@dataclass(frozen=True)
class Enclosures:
    """Tensors with proven errors; `borders` counts the entries of pieces that the point is at the border of."""

    estimates: Mapping[str, Estimate]
    precision: int
    borders: int


def enclose(
    program: Program,
    inputs: Mapping[str, NDArray],
    tensors: Sequence[str],
    allowed: Mapping[str, Array] | None = None,
) -> Enclosures:
    """The tensors in balls; the precision doubles until they are small enough, or more of it does not help.

    More precision does not help at the border of a piece, or where the inputs are balls themselves. `allowed`
    holds, for some of the tensors, errors that matter; a ball much smaller than that is small enough.
    """
    before = np.inf
    for precision in PRECISIONS:
        balls = Balls(precision)
        values = evaluate(program, inputs, tensors, balls)
        found = {name: estimate(array) for name, array in values.items()}
        excess = max((_excess(found[name], (allowed or {}).get(name)) for name in found), default=0.0)
        if excess <= 1 or excess > before / 4:
            break
        before = excess
    return Enclosures(found, precision, balls.borders)


def _excess(found: Estimate, allowed: Array | None) -> float:
    """How many times too large the largest error is."""
    small = np.abs(found.value) * RELATIVE_RADIUS
    if allowed is not None:
        small = np.maximum(small, np.reshape(allowed, small.shape) * SHARE_OF_ALLOWANCE)
    with np.errstate(all="ignore"):
        ratio = np.where(found.error == 0, 0.0, found.error / small)
    return float(np.max(ratio, initial=0.0))
