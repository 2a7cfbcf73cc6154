"""A constant factor, or the sign."""

from __future__ import annotations

from collections.abc import Iterator

from verifier.verdict.accusation import Accusation, Cause
from verifier.verdict.factors import multiple
from verifier.verdict.slips import by_factor


def explain(accusation: Accusation) -> Iterator[str]:
    """One number by which the true gradient was multiplied at every point and cotangent."""
    found = multiple(accusation, lambda exhibit: exhibit.true[accusation.input])
    if found is not None and found.name != "1":
        yield by_factor(accusation.words, found.name) + found.aside


CAUSE = Cause(rank=10, explain=explain)
