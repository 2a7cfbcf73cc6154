"""The gradient went through a narrower dtype."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from verifier.numeric.noise import largest
from verifier.point import FLOATING, rounded
from verifier.verdict.accusation import Accusation, Cause, Exhibit

#: Roundoffs of the narrower dtype by which a gradient may be off that was computed in it.
ROUNDOFFS = 64.0

#: Entries whose digits must all end early before that is no chance.
FEWEST = 2


def explain(accusation: Accusation) -> Iterator[str]:
    """All entries are numbers of a narrower dtype than the candidate's own, and near the truth for one."""
    for dtype in ("bfloat16", "float16", "float32"):
        if FLOATING[dtype][0] > accusation.roundoff and all(
            _fits(accusation, exhibit, dtype) for exhibit in accusation.exhibits
        ):
            yield f"a narrower dtype: every entry is a {dtype} number, as if it had been computed in {dtype}"
            return


def _fits(accusation: Accusation, exhibit: Exhibit, dtype: str) -> bool:
    given, true = exhibit.given[accusation.input], exhibit.true[accusation.input]
    compared = np.isfinite(exhibit.allowed[accusation.input]) & np.isfinite(given)
    given, true = given[compared], true[compared]
    roundoff, _ = FLOATING[dtype]
    representable = bool((rounded(given, dtype) == given).all())
    telling = int((rounded(true, dtype) != true).sum()) >= FEWEST
    near = bool((np.abs(given - true) <= ROUNDOFFS * roundoff * largest(true)).all())
    return representable and telling and near


CAUSE = Cause(rank=5, explain=explain)
