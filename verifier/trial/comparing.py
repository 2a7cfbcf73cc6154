"""What the witnesses of a trial said, compared: findings and comparisons for the value and for each gradient."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from verifier.numeric.spread import BUDGET, budget
from verifier.point import FLOATING, LARGEST
from verifier.trial.inquiry import witnesses_of
from verifier.trial.second_look import SecondLook
from verifier.trial.trial import Trial
from verifier.verdict.blame import DIFFERENCES, FORWARD, MODES, REVERSE, SYMBOLIC
from verifier.verdict.compare import gap
from verifier.verdict.conventions import Choices
from verifier.verdict.digits import significand
from verifier.verdict.findings import Subject
from verifier.verdict.slopes import examine_gradient, joint_slopes
from verifier.verdict.verdict import Comparison, Finding
from verifier.witness import Array, Estimate, Question, Testimony

#: The note on rounding that cannot be measured.
UNMEASURED = (
    "{what} is up to {error:.2g} off, where the formula is zero at all inputs: that is rounding, and how much of it is "
    "honest is not known, for the code cannot be followed"
)


@dataclass(frozen=True)
class Compared:
    """All pairs of witnesses that were compared, what is not right, and the conventions that were met.

    `look` was taken at the findings, and knows more of them.
    """

    look: SecondLook
    comparisons: list[Comparison]
    findings: list[Finding]
    notes: tuple[str, ...] = ()


def compare(trial: Trial, question: Question, dtype: str, value: Array, said: Mapping[str, Testimony]) -> Compared:
    """Compare the value first: if the formula's is another, its gradients mean nothing.

    dtype: the coarsest that the candidate computes in. value: what the candidate returned.
    """
    tolerated = _beside_infinities(_tolerated(trial, said, budget(question.roundoff)))
    witnesses = {witness.name: witness for witness in witnesses_of(trial)}
    look = SecondLook(question, dtype, value, tolerated, witnesses, tolerances=trial.tolerances)
    comparisons: list[Comparison] = []
    findings: list[Finding] = []
    notes: list[str] = []
    if SYMBOLIC in said and said[SYMBOLIC].value is not None and question.value_allowance is not None:
        compared, judged = look.judged_value()
        findings, notes = _measured(judged, look)
        comparisons.append(compared)
        if any(finding.outcome == "wrong" for finding in findings):
            return Compared(look, comparisons, _in_bits(findings, dtype))
    lost = bool(findings)
    choices = Choices.of(tolerated, LARGEST[dtype])
    right: list[Subject] = []
    joint = joint_slopes(question, tolerated)
    for name in question.wrt:
        subject = Subject(name, trial.candidate.names.index(name), trial.inputs[name])
        told = choices.told(name)
        heard = _without_misled_differences(tolerated, name) if lost else tolerated
        found, pairs = examine_gradient(subject, question, heard, told, joint)
        judged = look.judged(subject, found, estimates_of(heard, name), told)
        judged, excused = _measured(judged, look)
        notes += excused
        findings += [choices.explained(_counted(finding, question)) for finding in judged]
        comparisons += pairs
        right += [] if found else [subject]
    if not trial.tolerances.are_set:
        findings += look.in_float64(right)
    return Compared(look, comparisons, _in_bits(findings, dtype), (*choices.notes, *notes))


def _measured(judged: list[Finding], look: SecondLook) -> tuple[list[Finding], list[str]]:
    """The findings, less those that nothing can be measured by; notes on these."""
    excused = [finding for finding in judged if look.without_measure(finding)]
    notes = [
        UNMEASURED.format(what=f"the gradient by {f.input} from {f.blamed}" if f.input else "the value", error=f.error)
        for f in excused
    ]
    return [finding for finding in judged if finding not in excused], notes


def estimates_of(said: Mapping[str, Testimony], name: str) -> dict[str, Estimate]:
    """What the witnesses say of the gradient by one input, in their usual order."""
    return {w: testimony.gradients[name] for w, testimony in said.items() if name in testimony.gradients}


def _without_misled_differences(said: Mapping[str, Testimony], name: str) -> Mapping[str, Testimony]:
    """What was said, less finite differences that side with reverse mode against the formula.

    Values that have lost their digits mislead them, in the same way as autograd.
    """
    told = estimates_of(said, name)
    if not {SYMBOLIC, REVERSE, DIFFERENCES} <= told.keys():
        return said
    against = gap(told[SYMBOLIC], told[DIFFERENCES]).beyond & ~gap(told[REVERSE], told[DIFFERENCES]).beyond
    return {w: testimony for w, testimony in said.items() if w != DIFFERENCES} if against.any() else said


def _tolerated(trial: Trial, said: Mapping[str, Testimony], times: float) -> dict[str, Testimony]:
    """What was said, in the witnesses' usual order, where autograd may be off by what the user says."""
    ordered = {witness.name: said[witness.name] for witness in witnesses_of(trial) if witness.name in said}
    by_name = {name: trial.tolerances.applied(estimates_of(ordered, name), MODES, times) for name in trial.wrt}
    return {
        w: replace(t, gradients={n: by_name[n][w] if n in by_name else e for n, e in t.gradients.items()})
        for w, t in ordered.items()
    }


def _beside_infinities(said: dict[str, Testimony]) -> dict[str, Testimony]:
    """What was said, without forward mode's NaN for an input whose derivative is infinite at another entry.

    A jvp along one entry multiplies the infinite derivative by the others' tangents, which are 0.
    """
    if SYMBOLIC not in said or FORWARD not in said:
        return said
    truth, forward = said[SYMBOLIC].gradients, said[FORWARD]
    mended = {
        name: replace(e, error=np.where(np.isnan(e.value), np.inf, e.error))
        for name, e in forward.gradients.items()
        if name in truth and np.isinf(truth[name].value).any()
    }
    return {**said, FORWARD: replace(forward, gradients={**forward.gradients, **mended})}


def _counted(finding: Finding, question: Question) -> Finding:
    """A finding on a gradient with its bits counted from what one roundoff does, whatever is allowed."""
    times = budget(question.roundoff)
    if finding.blamed not in MODES or not finding.bits_lost or finding.error is None or finding.input is None:
        return finding
    if finding.index is None:
        return replace(finding, bits_lost=finding.bits_lost + math.log2(times / BUDGET))
    if finding.input not in question.allowance:
        return finding
    bracket = question.allowance[finding.input][finding.index] / times
    with np.errstate(divide="ignore"):
        return replace(finding, bits_lost=float(np.log2(finding.error / bracket)))


def _in_bits(findings: list[Finding], dtype: str) -> list[Finding]:
    bits = significand(FLOATING[dtype][0])
    return [finding if finding.significand else replace(finding, significand=bits) for finding in findings]
