"""How many functions of tests/corpus get the outcome that they deserve, beside `torch.autograd.gradcheck`.

    python benchmarks/corpus.py [TABLE ...] [-k PATTERN] [--dtype DTYPE] [-v]

Each function of the tables (right, wrong, losing; reported, re-created from reports; and a second pair, written without
a look at the first or at the tool: right_again, losing_again) is run as `verifier.check(function, inputs)` in its
dtypes. A right one is missed if it is called wrong or inaccurate (not agreed is counted too), a wrong one if it is not
called wrong with its culprits named, and one that loses digits if it is not called inaccurate. Misses are listed.
gradcheck is run
on those in float64 only, and cannot tell the two kinds of wrong.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import torch

import verifier

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))

TABLES = ("right", "wrong", "reported", "losing", "right_again", "losing_again")
LIMIT = 30.0  # seconds for one check


@dataclass(frozen=True)
class Row:
    """What was said of one function in one dtype."""

    name: str
    dtype: str
    outcome: str
    ok: bool
    seconds: float
    said: str
    gradcheck: bool | None


def rows(table: str, pattern: str, dtype: str | None) -> Iterator[Row]:
    """The functions of a table whose names hold the pattern, in each of their dtypes."""
    for entry in getattr(import_module(f"corpus.{table}"), table.upper()):
        for kind in entry.dtypes:
            called = str(kind).removeprefix("torch.")
            if pattern in entry.name and dtype in (None, called):
                yield judged(table, entry, kind, called)


def judged(table: str, entry: Any, kind: torch.dtype, called: str) -> Row:
    """One function in one dtype."""
    began = time.perf_counter()
    outcome: str
    try:
        verdict = verifier.check(
            entry.function_in(kind), entry.inputs(kind), time_limit=LIMIT, **getattr(entry, "asked", {})
        )
        outcome, ok, said = verdict.outcome, deserved(table, entry, verdict), summary(verdict)
    except Exception as error:
        outcome, ok, said = "raised", False, f"{type(error).__name__}: {str(error)[:160]}"
    seconds = time.perf_counter() - began
    return Row(entry.name, called, outcome, ok, seconds, said, by_gradcheck(entry) if kind == torch.float64 else None)


def deserved(table: str, entry: Any, verdict: Any) -> bool:
    """Whether the verdict is what the table says."""
    if table.startswith("right"):
        return bool(verdict.outcome == "agreed")
    if table.startswith("losing"):
        return bool(verdict.outcome == "inaccurate")
    if table == "reported":
        return as_reported(entry, verdict)
    named = {finding.input for finding in verdict.findings if finding.outcome == "wrong"}
    return verdict.outcome == "wrong" and (entry.culprit is None or named == {entry.culprit})


def as_reported(entry: Any, verdict: Any) -> bool:
    """Whether all culprits are named and nothing else is, in a message of at most twelve lines for each."""
    named = {finding.input for finding in verdict.findings if finding.outcome in entry.outcomes}
    short = len(str(verdict).splitlines()) <= 12 * max(1, len(verdict.findings))
    return verdict.outcome in entry.outcomes and named == entry.culprits and short


def summary(verdict: Any) -> str:
    """The findings in a line."""
    found = []
    for f in verdict.findings[:3]:
        bits = "" if f.bits_lost is None else f", {f.bits_lost:.1f} bits"
        where = f"{f.outcome} {f.input or 'value'}{list(f.index or ())} blames {f.blamed}"
        found.append(f"{where} ({f.deed or f'{f.error} of {f.allowed}'}{bits}, {f.variation or 'plain'})")
    return "; ".join(found) or verdict.reason or ""


def by_gradcheck(entry: Any) -> bool | None:
    """Whether gradcheck passes the function in float64."""
    inputs = entry.inputs(torch.float64)
    inputs = list(inputs.values()) if isinstance(inputs, dict) else inputs
    if sum(t.numel() for t in inputs) > 1000:
        return None
    try:
        return bool(torch.autograd.gradcheck(entry.function_in(torch.float64), tuple(inputs), raise_exception=False))
    except Exception:
        return False  # what it cannot judge, it does not pass


def main() -> None:
    """Print the misses of each table, and the rates."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", nargs="*", default=TABLES, metavar="TABLE")
    parser.add_argument("-k", dest="pattern", default="")
    parser.add_argument("--dtype")
    parser.add_argument("-v", action="store_true", dest="verbose", help="also the functions that were judged well")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    rates = []
    for table in options.tables:
        found = []
        for row in rows(table, options.pattern, options.dtype):
            found.append(row)
            if options.verbose or not row.ok:
                print(f"{table:12} {row.name:36} {row.dtype:9} {row.outcome:10} {row.seconds:5.1f} s  {row.said}")
                sys.stdout.flush()
        if found:
            rates.append(rate(table, found))
    print("\n".join(rates))


def rate(table: str, found: list[Row]) -> str:
    """How many of a table were judged well."""
    heard = [row.gradcheck for row in found if row.gradcheck is not None]
    there = sum(heard) if table.startswith("right") else len(heard) - sum(heard)
    flagged = sum(row.outcome in ("wrong", "inaccurate") for row in found)
    median = sorted(row.seconds for row in found)[len(found) // 2]
    deserved = sum(row.ok for row in found)
    return (
        f"{table:12} {deserved} of {len(found)} as deserved, {flagged} flagged; median {median:.2f} s; "
        f"gradcheck: {there} of {len(heard)} in float64"
    )


if __name__ == "__main__":
    main()
