"""The SymPy derivative, evaluated in balls: the witness whose error is proven."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from verifier.numeric.cost import CONTRACTED, work
from verifier.numeric.enclose import enclose
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.spread import allowance
from verifier.symbolic.derivative import Derivation
from verifier.symbolic.program import bind_extents, shaped
from verifier.witness import Array, Estimate, Question, Testimony, Witness

#: Scalar operations up to which balls are used: a second or two. Beyond, float64 with its spread.
MOST_BALLS = 1_000_000

FLOAT64_ROUNDOFF = 2.0**-53


def testify(question: Question) -> Testimony:
    """The gradient and the value of the formula, enclosed; an input without a path to the output has gradient 0."""
    derivation = question.derivation
    assert derivation is not None
    inputs = shaped(derivation.adjoint, {**question.inputs, derivation.cotangent: question.cotangent})
    wanted = {name: tensor for name, tensor in derivation.gradients.items() if tensor and name in question.wrt}
    tensors = [derivation.output, *wanted.values()]
    extents = bind_extents(derivation.adjoint, {name: values.shape for name, values in inputs.items()})
    if work(derivation.adjoint, tensors, extents, CONTRACTED) <= MOST_BALLS:
        found, notes = _in_balls(derivation, inputs, tensors, _allowed(question, wanted, derivation))
    else:
        known = _allowed(question, wanted, derivation) if question.roundoff == FLOAT64_ROUNDOFF else {}
        found, notes = _in_float64(derivation, inputs, tensors, known)
    gradients = {
        name: _reshaped(found[wanted[name]], question.inputs[name].shape)
        if name in wanted
        else Estimate(np.zeros(question.inputs[name].shape), np.zeros(question.inputs[name].shape))
        for name in question.wrt
        if name in derivation.gradients
    }
    value = _reshaped(found[derivation.output], question.cotangent.shape)
    return Testimony(gradients, value, notes)


def _in_balls(
    derivation: Derivation, inputs: Mapping[str, NDArray], tensors: list[str], allowed: Mapping[str, Array]
) -> tuple[Mapping[str, Estimate], tuple[str, ...]]:
    found = enclose(derivation.adjoint, inputs, tensors, allowed)
    notes = [f"the formula was evaluated in ball arithmetic with {found.precision} bits: its error is proven"]
    if found.borders:
        notes.append(
            f"the point lies on the border of a piece {found.borders} times: "
            "there the symbolic gradient is the hull of the branches' gradients"
        )
    return found.estimates, tuple(notes)


def _in_float64(
    derivation: Derivation, inputs: Mapping[str, NDArray], tensors: list[str], known: Mapping[str, Array]
) -> tuple[Mapping[str, Estimate], tuple[str, ...]]:
    """`known` holds errors that were measured in float64 already."""
    values = evaluate(derivation.adjoint, inputs, tensors, Float64())
    smallest = float(np.finfo(np.float64).tiny)
    unknown = [name for name in tensors if name not in known]
    errors = {n: np.reshape(error, values[n].shape) for n, error in known.items()}
    if unknown:
        errors |= allowance(derivation.adjoint, inputs, unknown, FLOAT64_ROUNDOFF, smallest)
    note = f"the formula was evaluated in float64 with measured spread: balls stop at {MOST_BALLS} operations"
    return {name: _where_finite(values[name], errors[name]) for name in tensors}, (note,)


def _where_finite(values: Array, errors: Array) -> Estimate:
    """An estimate that says nothing where float64 overflowed: that is no property of the formula."""
    finite = np.isfinite(values)
    return Estimate(np.where(finite, values, np.nan), np.where(finite, errors, np.inf))


def _allowed(question: Question, wanted: Mapping[str, str], derivation: Derivation) -> dict[str, Array]:
    allowed = {tensor: question.allowance[name] for name, tensor in wanted.items() if name in question.allowance}
    if question.value_allowance is not None:
        allowed[derivation.output] = question.value_allowance
    return allowed


def _reshaped(found: Estimate, shape: tuple[int, ...]) -> Estimate:
    return Estimate(np.reshape(found.value, shape), np.reshape(found.error, shape))


WITNESS = Witness(
    name="symbolic",
    order=0,
    needs="derivation",
    describes="the derivative of the formula by SymPy, evaluated at the very numbers given with a proven error",
    testify=testify,
)
