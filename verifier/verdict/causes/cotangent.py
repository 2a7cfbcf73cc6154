"""The cotangent was left out: the gradient is that of the plain sum of the result."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from verifier.verdict.accusation import Accusation, Cause, Exhibit
from verifier.witness import Array


def explain(accusation: Accusation) -> Iterator[str]:
    """The gradient for a cotangent of ones, whatever the cotangent was."""
    derivation = accusation.derivation
    if derivation is None:
        return

    def predict(exhibit: Exhibit) -> Array:
        changed = {derivation.cotangent: np.ones_like(exhibit.cotangent)}
        return accusation.gradient(exhibit, derivation.adjoint, derivation.gradients[accusation.input], **changed)

    if accusation.explained(predict):
        yield f"the incoming gradient is ignored: {accusation.words.it} is the gradient for a cotangent of ones"


CAUSE = Cause(rank=20, explain=explain)
