"""How a candidate's error changes between neighbouring inputs: rounding flickers, a wrong formula does not.

The inputs are moved by a few roundoffs and by larger steps, up to a hundredth of their size. The error of a wrong
formula is as smooth as the gradient itself. Rounding errors are drawn anew as soon as something on the way is rounded
to another number; where a large number swallows a small one that takes a larger step, hence several sizes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from verifier.errors import CandidateError
from verifier.numeric.enclose import enclose
from verifier.numeric.noise import largest
from verifier.point import FLOATING, rounded
from verifier.rounding import Asked
from verifier.witness import Abstains, Array, Estimate, Question, Testimony, Witness
from verifier.witnesses.symbolic import MOST_BALLS

#: How far the inputs are moved, relative to their size; the smallest are left out in dtypes that do not resolve them.
SCALES = (2.0**-50, 2.0**-40, 2.0**-30, 2.0**-20, 2.0**-13, 2.0**-7)

#: Neighbours at each distance.
NEIGHBOURS = 3

#: The true tensor may change so little between neighbours, relative to its size, for their errors to be compared.
STILL = 0.1

#: Errors flicker if they deviate by so much from their mean, relative to it.
FLICKERS = 0.5

#: Below so much of the truth an error leaves digits in what was computed.
DIGITS_LEFT = 2.0**-5

#: Roundoffs of the largest tensor on the way that an error may be if the tensor's entries cancelled.
CANCELLED = 4.0


@dataclass(frozen=True)
class _Neighbour:
    """The signed errors and the change of the truth at one neighbour, by input; the value is under None."""

    errors: Mapping[str | None, Array]
    changes: Mapping[str | None, Array]


def flickering(
    question: Question, dtype: str, truth: Testimony, said: Testimony, witness: Witness
) -> dict[str | None, NDArray[np.bool_]]:
    """For each input, and the value (None): where the error of a mode of autograd is rounding.

    `said` is what the mode says at the question's inputs, and `truth` what is right there. Where no digits are left
    nothing can flicker: there an error is rounding if it is no more than the rounding of what must have cancelled.
    """
    assert question.derivation is not None
    asked = Asked(question, question.derivation)
    right = _estimates(truth)
    found = {name: np.zeros(e.value.shape, dtype=bool) for name, e in right.items()}
    for scale in (s for s in SCALES if s >= 4 * FLOATING[dtype][0]):
        beside = list(_neighbours(asked, dtype, scale, truth, witness))
        for name in found:
            around = [n for n in beside if name in n.errors]
            if around:
                found[name] |= _flickers(right[name].value, around, name)
    cancelled = CANCELLED * FLOATING[dtype][0] * _largest_on_the_way(asked)
    for name, estimate in _estimates(said).items():
        error = np.abs(estimate.value - right[name].value)
        found[name] |= (error <= cancelled) & (error > DIGITS_LEFT * np.abs(right[name].value))
    return found


def _flickers(right: Array, around: list[_Neighbour], name: str | None) -> NDArray[np.bool_]:
    errors = np.stack([neighbour.errors[name] for neighbour in around])
    change = np.max([np.abs(neighbour.changes[name]) for neighbour in around], axis=0)
    with np.errstate(all="ignore"):
        typical = np.abs(errors.mean(axis=0))
        still = change <= STILL * np.maximum(np.abs(right), typical)
        return still & (errors.std(axis=0) > FLICKERS * typical)


def _neighbours(asked: Asked, dtype: str, scale: float, truth: Testimony, witness: Witness) -> Iterator[_Neighbour]:
    generator = np.random.default_rng(0)
    base, right = asked.in_float64(), _estimates(truth)
    for _ in range(NEIGHBOURS):
        inputs = {name: _moved(array, dtype, scale, generator) for name, array in asked.question.inputs.items()}
        moved = replace(asked, question=replace(asked.question, inputs=inputs))
        try:
            said = _estimates(witness.testify(moved.question))
        except (Abstains, CandidateError):
            continue
        there = _truth(moved, base, right)
        shared = [name for name in right if name in said and name in there]
        with np.errstate(all="ignore"):
            yield _Neighbour(
                {name: said[name].value - there[name] for name in shared},
                {name: there[name] - right[name].value for name in shared},
            )


def _truth(moved: Asked, base: Mapping[str, Array], right: Mapping[str | None, Estimate]) -> dict[str | None, Array]:
    """What is right at a neighbour: in balls where that is cheap, else by how float64 changes from the point to it."""
    names: dict[str | None, str] = {None: moved.derivation.output}
    names.update(moved.gradients)
    if moved.work * NEIGHBOURS * len(SCALES) <= MOST_BALLS:
        balls = enclose(moved.derivation.adjoint, moved.inputs, moved.tensors).estimates
        return {name: balls[tensor].value.reshape(right[name].value.shape) for name, tensor in names.items()}
    there = moved.in_float64()
    with np.errstate(all="ignore"):
        changes = {name: there[tensor] - base[tensor] for name, tensor in names.items()}
        return {n: right[n].value + change.reshape(right[n].value.shape) for n, change in changes.items()}


def _moved(array: NDArray, dtype: str, scale: float, generator: np.random.Generator) -> NDArray:
    if array.dtype.kind != "f":
        return array
    return rounded(array * (1 + scale * generator.uniform(-1, 1, array.shape)), dtype)


def _largest_on_the_way(asked: Asked) -> float:
    """The largest entry of all tensors that the program defines, and of the cotangent."""
    defined = [name for name, _ in asked.derivation.adjoint.needed_for(asked.tensors)]
    return max(largest(asked.question.cotangent), *(largest(values) for values in asked.in_float64(defined).values()))


def _estimates(testimony: Testimony) -> dict[str | None, Estimate]:
    found: dict[str | None, Estimate] = {} if testimony.value is None else {None: testimony.value}
    found.update(testimony.gradients)
    return found
