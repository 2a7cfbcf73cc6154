"""How far rounding may carry the two sides of a condition towards each other.

In float32 a sum that cancels to the last digit may come out on the other side of a kink than the exact sum is. So a
border has a width: what an honest implementation may be off by, measured by evaluating with noise as `spread.py` does.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Ge, Gt, Le, Lt, Symbol
from sympy.core.relational import Relational

from verifier.numeric.arithmetic import Values
from verifier.numeric.branches import Widths
from verifier.numeric.evaluate import Exactly, evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.spread import BUDGET, DRAWS, SMALLEST_NOISE, Noise
from verifier.symbolic.comprehension import Comprehension
from verifier.symbolic.program import Program

#: For each body that holds conditions, the gaps between the sides of each, call by call.
Gaps = dict[Expr, list[dict[Relational, NDArray[np.float64]]]]


def widths(
    program: Program, inputs: Mapping[str, NDArray], wanted: Sequence[str], roundoff: float, seed: int = 0
) -> dict[Expr, list[Widths]]:
    """The width of every border that an evaluation of `wanted` meets, where `roundoff` is the candidate's."""
    if not any(_conditions(definition.body) for _, definition in program.needed_for(wanted)
               if isinstance(definition, Comprehension)):
        return {}
    drawn = max(roundoff, SMALLEST_NOISE)
    noise = Noise(drawn, np.random.default_rng(seed))
    exact = _gaps(program, inputs, wanted, Exactly())
    noisy = [_gaps(program, inputs, wanted, noise) for _ in range(DRAWS)]
    scale = BUDGET * roundoff / drawn
    return {
        body: [
            {relation: scale * _deviation(gap, [draw[body][call][relation] for draw in noisy])
             for relation, gap in gaps.items()}
            for call, gaps in enumerate(calls)
        ]
        for body, calls in exact.items()
    }


class _Recording(Float64):
    """Float64 that keeps the gaps of all conditions."""

    def __init__(self) -> None:
        self.gaps: Gaps = defaultdict(list)

    def function(self, body: Expr, symbols: Sequence[Symbol]) -> Callable[..., Values]:
        """See `Arithmetic`."""
        inner = super().function(body, symbols)
        gaps = {relation: super(_Recording, self).function(relation.lhs - relation.rhs, symbols)
                for relation in _conditions(body)}
        if not gaps:
            return inner

        def recorded(*arguments: Values) -> Values:
            self.gaps[body].append({relation: np.asarray(gap(*arguments)) for relation, gap in gaps.items()})
            return inner(*arguments)

        return recorded


def _conditions(body: Expr) -> list[Relational]:
    """The conditions of a body that rounding has a say in: not those between whole numbers."""
    found = body.atoms(Lt, Le, Gt, Ge)
    return sorted((r for r in found if not all(s.is_integer for s in r.free_symbols)), key=str)


def _gaps(program: Program, inputs: Mapping[str, NDArray], wanted: Sequence[str], noise: Exactly) -> Gaps:
    arithmetic = _Recording()
    evaluate(program, inputs, wanted, arithmetic, noise)
    return arithmetic.gaps


def _deviation(exact: NDArray[np.float64], noisy: list[NDArray[np.float64]]) -> NDArray[np.float64]:
    with np.errstate(all="ignore"):
        mean = np.mean([np.square(gap - exact) for gap in noisy], axis=0)
    return np.nan_to_num(np.sqrt(mean), nan=0.0, posinf=0.0)
