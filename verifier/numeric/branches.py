"""Piecewise functions in balls: conditions that may be undecided, and what is chosen between the branches then."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np
from flint import arb
from numpy.typing import NDArray
from sympy import Eq, Ge, Gt, Le, Lt, Ne, Symbol
from sympy.core.relational import Relational

from verifier.numeric.borders import Borders, Meaning
from verifier.numeric.branched import Branched, hull, unknown
from verifier.numeric.decided import Widths

#: True, False, or 1 or 0 by undecided conditions.
Truth = bool | Branched


def less(left: Any, right: Any) -> bool | None:
    """left < right; None for equality too, or the kink of relu at an exact 0 would go unseen."""
    if _whole(left, right):
        return bool(left < right)
    gap = arb(left) - arb(right)
    return True if gap < 0 else False if gap > 0 else None


def less_or_equal(left: Any, right: Any) -> bool | None:
    """left <= right; None for equality, except between whole numbers such as indices."""
    return bool(left <= right) if _whole(left, right) else less(left, right)


def equal(left: Any, right: Any) -> bool | None:
    """left == right, decided where both are exact or the balls are apart."""
    gap = arb(left) - arb(right)
    return True if gap == 0 else None if gap.contains(0) else False


def negated(truth: Truth) -> Truth:
    """Not."""
    return 1 - truth if isinstance(truth, Branched) else not truth


def all_of(*truths: Truth) -> Truth:
    """And."""
    product: Any = 1
    for truth in truths:
        product = product * (truth if isinstance(truth, Branched) else int(truth))
    return product if isinstance(product, Branched) else bool(product)


def any_of(*truths: Truth) -> Truth:
    """Or."""
    return negated(all_of(*map(negated, truths)))


#: For each relation: the test of its sides, whether they change places, and whether the result is negated.
TESTS: dict[type[Relational], tuple[Callable[[Any, Any], bool | None], bool, bool]] = {
    Lt: (less, False, False),
    Le: (less_or_equal, False, False),
    Gt: (less, True, False),
    Ge: (less_or_equal, True, False),
    Eq: (equal, False, False),
    Ne: (equal, False, True),
}


@dataclass(frozen=True)
class Conditions:
    """The conditions of one body in one evaluation: what is noted of undecided ones, and how wide their borders are."""

    borders: Borders
    widths: Widths = field(default_factory=dict)


def related(
    relation: Relational, symbols: Sequence[Symbol], conditions: Conditions, left: Any, right: Any, *values: Any
) -> Any:
    """A relation between arrays, entry by entry; `values` are what its symbols stand for."""
    width = conditions.widths.get(relation, 0.0)
    judge = partial(_judged, relation, symbols, conditions.borders)
    return np.frompyfunc(judge, 3 + len(symbols), 1)(width, left, right, *values)


def _judged(
    relation: Relational, symbols: Sequence[Symbol], borders: Borders, width: float, left: Any, right: Any, *values: Any
) -> Truth:
    test, swapped, opposite = TESTS[type(relation)]
    sides, written = ((right, left), (relation.rhs, relation.lhs)) if swapped else ((left, right), relation.args)
    low, high = map(hull, sides)
    meaning: Meaning = dict(zip(symbols, values, strict=True))
    truth: Any = test(low, high)
    touched = truth is None
    if width and test is not equal and not all(borders.is_given(side, meaning) for side in written):
        truth = None if abs(arb(low) - arb(high)) <= width else truth
    if truth is None:
        left, right = written
        border, other_way = borders.between(left, right, meaning, touched=touched, equality=test is equal)
        truth = negated(unknown(border)) if other_way else unknown(border)
    return negated(truth) if opposite else truth


def selected(conditions: Sequence[Any], branches: Sequence[Any]) -> NDArray[Any]:
    """Entry by entry the branch of the first condition that holds; branched where more than one may be it.

    Branches that are the same number, as those of a continuous function are, give their hull.
    """
    arrays = np.broadcast_arrays(*(np.asarray(a, dtype=object) for a in (*conditions, *branches)))
    result: Any = np.empty(arrays[0].shape, dtype=object)
    for place in np.ndindex(result.shape):
        here: list[Any] = [array[place] for array in arrays]
        result[place] = _chosen(_possible(here[: len(conditions)], here[len(conditions) :]))
    return result


def _possible(truths: list[Truth], branches: list[Any]) -> list[tuple[Any, Any]]:
    """The branches that may be chosen, each with 1 or 0 by whether it is."""
    possible = []
    left_over: Any = 1
    for truth, branch in zip(truths, branches, strict=True):
        chosen = left_over * (truth if isinstance(truth, Branched) else int(truth))
        if isinstance(chosen, Branched) or chosen:
            possible.append((chosen, branch))
        left_over = left_over - chosen
    if isinstance(left_over, Branched) or left_over:
        possible.append((left_over, arb("nan")))
    return possible


def _chosen(possible: list[tuple[Any, Any]]) -> Any:
    _, first = possible[0]
    if len(possible) == 1:
        return first
    branches = [branch for _, branch in possible]
    if not any(isinstance(branch, Branched) for branch in branches):
        balls = [arb(branch) for branch in branches]
        if all(one.overlaps(other) for one in balls for other in balls):
            for ball in balls:
                first = arb(first).union(ball)
            return first
    return sum(chosen * branch for chosen, branch in possible)


def _whole(left: Any, right: Any) -> bool:
    return isinstance(left, int | np.integer) and isinstance(right, int | np.integer)
