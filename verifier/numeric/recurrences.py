"""The evaluation of recurrences along the last axis in any arithmetic: a loop along that axis only."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

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


def running_argmax(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Where the largest of the entries up to each one along the last axis is: the last of equal ones, or a NaN."""
    if not values.size:
        return np.zeros(values.shape, dtype=np.int64)
    largest = np.maximum.accumulate(values, axis=-1)
    here = (values == largest) | np.isnan(values)
    return np.maximum.accumulate(np.where(here, np.arange(values.shape[-1]), 0), axis=-1)


def _run(definition: Recurrence, factor: Values | None, term: Values, arithmetic: Arithmetic) -> Values:
    if factor is None or term.shape[-1] == 0:
        return arithmetic.cumulated(term, definition.backwards)
    steps = range(term.shape[-1])
    order = list(reversed(steps) if definition.backwards else steps)
    columns = {order[0]: term[..., order[0]]}
    for before, k in pairwise(order):
        columns[k] = factor[..., k] * columns[before] + term[..., k]
    return arithmetic.stacked([columns[k] for k in steps])
