"""The gradient at a tie was given to every one of the tied entries, and not once in all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from verifier.verdict.accusation import Accusation, Cause


def explain(accusation: Accusation) -> Iterator[str]:
    """Of all sides of a tie each entry has the largest share, as a mask of the largest entries gives it."""
    right, name = accusation.right, accusation.input
    if right is None or name not in right.shapes or not right.sharp:
        return
    undivided = right.base.copy()
    for kink in right.kinks:
        sides = right.base[kink.entries] + kink.vertices
        undivided[kink.entries] = np.take_along_axis(sides, np.abs(sides).argmax(axis=0)[None], axis=0)[0]
    # Ties are a matter of the caller's own point.
    if accusation.first.matches(name, right.split(undivided)[name]):
        yield "a tie that is not divided: each of the tied entries has the whole gradient"


CAUSE = Cause(rank=18, explain=explain)
