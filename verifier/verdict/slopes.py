"""Findings along directions: what is compared where a witness cannot be asked for every entry of a large input.

A gradient implies a slope along every direction. A witness that contradicts that slope contradicts the gradient, though
the direction does not tell at which entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from verifier.numeric.directions import along, along_all
from verifier.verdict.blame import DIFFERENCES, FORWARD, MODES, REVERSE, SYMBOLIC, Blame, Pair
from verifier.verdict.findings import Subject, examine
from verifier.verdict.verdict import Comparison, Finding
from verifier.witness import Estimate, Question, Testimony


def examine_gradient(
    subject: Subject,
    question: Question,
    said: Mapping[str, Testimony],
    elements: Mapping[Pair, Estimate] | None = None,
    joint: Mapping[str, Estimate] | None = None,
) -> tuple[list[Finding], list[Comparison]]:
    """Everything that is to be said of the gradient by one input: at its entries, and along its directions.

    `elements` holds what a witness with several right gradients says to another one (`examine`), and `joint` the slopes
    along directions that move other inputs as well (`joint_slopes`).
    """
    name = str(subject.input)
    slopes, compared = _examine_along(subject, slopes_by_witness(question, said, name))
    gradients = _gradients(said, name)
    compared += _examine_along(subject, joint or {})[1]
    at_entries, comparisons = examine(subject, gradients, elements, _convicted(slopes))
    if compared:
        at_entries = [_of_those_asked(finding, gradients) for finding in at_entries]
        comparisons = [one for one in comparisons if one.entries]
    return at_entries + _not_found_at_entries(slopes, at_entries), comparisons + compared


def _of_those_asked(finding: Finding, gradients: Mapping[str, Estimate]) -> Finding:
    """The finding with the number of entries that its culprit was asked for, instead of all there are."""
    return replace(finding, size=int(gradients[finding.blamed].speaks.sum())) if finding.blamed else finding


def slopes_by_witness(question: Question, said: Mapping[str, Testimony], name: str) -> dict[str, Estimate]:
    """What every witness says of the slopes along the question's directions of one input; empty if it has none."""
    if name not in question.directions or not any(name in testimony.slopes for testimony in said.values()):
        return {}
    slopes = {}
    for witness, testimony in said.items():
        if name in testimony.slopes:
            slopes[witness] = testimony.slopes[name]
        elif name in testimony.gradients:
            slopes[witness] = along(testimony.gradients[name], question.directions[name])
    return slopes


def joint_slopes(question: Question, said: Mapping[str, Testimony]) -> dict[str, Estimate]:
    """What every witness says of the slopes along the directions of several inputs; empty if none were asked for."""
    joint = question.joint
    if joint is None or not any(testimony.joint is not None for testimony in said.values()):
        return {}
    slopes = {SYMBOLIC: joint.slopes, REVERSE: along_all(said[REVERSE].gradients, joint.directions)}
    return slopes | {w: testimony.joint for w, testimony in said.items() if testimony.joint is not None}


def _gradients(said: Mapping[str, Testimony], name: str) -> dict[str, Estimate]:
    return {witness: testimony.gradients[name] for witness, testimony in said.items() if name in testimony.gradients}


def _examine_along(subject: Subject, slopes: Mapping[str, Estimate]) -> tuple[list[Finding], list[Comparison]]:
    """The same as `examine` of slopes along random directions, which are numbered instead of entries.

    The formula and reverse mode are compared at every entry already, and so not here.
    """
    if not slopes:
        return [], []
    findings, comparisons = examine(Subject(subject.input, subject.position), slopes)
    return [_along(finding) for finding in findings], [
        replace(one, index=None, direction=one.index[0] if one.index else 0)
        for one in comparisons
        if {one.left, one.right} & {FORWARD, DIFFERENCES}
    ]


def _along(finding: Finding) -> Finding:
    return replace(finding, index=None, direction=finding.index[0] if finding.index else 0)


def _convicted(along: list[Finding]) -> list[Blame]:
    """The modes of autograd that the formula and finite differences refute along directions."""
    return [Blame(finding.blamed, SYMBOLIC, "wrong", finding.reason) for finding in along if finding.blamed in MODES]


def _not_found_at_entries(along: list[Finding], at_entries: list[Finding]) -> list[Finding]:
    """The findings along directions that say more than those at entries, which are sharper."""
    accused = {finding.blamed for finding in at_entries}
    return [
        finding for finding in along if finding.blamed not in accused and (finding.blamed is not None or not accused)
    ]
