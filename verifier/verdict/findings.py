"""Findings: the blame for one tensor, gathered over its entries and told at the worst of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from verifier.numeric.spread import BUDGET
from verifier.verdict.blame import Blame, Pair, blamed_entries, evidence_at_entries
from verifier.verdict.compare import Gap, comparison, furthest, gap, gaps
from verifier.verdict.pattern import pattern
from verifier.verdict.verdict import SEVERITY, Comparison, Finding
from verifier.witness import Estimate

#: What a finding blames where the formula is not the function's.
FORMULA = "the formula"
FUNCTION = "the function"

#: Why the function itself is blamed.
NOTHING = "it returned NaN at every entry, and the formula has finite values there"


@dataclass(frozen=True)
class Subject:
    """What the estimates are of: the gradient by an input (its name, position and numbers), or the value (None)."""

    input: str | None
    position: int | None = None
    numbers: NDArray | None = None


def examine(
    subject: Subject,
    estimates: Mapping[str, Estimate],
    elements: Mapping[Pair, Estimate] | None = None,
    convicted: Iterable[Blame] = (),
) -> tuple[list[Finding], list[Comparison]]:
    """Everything that is to be said of one gradient: a finding for each culprit, and every pair compared.

    `elements` holds, for a witness that has several right gradients and another one, the nearest of them (`gaps`).
    `convicted` are modes of autograd that were refuted along directions.
    """
    if not estimates:
        return [], []  # nobody says anything
    found = gaps(estimates, elements)
    entries: dict[Blame, NDArray[np.bool_]] = {}
    for blame, mask in blamed_entries(evidence_at_entries(estimates, found), convicted):
        entries[blame] = entries.get(blame, np.zeros(mask.shape, dtype=bool)) | mask
    findings = [
        _finding(subject, blame, mask, told_to(blame.culprit, estimates, elements), found)
        for blame, mask in entries.items()
    ]
    comparisons = [comparison(subject.input, pair, estimates, g) for pair, g in found.items()]
    return sorted(findings, key=lambda finding: SEVERITY.index(finding.outcome)), comparisons


def told_to(
    culprit: str | None, estimates: Mapping[str, Estimate], elements: Mapping[Pair, Estimate] | None
) -> dict[str, Estimate]:
    """What everybody says, and those who have several answers say to the culprit."""
    return {name: (elements or {}).get((name, str(culprit)), estimate) for name, estimate in estimates.items()}


def _finding(
    subject: Subject,
    blame: Blame,
    mask: NDArray[np.bool_],
    estimates: Mapping[str, Estimate],
    found: Mapping[Pair, Gap],
) -> Finding:
    finding = Finding(blame.outcome, blame.culprit, blame.reason, subject.input, subject.position)
    if blame.culprit is not None and blame.reference is not None:
        measured = next(g for pair, g in found.items() if {*pair} == {blame.culprit, blame.reference})
        return told(finding, mask, measured, estimates, subject.numbers)
    excess = np.max([g.excess for g in found.values()], axis=0)
    at = furthest(np.where(mask, excess, -1.0))
    return _told_at(finding, at, mask, estimates, subject.numbers)


def told(
    finding: Finding,
    mask: NDArray[np.bool_],
    measured: Gap,
    estimates: Mapping[str, Estimate],
    numbers: NDArray | None,
) -> Finding:
    """The finding with its numbers, at the entry of `mask` that is furthest beyond what is allowed there.

    `measured` is the gap between the blamed witness and the reference, and `numbers` are the input's.
    """
    at = furthest(np.where(mask, measured.excess, -1.0))
    distance, allowed = float(measured.distance[at]), float(measured.allowed[at])
    finding = replace(finding, error=distance, allowed=allowed, bits_lost=_bits_lost(distance, allowed))
    return _told_at(finding, at, mask, estimates, numbers)


def _told_at(
    finding: Finding,
    at: tuple[int, ...],
    mask: NDArray[np.bool_],
    estimates: Mapping[str, Estimate],
    numbers: NDArray | None,
) -> Finding:
    return replace(
        finding,
        index=at,
        values={name: float(e.value[at]) for name, e in estimates.items() if e.speaks[at]},
        errors={name: float(e.error[at]) for name, e in estimates.items() if e.speaks[at]},
        input_value=float(numbers[at]) if numbers is not None else None,
        entries=int(mask.sum()),
        size=int(mask.size),
        pattern=pattern(mask),
    )


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
    nothing = bool(np.isnan(candidate.value).all())
    reason = NOTHING if nothing else "its values are not the function's: it describes another function"
    finding = Finding("wrong", FUNCTION if nothing else FORMULA, reason)
    return compared, told(finding, found.beyond, found, pair, None)
