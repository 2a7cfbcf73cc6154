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

#: What is left of an error in float64 is the same error if it is no smaller than this share of it.
SAME_SHARE = 2.0**-3

#: An error is no worse than others if it is at most so many times the largest of them.
ALIKE = 2.0

#: The evidence of an error that a narrower dtype explains.
THROUGH = "it goes through a narrower dtype on the way, and the error is within what rounding does there"

#: The evidence of an error that float64 does not have.
GONE = "nothing of the error is left in float64, so it is rounding"

#: What an error can be, by the code that `natures` gives: the outcome, and the evidence.
EVIDENCE: tuple[tuple[Outcome, str], ...] = (
    ("wrong", "the error is the same in float64, so it is no rounding"),
    ("wrong", "the error is the same at neighbouring inputs, so it is no rounding"),
    ("inaccurate", GONE),
    ("inaccurate", "the error shrinks in float64 as roundoffs do, so it is rounding"),
    ("inaccurate", "the error flickers between neighbouring inputs, or is all that cancellation left: it is rounding"),
    ("inaccurate", "it is finite at smaller inputs, so something overflows on the way"),
    ("wrong", "whether the error is rounding cannot be told: there is no wider dtype to try"),
    ("inaccurate", THROUGH),
    ("wrong", "the error is as plain at inputs where rounding does not hide it, so it is no rounding"),
    ("inaccurate", "the rounding of its own operators explains the error, and stable code would not be off by so much"),
    ("inaccurate", "most of the error is gone in float64, and what is left would be allowed, so it is rounding"),
)
(
    _SAME,
    _SMOOTH,
    _GONE,
    _SHRINKS,
    _FLICKERS,
    _OVERFLOWS,
    _UNTOLD,
    _NARROWED,
    _ELSEWHERE,
    _UNSTABLE,
    _MOSTLY,
) = range(len(EVIDENCE))


@dataclass(frozen=True)
class Deviation:
    """How far a tensor is from the truth, entry by entry, beside what one roundoff in every operator does.

    The error is infinite where one of the two is not finite and the other is.
    """

    truth: Array
    error: Array
    bracket: Array
    allowed: Array


@dataclass(frozen=True)
class Around:
    """What errors do at other inputs: where they flicker, where something overflowed, and where nothing is left to tell
    of them, and they are plain far from the point.
    """

    flickers: NDArray[np.bool_]
    overflows: NDArray[np.bool_]
    elsewhere: NDArray[np.bool_]


def natures(
    narrow: Deviation,
    wide: Deviation | None,
    around: Callable[[], Around | None],
    through: Array | None = None,
    unstable: Array | None = None,
) -> NDArray[np.int_]:
    """What the error is at every entry, as a position in `EVIDENCE`.

    narrow: in the candidate's own dtype. wide: in float64; None where nothing wider could be had. around: what the
    error of the wider of the two does at other inputs; None where that is not known. It is asked only if it is needed,
    for it takes many evaluations. through: what is allowed in a narrower dtype that the candidate goes through, if it
    does. unstable: what the rounding of all operators explains, where less than that is allowed.
    """
    codes = np.full(narrow.error.shape, -1)
    if wide is not None:
        with np.errstate(all="ignore"):
            informative = narrow.error < NO_DIGIT * np.abs(narrow.truth)
            middle = narrow.error * np.sqrt(wide.bracket / narrow.bracket)
            codes[informative] = np.where(wide.error < middle, _SHRINKS, _SAME)[informative]
            mostly = informative & (wide.error <= np.minimum(SAME_SHARE * narrow.error, narrow.allowed))
            codes[mostly & (codes == _SAME)] = _MOSTLY
        codes[wide.error <= wide.allowed] = _GONE
    if through is not None:
        codes[narrow.error <= through] = _NARROWED
    if unstable is not None:
        codes[narrow.error <= unstable] = _UNSTABLE
    unsettled = (codes < 0) & ~(narrow.error <= narrow.allowed)
    if unsettled.any():
        known = around()
        codes[unsettled] = _UNTOLD if known is None else _by_flickers(known, unsettled, wide or narrow)[unsettled]
    return codes


def _by_flickers(around: Around, unsettled: NDArray[np.bool_], widest: Deviation) -> NDArray[np.int_]:
    """Rounding errors may happen to stay the same at a few neighbours, and a smooth error may happen to cross zero.

    So where most of the errors are of one kind, one of the other kind is like them unless it is worse than all of them.
    """
    flickers = around.flickers
    with np.errstate(all="ignore"):
        excess = np.where(unsettled, widest.error / widest.bracket, 0.0)
    mostly = 2 * int((flickers & unsettled).sum()) >= int(unsettled.sum())
    alike = excess <= ALIKE * excess[unsettled & (flickers == mostly)].max(initial=0.0)
    codes = np.where(np.where(alike, mostly, flickers), _FLICKERS, _SMOOTH)
    codes = np.where(around.elsewhere, _ELSEWHERE, codes)
    return np.where(around.overflows, _OVERFLOWS, codes)


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
