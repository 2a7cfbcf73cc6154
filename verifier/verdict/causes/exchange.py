"""The gradient by one input was given for another."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from verifier.verdict.accusation import Accusation, Cause, Exhibit
from verifier.witness import Array


def explain(accusation: Accusation) -> Iterator[str]:
    """The true gradient by another input; exchanged if that one has this one's in return."""
    name, it = accusation.input, accusation.words.it
    for other in accusation.first.true:
        if other != name and accusation.explained(partial(_as, other=other, name=name)):
            if all(_is_given(exhibit, name, other) for exhibit in accusation.exhibits):
                yield f"exchanged: {it} is the gradient by {other}, and that by {other} is the gradient by {name}"
            else:
                yield f"the gradient by another input: {it} is the gradient by {other}"


def _as(exhibit: Exhibit, other: str, name: str) -> Array | None:
    true, shape = exhibit.true[other], exhibit.given[name].shape
    return true.reshape(shape) if true.size == exhibit.given[name].size else None


def _is_given(exhibit: Exhibit, name: str, other: str) -> bool:
    predicted = _as(exhibit, name, other)
    return predicted is not None and exhibit.matches(other, predicted)


CAUSE = Cause(rank=50, explain=explain)
