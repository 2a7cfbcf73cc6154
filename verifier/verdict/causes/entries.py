"""Some entries alone are off, and all of them in the same way: never written, NaN, a sign, a factor."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from verifier.verdict.accusation import Accusation, Cause
from verifier.verdict.causes._bad_entries import in_common


def explain(accusation: Accusation) -> Iterator[str]:
    """What the bad entries have in common, where others are right."""
    exhibit, name = accusation.first, accusation.input
    bad = exhibit.bad(name)
    if bad.all() or not bad.any():
        return
    given, true = exhibit.given[name][bad], exhibit.true[name][bad]
    which = "one entry alone is off" if bad.sum() == 1 else "the bad entries alone are off"
    how = in_common(exhibit, name)
    if not given.any():
        yield f"{which}, {how}, as if never written"
    elif how is not None:
        yield f"{which}, {how}"
    elif bad.sum() == 1 and true[0] and np.isfinite(true[0]):
        digits = 7 if accusation.roundoff < 2.0**-20 else 2
        yield f"{which}, and {float(given[0] / true[0]):.{digits}g} times the true one there"


CAUSE = Cause(rank=100, explain=explain)
