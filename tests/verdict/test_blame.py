"""Who is blamed, for every pattern of evidence there can be."""

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from verifier.verdict.blame import (
    DIFFERENCES,
    FORWARD,
    REVERSE,
    SYMBOLIC,
    Blame,
    Evidence,
    blamed_entries,
    blames,
    evidence_at_entries,
)
from verifier.verdict.compare import gaps
from verifier.witness import Estimate

S, R, F, D = SYMBOLIC, REVERSE, FORWARD, DIFFERENCES
ALL = (S, R, F, D)
SHORT = {"S": S, "R": R, "F": F, "D": D}


def evidence(speaking, contradictions):
    """`evidence("SRD", "SR RD")`: who spoke and who contradicts whom."""
    pairs = frozenset(frozenset(SHORT[letter] for letter in pair) for pair in contradictions.split())
    return Evidence(frozenset(SHORT[letter] for letter in speaking), pairs)


def said(found):
    return [(blame.culprit, blame.reference, blame.outcome) for blame in found]


def test_where_the_derivative_is_infinite_the_formula_alone_decides():
    contradicted = evidence("SRFD", "SR SD RD RF FD")
    assert said(blames(replace(contradicted, unbounded=True))) == [(R, S, "wrong")]
    right = evidence("SRFD", "SD RD FD")
    assert blames(replace(right, unbounded=True)) == ()
    infinite = {S: estimated(np.inf), R: estimated(-np.inf), D: estimated(7.0)}
    (found,) = evidence_at_entries(infinite, gaps(infinite))
    assert found.unbounded and said(blames(found)) == [(R, S, "wrong")]
    finite = {S: estimated(1.0), R: estimated(np.inf)}
    assert not next(iter(evidence_at_entries(finite, gaps(finite)))).unbounded


def estimated(value):
    return Estimate(np.array([value]), np.zeros(1))


WRONG, AGREED = "wrong", "agreed"
UNDECIDED = [(None, None, "undecided")]

PATTERNS = {
    # All four.
    ("SRFD", "SR RD RF"): [(R, S, WRONG)],
    ("SRFD", "SF FD RF"): [(F, S, WRONG)],
    ("SRFD", "SR SF RD FD"): [(R, S, WRONG), (F, S, WRONG)],
    ("SRFD", "SR SF RD FD RF"): [(R, S, WRONG), (F, S, WRONG)],
    ("SRFD", "SR"): [(R, S, WRONG)],
    ("SRFD", "SR SF"): [(R, S, WRONG), (F, S, WRONG)],
    ("SRFD", "SD RD FD"): [(D, S, AGREED)],
    ("SRFD", "RD"): [(D, S, AGREED)],
    ("SRFD", "RD FD"): [(D, S, AGREED)],
    ("SRFD", "SD"): [(D, S, AGREED)],
    ("SRFD", "SR SF SD"): [(S, R, WRONG)],
    ("SRFD", "SR SF SD RF FD"): [(S, R, WRONG)],
    ("SRFD", "SR SF SD RF RD"): [(S, F, WRONG)],
    ("SRFD", "SR SF SD RF RD FD"): UNDECIDED,
    ("SRFD", "SR SF SD RD FD"): UNDECIDED,
    ("SRFD", "SF SD RF RD FD"): [(D, S, AGREED), (F, S, WRONG)],
    ("SRFD", "SF SD RF RD"): UNDECIDED,
    ("SRFD", "SR SD RF FD"): UNDECIDED,
    ("SRFD", "RF"): [],
    # Without forward mode.
    ("SRD", "SR RD"): [(R, S, WRONG)],
    ("SRD", "SR SD"): [(S, R, WRONG)],
    ("SRD", "SD RD"): [(D, S, AGREED)],
    ("SRD", "SR SD RD"): UNDECIDED,
    ("SRD", "SR"): [(R, S, WRONG)],
    ("SRD", "RD"): [(D, S, AGREED)],
    ("SRD", "SD"): [(D, S, AGREED)],
    ("SD", "SD"): UNDECIDED,
    # Without finite differences.
    ("SRF", "SR RF"): [(R, S, WRONG)],
    ("SRF", "SF RF"): [(F, S, WRONG)],
    ("SRF", "SF"): [(F, S, WRONG)],
    ("SRF", "SR SF"): UNDECIDED,
    ("SRF", "SR SF RF"): UNDECIDED,
    ("SRF", "RF"): [],
    ("SR", "SR"): UNDECIDED,
    ("SF", "SF"): UNDECIDED,
    # Without a formula.
    ("RFD", "RF RD"): [(R, D, WRONG)],
    ("RFD", "RF FD"): [(F, D, WRONG)],
    ("RFD", "RD"): [(R, D, WRONG)],
    ("RFD", "RD FD"): UNDECIDED,
    ("RFD", "RF RD FD"): UNDECIDED,
    ("RFD", "RF"): UNDECIDED,
    ("RD", "RD"): UNDECIDED,
    ("FD", "FD"): UNDECIDED,
    # Nothing but autograd.
    ("RF", "RF"): UNDECIDED,
}


@pytest.mark.parametrize(("speaking", "contradictions"), PATTERNS)
def test_pattern(speaking, contradictions):
    assert said(blames(evidence(speaking, contradictions))) == PATTERNS[speaking, contradictions]


def every_evidence():
    for size in (2, 3, 4):
        for speaking in combinations(ALL, size):
            pairs = list(combinations(speaking, 2))
            for number in range(1, len(pairs) + 1):
                for chosen in combinations(pairs, number):
                    yield Evidence(frozenset(speaking), frozenset(map(frozenset, chosen)))


EVERY = list(every_evidence())


def test_every_pattern_is_there():
    assert len(EVERY) == 6 * 1 + 4 * 7 + 63


@pytest.mark.parametrize("found", EVERY, ids=lambda e: f"{sorted(e.speaking)} {sorted(map(sorted, e.contradictions))}")
def test_laws_of_blame(found):
    verdict = blames(found)
    for blame in verdict:
        # Whoever is blamed spoke, and was contradicted; nobody is blamed without a reason to read.
        assert blame.reason
        if blame.culprit is None:
            assert (blame.reference, blame.outcome) == (None, "undecided") and len(verdict) == 1
        else:
            assert {blame.culprit, blame.reference} <= found.speaking
            assert any(blame.culprit in pair for pair in found.contradictions)
        # Finite differences have no share in the candidate: never `wrong`.
        assert (blame.culprit == D) == (blame.outcome == "agreed")
        # The formula falls only to finite differences and a mode of autograd that agree with each other.
        if blame.culprit == S:
            assert found.contradict(S, D) and any(found.agree(mode, D) and found.contradict(S, mode) for mode in (R, F))
        # A mode falls only where the reference contradicts it and somebody else agrees with the reference.
        if blame.culprit in (R, F):
            assert found.contradict(blame.reference, blame.culprit)
            assert any(
                found.agree(blame.reference, other) for other in found.speaking - {blame.culprit, blame.reference}
            )
    if not verdict:
        # Two modes that both stay within the reference's hull chose different values of one subdifferential.
        assert found.contradictions == frozenset([frozenset((R, F))]) and S in found.speaking


def test_the_modes_are_treated_alike():
    exchange = {R: F, F: R}
    for found in EVERY:
        mirrored = Evidence(
            frozenset(exchange.get(w, w) for w in found.speaking),
            frozenset(frozenset(exchange.get(w, w) for w in pair) for pair in found.contradictions),
        )
        expected = {(exchange.get(b.culprit, b.culprit), b.outcome) for b in blames(found)}
        assert {(b.culprit, b.outcome) for b in blames(mirrored)} == expected


REASONS = {
    ("SRFD", "SR RD RF"): "the formula's derivative and finite differences agree against it",
    ("SRFD", "SR SF SD"): (
        "reverse mode and forward mode and finite differences agree against the formula's derivative"
    ),
    ("SRD", "SD RD"): (
        "the formula's derivative and reverse mode agree against it: its own error estimate should have said so"
    ),
    ("SRD", "RD"): (
        "the formula's derivative and autograd agree against it: its own error estimate should have said so"
    ),
    ("SRD", "SR SD RD"): ("the formula's derivative, autograd and finite differences all contradict each other"),
    ("SRF", "SR RF"): "the formula and forward mode agree against it",
    ("SR", "SR"): (
        "autograd and the formula contradict each other, "
        "and no finite difference could be had that could tell who is wrong"
    ),
    ("RD", "RD"): (
        "autograd and finite differences contradict each other, and there is no formula that could tell who is wrong: "
        "give formula=, in SymPy or as plain torch code"
    ),
    ("RF", "RF"): "the two modes of autograd contradict each other, and nothing else speaks of this entry",
    ("RFD", "RF"): "the two modes of autograd contradict each other within the reference's error",
    ("SRFD", "SF SD RF RD"): "one mode of autograd sides with the formula, the other with finite differences",
}


@pytest.mark.parametrize(("speaking", "contradictions"), REASONS)
def test_reasons(speaking, contradictions):
    assert blames(evidence(speaking, contradictions))[0].reason == REASONS[speaking, contradictions]


def test_who_is_silent_agrees_with_nobody():
    found = evidence("SR", "SR")
    assert not found.agree(S, D) and not found.agree(D, F) and not found.agree(S, R)
    assert evidence("SRD", "SR").agree(S, D)


# Entries


def entries(**rows):
    """Evidence of exact witnesses; None is an entry that a witness says nothing about."""
    estimates = {
        SHORT[letter]: Estimate(
            np.array([np.nan if v is None else v for v in row], dtype=float),
            np.array([np.inf if v is None else 0.0 for v in row]),
        )
        for letter, row in rows.items()
    }
    return evidence_at_entries(estimates, gaps(estimates))


def culprits(gathered):
    found = {}
    for blame, mask in blamed_entries(gathered):
        found.setdefault((blame.culprit, blame.outcome), set()).update(np.flatnonzero(mask).tolist())
    return found


def test_entries_are_gathered_by_their_evidence():
    gathered = entries(S=[1, 1, 1, 1], R=[1, 2, 1, 2], D=[1, 1, 3, None])
    assert {frozenset(e.speaking): m.tolist() for e, m in gathered.items() if D not in e.speaking} == {
        frozenset({S, R}): [False, False, False, True]
    }
    assert sum(m.sum() for m in gathered.values()) == 3


def test_no_contradiction_no_evidence():
    assert entries(S=[1, 2], R=[1, 2], D=[1, None]) == {}
    assert evidence_at_entries({S: Estimate.nothing((2,))}, {}) == {}


def test_a_mode_refuted_elsewhere_is_the_culprit_where_nobody_asked_finite_differences():
    found = entries(S=[1, 1, 1, 1], R=[2, 2, 1, 5], D=[1, None, None, None])
    assert culprits(found) == {(R, "wrong"): {0, 1, 3}}


def test_a_mode_that_was_never_refuted_is_not_convicted_by_its_neighbour():
    found = entries(S=[1, 1], R=[2, 1], F=[1, 2], D=[1, None])
    # At 1 the formula and reverse mode agree against forward mode: that is proof enough of its own.
    assert culprits(found) == {(R, "wrong"): {0}, (F, "wrong"): {1}}
    found = entries(S=[1, 1], R=[2, 1], F=[None, 2], D=[1, None])
    assert culprits(found) == {(R, "wrong"): {0}, (F, "wrong"): {1}}


def test_nobody_is_convicted_where_finite_differences_contradict_everybody():
    assert culprits(entries(S=[1, 1], R=[2, 2], D=[1, 7])) == {(R, "wrong"): {0}, (None, "undecided"): {1}}


def test_a_refuted_formula_convicts_nobody_else():
    assert culprits(entries(S=[1, 1], R=[2, 2], D=[2, None])) == {(S, "wrong"): {0}, (None, "undecided"): {1}}


def test_two_refuted_modes_are_both_convicted():
    found = entries(S=[1, 1], R=[2, 2], F=[2, 2], D=[1, None])
    assert culprits(found) == {(R, "wrong"): {0, 1}, (F, "wrong"): {0, 1}}


def test_a_conviction_does_not_reach_where_the_formula_says_nothing():
    found = entries(S=[1, None], R=[2, 2], F=[1, 3], D=[1, None])
    assert culprits(found) == {(R, "wrong"): {0}, (None, "undecided"): {1}}


def test_a_mode_refuted_along_directions_is_the_culprit_at_entries_that_nobody_else_speaks_of():
    gathered = entries(S=[1, 1], R=[2, 1])
    assert [(blame.culprit, blame.outcome) for blame, _ in blamed_entries(gathered)] == [(None, "undecided")]
    convicted = Blame(R, S, "wrong", "refuted along a direction")
    assert [blame for blame, _ in blamed_entries(gathered, [convicted])] == [convicted]
