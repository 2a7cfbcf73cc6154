"""What a run shows while it goes, on a terminal."""

import io
import re

from rich.console import Console

from verifier.case import Case
from verifier.running.progress import progress
from verifier.verdict.verdict import Verdict

CASES = [Case("[bold]one", source="cases/a.py"), Case("two", source="cases/a.py"), Case("three")]


def shown(verdicts):
    """The last frame of the bar after `verdicts`, without the bar itself and without colours."""
    console = Console(file=io.StringIO(), force_terminal=True, width=120, color_system=None)
    with progress(CASES, console) as on_verdict:
        for verdict in verdicts:
            on_verdict(verdict)
    frames = re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", console.file.getvalue()).split("\r")
    return [frame.strip(" ━╸╺\n") for frame in frames if "/3" in frame][-1]


def verdict(case, outcome="agreed"):
    return Verdict(case.name, outcome, source=case.source)


def test_the_bar_names_the_case_that_is_running():
    assert shown([]) == "0/3  cases/a.py::[bold]one"


def test_the_bar_tallies_the_outcomes():
    assert shown([verdict(CASES[0]), verdict(CASES[1], "wrong")]) == "2/3 1 agreed, 1 wrong three"
    assert shown([verdict(case) for case in CASES]).strip() == "3/3 3 agreed"


def test_with_several_processes_the_bar_names_the_oldest_case_that_is_running():
    assert shown([verdict(CASES[2], "undecided")]) == "1/3 1 undecided cases/a.py::[bold]one"
