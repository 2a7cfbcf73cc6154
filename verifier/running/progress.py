"""What a run shows while it goes: a bar with the current case and a tally on a terminal, else one line a case."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from verifier.running.selection import full_name
from verifier.verdict.verdict import SEVERITY, Verdict
from verifier.verdict.wording import MARKS, duration

if TYPE_CHECKING:
    from verifier.case import Case, Contract


@contextmanager
def progress(cases: Sequence[Case | Contract], console: Console) -> Iterator[Callable[[Verdict], None]]:
    """Shows how far a run of `cases` has come; gives what is to be called with each verdict."""
    if console.is_terminal:
        with _bar(cases, console) as on_verdict:
            yield on_verdict
    else:
        yield _lines(len(cases), console)


def _lines(planned: int, console: Console) -> Callable[[Verdict], None]:
    done = Counter[str]()

    def on_verdict(verdict: Verdict) -> None:
        done["all"] += 1
        name = f"{verdict.source}::{verdict.name}" if verdict.source else verdict.name
        place = f"[{done['all']:>{len(str(planned))}}/{planned}]"
        line = f"{place} {MARKS[verdict.outcome]} {verdict.outcome:<10} {name} ({duration(verdict.seconds)})"
        console.print(line, markup=False, highlight=False, soft_wrap=True)

    return on_verdict


@contextmanager
def _bar(cases: Sequence[Case | Contract], console: Console) -> Iterator[Callable[[Verdict], None]]:
    # The first case without a verdict: the one that is running, or with several processes the oldest of them.
    waiting = {(case.source, case.name): full_name(case) for case in cases}
    outcomes = Counter[str]()
    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[tally]}"), TextColumn("{task.description}"))
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task(escape(next(iter(waiting.values()), "")), total=len(cases), tally="")

        def on_verdict(verdict: Verdict) -> None:
            outcomes[verdict.outcome] += 1
            waiting.pop((verdict.source, verdict.name), None)
            tally = ", ".join(f"{outcomes[one]} {one}" for one in reversed(SEVERITY) if outcomes[one])
            bar.update(task, advance=1, tally=tally, description=escape(next(iter(waiting.values()), "")))

        yield on_verdict
