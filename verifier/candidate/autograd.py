"""What the two autograd witnesses share: the cotangent as a tensor, and the error of an honest implementation."""

from __future__ import annotations

import numpy as np
import torch

from verifier.candidate.candidate import Behaviour, as_float64
from verifier.witness import Abstains, Array, Estimate, Question

#: Roundoffs by which an honest gradient may be off, relative to its largest entry, where no allowance was worked out.
ROUNDOFFS = 8.0


def unit_roundoff(dtype: torch.dtype) -> float:
    """Half the distance from 1 to the next number of a floating dtype: 2⁻⁵³ for float64, 2⁻⁸ for bfloat16."""
    return torch.finfo(dtype).eps / 2


def cotangent_for(output: torch.Tensor, question: Question) -> torch.Tensor:
    """The question's cotangent as a tensor of the output's dtype.

    Raises:
        Abstains: the output has another shape.
    """
    expected = question.cotangent.shape
    if tuple(output.shape) != expected:
        raise Abstains(f"the function returned a tensor of shape {tuple(output.shape)} where {expected} was expected")
    return torch.from_numpy(question.cotangent.copy()).to(output.dtype)


def value_estimate(output: torch.Tensor, question: Question) -> Estimate:
    """The candidate's own value, as far off as an honest implementation may be."""
    value = as_float64(output)
    return Estimate(value, _allowed(question.value_allowance, value, unit_roundoff(output.dtype)))


def allowed_value(question: Question, behaviour: Behaviour) -> Array:
    """How far off an honest implementation may be in each entry of its value."""
    return _allowed(question.value_allowance, behaviour.value, unit_roundoff(behaviour.dtype))


def gradient_estimate(name: str, gradient: Array, question: Question, roundoff: float) -> Estimate:
    """A gradient that autograd computed, as far off as an honest implementation may be."""
    return Estimate(gradient, _allowed(question.allowance.get(name), gradient, roundoff))


def nothing_at_all(shape: tuple[int, ...]) -> Estimate:
    """The gradient by an input that torch sees no path from: exactly zero, with no error."""
    return Estimate(np.zeros(shape), np.zeros(shape))


def first_line(cause: BaseException) -> str:
    """An exception's type and the first line of its text."""
    said = (str(cause).strip().splitlines() or ["no message"])[0]
    return f"{type(cause).__name__} ({said})"


def _allowed(allowance: Array | None, value: Array, roundoff: float) -> Array:
    if allowance is not None:
        return allowance
    finite = np.abs(value[np.isfinite(value)])
    return np.full(value.shape, ROUNDOFFS * roundoff * finite.max(initial=0.0))
