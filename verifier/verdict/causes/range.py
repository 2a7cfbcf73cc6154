"""Wrong only where an input lies in a certain range."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from verifier.verdict.accusation import Accusation, Cause
from verifier.verdict.causes._bad_entries import in_common
from verifier.witness import Array

#: The chance that entries which are bad for another reason lie in a range, up to which one is named.
CHANCE = 1e-3

#: Ranges that are tried: sign, one side, both sides, magnitudes.
SIDES = 8


def explain(accusation: Accusation) -> Iterator[str]:
    """The bad entries are those, and only those, where an input of the same shape is on one side of a number."""
    bad = accusation.first.bad(accusation.input)
    count, size = int(bad.sum()), bad.size
    if not 0 < count < size or SIDES / math.comb(size, count) > CHANCE:
        return
    how = in_common(accusation.first, accusation.input)
    own = {accusation.input: accusation.first.inputs[accusation.input]}
    for name, values in (own | dict(accusation.first.inputs)).items():
        if values.shape == bad.shape and values.dtype.kind == "f":
            for said in _ranges(name, values, bad):
                yield f"a range: {accusation.words.it} is wrong exactly where {said}" + (f", {how}" if how else "")


def _ranges(name: str, values: Array, bad: NDArray[np.bool_]) -> Iterator[str]:
    for shown, numbers in ((name, values), (f"|{name}|", np.abs(values))):
        inside, outside = numbers[bad], numbers[~bad]
        side = _side(shown, inside, outside)
        if side is not None:
            yield side
        elif inside.min() == inside.max() and inside.min() not in outside and float(inside.min()).is_integer():
            yield f"{shown} = {inside.min():.4g}"  # one of several numbers at random would say nothing


def _side(shown: str, bad: Array, good: Array) -> str | None:
    """On which side of a number the bad ones are; None if on both."""
    for relation, inside, outside in ((("<", "≤"), bad.max(), good.min()), ((">", "≥"), bad.min(), good.max())):
        if (inside < outside) if relation[0] == "<" else (inside > outside):
            if inside * outside < 0 or outside == 0:
                return f"{shown} {relation[0]} 0"
            if inside == 0:
                return f"{shown} {relation[1]} 0"
            return f"{shown} {relation[1]} {inside:.4g} (and right up to {outside:.4g})"
    return None


CAUSE = Cause(rank=90, explain=explain)
