"""The conjugate that a gradient by complex numbers takes was left out.

torch's gradient of a holomorphic f is the cotangent times the conjugate of f′. Without the conjugate it is what the
true gradient is for the conjugated cotangent, conjugated.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from verifier.verdict.accusation import Accusation, Cause, Exhibit
from verifier.witness import Array


def explain(accusation: Accusation) -> Iterator[str]:
    """Complex inputs are pairs along a last axis, and a complex result is one vector of pairs."""
    name, it, derivation = accusation.input, accusation.words.it, accusation.derivation
    if derivation is None or name not in accusation.pairs:
        return

    def predict(exhibit: Exhibit) -> Array:
        changed = {derivation.cotangent: _conjugated(exhibit.cotangent)}
        return _conjugated(accusation.gradient(exhibit, derivation.adjoint, derivation.gradients[name], **changed))

    if accusation.first.cotangent.size % 2 == 0 and accusation.explained(predict):
        yield f"a missing conjugate: {it} is the gradient with the derivative in place of its conjugate"
    if accusation.explained(lambda exhibit: _conjugated(exhibit.true[name])):
        yield f"a conjugate: {it} is the conjugate of {accusation.words.truth}"


def _conjugated(pairs: Array) -> Array:
    parts = pairs.reshape(-1, 2)
    return np.stack([parts[:, 0], -parts[:, 1]], axis=-1).reshape(pairs.shape)


CAUSE = Cause(rank=30, explain=explain)
