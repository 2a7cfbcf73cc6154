"""Who is wrong: from who contradicts whom, entry by entry, to a culprit.

The evidence at one entry is which pairs of witnesses contradict each other. The formula's derivative is proven and
its values match the function's; finite differences know nothing but the function's values. So where these two agree,
they outvote autograd, however many of its modes repeat the same mistake; where autograd sides with one of them
against the other, that other one is wrong; and where nobody agrees, nobody is blamed.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verifier.verdict.compare import Gap
from verifier.verdict.verdict import Outcome
from verifier.witness import Estimate

SYMBOLIC = "symbolic"
REVERSE = "reverse mode"
FORWARD = "forward mode"
DIFFERENCES = "finite differences"
MODES = (REVERSE, FORWARD)

Pair = tuple[str, str]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Blame:
    """One culprit and why; `reference` is the witness that it is measured against. No culprit: `outcome` undecided.

    An unreliable finite difference beside a proven gradient is no fault of the candidate: its outcome is agreed.
    """

    culprit: str | None
    reference: str | None
    outcome: Outcome
    reason: str


@dataclass(frozen=True)
class Evidence:
    """What happened at one entry: who spoke, and which pairs contradict each other.

    `unbounded` says that the formula's derivative is infinite there, which no finite difference can tell.
    """

    speaking: frozenset[str]
    contradictions: frozenset[frozenset[str]]
    unbounded: bool = False

    def contradict(self, left: str, right: str) -> bool:
        """Whether two witnesses contradict each other."""
        return frozenset((left, right)) in self.contradictions

    def agree(self, left: str, right: str) -> bool:
        """Whether two witnesses both speak and do not contradict each other."""
        return {left, right} <= self.speaking and not self.contradict(left, right)


def blames(evidence: Evidence) -> tuple[Blame, ...]:
    """The culprits at one entry, for evidence that holds at least one contradiction."""
    modes = [mode for mode in MODES if mode in evidence.speaking]
    if evidence.unbounded:
        return _where_unbounded(evidence, modes)
    if {SYMBOLIC, DIFFERENCES} <= evidence.speaking:
        return _with_both_references(evidence, modes)
    if SYMBOLIC in evidence.speaking:
        return _with_one_reference(evidence, modes, SYMBOLIC, "the formula", "no finite difference could be had")
    if DIFFERENCES in evidence.speaking:
        return _with_one_reference(evidence, modes, DIFFERENCES, "finite differences", "there is no formula")
    return (_undecided("the two modes of autograd contradict each other, and nothing else speaks of this entry"),)


def blamed_entries(gathered: Mapping[Evidence, Mask], convicted: Iterable[Blame] = ()) -> Iterator[tuple[Blame, Mask]]:
    """Every culprit with the entries that speak against it.

    Finite differences are asked at the worst of the contested entries only. Where they were not asked, a mode that
    they and the formula refute elsewhere in the same tensor, and that contradicts the formula here too, is the
    culprit again. `convicted` are modes that were refuted along directions of the tensor.
    """
    proven: dict[str, Blame] = {blame.culprit: blame for blame in convicted if blame.culprit is not None}
    for evidence, mask in sorted(gathered.items(), key=lambda item: DIFFERENCES not in item[0].speaking):
        for blame in blames(evidence):
            if blame.culprit in MODES:
                proven[blame.culprit] = blame
            repeated = [proven[mode] for mode in proven if evidence.contradict(SYMBOLIC, mode)]
            if blame.culprit is None and DIFFERENCES not in evidence.speaking and repeated:
                yield from ((again, mask) for again in repeated)
            else:
                yield blame, mask


def _with_both_references(evidence: Evidence, modes: list[str]) -> tuple[Blame, ...]:
    off = [mode for mode in modes if evidence.contradict(SYMBOLIC, mode)]
    if evidence.agree(SYMBOLIC, DIFFERENCES):
        if off:
            reason = "the formula's derivative and finite differences agree against it"
            return tuple(Blame(mode, SYMBOLIC, "wrong", reason) for mode in off)
        if not any(evidence.contradict(mode, DIFFERENCES) for mode in modes):
            return ()  # the two modes choose different values from one subdifferential
        return (_unreliable_differences("the formula's derivative and autograd agree against it"),)
    with_formula = [mode for mode in modes if mode not in off]
    with_differences = [mode for mode in modes if evidence.agree(mode, DIFFERENCES)]
    if with_formula and off and with_differences:
        return (_undecided("one mode of autograd sides with the formula, the other with finite differences"),)
    if with_formula:
        return (
            _unreliable_differences(f"the formula's derivative and {' and '.join(with_formula)} agree against it"),
            *(Blame(mode, SYMBOLIC, "wrong", "the formula's derivative and the other mode agree") for mode in off),
        )
    if with_differences:
        reason = f"{' and '.join(with_differences)} and finite differences agree against the formula's derivative"
        return (Blame(SYMBOLIC, with_differences[0], "wrong", reason),)
    return (_undecided("the formula's derivative, autograd and finite differences all contradict each other"),)


def _with_one_reference(
    evidence: Evidence, modes: list[str], reference: str, called: str, lacking: str
) -> tuple[Blame, ...]:
    off = [mode for mode in modes if evidence.contradict(reference, mode)]
    right = [mode for mode in modes if mode not in off]
    if off and right:
        return tuple(Blame(mode, reference, "wrong", f"{called} and {right[0]} agree against it") for mode in off)
    if not off and reference == SYMBOLIC:
        return ()  # the two modes choose different values from one subdifferential
    if not off:
        return (_undecided("the two modes of autograd contradict each other within the reference's error"),)
    do = ": give formula=, in SymPy or as plain torch code" if reference == DIFFERENCES else ""
    said = f"autograd and {called} contradict each other, and {lacking} that could tell who is wrong{do}"
    return (_undecided(said),)


def _where_unbounded(evidence: Evidence, modes: list[str]) -> tuple[Blame, ...]:
    """Where the formula's derivative grows without bound; its values are the function's, so that it does so too."""
    off = [mode for mode in modes if evidence.contradict(SYMBOLIC, mode)]
    return tuple(Blame(mode, SYMBOLIC, "wrong", "the formula's derivative is infinite here") for mode in off)


def _undecided(reason: str) -> Blame:
    return Blame(None, None, "undecided", reason)


def _unreliable_differences(reason: str) -> Blame:
    return Blame(DIFFERENCES, SYMBOLIC, "agreed", f"{reason}: its own error estimate should have said so")


def evidence_at_entries(estimates: Mapping[str, Estimate], found: Mapping[Pair, Gap]) -> dict[Evidence, Mask]:
    """The entries with contradictions, gathered by their evidence: a mask of the tensor's shape for each."""
    shape = next(iter(estimates.values())).value.shape
    contradicted = np.logical_or.reduce([g.beyond for g in found.values()]) if found else np.zeros(shape, bool)
    infinite = np.isinf(estimates[SYMBOLIC].value) if SYMBOLIC in estimates else np.zeros(shape, bool)
    facts = [e.speaks for e in estimates.values()] + [g.beyond for g in found.values()] + [infinite]
    patterns, which = np.unique(np.stack([fact[contradicted] for fact in facts], axis=-1), axis=0, return_inverse=True)
    gathered = {}
    for number, pattern in enumerate(patterns):
        mask = np.zeros(shape, dtype=bool)
        mask[contradicted] = which.reshape(-1) == number
        gathered[_evidence(pattern, list(estimates), list(found))] = mask
    return gathered


def _evidence(pattern: Mask, names: list[str], pairs: list[Pair]) -> Evidence:
    speaking = frozenset(name for name, speaks in zip(names, pattern, strict=False) if speaks)
    *beyond, infinite = pattern[len(names) :]
    contradictions = frozenset(frozenset(pair) for pair, b in zip(pairs, beyond, strict=True) if b)
    return Evidence(speaking, contradictions, bool(infinite))
