"""Which inputs are matrices that are symmetric for granted.

Beside symmetric matrices `cholesky` and `eigh` contradict themselves: the forward reads one triangle, forward mode
reads both, and the gradient is that by a symmetric change. The formula reads the symmetric part. So these are all one
where forward mode and finite differences keep the matrix symmetric. Its gradient is compared as it stands, but for that
by a Hermitian matrix: there torch leaves imaginary numbers on the diagonal, which no Hermitian change can meet.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from verifier.candidate.parts import Part, hermitian_part, symmetric_part
from verifier.errors import CandidateError
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.symbolic.program import shaped
from verifier.witness import Array, Question

#: How far a matrix is moved away from being symmetric, in multiples of its entries' size.
SKEW = 0.25

#: What is said where a witness moves an input symmetrically.
SYMMETRIC = "{} is a symmetric matrix for granted: forward mode and finite differences keep it symmetric"


def with_parts(question: Question) -> Question:
    """The question, with the symmetric part for each input that nothing but it is read of."""
    if question.derivation is None or question.candidate is None or question.value_allowance is None:
        return question
    parts = {name: part for name in question.wrt if (part := _part(question, name)) is not None}
    if not parts:
        return question
    hermitian = {name: part for name, part in parts.items() if part is hermitian_part}
    return replace(question, parts=parts, candidate=replace(question.candidate, parts=hermitian))


def _part(question: Question, name: str) -> Part | None:
    is_complex = question.candidate is not None and name in question.candidate.pairs
    skewed = _skewed(question.inputs[name], is_complex)
    if skewed is None:
        return None
    there = {**question.inputs, name: skewed}
    if not _is_blind(question, there) or not _is_other(question, there):
        return None
    return hermitian_part if is_complex else symmetric_part


def _skewed(matrix: NDArray, is_complex: bool) -> Array | None:
    """A symmetric or Hermitian matrix plus one that is skew; None where it is no such matrix."""
    whole = matrix[..., 0] + 1j * matrix[..., 1] if is_complex else matrix
    if whole.ndim < 2 or whole.shape[-1] != whole.shape[-2] or whole.size < 4 or whole.dtype.kind not in "fc":
        return None
    if not np.array_equal(whole, whole.swapaxes(-1, -2).conj()):
        return None
    size = SKEW * (float(np.abs(whole).mean()) or 1.0)
    drawn = size * np.random.default_rng(0).uniform(0.5, 1.5, whole.shape)
    moved = whole + drawn - drawn.swapaxes(-1, -2)
    return np.asarray(np.stack([moved.real, moved.imag], axis=-1) if is_complex else moved)


def _is_blind(question: Question, there: Mapping[str, NDArray]) -> bool:
    """Whether the formula's value is the same there, but for rounding."""
    derivation = question.derivation
    assert derivation is not None
    program, output = derivation.program, derivation.output
    here, moved = (
        evaluate(program, shaped(program, inputs), [output], Float64())[output] for inputs in (question.inputs, there)
    )
    return _are_alike(question, here, moved)


def _is_other(question: Question, there: Mapping[str, NDArray]) -> bool:
    """Whether the candidate's value is another one there, or none."""
    candidate = question.candidate
    assert candidate is not None
    try:
        here, moved = (candidate.value(inputs, question.wrt) for inputs in (question.inputs, there))
    except CandidateError:
        return True
    return not _are_alike(question, here, moved)


def _are_alike(question: Question, here: Array, moved: Array) -> bool:
    allowed = question.value_allowance
    assert allowed is not None
    return here.shape == moved.shape and bool((np.abs(here - moved) <= allowed.reshape(here.shape)).all())
