"""The right numbers in the wrong places: a transpose, permuted axes, a flip, a shift."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from itertools import permutations

import numpy as np

from verifier.verdict.accusation import Accusation, Cause, Exhibit
from verifier.verdict.factors import multiple
from verifier.verdict.slips import by_transpose
from verifier.witness import Array

#: The most axes whose permutations are tried.
MOST_AXES = 4

Move = Callable[[Array], Array]


def explain(accusation: Accusation) -> Iterator[str]:
    """The true gradient, or a multiple of it, moved about."""
    name = accusation.input
    shape = accusation.first.given[name].shape
    for move, sentence in _moves(accusation, shape):
        found = multiple(accusation, partial(_moved, name=name, move=move))
        if found is not None:
            yield sentence(found.times if found.value != 1 else "")


def _moved(exhibit: Exhibit, name: str, move: Move) -> Array:
    return move(exhibit.true[name]).reshape(exhibit.given[name].shape)


def _moves(accusation: Accusation, shape: tuple[int, ...]) -> Iterator[tuple[Move, Callable[[str], str]]]:
    words = accusation.words
    if len(shape) == 2:
        yield np.transpose, partial(by_transpose, words, reshaped=shape[0] != shape[1])
    elif 2 < len(shape) <= MOST_AXES:
        for order in permutations(range(len(shape))):
            if order != tuple(range(len(shape))):
                said = f"permuted axes: {words.it} is %s{words.truth} with its axes in the order {order}"
                yield partial(np.transpose, axes=order), partial(_put, said)
    for axis in range(len(shape)):
        along = f"along axis {axis}" if len(shape) > 1 else "end to end"
        said = f"reversed: {words.it} is %s{words.truth} flipped {along}"
        yield partial(np.flip, axis=axis), partial(_put, said)
        for shift in (1, -1):
            said = f"shifted: {words.it} is %s{words.truth} rolled by {shift} along axis {axis}"
            yield partial(np.roll, shift=shift, axis=axis), partial(_put, said)


def _put(sentence: str, times: str) -> str:
    return sentence % (f"{times} " if times else "")


CAUSE = Cause(rank=40, explain=explain)
