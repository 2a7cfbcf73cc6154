"""The reports of a pytest session: every verdict of its tests, written when the session ends."""

from __future__ import annotations

import base64
import pickle
import time
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from verifier.errors import VerifierError

if TYPE_CHECKING:
    from verifier.running.destination import Destination
    from verifier.verdict.verdict import Problem, Verdict

#: Where a test keeps the verdicts that it came to.
VERDICTS = pytest.StashKey[list["Verdict"]]()

#: The attribute of pytest's own reports in which ours travel, also from the worker processes of pytest-xdist.
CARGO = "verifier_cargo"


class GradientReport:
    """Gathers verdicts from pytest's reports, and writes them to `destinations` when the session ends."""

    def __init__(self, destinations: Sequence[Destination]) -> None:
        self.destinations = destinations
        self.verdicts: list[Verdict] = []
        self.problems: list[Problem] = []
        self.planned = 0
        self.start = time.perf_counter()
        self.written: list[str] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Counts the tests that are going to give verdicts."""
        self.planned = sum(
            hasattr(item, "case") or "verify" in getattr(item, "fixturenames", ()) for item in session.items
        )

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Sends off which case file could not be read."""
        from verifier.pytest_plugin import CaseFile
        from verifier.verdict.verdict import Problem

        report = yield
        if isinstance(collector, CaseFile) and report.failed:
            _load(report, Problem(str(collector.shown_path), report.longreprtext))
        return report

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Receives which case file could not be read."""
        self.problems += _unload(report)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Sends off the verdicts of a test."""
        report = yield
        if report.when == "call":
            _load(report, *item.stash.get(VERDICTS, ()))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Receives the verdicts of a test."""
        self.verdicts += _unload(report)

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Writes the reports; under pytest-xdist the worker processes leave that to the main one."""
        if hasattr(session.config, "workerinput"):
            return
        cut_short = session.shouldfail or session.shouldstop or exitstatus == pytest.ExitCode.INTERRUPTED
        self._write(interrupted=bool(cut_short))

    def _write(self, *, interrupted: bool) -> None:
        from verifier.verdict.verdict import Run
        from verifier.verify import versions

        run = Run(
            tuple(self.verdicts),
            problems=tuple(self.problems),
            planned=max(self.planned, len(self.verdicts)),
            interrupted=interrupted,
            seconds=time.perf_counter() - self.start,
            versions=versions(),
        )
        for destination in self.destinations:
            try:
                destination.write(run)
                self.written.append(str(destination))
            except VerifierError as error:
                self.written.append(str(error))

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Says where the reports are, or why one is not."""
        for line in self.written:
            terminalreporter.write_line(line)


def _load(report: pytest.CollectReport | pytest.TestReport, *cargo: Any) -> None:
    setattr(report, CARGO, base64.b64encode(pickle.dumps(cargo)).decode())


def _unload(report: pytest.CollectReport | pytest.TestReport) -> Sequence[Any]:
    packed = getattr(report, CARGO, None)
    return pickle.loads(base64.b64decode(packed)) if packed else ()
