"""What the bad entries of a gradient have in common."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from verifier.verdict.accusation import Exhibit
from verifier.witness import Array

#: A common factor of the bad entries is named if it is a fraction with at most this denominator.
DENOMINATOR = 12

#: Beyond this relative uncertainty several such fractions are within reach, and only the plainest are named.
UNCERTAIN, PLAIN = 1 / 300, 2


def in_common(exhibit: Exhibit, name: str) -> str | None:
    """What all bad entries of one gradient are, as the end of a sentence: "all 0 there"."""
    bad = exhibit.bad(name)
    given, true, allowed = exhibit.given[name][bad], exhibit.true[name][bad], exhibit.share * exhibit.allowed[name][bad]
    every = (
        "0" if not given.any() else "NaN" if np.isnan(given).all() else "infinite" if np.isinf(given).all() else None
    )
    if every is not None:
        return f"and {every} there"
    factor = _factor(given, true, allowed)
    if factor is None:
        return None
    return f"and {'minus' if factor == -1 else f'{factor} times'} the true one there".replace("-", "−")


def _factor(given: Array, true: Array, allowed: Array) -> Fraction | None:
    with np.errstate(all="ignore"):
        quotient = float(np.median(given / true))
        uncertain = float(np.min(allowed / np.abs(true))) > UNCERTAIN
    if not np.isfinite(quotient):
        return None
    factor = Fraction(quotient).limit_denominator(PLAIN if uncertain else DENOMINATOR)
    near = np.abs(given - float(factor) * true) <= allowed * max(1.0, abs(float(factor)))
    return factor if near.all() else None
