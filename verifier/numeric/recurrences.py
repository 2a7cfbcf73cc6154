"""The evaluation of recurrences along the last axis in any arithmetic: a loop along that axis only."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from verifier.numeric.arithmetic import Arithmetic, Values
from verifier.symbolic.recurrence import Recurrence


def recurrence(
    definition: Recurrence,
    factor: Values | None,
    term: Values,
    arithmetic: Arithmetic,
    rounded: Callable[[Values], Values],
) -> Values:
    """What a recurrence gives; `rounded` is what an implementation makes of each step's result.

    The rounding of one step goes into the next ones as a change of its term would.
    """
    exact = _run(definition, factor, term, arithmetic)
    inexact = rounded(exact)
    return exact if inexact is exact else exact + _run(definition, factor, inexact - exact, arithmetic)


def _run(definition: Recurrence, factor: Values | None, term: Values, arithmetic: Arithmetic) -> Values:
    if factor is None or term.shape[-1] == 0:
        return arithmetic.cumulated(term, definition.backwards)
    steps = range(term.shape[-1])
    order = list(reversed(steps) if definition.backwards else steps)
    columns = {order[0]: term[..., order[0]]}
    for before, k in pairwise(order):
        columns[k] = factor[..., k] * columns[before] + term[..., k]
    return arithmetic.stacked([columns[k] for k in steps])
