"""Nothing comes back: the gradient is None, zero or NaN everywhere."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from verifier.verdict.accusation import Accusation, Cause


def explain(accusation: Accusation) -> Iterator[str]:
    """A gradient that is the same nothing at every entry."""
    name, it = accusation.input, accusation.words.it
    if all(np.isnan(exhibit.given[name]).all() for exhibit in accusation.exhibits):
        yield f"NaN: {it} is NaN at every entry"
    if any(exhibit.given[name].any() for exhibit in accusation.exhibits):
        return
    if accusation.pathless:
        yield f"None: torch sees no path from {name} to the result, as after a detach or a backward that returns None"
    else:
        yield f"zero: {it} is 0 at every entry, and {accusation.words.truth} is not"


CAUSE = Cause(rank=0, explain=explain)
