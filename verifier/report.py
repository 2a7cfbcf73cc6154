"""What a report is: a format that turns a run, plain data, into lines of text."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from verifier.verdict.verdict import Run


@dataclass(frozen=True)
class Report:
    """A report format. `lines` yields the text of a whole run, without line ends; it computes nothing."""

    name: str
    suffix: str
    describes: str
    lines: Callable[[Run], Iterator[str]]
