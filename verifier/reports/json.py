"""The report for programs: `Run.to_dict()` as strict JSON.

`schema` is the version of the format; keys come in the order of the data's fields. JSON has no word for numbers that
are not finite: they are the strings "NaN", "Infinity" and "-Infinity". The text is ASCII, so that it survives every
encoding.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from verifier.report import Report
from verifier.verdict.verdict import Run


def lines(run: Run) -> Iterator[str]:
    """The run as JSON, indented by two."""
    yield from json.dumps(run.to_dict(), indent=2, allow_nan=False).split("\n")


REPORT = Report(
    name="json",
    suffix=".json",
    describes="plain data for programs, strict JSON",
    lines=lines,
)
