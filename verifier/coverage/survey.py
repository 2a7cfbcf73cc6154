"""The whole database, entry by entry: what is verified on all samples, and what is not, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import get_args

from verifier.coverage.database import MOST_SAMPLES, entries, name_of, samples
from verifier.coverage.examination import Asked, Examined, Status, examine
from verifier.coverage.explained import EXPLAINED

#: From bad to good: an entry is what the first of these is that any of its samples is.
ORDER: tuple[Status, ...] = (
    "failed",
    "opaque",
    "undefined",
    "other values",
    "other reverse",
    "other forward",
    "verified",
)


@dataclass(frozen=True)
class Surveyed:
    """What became of one entry of the database, on the samples that were run."""

    entry: str
    samples: tuple[Examined, ...]

    @property
    def status(self) -> Status:
        """The worst of its samples; an entry without a sample that can be differentiated has failed."""
        return min((s.status for s in self.samples), key=ORDER.index, default="failed")

    @property
    def verified(self) -> bool:
        """Whether all samples are verified."""
        return self.status == "verified"

    @property
    def explained(self) -> str | None:
        """Why it cannot be verified, where all that differs is known: a defect of torch."""
        known = EXPLAINED.get(self.entry)
        if self.verified or known is None or not self.samples:
            return None
        return known.reason if all(sample.faults <= known.faults for sample in self.samples) else None

    @property
    def counts(self) -> dict[str, int]:
        """How many samples there are, could be recorded, are defined, and agree with torch in each respect."""
        agreeing = {asked: sum(sample.agrees(asked) is True for sample in self.samples) for asked in get_args(Asked)}
        recorded, defined = (sum(getattr(s, what) for s in self.samples) for what in ("recorded", "defined"))
        return {"samples": len(self.samples), "recorded": recorded, "defined": defined, **agreeing}

    @property
    def seconds(self) -> float:
        """How long its samples took."""
        return sum(s.seconds for s in self.samples)

    @property
    def reason(self) -> str:
        """Why it is not verified: the word on its first sample that is not; empty where it is."""
        if not self.samples:
            return "no sample can be differentiated"
        return next((s.detail or s.status for s in self.samples if s.status == self.status != "verified"), "")


@dataclass(frozen=True)
class Survey:
    """Everything that was run, in the database's order."""

    entries: tuple[Surveyed, ...]
    most: int

    @property
    def verified(self) -> int:
        """How many entries are verified on all of their samples."""
        return sum(entry.verified for entry in self.entries)

    @property
    def explained(self) -> int:
        """How many of the others are explained."""
        return sum(entry.explained is not None for entry in self.entries)

    @property
    def missing(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The operators without a definition and the entries that need them, the most needed first."""
        needed: dict[str, list[str]] = {}
        for entry in self.entries:
            for operator in dict.fromkeys(name for sample in entry.samples for name in sample.missing):
                needed.setdefault(operator, []).append(entry.entry)
        return tuple(
            sorted(((name, tuple(by)) for name, by in needed.items()), key=lambda item: (-len(item[1]), item[0]))
        )


def survey(
    names: Sequence[str] = (),
    most: int = MOST_SAMPLES,
    executor: Executor | None = None,
    on_entry: Callable[[Surveyed], None] | None = None,
) -> Survey:
    """Examine the database's entries (those called `names`, if any are given), here or on an executor."""
    chosen = [name_of(entry) for entry in entries(names)]
    found = []
    for surveyed in _surveyed(chosen, most, executor):
        found.append(surveyed)
        if on_entry is not None:
            on_entry(surveyed)
    return Survey(tuple(found), most)


def _surveyed(chosen: Sequence[str], most: int, executor: Executor | None) -> Iterator[Surveyed]:
    examined = partial(survey_entry, most=most)
    yield from executor.map(examined, chosen, chunksize=4) if executor else map(examined, chosen)


def survey_entry(name: str, most: int) -> Surveyed:
    """Examine the samples of one entry."""
    (entry,) = (entry for entry in entries([name]) if name_of(entry) == name)
    try:
        found = list(samples(entry, most))
    except Exception as error:
        reason = f"the database's samples cannot be made: {type(error).__name__}: {error}"
        return Surveyed(name, (Examined(name, 0, "failed", reason[:300]),))
    return Surveyed(name, tuple(map(examine, found)))
