"""`verifier run`: verifies cases, shows how it goes, writes the reports."""

from __future__ import annotations

import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from verifier.errors import VerifierError

if TYPE_CHECKING:
    from verifier.running.destination import Destination
    from verifier.running.selection import Selection
    from verifier.verdict.verdict import Run


@click.command("run", short_help="Verify cases.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("-k", "pattern", metavar="PATTERN", help="Only cases whose file::name holds PATTERN or fits the glob.")
@click.option("-j", "jobs", type=click.IntRange(min=1), default=1, metavar="N", help="Verify in N processes.")
@click.option(
    "--time-limit",
    type=click.FloatRange(min=0, min_open=True),
    metavar="SECONDS",
    help="Leave a case undecided that takes longer, and go on.",
)
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help="Write a report, such as html=build/report.html; FILE - is standard output. May be repeated.",
)
@click.pass_context
def run(
    ctx: click.Context,
    paths: tuple[Path, ...],
    pattern: str | None,
    jobs: int,
    time_limit: float | None,
    reports: tuple[str, ...],
) -> None:
    """Verify the cases in PATHs: case files, or folders of them (by default, the folder cases)."""
    from verifier.running.destination import destinations
    from verifier.running.selection import select

    places = destinations(reports)
    outcome = _verified(select(paths or (Path("cases"),), pattern), jobs, time_limit)
    _summarise(outcome, to_stderr=any(place.path is None for place in places))
    all_written = _write(outcome, places)
    if outcome.interrupted:
        ctx.exit(128 + signal.SIGINT)
    ctx.exit(outcome.exit_code if all_written else outcome.exit_code or 2)


def _verified(selection: Selection, jobs: int, time_limit: float | None) -> Run:
    from rich.console import Console

    from verifier.running.progress import progress
    from verifier.verify import verify_all

    cases = selection.cases
    with (
        _ended_like_ctrl_c(),
        processes(min(jobs, len(cases)), time_limit) as executor,
        progress(cases, Console(stderr=True)) as on_verdict,
    ):
        outcome = verify_all(
            cases, executor=executor, on_verdict=on_verdict, problems=selection.problems, time_limit=time_limit
        )
        if outcome.interrupted and executor:
            executor.shutdown(wait=False, cancel_futures=True)
    return outcome


def processes(number: int, time_limit: float | None = None) -> AbstractContextManager[Executor | None]:
    """Worker processes; None where this one is enough. A function that never returns is ended with its process."""
    from verifier.running.workers import Workers

    return Workers(number, time_limit) if number > 1 or (number and time_limit) else nullcontext()


@contextmanager
def _ended_like_ctrl_c() -> Iterator[None]:
    """Takes the signal by which other programs end this one for Ctrl-C, so that the reports are written."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _summarise(outcome: Run, *, to_stderr: bool) -> None:
    from rich.console import Console

    from verifier.reports import terminal

    for line in terminal.lines(outcome, Console(stderr=to_stderr)):
        click.echo(line, err=to_stderr)


def _write(outcome: Run, places: Sequence[Destination]) -> bool:
    """Writes every report that can be written, says where each is, and whether all are."""
    failures = 0
    for place in places:
        try:
            place.write(outcome)
        except VerifierError as error:
            failures += 1
            click.echo(f"verifier: {error}", err=True)
        else:
            if place.path is not None:
                click.echo(str(place), err=any(other.path is None for other in places))
    return not failures


COMMAND = run
