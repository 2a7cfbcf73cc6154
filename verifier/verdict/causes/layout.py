"""An input does not lie in memory as the code expects."""

from __future__ import annotations

from collections.abc import Iterator

from verifier.verdict.accusation import Accusation, Cause


def explain(accusation: Accusation) -> Iterator[str]:
    """Where the inputs are contiguous the gradient is right."""
    found = accusation.contiguous.get(accusation.input)
    if found is not None and accusation.first.is_right(accusation.input, found):
        yield (
            "the layout of an input: where all inputs are contiguous it is right; "
            "read them by their strides, or make them `contiguous` first"
        )


CAUSE = Cause(rank=6, explain=explain)
