"""Where witnesses are asked who cannot speak of every entry: along which directions, and at which entry after that."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from verifier.numeric.directions import along, along_all, joint_directions
from verifier.verdict.blame import DIFFERENCES, FORWARD, REVERSE, SYMBOLIC
from verifier.verdict.compare import gap, gaps
from verifier.verdict.slopes import joint_slopes, slopes_by_witness
from verifier.witness import Abstains, Array, Estimate, Joint, Question, Testimony, Witness


def jointly(question: Question, said: Mapping[str, Testimony], seed: int) -> Question | None:
    """The question with all inputs moved at once, where the formula and reverse mode agree at every entry.

    None where they do not, or do not speak of every entry, or where no input is large.
    """
    names = question.wrt
    if (
        not question.directions
        or not {SYMBOLIC, REVERSE} <= said.keys()
        or any(len(at) for at in question.focus.values())
    ):
        return None
    formula, reverse = (said[witness].gradients for witness in (SYMBOLIC, REVERSE))
    if not all(n in formula and n in reverse and reverse[n].speaks.all() for n in names):
        return None
    directions = joint_directions(question.inputs, names, question.allowance, seed)
    slopes = along_all(formula, directions)
    return replace(question, joint=Joint(directions, slopes)) if slopes.speaks.all() else None


def corroborated(question: Question, said: Mapping[str, Testimony]) -> bool:
    """Whether all who spoke along the question's joint directions agree there."""
    slopes = joint_slopes(question, said)
    spoken = all(estimate.speaks.all() for estimate in slopes.values())
    return bool(slopes) and spoken and not any(found.beyond.any() for found in gaps(slopes).values())


def pointed(question: Question, witnesses: Collection[Witness], said: Mapping[str, Testimony]) -> Question | None:
    """The question with one more entry in focus for each input that is contradicted along a direction only.

    None where there is no such input. `witnesses` are those who were asked for slopes.

    The reference is the formula's gradient, or reverse mode's where there is no formula. Finite differences that
    contradict both of these are not looked into: they are unreliable.
    """
    reference = SYMBOLIC if SYMBOLIC in said else REVERSE
    halving = [FORWARD] if {SYMBOLIC, REVERSE} <= said.keys() else [FORWARD, DIFFERENCES]
    found: dict[str, NDArray[np.int64]] = {}
    for name in question.directions:
        slopes = slopes_by_witness(question, said, name)
        for witness in (w for w in witnesses if w.name in halving and {w.name, reference} <= slopes.keys()):
            gradient = said[reference].gradients[name]
            apart = gap(slopes[witness.name], slopes[reference])
            if apart.beyond.any() and not gap(said[witness.name].gradients[name], gradient).beyond.any():
                direction = question.directions[name][int(np.argmax(apart.excess))]
                entry = _halved(witness, question, name, direction, gradient)
                found[name] = np.union1d(question.entries(name), [entry])
                break
    return replace(question, focus={**question.focus, **found}) if found else None


def _halved(witness: Witness, question: Question, name: str, direction: Array, gradient: Estimate) -> int:
    """The entry that is left when the half of a direction that shows more is kept, again and again."""
    places = np.flatnonzero(direction)
    while len(places) > 1:
        halves = np.array_split(places, 2)
        parts = tuple(_restricted(direction, half) for half in halves)
        places = halves[int(np.argmax(_excess(witness, question, name, parts, gradient)))]
    return int(places[0])


def _restricted(direction: Array, places: NDArray[np.int64]) -> Array:
    """The same direction with all other entries held."""
    part = np.zeros(direction.shape)
    part.flat[places] = direction.flat[places]
    return part


def _excess(witness: Witness, question: Question, name: str, parts: tuple[Array, ...], gradient: Estimate) -> Array:
    """How far the witness is off along each part, in units of what is allowed; 0 where it says nothing."""
    asked = replace(question, wrt=(name,), focus={}, directions={name: parts})
    try:
        slopes = witness.testify(asked).slopes[name]
    except (Abstains, KeyError):
        return np.zeros(len(parts))
    return gap(slopes, along(gradient, parts)).excess
