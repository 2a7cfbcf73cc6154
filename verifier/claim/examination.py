"""The examination of one claim: the evidence, and where it is refuted a counterexample and a guess at the slip."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Basic

from verifier.claim.counterexample import Differing, counterexample
from verifier.claim.evidence import MOST_WORK, Evidence, evidence
from verifier.claim.numbers import Enclosed
from verifier.claim.sides import Sides
from verifier.claim.slip import slip
from verifier.numeric.rationals import NoValue, as_fraction
from verifier.symbolic.notation import render
from verifier.symbolic.program import bind_extents, shaped
from verifier.verdict.blame import SYMBOLIC
from verifier.verdict.compare import comparison, furthest, gap
from verifier.verdict.verdict import Claimed, Comparison, Counterexample, Finding
from verifier.witness import Estimate

CLAIM = "claim"

#: Claimed values that take more characters are written as the derived one and a difference.
LONGEST = 30

Arrays = Mapping[str, NDArray[Any]]


@dataclass(frozen=True)
class Examination:
    """What came of one claim; `comparison` is at the caller's own inputs, if there are any."""

    claimed: Claimed
    comparison: Comparison | None = None
    finding: Finding | None = None


def examine(sides: Sides, given: Arrays | None = None, closed_form: Basic | None = None, seed: int = 0) -> Examination:
    """Compare a claimed gradient with the derived one: as functions, and at the `given` inputs.

    `closed_form` is the derived gradient as an expression, whose terms the claim may miss.
    """
    found = evidence(sides, seed)
    here = None if given is None else _at_given(sides, given)
    compared = None if here is None else _comparison(sides, here)
    if found.standing == "refuted":
        finding = _refutation(sides, found, closed_form, seed)
    elif here is not None and compared is not None and not compared.agrees:
        found = replace(found, standing="refuted", equal=(), unequal=())
        finding = _finding(sides, here, "given")
    elif found.standing == "undecided" and not (compared and compared.entries):
        finding = Finding("undecided", None, f"the claim {found.sentence}", input=sides.name)
    else:
        finding = None
    claimed = Claimed(sides.name, render(sides.claim.expression), *_standing(found, compared), found.chance)
    return Examination(claimed, compared, finding)


def _standing(found: Evidence, compared: Comparison | None) -> tuple[Any, str]:
    if found.standing == "undecided" and compared is not None and compared.entries:
        return (
            "not refuted",
            "equal at the given inputs, within the radius of balls; at other points it was not compared",
        )
    return found.standing, found.sentence


def _at_given(sides: Sides, given: Arrays) -> Differing | None:
    """Both sides at the caller's inputs, in balls; None where that would take too long or they have no value."""
    program = sides.derivation.program
    point = shaped(program, given)
    extents = bind_extents(program, {name: array.shape for name, array in point.items()})
    if sides.work(extents) > MOST_WORK:
        return None
    numbers = Enclosed()
    try:
        return Differing(point, extents, numbers.pair(sides, point, extents), numbers)
    except NoValue:
        return None  # the claim is compared at random points all the same


def _comparison(sides: Sides, here: Differing) -> Comparison:
    pair = _estimates(here)
    return comparison(sides.name, (SYMBOLIC, CLAIM), pair, gap(pair[SYMBOLIC], pair[CLAIM]))


def _refutation(sides: Sides, found: Evidence, closed_form: Basic | None, seed: int) -> Finding:
    """The finding at the smallest counterexample; at the random point that refuted the claim if there is none."""
    cause = slip(sides, found, closed_form, seed)
    smallest = counterexample(sides, found.numbers, seed)
    if smallest is not None:
        shown = _shown(sides, smallest)
        return replace(_finding(sides, smallest, "counterexample"), cause=cause, counterexample=shown)
    assert found.refuting is not None
    point, extents = found.refuting
    differing = Differing(point, extents, found.numbers.pair(sides, point, extents), found.numbers)
    return replace(_finding(sides, differing, "random"), cause=cause)


def _finding(sides: Sides, at: Differing, point: str) -> Finding:
    estimates = _estimates(at)
    distance, place = _distance(at), _worst(at)
    return Finding(
        outcome="wrong",
        blamed=CLAIM,
        reason="the derived gradient refutes it",
        input=sides.name,
        index=place,
        values={name: float(estimate.value[place]) for name, estimate in estimates.items()},
        errors={name: float(estimate.error[place]) for name, estimate in estimates.items()},
        input_value=_float(at.point[sides.name].reshape(at.pair.differ.shape)[place]),
        error=float(np.abs(distance.value[place])),
        allowed=float(distance.error[place]),
        entries=int(at.pair.differ.sum()),
        size=int(at.pair.differ.size),
        point=point,
    )


def _estimates(at: Differing) -> dict[str, Estimate]:
    return {SYMBOLIC: at.numbers.estimate(at.pair.derived), CLAIM: at.numbers.estimate(at.pair.claimed)}


def _worst(at: Differing) -> tuple[int, ...]:
    """The entry where the two sides differ most, among those that are proven to."""
    return furthest(np.where(at.pair.differ, np.maximum(np.abs(_distance(at).value), 1e-300), -1.0))


def _distance(at: Differing) -> Estimate:
    return at.numbers.estimate(np.asarray(at.pair.derived - at.pair.claimed, dtype=object))


def _shown(sides: Sides, at: Differing) -> Counterexample:
    place = _worst(at)
    inputs = {name: _written(at.point[name].tolist()) for name in sides.shapes(at.extents)}
    derived, claimed = (at.numbers.shown(side[place]) for side in (at.pair.derived, at.pair.claimed))
    if derived == claimed or len(claimed) > LONGEST:
        difference = -float(_distance(at).value[place])
        claimed = f"{derived} {'+' if difference > 0 else '-'} {abs(difference):.3g}"
    return Counterexample(inputs, place, derived, claimed)


def _written(numbers: Any) -> str:
    """Nested lists of whole numbers."""
    return f"[{', '.join(map(_written, numbers))}]" if isinstance(numbers, list) else str(int(numbers))


def _float(number: Any) -> float:
    """A number of the point; large random ones are fractions."""
    exact = as_fraction(number)
    return float(number) if exact is None else float(exact)
