"""Every fourth function of the corpus; `benchmarks/corpus.py` runs all of them, in all of their dtypes."""

from __future__ import annotations

import pytest
from corpus.entry import Entry
from corpus.losing import LOSING
from corpus.reported import REPORTED
from corpus.right import RIGHT
from corpus.wrong import WRONG

import verifier


def some(table: list[Entry]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("entry", table[::4], ids=lambda entry: entry.name)


def outcome_of(entry: Entry) -> verifier.Verdict:
    dtype = entry.dtypes[-1]
    return verifier.check(entry.function_in(dtype), entry.inputs(dtype))


@some(RIGHT)
def test_what_is_right_is_agreed(entry):
    verdict = outcome_of(entry)
    assert verdict.outcome == "agreed", str(verdict)


@some(WRONG)
def test_what_is_wrong_is_called_wrong(entry):
    verdict = outcome_of(entry)
    assert verdict.outcome == "wrong", str(verdict)
    named = {finding.input for finding in verdict.findings if finding.outcome == "wrong"}
    assert entry.culprit is None or named == {entry.culprit}


@some(LOSING)
def test_what_loses_digits_is_called_inaccurate(entry):
    verdict = outcome_of(entry)
    assert verdict.outcome == "inaccurate", str(verdict)


@pytest.mark.parametrize("entry", REPORTED[::12], ids=lambda entry: entry.name)
def test_what_was_reported_is_called_wrong_by_all_culprits_and_by_nothing_else(entry):
    verdict = verifier.check(entry.function, entry.inputs(entry.dtypes[-1]), **entry.asked)
    assert verdict.outcome in entry.outcomes, str(verdict)
    assert {f.input for f in verdict.findings if f.outcome in entry.outcomes} == entry.culprits
    assert len(str(verdict).splitlines()) <= 12 * len(verdict.findings)
