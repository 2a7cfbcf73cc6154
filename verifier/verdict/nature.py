"""Rounding or formula: what an error that no honest implementation makes is, from how it behaves in a wider dtype.

Rounding shrinks with the unit roundoff: it loses as many bits in float64 as in the narrower dtype. A wrong formula is
off by the same amount in both. Where the narrower dtype has no digit left its error says nothing, and float64 decides
alone; there, and where nothing wider is to be had, rounding flickers between neighbouring inputs.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from verifier.verdict.compare import gap
from verifier.verdict.findings import told
from verifier.verdict.verdict import Finding, Outcome
from verifier.witness import Array, Estimate

#: Errors of more than this share of the truth leave no digit.
NO_DIGIT = 0.25

#: An error is no worse than others if it is at most so many times the largest of them.
ALIKE = 2.0

#: What an error can be, by the code that `natures` gives: the outcome, and the evidence.
EVIDENCE: tuple[tuple[Outcome, str], ...] = (
    ("wrong", "the error is the same in float64, so it is no rounding"),
    ("wrong", "the error is the same at neighbouring inputs, so it is no rounding"),
    ("inaccurate", "nothing of the error is left in float64, so it is rounding"),
    ("inaccurate", "the error shrinks in float64 as roundoffs do, so it is rounding"),
    ("inaccurate", "the error flickers between neighbouring inputs, or is all that cancellation left: it is rounding"),
    ("wrong", "whether the error is rounding cannot be told: there is no wider dtype to try"),
)
_SAME, _SMOOTH, _GONE, _SHRINKS, _FLICKERS, _UNTOLD = range(len(EVIDENCE))


@dataclass(frozen=True)
class Deviation:
    """How far a tensor is from the truth, entry by entry, beside what one roundoff in every operator does.

    The error is infinite where one of the two is not finite and the other is.
    """

    truth: Array
    error: Array
    bracket: Array
    allowed: Array


def natures(
    narrow: Deviation | None, wide: Deviation | None, flickers: Callable[[], NDArray[np.bool_] | None]
) -> NDArray[np.int_]:
    """What the error is at every entry, as a position in `EVIDENCE`.

    narrow: in the candidate's own dtype; None where only float64 is in question. wide: in float64; None where nothing
    wider could be had. flickers: whether the error of the widest of the two is rounding by what it does at neighbouring
    inputs; None where that is not known. It is asked only if it is needed, for it takes many evaluations.
    """
    widest = wide if wide is not None else narrow
    assert widest is not None
    codes = np.full(widest.error.shape, -1)
    if narrow is not None and wide is not None:
        with np.errstate(all="ignore"):
            informative = narrow.error < NO_DIGIT * np.abs(narrow.truth)
            middle = narrow.error * np.sqrt(wide.bracket / narrow.bracket)
            codes[informative] = np.where(wide.error < middle, _SHRINKS, _SAME)[informative]
        codes[wide.error <= wide.allowed] = _GONE
    beyond = narrow if narrow is not None else wide
    assert beyond is not None
    open_ = (codes < 0) & ~(beyond.error <= beyond.allowed)
    if open_.any():
        flickering = flickers()
        codes[open_] = _UNTOLD if flickering is None else _by_flickers(flickering, open_, widest)[open_]
    return codes


def _by_flickers(flickering: NDArray[np.bool_], open_: NDArray[np.bool_], widest: Deviation) -> NDArray[np.int_]:
    """Rounding errors may happen to stay the same at a few neighbours.

    So where most of the errors flicker, one that does not, and is no worse than those that do, is like them.
    """
    with np.errstate(all="ignore"):
        excess = np.where(open_, widest.error / widest.bracket, 0.0)
    if 2 * int((flickering & open_).sum()) >= int(open_.sum()):
        flickering = flickering | (excess <= ALIKE * excess[flickering & open_].max(initial=0.0))
    return np.where(flickering, _FLICKERS, _SMOOTH)


def tempered(
    finding: Finding, codes: NDArray[np.int_], estimates: dict[str, Estimate], numbers: NDArray | None, reference: str
) -> list[Finding]:
    """A finding on a wrong witness as one on what is wrong and one on what is rounding, each at its worst entry.

    `estimates` are those that the finding came from, and `reference` names the one that the culprit is measured from.
    """
    assert finding.blamed is not None
    measured = gap(estimates[finding.blamed], estimates[reference])
    outcomes = np.array([outcome == "inaccurate" for outcome, _ in EVIDENCE])
    found = []
    parts: tuple[tuple[Outcome, NDArray[np.bool_]], ...] = (
        ("wrong", ~outcomes[codes]),
        ("inaccurate", outcomes[codes]),
    )
    for outcome, part in parts:
        mask = part & measured.beyond
        if mask.any():
            again = told(finding, mask, measured, estimates, numbers)
            found.append(replace(again, outcome=outcome, nature=EVIDENCE[int(codes[again.index])][1]))
    return found
