"""The report for a terminal: a panel for each case that is not agreed, a summary table, the totals."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable, Iterator

from rich import box
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from verifier.report import Report
from verifier.symbolic.rendered import Rendered
from verifier.verdict import wording
from verifier.verdict.verdict import Comparison, Finding, Outcome, Problem, Run, Verdict

WIDTH = 80
FINDINGS_SHOWN = 3
NOTES_SHOWN = 2

#: The most lines that one finding takes in `str(verdict)`, and what is cut for that where it has to be, in this order.
LINES = 12
CUT = ("notes", "reason", "entries", "likely cause", "seen")

STYLES: dict[Outcome, str] = {
    "agreed": "green",
    "inaccurate": "yellow",
    "wrong": "bold red",
    "undecided": "cyan",
}


def text(verdict: Verdict) -> str:
    """One verdict without colour in 80 columns: the text of `str(verdict)`, test failures and AssertionErrors.

    What agreed is summed up; of what did not, the three worst findings are shown and the others counted. A finding
    takes twelve lines at most: what does not fit is cut with "…", and `verdict.findings` has all of it.
    """
    if not verdict.ok or verdict.expected_blame is not None:
        return _fitted(verdict)
    parts = [*_promises(verdict), *_formulas(verdict), *_claims(verdict), *_tolerance(verdict)]
    compared = [_comparisons(verdict.comparisons)] if verdict.comparisons else []
    return _plainly(verdict, [*parts, *compared, *_digits(verdict)])


def _fitted(verdict: Verdict) -> str:
    """What is not right, in `LINES` for each finding that is shown."""
    most = LINES * min(len(verdict.findings), FINDINGS_SHOWN)
    for count in range(len(CUT) + 1):
        said = _plainly(verdict, _failure(verdict, CUT[:count]))
        if not most or said.count("\n") < most:
            break
    return said


def explanation(verdict: Verdict) -> str:
    """Everything that is known of one verdict, without colour in 80 columns."""
    witnesses = [(wording.one_line(name), wording.one_line(how)) for name, how in verdict.witnesses.items()]
    parts: list[list[RenderableType]] = [
        [Text(wording.one_line(verdict.lesson))] if verdict.lesson else [],
        [*_purpose(verdict), *_reason(verdict), *_promises(verdict)],
        _formulas(verdict),
        [*_claims(verdict), *_tolerance(verdict)],
        _charges(verdict, len(verdict.findings)),
        [_values(verdict.comparisons)] if verdict.comparisons else [],
        _digits(verdict),
        [_labelled(witnesses)] if witnesses else [],
        _notes(verdict, len(verdict.notes)),
    ]
    return _plainly(verdict, _apart(part for part in parts if part))


def lines(run: Run, console: Console | None = None) -> Iterator[str]:
    """The report of a run as the console shows it; without one, in 80 columns and without colour."""
    console = console or _paper()
    for part in _parts(run):
        with console.capture() as captured:
            console.print(part)
        yield from (line.rstrip() for line in captured.get().splitlines())


def _parts(run: Run) -> Iterator[RenderableType]:
    for verdict in run.verdicts:
        if not verdict.ok:
            yield _panel(verdict)
    yield from map(_problem, run.problems)
    if run.verdicts:
        yield from _table(run)
    yield Text(wording.totals(run), style="bold green" if run.ok else "bold")
    if sentence := wording.interruption(run):
        yield Text(sentence, style="bold red")


def _plainly(verdict: Verdict, body: Iterable[RenderableType]) -> str:
    console = _paper()
    with console.capture() as captured:
        console.print(_headline(verdict), Padding(Group(*body), (0, 0, 0, 2)))
    return "\n".join(line.rstrip() for line in captured.get().rstrip().splitlines())


def _paper() -> Console:
    """A console of fixed width that knows no colour, whatever the environment says."""
    return Console(file=io.StringIO(), width=WIDTH, color_system=None, force_terminal=False)


def _headline(verdict: Verdict) -> Text:
    place = wording.place(verdict)
    return Text.assemble(
        (f"{wording.MARKS[verdict.outcome]} {verdict.outcome}", STYLES[verdict.outcome]),
        ": ",
        (wording.one_line(verdict.name), "bold"),
        (f" ({place})" if place else "", "dim"),
    )


def _panel(verdict: Verdict) -> Panel:
    body = Group(*_failure(verdict))
    return Panel(body, title=_headline(verdict), title_align="left", border_style=STYLES[verdict.outcome])


def _problem(problem: Problem) -> Panel:
    title = Text(f"could not be read: {wording.one_line(problem.source)}", style="bold red")
    return Panel(Text(wording.one_line(problem.sentence)), title=title, title_align="left", border_style="red")


def _failure(verdict: Verdict, cut: Collection[str] = ()) -> list[RenderableType]:
    """What is not right; of the rows in `cut` as much as goes on one line, and of notes nothing."""
    beginning = [*_purpose(verdict), *_promises(verdict), *_reason(verdict)]
    notes = 0 if verdict.findings else NOTES_SHOWN
    noted = [] if "notes" in cut else _notes(verdict, notes)
    end = [*_claims(verdict), *_tolerance(verdict), *noted]
    return [*beginning, *_charges(verdict, FINDINGS_SHOWN, cut), *end]


def _apart(parts: Iterable[list[RenderableType]]) -> list[RenderableType]:
    """The parts below each other, an empty line between any two."""
    return [line for part in parts for line in (Text(""), *part)][1:]


def _reason(verdict: Verdict) -> list[RenderableType]:
    if not verdict.reason or verdict.reason in [finding.reason for finding in verdict.findings]:
        return []
    return [_labelled([("reason", wording.one_line(verdict.reason))])]


def _formulas(verdict: Verdict) -> list[RenderableType]:
    formulas = [("formula", _formula(verdict.formula))] if verdict.formula else []
    formulas += [(wording.subject(name), _formula(gradient)) for name, gradient in verdict.gradients.items()]
    formulas += [(wording.subject(name, 2), _formula(product)) for name, product in verdict.second_gradients.items()]
    return [_labelled(formulas)] if formulas else []


def _digits(verdict: Verdict) -> list[RenderableType]:
    lost = wording.digits(verdict)
    return [_labelled([("bits lost", lost)])] if lost else []


def _claims(verdict: Verdict) -> list[RenderableType]:
    return [_labelled(wording.claims(verdict))] if verdict.claims else []


def _tolerance(verdict: Verdict) -> list[RenderableType]:
    rows = wording.tolerance(verdict)
    return [_labelled(rows)] if rows else []


def _formula(rendered: Rendered) -> str:
    return "\n".join(map(wording.one_line, rendered.plain.splitlines()))


def _purpose(verdict: Verdict) -> list[RenderableType]:
    sentence = wording.purpose(verdict)
    return [Text(sentence, style=STYLES[verdict.outcome])] if sentence else []


def _promises(verdict: Verdict) -> list[RenderableType]:
    if not verdict.promises:
        return []
    grid = _grid()
    for line in verdict.promises:
        grid.add_row(_kept(line.kept), Text(wording.promise(line)))
    return [grid]


def _charges(verdict: Verdict, shown: int, cut: Collection[str] = ()) -> list[RenderableType]:
    parts = _apart(_finding(finding, cut) for finding in verdict.findings[:shown])
    rest = len(verdict.findings) - shown
    return [*parts, Text(f"and {wording.counted(rest, 'more finding')}")] if rest > 0 else parts


def _finding(finding: Finding, cut: Collection[str] = ()) -> list[RenderableType]:
    values = _grid()
    shown = wording.side_by_side(finding.values)
    for name, value in shown.items():
        error = f"± {wording.rough(finding.errors[name])}" if name in finding.errors else ""
        mark = "← blamed" if name == finding.blamed else ""
        style = STYLES[finding.outcome] if mark else ""
        values.add_row(Text(wording.one_line(name)), Text(value), Text(error), Text(mark), style=style)
    charge = Text(wording.charge(finding), style="bold")
    table = [Padding(values, (0, 0, 0, 2))] if shown else []
    return [charge, *table, _labelled(wording.details(finding), cut)]


def _notes(verdict: Verdict, shown: int) -> list[RenderableType]:
    notes = [("note", wording.one_line(note)) for note in verdict.notes[:shown]]
    rest = len(verdict.notes) - shown
    if rest > 0:
        more = f"and {wording.counted(rest, 'more note')}" if shown else f"{rest:,}, in verdict.notes and in reports"
        notes.append(("" if shown else "notes", more))
    return [_labelled(notes)] if notes else []


def _comparisons(comparisons: Iterable[Comparison]) -> Table:
    """One line for each pair of witnesses."""
    table = _headed("", "", "witnesses", "difference", "allowed", "entries")
    for one in comparisons:
        pair = Text(f"{wording.one_line(one.left)}, {wording.one_line(one.right)}")
        table.add_row(
            _kept(one.agrees),
            Text(wording.subject(one.input, one.order)),
            pair,
            Text(wording.rough(one.difference)),
            Text(wording.rough(one.allowed)),
            Text(wording.coverage(one.entries, one.size, one.direction)),
        )
    return table


def _values(comparisons: Iterable[Comparison]) -> Table:
    """Each pair of witnesses with its values, one below the other, at the entry where they are furthest apart."""
    table = _headed("", "gradient by", "witnesses", "values", "difference", "allowed")
    for one in comparisons:
        place = "(value)" if one.input is None else f"{wording.one_line(one.input)}{wording.entry(one.index)}"
        values = wording.side_by_side({"left": one.left_value, "right": one.right_value})
        table.add_row(
            _kept(one.agrees),
            Text(f"{place}{_of_order(one)}\n{wording.coverage(one.entries, one.size, one.direction)}"),
            Text(f"{wording.one_line(one.left)}\n{wording.one_line(one.right)}", no_wrap=True),
            Text("\n".join(values.values()), no_wrap=True),
            Text(wording.rough(one.difference)),
            Text(wording.rough(one.allowed)),
        )
    return table


def _of_order(one: Comparison) -> str:
    return "" if one.order == 1 else f"\n(order {one.order})"


def _kept(kept: bool) -> Text:
    return Text("✓" if kept else "✗", style=STYLES["agreed" if kept else "wrong"])


def _headed(*headers: str) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for header in headers:
        table.add_column(header, overflow="fold")
    return table


def _labelled(rows: Iterable[tuple[str, str]], cut: Collection[str] = ()) -> Table:
    """Sentences behind their labels; those whose label is in `cut` on one line."""
    grid = _grid()
    grid.add_column(min_width=len("likely cause"))
    grid.add_column()
    for label, said in rows:
        one_line = label in cut
        grid.add_row(Text(label, style="dim"), Text(said, no_wrap=one_line, overflow="ellipsis" if one_line else None))
    return grid


def _grid() -> Table:
    return Table(box=None, show_header=False, padding=(0, 2, 0, 0), pad_edge=False)


def _table(run: Run) -> Iterator[RenderableType]:
    table = Table(box=box.SIMPLE_HEAD, header_style="dim", border_style="dim", padding=(0, 1, 0, 0))
    table.add_column("case", overflow="fold")
    for header in ("outcome", "dtype"):
        table.add_column(header, no_wrap=True)
    table.add_column("witnesses", overflow="fold", max_width=18)
    table.add_column("time", no_wrap=True, justify="right")
    everyone, source = wording.speakers(run), None
    for verdict in run.verdicts:
        if verdict.source != source:
            source = verdict.source
            table.add_row(Text(wording.one_line(source or ""), style="dim"))
        table.add_row(*_row(verdict, everyone))
    yield table
    if len(everyone) > 1:
        yield Text(f"all {len(everyone)} witnesses: {', '.join(map(wording.one_line, everyone))}\n", style="dim")


def _row(verdict: Verdict, everyone: list[str]) -> list[RenderableType]:
    return [
        Padding(Text(wording.one_line(verdict.name)), (0, 0, 0, 2)),
        Text(f"{wording.MARKS[verdict.outcome]} {verdict.outcome}", style=STYLES[verdict.outcome]),
        Text(wording.one_line(verdict.dtype or "")),
        Text(wording.testimony(verdict, everyone)),
        Text(wording.duration(verdict.seconds)),
    ]


REPORT = Report(
    name="terminal",
    suffix=".txt",
    describes="tables and panels for a terminal",
    lines=lines,
)
