"""The question that the witnesses of a trial are asked: the cotangent, the directions, and what rounding allows."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from verifier.candidate.candidate import Behaviour
from verifier.numeric.directions import drawn_directions
from verifier.point import FLOATING, rounded
from verifier.symbolic.derivative import Derivation
from verifier.trial.parts import with_parts
from verifier.trial.rounding import with_allowance
from verifier.trial.tracing import formula_elsewhere, own_derivation
from verifier.trial.trial import Trial
from verifier.witness import Array, Question


def question_at(
    trial: Trial, dtype: str, derivation: Derivation | None, inputs: Mapping[str, NDArray], cotangent: Array
) -> Question:
    """The question at some inputs and cotangent; `dtype` is the coarsest that the candidate computes in."""
    question = Question(
        inputs,
        trial.wrt,
        cotangent,
        derivation,
        trial.candidate,
        roundoff=FLOATING[dtype][0],
        directions=drawn_directions(inputs, trial.wrt, trial.seed),
        elsewhere=formula_elsewhere(trial, derivation) if trial.traced and derivation else None,
        own=None if trial.traced and trial.model is None else own_derivation(trial),
    )
    return with_parts(with_allowance(question, dtype))


def coarsest(trial: Trial, behaviour: Behaviour) -> str:
    """The floating dtype with the largest unit roundoff among the inputs and the result."""
    names = {str(dtype).removeprefix("torch.") for dtype in (behaviour.dtype, *trial.candidate.dtypes.values())}
    return max(names & FLOATING.keys(), key=lambda name: FLOATING[name][0])


def drawn_cotangent(behaviour: Behaviour, seed: int) -> Array:
    """1 for a scalar; else random numbers of both signs: a sum of entries hides faults (softmax's gradient is zero)."""
    shape = behaviour.value.shape
    if math.prod(shape) == 1:
        return np.ones(shape)
    generator = np.random.default_rng(seed)
    sizes, signs = generator.uniform(0.5, 1.5, shape), generator.choice([-1.0, 1.0], shape)
    if abs(signs.sum()) == signs.size:
        signs.flat[:1] *= -1
    return rounded(sizes * signs, str(behaviour.dtype).removeprefix("torch."))
