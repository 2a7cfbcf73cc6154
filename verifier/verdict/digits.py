"""How many digits a tensor has lost, against an honest implementation and against each entry's own size."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from verifier.numeric.noise import largest
from verifier.numeric.spread import budget
from verifier.verdict.compare import furthest
from verifier.verdict.verdict import Digits
from verifier.witness import Array, Estimate


def bits_lost(error: Array, bracket: Array) -> Array:
    """The base-2 logarithm of each error over what one roundoff in every operator does; -∞ where there is no error."""
    with np.errstate(all="ignore"):
        return np.where(error == 0, -np.inf, np.log2(error / bracket))


def digits_lost(of: str | None, estimate: Estimate, truth: Estimate, roundoff: float) -> Digits:
    """The digits that an estimate lost. Its stated error is the budget of the dtype times what one roundoff does."""
    known = truth.speaks & estimate.speaks & np.isfinite(estimate.value) & np.isfinite(truth.value)
    with np.errstate(all="ignore"):
        error = np.where(known, np.maximum(np.abs(estimate.value - truth.value) - truth.error, 0.0), 0.0)
        bracket = estimate.error / budget(roundoff)
        # What is left of the bracket when an entry is measured by its own size.
        own = np.maximum(bracket - roundoff * largest(truth.value[known]), 0.0) + roundoff * np.abs(truth.value)
    lost, small = bits_lost(error, bracket), bits_lost(error, own)
    counted = lost[known & np.isfinite(lost)]
    worst, at = _most(lost, known)
    smallest, small_at = _most(small, known & (truth.value != 0) & (own > 0))
    median = float(np.median(lost[known])) if counted.size else None
    return Digits(
        input=of,
        significand=significand(roundoff),
        worst=worst,
        median=median if median is not None and math.isfinite(median) else None,
        index=at,
        small=smallest,
        small_index=small_at,
    )


def significand(roundoff: float) -> int:
    """How many bits the numbers of a dtype have: 53, 24, 11 or 8."""
    return round(-math.log2(roundoff))


def note(lost: Digits) -> str | None:
    """A sentence about small entries that lose digits in a tensor that is within what is allowed; None if none do."""
    honest = math.log2(budget(2.0**-lost.significand))
    if lost.worst is None or lost.small is None or lost.worst > honest or lost.small <= honest:
        return None
    tensor = "the value" if lost.input is None else f"the gradient by {lost.input}"
    where = f" at {list(lost.small_index)}" if lost.small_index else ""
    count = min(round(lost.small), lost.significand)
    return f"small entries of {tensor} lose digits: {count} of {lost.significand} bits{where}"


def _most(lost: Array, counted: NDArray[np.bool_]) -> tuple[float | None, tuple[int, ...] | None]:
    at = furthest(np.where(counted, lost, -np.inf)) if lost.size else None
    return (float(lost[at]), at) if at is not None and counted[at] and np.isfinite(lost[at]) else (None, None)
