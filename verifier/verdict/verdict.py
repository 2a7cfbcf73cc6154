"""The verdict as plain, frozen data: reports turn it into text and compute nothing."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from verifier.symbolic.rendered import Rendered

Outcome = Literal["agreed", "inaccurate", "wrong", "undecided"]
Standing = Literal["proven", "not refuted", "refuted", "undecided"]

#: Worst first: the outcome of a whole is the first of these that any of its parts has.
SEVERITY: tuple[Outcome, ...] = ("wrong", "inaccurate", "undecided", "agreed")

#: The variation of what is seen only when the function computes in float64 instead of its own dtype.
IN_FLOAT64 = "float64"

#: The version of the plain data that `Run.to_dict` gives: raised when a field is renamed, removed or redefined.
SCHEMA = 1


def worst(outcomes: list[Outcome]) -> Outcome:
    """The most severe of the outcomes; `agreed` if there are none."""
    return min(outcomes, key=SEVERITY.index, default="agreed")


@dataclass(frozen=True)
class Counterexample:
    """Small numbers at which a claimed gradient is wrong: the inputs, and both values of the entry `index`.

    Numbers are written out; a fraction is exact.
    """

    inputs: Mapping[str, str]
    index: tuple[int, ...]
    derived: str
    claimed: str


@dataclass(frozen=True)
class Finding:
    """One thing that is not right, at its worst entry.

    `input` is the name of the input whose gradient is in question, None where the forward value is; `index` is
    the entry. `blamed` names a witness, "the formula", or is None where no culprit can be told. `error` is the
    distance between the blamed value and the reference, `allowed` is how large it might have been, and
    `bits_lost` is the base-2 logarithm of their ratio to an honest error (None where that has no meaning).
    `significand` is how many bits there are to lose. `nature` says why the error is rounding, or why it is not.
    `entries` of `size` are beyond what is allowed, and `pattern` says in words which ones they are. `cause` is the
    likely cause, which was tested. `call` is one line that reproduces the finding. `counterexample` is set where a
    claim is refuted. `direction` is the number of the random direction that it shows along, where no entry was found:
    the values are slopes then, and `entries` and `size` count directions. `deed` is set where not a number is wrong but
    what was done: "overwrites its cotangent".
    """

    outcome: Outcome
    blamed: str | None
    reason: str
    input: str | None = None
    position: int | None = None
    index: tuple[int, ...] | None = None
    values: Mapping[str, float] = field(default_factory=dict)
    errors: Mapping[str, float] = field(default_factory=dict)
    input_value: float | None = None
    error: float | None = None
    allowed: float | None = None
    bits_lost: float | None = None
    significand: int | None = None
    nature: str | None = None
    entries: int = 0
    size: int = 0
    pattern: str | None = None
    cause: str | None = None
    call: str | None = None
    point: str = "given"
    variation: str = "plain"
    order: int = 1
    counterexample: Counterexample | None = None
    direction: int | None = None
    deed: str | None = None


def sorted_findings(findings: list[Finding]) -> list[Finding]:
    """Worst first: by outcome, then by how many times the error is what was allowed."""

    def excess(finding: Finding) -> float:
        if finding.error is None or not finding.allowed:
            return 0.0 if finding.error is None else math.inf
        return finding.error / finding.allowed if not math.isnan(finding.error) else math.inf

    return sorted(findings, key=lambda finding: (SEVERITY.index(finding.outcome), -excess(finding)))


@dataclass(frozen=True)
class Comparison:
    """Two witnesses on one input (None: on the forward value), at the entry where they are furthest apart.

    `difference` and `allowed` are taken at `index`, the entry with the largest ratio of the two; `entries` of
    `size` were compared, the others have no estimate from one of the two. At order 2 the value is the first gradient,
    contracted with random directions, and the gradients are those of this number. `direction` is the number of a
    direction where slopes along random directions are compared instead of entries: `entries` of `size` count these.
    """

    input: str | None
    left: str
    right: str
    index: tuple[int, ...] | None
    left_value: float
    right_value: float
    difference: float
    allowed: float
    entries: int
    size: int
    agrees: bool
    order: int = 1
    direction: int | None = None


@dataclass(frozen=True)
class Digits:
    """The digits that reverse mode lost in the gradient by an input (None: the function, in its value).

    Bits lost are the base-2 logarithm of the error over that of one roundoff in every operator: `worst` is at `index`,
    negative where the error is less than one such roundoff, and `median` is over all entries that can be compared.
    `small` counts in the same way, but takes each entry by its own size and not by that of the largest one; it is the
    worst such number, at `small_index`. There are `significand` bits to lose. Both are None if everything is exact.
    """

    input: str | None
    significand: int
    worst: float | None
    median: float | None
    index: tuple[int, ...] | None
    small: float | None
    small_index: tuple[int, ...] | None
    order: int = 1


@dataclass(frozen=True)
class Curve:
    """Finite differences at one entry against the step: true error (from the reference) and estimated error."""

    input: str
    index: tuple[int, ...]
    steps: tuple[float, ...]
    errors: tuple[float, ...]
    estimated_errors: tuple[float, ...]
    chosen: int


@dataclass(frozen=True)
class Promised:
    """One line of a contract: what is promised, what was seen, and whether the one is the other.

    `refutes` marks a claim that the case sets out to refute: it is kept when what was seen contradicts it.
    """

    promise: str
    seen: str
    kept: bool
    refutes: bool = False


@dataclass(frozen=True)
class Claimed:
    """What became of one claimed gradient.

    `standing` is "proven" (as a function; see `evidence` for what exactly was shown), "not refuted" (evidence
    without proof), "refuted" or "undecided". `chance` bounds the probability that a wrong claim passes as proven.
    """

    input: str
    claim: Rendered
    standing: Standing
    evidence: str
    chance: float | None = None


@dataclass(frozen=True)
class Looseness:
    """How loose the user's tolerance is: wrong gradients by `input` that were tried, and which would have passed."""

    input: str
    tried: tuple[str, ...] = ()
    passing: tuple[str, ...] = ()


@dataclass(frozen=True)
class Verdict:
    """What was found out about one case. `verifier.check` and `verifier.verify` return it.

    `formula` is the function, `gradients` maps each input to the closed form of its gradient, and where order 2 was
    asked for, `second_gradients` to that of its Hessian-vector product; all are absent where there is no formula.
    `digits` holds the digits lost in the value and in each gradient, where a formula tells what is right.
    `witnesses` maps each witness that spoke to how it works. `expected_blame` is set in cases that are wrong on
    purpose: such a case is agreed when the right witness is blamed. `tolerance` is what the user set in place of the
    computed tolerances ("atol=0.001, rtol=0"), and `looseness` says for each input what would have passed. `lesson`
    is the case's word to the reader.
    """

    name: str
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    reason: str | None = None
    formula: Rendered | None = None
    gradients: Mapping[str, Rendered] = field(default_factory=dict)
    second_gradients: Mapping[str, Rendered] = field(default_factory=dict)
    witnesses: Mapping[str, str] = field(default_factory=dict)
    comparisons: tuple[Comparison, ...] = ()
    digits: tuple[Digits, ...] = ()
    curves: tuple[Curve, ...] = ()
    promises: tuple[Promised, ...] = ()
    claims: tuple[Claimed, ...] = ()
    expected_blame: str | None = None
    tolerance: str | None = None
    looseness: tuple[Looseness, ...] = ()
    dtype: str | None = None
    source: str | None = None
    seconds: float = 0.0
    lesson: str = ""

    @property
    def ok(self) -> bool:
        """Whether everything agreed."""
        return self.outcome == "agreed"

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data (dicts, lists, strings, numbers, None), as the JSON report holds it."""
        return plain(self)

    def __str__(self) -> str:
        from verifier.reports.terminal import text

        return text(self)


@dataclass(frozen=True)
class Problem:
    """Something that kept cases from being run at all: a file that does not import, say."""

    source: str
    sentence: str


@dataclass(frozen=True)
class Run:
    """All verdicts of one run. `planned` cases were to be run; an interrupted run has fewer verdicts."""

    verdicts: tuple[Verdict, ...]
    problems: tuple[Problem, ...] = ()
    planned: int = 0
    interrupted: bool = False
    seconds: float = 0.0
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether everything planned was run and agreed."""
        return not self.problems and not self.interrupted and all(v.ok for v in self.verdicts)

    @property
    def counts(self) -> dict[str, int]:
        """How many verdicts have each outcome, worst first."""
        return {o: sum(v.outcome == o for v in self.verdicts) for o in SEVERITY}

    @property
    def exit_code(self) -> int:
        """0 all agreed; 1 something wrong or inaccurate; 2 the call was wrong; 3 undecided and nothing wrong."""
        counts = self.counts
        if counts["wrong"] or counts["inaccurate"]:
            return 1
        if self.problems:
            return 2
        return 3 if counts["undecided"] or self.interrupted else 0

    def to_dict(self) -> dict[str, Any]:
        """The same as plain data, as the JSON report holds it, under the version of its schema."""
        return {"schema": SCHEMA, "ok": self.ok, "counts": self.counts} | plain(self)


def plain(value: Any) -> Any:
    """Frozen dataclasses, mappings and tuples as dicts and lists, keys in the order of the fields.

    JSON has no word for a number that is not finite: such numbers become "NaN", "Infinity" and "-Infinity".
    """
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(k): plain(v) for k, v in value.items()}
    if isinstance(value, tuple | list):
        return [plain(v) for v in value]
    if isinstance(value, np.generic):
        return plain(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
