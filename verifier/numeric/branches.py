"""Piecewise functions in balls: conditions have three values, and an undecided one gives the hull of its branches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray

#: True, False, or None where a ball meets the border.
Truth = bool | None


def less(left: Any, right: Any) -> Truth:
    """left < right; equality counts as undecided, or the kink of relu at an exact 0 would go unseen."""
    if isinstance(left, int | np.integer) and isinstance(right, int | np.integer):
        return bool(left < right)
    gap = arb(left) - arb(right)
    return True if gap < 0 else False if gap > 0 else None


def less_or_equal(left: Any, right: Any) -> Truth:
    """left <= right; equality counts as undecided, except between whole numbers such as indices."""
    if isinstance(left, int | np.integer) and isinstance(right, int | np.integer):
        return bool(left <= right)
    return less(left, right)


def equal(left: Any, right: Any) -> Truth:
    """left == right, decided where both are exact or the balls are apart."""
    gap = arb(left) - arb(right)
    return True if gap == 0 else None if gap.contains(0) else False


def negated(truth: Truth) -> Truth:
    """Not, in three values."""
    return None if truth is None else not truth


def all_of(*truths: Truth) -> Truth:
    """And, in three values."""
    return False if False in truths else None if None in truths else True


def any_of(*truths: Truth) -> Truth:
    """Or, in three values."""
    return True if True in truths else None if None in truths else False


def selected(conditions: Sequence[Any], branches: Sequence[Any], on_border: Callable[[], None]) -> NDArray[Any]:
    """Entry by entry the branch of the first condition that holds, or the hull of those that may.

    `on_border` is called for every entry that no condition decided.
    """
    arrays = np.broadcast_arrays(*(np.asarray(a, dtype=object) for a in (*conditions, *branches)))
    result: Any = np.empty(arrays[0].shape, dtype=object)
    for place in np.ndindex(result.shape):
        here: list[Any] = [array[place] for array in arrays]
        possible = _possible(here[: len(conditions)], here[len(conditions) :])
        result[place] = possible[0]
        for other in possible[1:]:
            result[place] = arb(result[place]).union(arb(other))
        if len(possible) > 1:
            on_border()
    return result


def _possible(truths: list[Truth], branches: list[Any]) -> list[Any]:
    possible = []
    for truth, branch in zip(truths, branches, strict=True):
        if truth is not False:
            possible.append(branch)
        if truth is True:
            break
    return possible or [arb("nan")]
