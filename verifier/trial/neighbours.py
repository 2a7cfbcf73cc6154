"""How a candidate's error changes when its inputs are changed: what tells rounding from a wrong formula in one dtype.

Moved by a few roundoffs, and by larger steps up to a hundredth of their size, the inputs are still almost the same. The
error of a wrong formula is as smooth as the gradient itself. Rounding errors are drawn anew as soon as something on the
way is rounded to another number; where a large number swallows a small one that takes a larger step, hence several
sizes. Inputs that are smaller by a power of two do not overflow. Inputs that are smaller or larger by powers of two
show what is wrong in a tail, where nothing of the gradient is left to tell it from rounding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from verifier.errors import CandidateError
from verifier.numeric.enclose import enclose
from verifier.numeric.noise import largest
from verifier.point import FLOATING, LARGEST, rounded
from verifier.trial.rounding import Asked
from verifier.witness import Abstains, Array, Estimate, Question, Testimony, Witness
from verifier.witnesses.symbolic import MOST_BALLS

#: How far the inputs are moved, relative to their size; the smallest are left out in dtypes that do not resolve them.
SCALES = (2.0**-50, 2.0**-40, 2.0**-30, 2.0**-20, 2.0**-13, 2.0**-7)

#: Neighbours at each distance.
NEIGHBOURS = 3

#: By which powers of two the inputs are made smaller to see whether something overflows.
SMALLER = (1, 2, 3, 4, 5, 6, 16, 64, 256, 512)

#: The true tensor may change so little between neighbours, relative to its size, for their errors to be compared.
STILL = 0.1

#: Errors flicker if they deviate by so much from their mean, relative to it.
FLICKERS = 0.5

#: Rounding is about as bad at a neighbour: an error that is nowhere else so much of what it is here is the point's own.
NOWHERE_ELSE = 2.0**-8

#: An error that differs by less from what it is here, relative to it, is the same.
SWITCHED = 2.0**-3

#: Below so much of the truth an error leaves digits in what was computed.
DIGITS_LEFT = 2.0**-5

#: Roundoffs of the largest tensor on the way that an error may be if the tensor's entries cancelled.
CANCELLED = 4.0

#: Inputs far from the point are larger and smaller than there by these powers of two.
FAR = (1, 2, 3, 4, 6, 8, 12, 16, 24, 32)

#: Times what cancellation leaves that a gradient is far from the point, for its error to be no rounding.
PLAIN = 2.0**10

#: Points far away at which an error has to be plain, and no rounding at any of them.
PLAIN_POINTS = 2

#: Gradients by input, or masks of their shape; those of the value are under None.
Tensors = dict[str | None, NDArray]


@dataclass(frozen=True)
class _There:
    """At other inputs: what is right, and the signed errors of the mode."""

    truth: Tensors
    errors: Tensors


@dataclass(frozen=True)
class Surroundings:
    """The points around that of a question, and a mode of autograd that is asked there.

    dtype: what the mode computes in. truth: what is right at the question's own point. said: what the mode says there.
    """

    question: Question
    dtype: str
    truth: Testimony
    said: Testimony
    witness: Witness

    def rounding(self) -> Tensors:
        """Where the mode's error is rounding: masks of all gradients and of the value.

        Where no digits are left nothing can flicker: there an error is rounding if it is no more than the rounding of
        what must have cancelled.
        """
        found = {name: np.zeros(e.value.shape, dtype=bool) for name, e in self._right.items()}
        for scale in (s for s in SCALES if s >= 4 * FLOATING[self.dtype][0]):
            beside = list(self._neighbours(scale))
            for name in found:
                around = [there for there in beside if name in there.errors]
                if around:
                    found[name] |= _flickers(self._right[name].value, around, name) & self._elsewhere(around, name)
        return {name: mask | self._cancelled.get(name, False) for name, mask in found.items()}

    def elsewhere(self) -> Tensors:
        """Where no digits are left and the error is no rounding all the same: masks of all gradients and of the value.

        Code that cancels here gets the tensor right where there is more of it. So the inputs are made smaller and
        larger by powers of two. An error that takes digits from the tensor wherever that is plain is the formula's.
        """
        found = {name: np.zeros(mask.shape, dtype=bool) for name, mask in self._cancelled.items()}
        if not self._in_balls or not any(mask.any() for mask in self._cancelled.values()):
            return found
        plain = {name: np.zeros(mask.shape, dtype=int) for name, mask in found.items()}
        right = {name: np.zeros(mask.shape, dtype=bool) for name, mask in found.items()}
        for power in (sign * far for far in FAR for sign in (-1, 1)):
            question = self._moved(lambda array, size=2.0**power: array * size)  # type: ignore[misc]  # a default holds the loop's value
            there = None if question is None else self._there(question)
            if question is None or there is None:
                continue
            least = PLAIN * self._left_by_cancellation(replace(self._asked, question=question))
            for name in found.keys() & there.errors.keys():
                error, truth = there.errors[name], np.abs(there.truth[name])
                told = np.isfinite(error) & (truth > least)
                plain[name] += told
                right[name] |= told & (np.abs(error) <= DIGITS_LEFT * truth)
        return {n: mask & (plain[n] >= PLAIN_POINTS) & ~right[n] for n, mask in self._cancelled.items()}

    def overflow(self) -> Tensors:
        """Where the mode is not finite because something overflowed: masks of all gradients and of the value.

        That is so where the truth is finite, the numbers on the way are so large that the exponential of twice as much
        overflows, and the mode is finite at inputs that are smaller by a power of two.
        """
        broken = {name: np.isinf(error) for name, error in self._errors.items()}
        found = {name: np.zeros(mask.shape, dtype=bool) for name, mask in broken.items()}
        large = 2 * _largest_on_the_way(self._asked) > np.log(LARGEST[self.dtype])
        if not large or not any(mask.any() for mask in broken.values()):
            return found
        for halvings in SMALLER:
            there = self._at(lambda array, size=2.0**-halvings: array * size)  # type: ignore[misc]  # a default holds the loop's value
            for name, error in ({} if there is None else there.errors).items():
                found[name] |= broken[name] & np.isfinite(error)
        return found

    def _elsewhere(self, around: list[_There], name: str | None) -> NDArray[np.bool_]:
        """Where a neighbour has an error too that is another one, and not far from the one at the point itself.

        An error that is there as it is or not at all, as where two entries are equal, is switched by a condition.
        """
        errors, own = np.stack([there.errors[name] for there in around]), self._errors[name]
        with np.errstate(all="ignore"):
            same = np.abs(errors - (_estimates(self.said)[name].value - self._right[name].value)) <= SWITCHED * own
            return (~(np.abs(errors) < NOWHERE_ELSE * own) & ~same).any(axis=0)

    @property
    def _asked(self) -> Asked:
        assert self.question.derivation is not None
        return Asked(self.question, self.question.derivation)

    @cached_property
    def _in_balls(self) -> bool:
        """Whether the truth at other inputs is cheap to prove."""
        return self._asked.work * NEIGHBOURS * len(SCALES) <= MOST_BALLS

    @cached_property
    def _right(self) -> dict[str | None, Estimate]:
        return _estimates(self.truth)

    @cached_property
    def _base(self) -> Mapping[str, Array]:
        return self._asked.in_float64()

    @cached_property
    def _errors(self) -> Tensors:
        """The magnitude of the mode's errors at the question's point; infinite where it alone is not finite."""
        with np.errstate(all="ignore"):
            errors = {n: np.abs(e.value - self._right[n].value) for n, e in _estimates(self.said).items()}
        return {n: np.where(np.isnan(e) & np.isfinite(self._right[n].value), np.inf, e) for n, e in errors.items()}

    @cached_property
    def _cancelled(self) -> Tensors:
        """Where the error is no more than what cancellation leaves, and that is no digit."""
        left = self._left_by_cancellation(self._asked)
        return {n: (e <= left) & (e > DIGITS_LEFT * np.abs(self._right[n].value)) for n, e in self._errors.items()}

    def _left_by_cancellation(self, asked: Asked) -> float:
        return CANCELLED * FLOATING[self.dtype][0] * _largest_on_the_way(asked)

    def _neighbours(self, scale: float) -> Iterator[_There]:
        generator = np.random.default_rng(0)
        for _ in range(NEIGHBOURS):
            there = self._at(lambda array: array * (1 + scale * generator.uniform(-1, 1, array.shape)))
            if there is not None:
                yield there

    def _at(self, moved: Callable[[NDArray], NDArray]) -> _There | None:
        """What is said and right where every floating input is moved; None where the mode says nothing there."""
        question = self._moved(moved)
        return None if question is None else self._there(question)

    def _moved(self, moved: Callable[[NDArray], NDArray]) -> Question | None:
        candidate = self.question.candidate
        assert candidate is not None
        given = {name: self.question.inputs[name] for name in candidate.names}.items()
        inputs = {n: rounded(moved(a), self.dtype) if a.dtype.kind == "f" else a for n, a in given}
        question = self.question.moved(candidate, inputs)
        return None if question is None or question.derivation != self.question.derivation else question

    def _there(self, question: Question) -> _There | None:
        asked = replace(self._asked, question=question)
        try:
            said = _estimates(self.witness.testify(asked.question))
        except (Abstains, CandidateError):
            return None  # a neighbour outside of the domain tells nothing
        truth = self._truth(asked)
        with np.errstate(all="ignore"):
            return _There(truth, {name: said[name].value - truth[name] for name in truth if name in said})

    def _truth(self, asked: Asked) -> Tensors:
        """What is right there: nothing at all where the formula has no path."""
        nothing: Tensors = {n: np.zeros(asked.question.inputs[n].shape) for n in asked.question.without_path}
        return {**nothing, **self._evaluated(asked)}

    def _evaluated(self, asked: Asked) -> Tensors:
        """The others in balls where that is cheap, else by how float64 changes from the point to there."""
        names: dict[str | None, str] = {None: asked.derivation.output}
        names.update(asked.gradients)
        if self._in_balls:
            balls = enclose(asked.derivation.adjoint, asked.inputs, asked.tensors).estimates
            return {name: balls[tensor].value.reshape(self._right[name].value.shape) for name, tensor in names.items()}
        there = asked.in_float64()
        with np.errstate(all="ignore"):
            changes = {name: there[tensor] - self._base[tensor] for name, tensor in names.items()}
            right = {name: self._right[name].value for name in names}
            return {name: right[name] + changes[name].reshape(right[name].shape) for name in names}


def _flickers(right: Array, around: list[_There], name: str | None) -> NDArray[np.bool_]:
    errors = np.stack([there.errors[name] for there in around])
    with np.errstate(all="ignore"):
        change = np.max([np.abs(there.truth[name] - right) for there in around], axis=0)
        typical = np.abs(errors.mean(axis=0))
        still = change <= STILL * np.maximum(np.abs(right), typical)
        return still & (errors.std(axis=0) > FLICKERS * typical)


def _estimates(testimony: Testimony) -> dict[str | None, Estimate]:
    found: dict[str | None, Estimate] = {} if testimony.value is None else {None: testimony.value}
    found.update(testimony.gradients)
    return found


def _largest_on_the_way(asked: Asked) -> float:
    """The largest entry of the inputs, of all tensors that the program defines, and of the cotangent."""
    defined = [name for name, _ in asked.derivation.adjoint.needed_for(asked.tensors)]
    return max(largest(array) for array in (*asked.inputs.values(), *asked.in_float64(defined).values()))
