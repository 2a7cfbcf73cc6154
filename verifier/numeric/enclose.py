"""Enclosures of a program's tensors: balls at whatever precision makes them small enough."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from sympy import Expr

from verifier.numeric.arithmetic import Values
from verifier.numeric.balls import Balls, estimate
from verifier.numeric.borders import Border
from verifier.numeric.branched import depends, some_branch
from verifier.numeric.decided import Widths
from verifier.numeric.evaluate import evaluate
from verifier.symbolic.program import Program
from verifier.witness import Array, Estimate

#: Bits of the midpoints, tried in turn until every ball is small enough.
PRECISIONS = (113, 226, 452, 904)

#: A ball is small enough if its radius is this small against its midpoint, or against what is allowed there.
RELATIVE_RADIUS = 2.0**-52
SHARE_OF_ALLOWANCE = 2.0**-20

_some_branch = np.frompyfunc(some_branch, 1, 1)


@dataclass(frozen=True)
class Enclosures:
    """Tensors with proven errors, which cover all branches at `borders`, the conditions that are not decided.

    `balls` holds the same tensors as they were computed, with what depends on which condition.
    """

    estimates: Mapping[str, Estimate]
    precision: int
    borders: tuple[Border, ...]
    balls: Mapping[str, Values]


def enclose(
    program: Program,
    inputs: Mapping[str, NDArray],
    tensors: Sequence[str],
    allowed: Mapping[str, Array] | None = None,
    wide: Mapping[Expr, list[Widths]] | None = None,
) -> Enclosures:
    """The tensors in balls; the precision doubles until they are small enough, or more of it does not help.

    More precision does not help where the inputs are balls themselves. `allowed` holds, for some of the tensors, errors
    that matter; a ball much smaller than that is small enough. With the widths of borders, conditions that rounding
    may turn round are undecided too.
    """
    before = np.inf
    for precision in PRECISIONS:
        balls = Balls(precision, dict(wide or {}))
        values = _evaluated(program, inputs, tensors, balls)
        estimates = {name: estimate(array) for name, array in values.items()}
        excess = max(
            (
                _excess(_on_one_branch(values[name], found), (allowed or {}).get(name))
                for name, found in estimates.items()
            ),
            default=0.0,
        )
        if excess <= 1 or excess > before / 4:
            break
        before = excess
    return Enclosures(estimates, precision, tuple(balls.borders), values)


def _evaluated(
    program: Program, inputs: Mapping[str, NDArray], tensors: Sequence[str], balls: Balls
) -> Mapping[str, Values]:
    with balls.context():
        exact = {name: balls.array(array) for name, array in inputs.items()}
    for name, array in exact.items():
        balls.borders.give(name, array)
    return evaluate(program, exact, tensors, balls)


def _on_one_branch(balls: Values, found: Estimate) -> Estimate:
    """Balls on one branch, where `found` covers all of them."""
    return estimate(np.asarray(_some_branch(balls), dtype=object)) if depends(balls) else found


def _excess(found: Estimate, allowed: Array | None) -> float:
    """How many times too large the largest error is."""
    small = np.abs(found.value) * RELATIVE_RADIUS
    if allowed is not None:
        small = np.maximum(small, np.reshape(allowed, small.shape) * SHARE_OF_ALLOWANCE)
    with np.errstate(all="ignore"):
        ratio = np.where(found.error == 0, 0.0, found.error / small)
    return float(np.max(ratio, initial=0.0))
