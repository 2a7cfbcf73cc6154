"""`verifier run`: verifies cases, shows how it goes, writes the reports."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import Executor, ProcessPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from verifier.errors import VerifierError

if TYPE_CHECKING:
    from verifier.destination import Destination
    from verifier.selection import Selection
    from verifier.verdict.verdict import Run


@click.command("run", short_help="Verify cases.")
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH]...")
@click.option("-k", "pattern", metavar="PATTERN", help="Only cases whose file::name holds PATTERN or fits the glob.")
@click.option("-j", "jobs", type=click.IntRange(min=1), default=1, metavar="N", help="Verify in N processes.")
@click.option(
    "--report",
    "reports",
    multiple=True,
    metavar="FORMAT[=FILE]",
    help="Write a report, such as html=build/report.html; FILE - is standard output. May be repeated.",
)
@click.pass_context
def run(ctx: click.Context, paths: tuple[Path, ...], pattern: str | None, jobs: int, reports: tuple[str, ...]) -> None:
    """Verify the cases in PATHs: case files, or folders of them (by default, the folder cases)."""
    from verifier.destination import destinations
    from verifier.selection import select

    places = destinations(reports)
    outcome = _verified(select(paths or (Path("cases"),), pattern), jobs)
    _summarise(outcome, to_stderr=any(place.path is None for place in places))
    all_written = _write(outcome, places)
    if outcome.interrupted:
        ctx.exit(128 + signal.SIGINT)
    ctx.exit(outcome.exit_code if all_written else outcome.exit_code or 2)


def _verified(selection: Selection, jobs: int) -> Run:
    from rich.console import Console

    from verifier.progress import progress
    from verifier.verify import verify_all

    cases = selection.cases
    with (
        _ended_like_ctrl_c(),
        processes(min(jobs, len(cases))) as executor,
        progress(cases, Console(stderr=True)) as on_verdict,
    ):
        outcome = verify_all(cases, executor=executor, on_verdict=on_verdict, problems=selection.problems)
        if outcome.interrupted and executor:
            _stop(executor)
    return outcome


@contextmanager
def processes(number: int) -> Iterator[Executor | None]:
    """Worker processes that start afresh: a forked torch may hang; None where one process is enough."""
    if number < 2:
        yield None
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(number, mp_context=context, initializer=_begin_worker) as executor:
        yield executor


def _begin_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches all processes; the main one decides what to do
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # torch would give every process as many threads as there are cores


def _stop(executor: Executor) -> None:
    """Ends the worker processes in the middle of their cases."""
    executor.shutdown(wait=False, cancel_futures=True)
    for process in multiprocessing.active_children():
        process.terminate()


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
