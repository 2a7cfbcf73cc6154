"""Findings: the blame for one tensor, gathered over its entries and told at the worst of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verifier.numeric.spread import BUDGET
from verifier.verdict.blame import Blame, blamed_entries, evidence_at_entries
from verifier.verdict.compare import Gap, comparison, furthest, gap, gaps
from verifier.verdict.pattern import pattern
from verifier.verdict.verdict import SEVERITY, Comparison, Finding, Outcome
from verifier.witness import Estimate

#: What a finding blames where the formula is not the function's.
FORMULA = "the formula"
FUNCTION = "the function"

#: Why the function itself is blamed.
NOTHING = "it returned NaN at every entry, and the formula has finite values there"

#: An error that shrinks at least so much when the candidate computes in float64 was rounding.
SHRINKS = 2.0**-8


@dataclass(frozen=True)
class Subject:
    """What the estimates are of: the gradient by an input (its name, position and numbers), or the value (None)."""

    input: str | None
    position: int | None = None
    numbers: NDArray | None = None


def examine(
    subject: Subject, estimates: Mapping[str, Estimate], wider: Mapping[str, Estimate]
) -> tuple[list[Finding], list[Comparison]]:
    """Everything that is to be said of one gradient: a finding for each culprit, and every pair compared.

    `wider` holds what witnesses say of the same gradient in a wider dtype: an error that shrinks there is rounding.
    """
    found = gaps(estimates)
    entries: dict[Blame, NDArray[np.bool_]] = {}
    for blame, mask in blamed_entries(evidence_at_entries(estimates, found)):
        entries[blame] = entries.get(blame, np.zeros(mask.shape, dtype=bool)) | mask
    findings = [_finding(subject, blame, mask, estimates, found, wider) for blame, mask in entries.items()]
    comparisons = [comparison(subject.input, pair, estimates, g) for pair, g in found.items()]
    return sorted(findings, key=lambda finding: SEVERITY.index(finding.outcome)), comparisons


def _finding(
    subject: Subject,
    blame: Blame,
    mask: NDArray[np.bool_],
    estimates: Mapping[str, Estimate],
    found: Mapping[tuple[str, str], Gap],
    wider: Mapping[str, Estimate],
) -> Finding:
    if blame.culprit is None or blame.reference is None:
        excess = np.max([g.excess for g in found.values()], axis=0)
        at, distance, allowed = furthest(np.where(mask, excess, -1.0)), None, None
        outcome: Outcome = blame.outcome
    else:
        measured = gap(estimates[blame.culprit], estimates[blame.reference])
        at = furthest(np.where(mask, measured.excess, -1.0))
        distance, allowed = float(measured.distance[at]), float(measured.allowed[at])
        shrunk = distance * SHRINKS if np.isfinite(distance) else allowed
        outcome = _nature(blame, at, shrunk, estimates, wider)
    return Finding(
        outcome=outcome,
        blamed=blame.culprit,
        reason=blame.reason,
        input=subject.input,
        position=subject.position,
        index=at,
        values={name: float(e.value[at]) for name, e in estimates.items() if e.speaks[at]},
        errors={name: float(e.error[at]) for name, e in estimates.items() if e.speaks[at]},
        input_value=float(subject.numbers[at]) if subject.numbers is not None else None,
        error=distance,
        allowed=allowed,
        bits_lost=_bits_lost(distance, allowed),
        entries=int(mask.sum()),
        size=int(mask.size),
        pattern=pattern(mask),
    )


def _nature(
    blame: Blame, at: tuple[int, ...], shrunk: float, estimates: Mapping[str, Estimate], wider: Mapping[str, Estimate]
) -> Outcome:
    """Rounding shrinks in a wider dtype, to `shrunk` at most, and a wrong formula does not."""
    if blame.outcome != "wrong" or blame.culprit is None or blame.reference is None or blame.culprit not in wider:
        return blame.outcome
    remaining = abs(float(wider[blame.culprit].value[at]) - float(estimates[blame.reference].value[at]))
    return "inaccurate" if remaining <= shrunk else "wrong"


def _bits_lost(distance: float | None, allowed: float | None) -> float | None:
    """The base-2 logarithm of the error in units of an honest one; None where either is unknown or not finite."""
    if not distance or not allowed or not np.isfinite(distance):
        return None
    return float(np.log2(distance * BUDGET / allowed))


def value_shape_finding(actual: tuple[int, ...], expected: tuple[int, ...]) -> Finding | None:
    """A formula whose value has another shape than the function's, extents of 1 left aside."""
    if [n for n in actual if n != 1] == [n for n in expected if n != 1]:
        return None
    reason = f"the formula has a value of shape {expected} and the function returned one of shape {actual}"
    return Finding("wrong", FORMULA, reason)


def value_finding(formula: Estimate, candidate: Estimate) -> tuple[Comparison, Finding | None]:
    """The formula's value against the function's: if they differ, the formula describes another function."""
    pair = {FORMULA: formula, FUNCTION: candidate}
    found = gap(formula, candidate)
    compared = comparison(None, (FORMULA, FUNCTION), pair, found)
    if compared.agrees:
        return compared, None
    at = furthest(found.excess)
    nothing = bool(np.isnan(candidate.value).all())
    finding = Finding(
        outcome="wrong",
        blamed=FUNCTION if nothing else FORMULA,
        reason=NOTHING if nothing else "its values are not the function's: it describes another function",
        index=at,
        values={name: float(estimate.value[at]) for name, estimate in pair.items()},
        errors={name: float(estimate.error[at]) for name, estimate in pair.items()},
        error=float(found.distance[at]),
        allowed=float(found.allowed[at]),
        bits_lost=_bits_lost(float(found.distance[at]), float(found.allowed[at])),
        entries=int(found.beyond.sum()),
        size=int(found.beyond.size),
        pattern=pattern(found.beyond),
    )
    return compared, finding
