"""The gradient of another function: of the identity, or of something smooth where the function is flat."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from verifier.verdict.accusation import Accusation, Cause, Exhibit
from verifier.witness import Array

#: How a gradient that is meant to be that of s is declared for a function f.
DECLARED = "formula=lambda x: {s} + (f(x) - {s}).detach()"


def explain(accusation: Accusation) -> Iterator[str]:
    """Straight-through estimators and other surrogates: right if they are meant, and then declared."""
    name, it = accusation.input, accusation.words.it
    if accusation.first.given[name].size > 1 and accusation.explained(lambda exhibit: _passed_on(exhibit, name)):
        declared = DECLARED.format(s="x")
        yield f"straight through: {it} is the incoming gradient itself; if that is meant, say so: {declared}"
    if all(not exhibit.true[name].any() and exhibit.bad(name).any() for exhibit in accusation.exhibits):
        declared = DECLARED.format(s="s(x)")
        yield f"a surrogate: the function is flat here; if meant, declare s in {declared}"


def _passed_on(exhibit: Exhibit, name: str) -> Array | None:
    """The cotangent, where the result has as many entries as the input."""
    shape = exhibit.given[name].shape
    return np.reshape(exhibit.cotangent, shape) if exhibit.cotangent.size == exhibit.given[name].size else None


CAUSE = Cause(rank=45, explain=explain)
