"""The report as Markdown (GitHub's dialect), for a file or a comment on a pull request."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from verifier.report import Report
from verifier.verdict import wording
from verifier.verdict.verdict import Comparison, Finding, Run, Verdict

#: What Markdown reads inside of a line (an underscore within a word is none), and at the beginning of a block.
_INLINE = re.compile(r"[\\`*\[|~$]|(?<!\w)_|_(?!\w)")
_BLOCK = re.compile(r"^(\d*)([#+=-]|[.)](?= |$))")


def lines(run: Run) -> Iterator[str]:
    """The totals and the summary table, then a section for each case; cases that agreed are folded."""
    yield "# Gradient report"
    yield ""
    yield f"**{wording.totals(run)}**"
    if sentence := wording.interruption(run):
        yield from ("", f"**{sentence}**")
    for problem in run.problems:
        yield from ("", f"**could not be read:** {escape(problem.source)}: {escape(problem.sentence)}")
    if run.verdicts:
        yield ""
        yield from _summary(run)
    for verdict in sorted(run.verdicts, key=lambda verdict: verdict.ok):
        yield ""
        yield from _folded(verdict) if verdict.ok else _section(verdict)
    if run.versions:
        yield ""
        yield ", ".join(escape(f"{name} {version}") for name, version in run.versions.items())


def escape(text: str) -> str:
    """Text from elsewhere on one line, where nothing in it is taken for Markdown or for HTML."""
    shown = _INLINE.sub(r"\\\g<0>", wording.one_line(text))
    return _html(_BLOCK.sub(r"\1\\\2", shown))


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def code(text: str) -> str:
    """Text from elsewhere on one line in a code span, whatever backticks it holds; not for cells of tables."""
    shown = wording.one_line(text)
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    padding = " " if "`" in shown else ""
    return f"{fence}{padding}{shown}{padding}{fence}"


def _summary(run: Run) -> Iterator[str]:
    everyone = wording.speakers(run)
    rows = [
        [
            escape(verdict.source or ""),
            escape(verdict.name),
            _outcome(verdict),
            escape(verdict.dtype or ""),
            escape(wording.testimony(verdict, everyone)),
            wording.duration(verdict.seconds),
        ]
        for verdict in run.verdicts
    ]
    yield from _table(["file", "case", "outcome", "dtype", "witnesses", "time"], rows)
    if len(everyone) > 1:
        yield ""
        yield f"all {len(everyone)} witnesses: {escape(', '.join(everyone))}"


def _outcome(verdict: Verdict) -> str:
    said = f"{wording.MARKS[verdict.outcome]} {verdict.outcome}"
    return said if verdict.ok else f"**{said}**"


def _folded(verdict: Verdict) -> Iterator[str]:
    place = wording.place(verdict)
    title = _html(wording.one_line(f"{verdict.name} ({place})" if place else verdict.name))
    yield f"<details><summary>{_outcome(verdict)}: {title}</summary>"
    yield from _content(verdict)
    yield ""
    yield "</details>"


def _section(verdict: Verdict) -> Iterator[str]:
    yield f"## {wording.MARKS[verdict.outcome]} {verdict.outcome}: {escape(verdict.name)}"
    if place := wording.place(verdict):
        yield ""
        yield escape(place)
    yield from _content(verdict)


def _content(verdict: Verdict) -> Iterator[str]:
    for sentence in (verdict.lesson, wording.purpose(verdict), _reason(verdict)):
        if sentence:
            yield from ("", escape(sentence))
    for line in verdict.promises:
        yield from ("", f"{'✓' if line.kept else '✗'} {escape(wording.promise(line))}")
    if verdict.formula:
        yield ""
        yield f"- formula: {code(verdict.formula.plain)}"
    elif verdict.gradients:
        yield ""
    for name, gradient in verdict.gradients.items():
        yield f"- {escape(wording.subject(name))}: {code(gradient.plain)}"
    for name, product in verdict.second_gradients.items():
        yield f"- {escape(wording.subject(name, 2))}: {code(product.plain)}"
    if verdict.claims:
        yield ""
        yield from (f"- {escape(label)}: {escape(said)}" for label, said in wording.claims(verdict))
    if verdict.tolerance:
        yield ""
        yield from (f"- {label}: {escape(said)}" for label, said in wording.tolerance(verdict))
    for finding in verdict.findings:
        yield ""
        yield from _finding(finding)
    if verdict.comparisons:
        yield ""
        yield from _comparisons(verdict.comparisons)
    if lost := wording.digits(verdict):
        yield ""
        yield f"- bits lost: {escape(lost)}"
    if verdict.notes:
        yield ""
        yield from (f"- note: {escape(note)}" for note in verdict.notes)


def _reason(verdict: Verdict) -> str | None:
    repeated = verdict.reason in [finding.reason for finding in verdict.findings]
    return f"reason: {verdict.reason}" if verdict.reason and not repeated else None


def _finding(finding: Finding) -> Iterator[str]:
    yield f"**{escape(wording.charge(finding))}**"
    yield ""
    shown = wording.side_by_side(finding.values)
    rows = [
        [
            escape(name),
            value,
            f"± {wording.rough(finding.errors[name])}" if name in finding.errors else "",
            "← blamed" if name == finding.blamed else "",
        ]
        for name, value in shown.items()
    ]
    if rows:
        yield from _table(["witness", "value", "error", ""], rows)
        yield ""
    yield from (f"- {label}: {escape(said)}" for label, said in wording.details(finding))


def _comparisons(comparisons: Iterable[Comparison]) -> Iterator[str]:
    rows = []
    for one in comparisons:
        values = wording.side_by_side({"left": one.left_value, "right": one.right_value})
        rows.append(
            [
                "✓" if one.agrees else "✗",
                escape(wording.subject(one.input, one.order) + wording.entry(one.index)),
                f"{escape(one.left)}, {escape(one.right)}",
                f"{values['left']}, {values['right']}",
                wording.rough(one.difference),
                wording.rough(one.allowed),
                wording.coverage(one.entries, one.size, one.direction),
            ]
        )
    yield from _table(["", "furthest apart", "witnesses", "values", "difference", "allowed", "entries"], rows)


def _table(header: list[str], rows: Iterable[list[str]]) -> Iterator[str]:
    yield f"| {' | '.join(header)} |"
    yield f"|{' --- |' * len(header)}"
    yield from (f"| {' | '.join(row)} |" for row in rows)


REPORT = Report(
    name="markdown",
    suffix=".md",
    describes="Markdown for a file or a comment on a pull request",
    lines=lines,
)
