"""Where a report is to be written, as a user asks for it: `html`, `html=build/report.html` or `json=-`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from verifier.discover import collect
from verifier.errors import UnknownFormatError, UnwritableReportError

if TYPE_CHECKING:
    from verifier.report import Report
    from verifier.verdict.verdict import Run


@dataclass(frozen=True)
class Destination:
    """A report format and the file that it goes to; `path` is None for standard output."""

    report: Report
    path: Path | None

    def __str__(self) -> str:
        place = self.path.resolve() if self.path else "on standard output"
        return f"{self.report.name.upper()} report: {place}"

    def prepare(self) -> None:
        """Makes the folders above the file. Raises `UnwritableReportError` if the file cannot be written."""
        if self.path is None:
            return
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            existed = self.path.exists()
            self.path.open("a").close()
            if not existed:
                self.path.unlink()
        except OSError as cause:
            raise UnwritableReportError(self.path, cause) from cause

    def write(self, run: Run) -> None:
        """Writes the report. Raises `UnwritableReportError`."""
        if self.path is None:
            sys.stdout.writelines(self._lines(run))
            return
        try:
            with self.path.open("w", encoding="utf-8") as file:
                file.writelines(self._lines(run))
        except OSError as cause:
            raise UnwritableReportError(self.path, cause) from cause

    def _lines(self, run: Run) -> Iterator[str]:
        return (f"{line}\n" for line in self.report.lines(run))


def destination(text: str) -> Destination:
    """Reads `FORMAT` or `FORMAT=FILE`; FILE `-` is standard output, and by default `build/report` and a suffix.

    Raises `UnknownFormatError`.
    """
    name, _, file = text.partition("=")
    reports = {report.name: report for report in collect("verifier.reports", "REPORT")}
    if name not in reports:
        raise UnknownFormatError(name, sorted(reports))
    report = reports[name]
    if file == "-":
        return Destination(report, None)
    return Destination(report, Path(file or f"build/report{report.suffix}"))


def destinations(texts: Sequence[str]) -> list[Destination]:
    """Reads several, and finds out whether they can be written to.

    Raises `UnknownFormatError` and `UnwritableReportError`.
    """
    places = [destination(text) for text in texts]
    for place in places:
        place.prepare()
    return places
