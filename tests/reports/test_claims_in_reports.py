"""Every report says what became of a claim, and shows the counterexample of a refuted one."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest

from verifier.reports import html, markdown, terminal
from verifier.reports import json as json_report
from verifier.symbolic.rendered import Rendered
from verifier.verdict import wording
from verifier.verdict.verdict import Claimed, Counterexample, Finding, Run, Verdict

PROVEN = Claimed("X", Rendered("1·Wᵀ", "", ""), "proven", "equal for all inputs", 1e-37)
REFUTED = Claimed("x", Rendered("2·A·x", "", ""), "refuted", "differs from the derived gradient")
FINDING = Finding(
    "wrong",
    "claim",
    "the derived gradient refutes it",
    input="x",
    index=(0, 0),
    values={"symbolic": 1.0, "claim": 0.0},
    cause="only symmetric",
    point="counterexample",
    counterexample=Counterexample({"A": "[[0, 1], [0, 0]]", "x": "[[1], [0]]"}, (0, 0), "1", "0"),
)
SENTENCE = "A = [[0, 1], [0, 0]], x = [[1], [0]]: the gradient at [0, 0] is 1, and 0 is claimed"
RUN = Run((Verdict("right", "agreed", claims=(PROVEN,)), Verdict("false", "wrong", (FINDING,), claims=(REFUTED,))))


def squeezed(text):
    """Without what a format puts around words and before brackets."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>|│", " ", text)).replace("\\", "")


def everywhere(run):
    yield "\n".join(markdown.REPORT.lines(run))
    yield "\n".join(html.REPORT.lines(run))


def test_words():
    assert wording.claims(RUN.verdicts[0]) == [("claim by X", "1·Wᵀ — proven: equal for all inputs")]
    assert wording.claims(RUN.verdicts[1]) == [("claim by x", "2·A·x — refuted: differs from the derived gradient")]
    assert wording.counterexample(FINDING) == SENTENCE
    assert ("counterexample", SENTENCE) in wording.details(FINDING)
    assert wording.circumstances(FINDING) is None
    assert wording.counterexample(replace(FINDING, counterexample=None)) is None
    scalar = Counterexample({"s": "1"}, (), "2", "1")
    assert wording.counterexample(replace(FINDING, counterexample=scalar)) == (
        "s = 1: the gradient is 2, and 1 is claimed"
    )


@pytest.mark.parametrize("verdict", RUN.verdicts, ids=lambda verdict: verdict.name)
def test_claims_are_in_the_text_and_the_explanation(verdict):
    ((label, said),) = wording.claims(verdict)
    for text in (terminal.text(verdict), terminal.explanation(verdict)):
        assert f"{label} {said}" in squeezed(text)


def test_every_format_shows_them():
    for text in everywhere(RUN):
        shown = squeezed(text)
        assert "1·Wᵀ — proven: equal for all inputs" in shown and "2·A·x — refuted:" in shown
        assert SENTENCE in shown
    assert SENTENCE in squeezed("\n".join(terminal.lines(RUN)))


def test_the_json_report_holds_them():
    first, second = json.loads("\n".join(json_report.REPORT.lines(RUN)))["verdicts"]
    assert (first["claims"][0]["standing"], first["claims"][0]["chance"]) == ("proven", 1e-37)
    assert second["findings"][0]["counterexample"]["inputs"] == {"A": "[[0, 1], [0, 0]]", "x": "[[1], [0]]"}


def test_without_claims_nothing_is_said_of_them():
    for text in everywhere(Run((Verdict("plain", "agreed"),))):
        assert "claim" not in text.lower().replace("disclaim", "")
