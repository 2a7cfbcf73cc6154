"""What autograd chose at kinks and ties, in words, and what no choice explains."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from verifier.numeric.borders import Entry
from verifier.numeric.subdifferential import entry_name
from verifier.subdifferential import Array, Kink, Subdifferential
from verifier.verdict.blame import DIFFERENCES, MODES, SYMBOLIC, Pair
from verifier.verdict.compare import as_held, gap
from verifier.verdict.membership import Element, nearest
from verifier.verdict.verdict import Finding
from verifier.witness import Estimate, Testimony

#: Weights that differ by less are the same choice.
SAME = 1e-3

#: Kinks that are named in one finding.
MOST_NAMED = 3


@dataclass(frozen=True)
class Choices:
    """What each mode of autograd says of the gradients at kinks, and the right ones nearest to that.

    `hulls` is what the formula says of each entry by itself, and `differences` what finite differences say. `right` is
    None where there is no kink: then there are no elements. `largest` is the largest number of the dtype that autograd
    computes in.
    """

    hulls: Mapping[str, Estimate]
    differences: Mapping[str, Estimate]
    right: Subdifferential | None
    given: Mapping[str, Mapping[str, Estimate]]
    elements: Mapping[str, Element]
    largest: float

    @classmethod
    def of(cls, said: Mapping[str, Testimony], largest: float) -> Choices:
        """The choices of all modes that have spoken, by what the formula allows."""
        hulls = said[SYMBOLIC].gradients if SYMBOLIC in said else {}
        differences = said[DIFFERENCES].gradients if DIFFERENCES in said else {}
        right = said[SYMBOLIC].subdifferential if SYMBOLIC in said else None
        given = {mode: said[mode].gradients for mode in MODES if mode in said}
        elements = (
            {}
            if right is None
            else {mode: nearest(right, _voting(gradients, hulls)) for mode, gradients in given.items()}
        )
        return cls(hulls, differences, right, given, elements, largest)

    def told(self, name: str) -> dict[Pair, Estimate]:
        """What witnesses say of the gradient by one input to one another, where they mean several numbers.

        The formula says the nearest of the right gradients to each mode. To finite differences, which take slopes on
        several sides, a mode says that its choice at a kink might have been another; and where it overflows it means
        all numbers that are too large for its dtype, which finite differences hold.
        """
        said: dict[Pair, Estimate] = {}
        for mode, given in ((mode, gradients[name]) for mode, gradients in self.given.items() if name in gradients):
            if name in self.hulls:
                said[SYMBOLIC, mode] = as_held(self._nearest(name, mode), given, self.largest)
            if name in self.differences:
                overflown = np.isinf(as_held(self.differences[name], given, self.largest).value)
                said[mode, DIFFERENCES] = _where(overflown, self.differences[name], self._either_way(name, given))
        return said

    def _either_way(self, name: str, given: Estimate) -> Estimate:
        """What a mode says, as far off as another choice at the kinks would carry it."""
        if self.right is None or name not in self.right.shapes:
            return given
        hull = self.hulls[name]
        return Estimate(given.value, given.error + np.where(hull.speaks, 2 * hull.error, 0.0))

    def _nearest(self, name: str, mode: str) -> Estimate:
        hull = self.hulls[name]
        element = self.elements[mode].gradients.get(name) if mode in self.elements else None
        if element is None:
            return hull
        return _where(element.speaks, element, hull)

    def explained(self, finding: Finding) -> Finding:
        """The finding; against a mode of autograd, with the kink that no choice at explains it."""
        name = finding.input
        if self.right is None or name is None or name not in self.right.shapes or finding.blamed not in self.elements:
            return finding
        shape = self.right.shapes[name]
        within = int(np.ravel_multi_index(finding.index or (), shape)) if shape else 0
        position = _starts(self.right)[name] + within
        kinks = [kink for kink in self.right.kinks if position in kink.entries]
        at = " and ".join(dict.fromkeys(_at(kink) for kink in kinks[:MOST_NAMED]))
        return replace(finding, reason=f"no choice {at} gives it, and {finding.reason}") if kinks else finding

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for each way in which a mode chose; kinks where it is wrong are left to the findings."""
        if self.right is None:
            return ()
        said: dict[str, list[str]] = {}
        for mode, element in self.elements.items():
            for sentence in _sentences(self.right, element, self.given[mode]):
                said.setdefault(sentence, []).append(mode)
        notes = [f"{'autograd' if len(modes) == len(self.elements) else modes[0]} {s}" for s, modes in said.items()]
        blunt = sum(not kink.sharp for kink in self.right.kinks)
        if blunt:
            notes.append(
                f"the choices at {blunt} of {len(self.right.kinks)} kinks are too many to be told apart: there every "
                "entry is compared with the range of its own gradients"
            )
        return tuple(notes)


def _voting(given: Mapping[str, Estimate], hulls: Mapping[str, Estimate]) -> Mapping[str, Estimate]:
    """The gradients that tell what was chosen at kinks: an input that no choice makes right has no vote.

    It would make right ones look wrong, since all inputs have to be met by one choice.
    """
    possible = {n: e for n, e in given.items() if n not in hulls or not gap(hulls[n], e).beyond.any()}
    return possible or given


def _sentences(right: Subdifferential, element: Element, given: Mapping[str, Estimate]) -> Iterator[str]:
    flat = np.concatenate([element.gradients[name].value.ravel() for name in right.shapes])
    met = np.concatenate([_met(element.gradients[name], given.get(name)).ravel() for name in right.shapes])
    alike: dict[tuple[str, ...], list[tuple[str, Kink]]] = {}
    for kink, weights in zip(right.kinks, element.weights, strict=True):
        if weights is not None and kink.sharp and len(weights) > 1 and met[kink.entries].all():
            kind, sentence = _described(kink, weights, flat, right)
            alike.setdefault(kind, []).append((sentence, kink))
    for same in alike.values():
        sentence, _ = same[0]
        yield sentence if len(same) == 1 else f"{sentence}; {len(same) - 1:,} more are like this"


def _described(kink: Kink, weights: Array, flat: Array, right: Subdifferential) -> tuple[tuple[str, ...], str]:
    """What was chosen at a kink: the kind of choice, and a sentence without its subject."""
    evenly = bool((np.abs(weights - weights.mean()) < SAME).all())
    one = bool(weights.max() > 1 - SAME)
    choice = "one" if one else "even" if evenly else str(np.round(np.sort(weights), 3).tolist())
    if kink.tied and len(kink.vertices) == len(kink.tied):
        return ("tie", choice), _divided(kink, flat, right, evenly=evenly)
    if kink.entries.size == 1:
        (entry,) = kink.entries
        others = flat[entry] - float(weights @ kink.vertices[:, 0])
        low, high = others + kink.vertices.min(), others + kink.vertices.max()
        return ("border", choice), (
            f"gives {flat[entry]:.6g} {_at(kink)}; the subdifferential is [{low:.6g}, {high:.6g}]"
        )
    way = "the gradient of one side" if one else "the mean of all sides" if evenly else "a mean of the sides"
    return ("kink", choice), f"gives {way} {_at(kink)}"


def _divided(kink: Kink, flat: Array, right: Subdifferential, *, evenly: bool) -> str:
    if evenly:
        return f"divides the gradient of the tie {kink.place} evenly"
    getting = [position for position in kink.tied if abs(flat[position]) > SAME * np.abs(flat[list(kink.tied)]).max()]
    if len(getting) == 1:
        return f"gives all of the gradient of the tie {kink.place} to {_name(getting[0], right)}"
    return f"gives {', '.join(f'{flat[position]:.6g}' for position in kink.tied)} at the tie {kink.place}"


def _where(mask: NDArray[np.bool_], one: Estimate, other: Estimate) -> Estimate:
    if not mask.any():
        return other
    return Estimate(np.where(mask, one.value, other.value), np.where(mask, one.error, other.error))


def _met(element: Estimate, given: Estimate | None) -> NDArray[np.bool_]:
    return ~gap(element, given).beyond if given is not None else np.ones(element.value.shape, dtype=bool)


def _at(kink: Kink) -> str:
    if kink.place is None:
        return "at a kink inside of the function"
    return f"at the tie {kink.place}" if kink.tied else f"at the kink {kink.place}"


def _name(position: int, right: Subdifferential) -> str:
    starts = _starts(right)
    name = [n for n in right.shapes if starts[n] <= position][-1]
    return entry_name(Entry(name, position - starts[name]), right.shapes)


def _starts(right: Subdifferential) -> dict[str, int]:
    sizes: Sequence[int] = [int(np.prod(shape)) for shape in right.shapes.values()]
    return dict(zip(right.shapes, np.cumsum([0, *sizes[:-1]]).tolist(), strict=True))
