"""An input was written to before the backward pass read it."""

from __future__ import annotations

from collections.abc import Iterator

from verifier.verdict.accusation import Accusation, Cause, Exhibit
from verifier.witness import Array


def explain(accusation: Accusation) -> Iterator[str]:
    """The gradient at what the function left in its inputs."""
    derivation, written = accusation.derivation, accusation.written
    if derivation is None or not written:
        return

    def predict(exhibit: Exhibit) -> Array:
        return accusation.gradient(exhibit, derivation.adjoint, derivation.gradients[accusation.input], **written)

    # What is left in the inputs is known at the caller's own point only.
    if accusation.first.matches(accusation.input, predict(accusation.first)):
        names = " and ".join(written)
        yield f"overwritten: {accusation.words.it} is the gradient at what the function left in {names}"


CAUSE = Cause(rank=7, explain=explain)
