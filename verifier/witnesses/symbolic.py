"""The SymPy derivative, evaluated in balls: the witness whose error is proven."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from verifier.numeric.balls import Balls, estimate
from verifier.numeric.cost import work
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.spread import allowance
from verifier.symbolic.derivative import Derivation
from verifier.symbolic.program import bind_extents
from verifier.witness import Array, Estimate, Question, Testimony, Witness

#: Scalar operations up to which balls are used: a second or two. Beyond, float64 with its spread.
MOST_BALLS = 1_000_000

#: Bits of the midpoints, tried in turn until every ball is small enough.
PRECISIONS = (113, 226, 452, 904)

#: A ball is small enough if its radius is this small against its midpoint, or against what is allowed.
RELATIVE_RADIUS = 2.0**-56
SHARE_OF_ALLOWANCE = 2.0**-20

FLOAT64_ROUNDOFF = 2.0**-53


def testify(question: Question) -> Testimony:
    """The gradient and the value of the formula, enclosed; an input without a path to the output has gradient 0."""
    derivation = question.derivation
    assert derivation is not None
    inputs = shaped(derivation, question.inputs) | {derivation.cotangent: _cotangent(question, derivation)}
    wanted = {name: tensor for name, tensor in derivation.gradients.items() if tensor and name in question.wrt}
    tensors = [derivation.output, *wanted.values()]
    extents = bind_extents(derivation.adjoint, {name: values.shape for name, values in inputs.items()})
    if work(derivation.adjoint, tensors, extents) <= MOST_BALLS:
        found, notes = _in_balls(derivation, inputs, tensors, _allowed(question, wanted, derivation))
    else:
        found, notes = _in_float64(derivation, inputs, tensors)
    gradients = {
        name: _reshaped(found[wanted[name]], question.inputs[name].shape)
        if name in wanted
        else Estimate(np.zeros(question.inputs[name].shape), np.zeros(question.inputs[name].shape))
        for name in question.wrt
        if name in derivation.gradients
    }
    value = _reshaped(found[derivation.output], question.cotangent.shape)
    return Testimony(gradients, value, notes)


def shaped(derivation: Derivation, inputs: Mapping[str, NDArray]) -> dict[str, NDArray]:
    """The arrays in the shapes that the formula has for them: a vector may stand for a matrix of one column."""
    shapes = dict(derivation.program.inputs)
    return {
        name: np.reshape(values, _with_unit_extents(values.shape, len(shapes[name]), shapes[name]))
        for name, values in inputs.items()
        if name in shapes
    }


def _with_unit_extents(shape: tuple[int, ...], order: int, formula: tuple[object, ...]) -> tuple[int, ...]:
    """`shape` with the ones that the formula has in addition, or without the ones that it does not have."""
    if len(shape) == order:
        return shape
    rest = iter([n for n in shape if n != 1])
    units = sum(extent != 1 for extent in formula)
    if units != sum(n != 1 for n in shape):
        return shape
    return tuple(1 if extent == 1 else next(rest) for extent in formula)


def _cotangent(question: Question, derivation: Derivation) -> Array:
    shape = derivation.program.shapes[derivation.output]
    return np.reshape(question.cotangent, _with_unit_extents(question.cotangent.shape, len(shape), shape))


def _in_balls(
    derivation: Derivation, inputs: Mapping[str, NDArray], tensors: list[str], allowed: Mapping[str, Array]
) -> tuple[dict[str, Estimate], tuple[str, ...]]:
    before = np.inf
    for precision in PRECISIONS:
        balls = Balls(precision)
        values = evaluate(derivation.adjoint, inputs, tensors, balls)
        found = {name: estimate(array) for name, array in values.items()}
        excess = max(_excess(found[name], allowed.get(name)) for name in found)
        if excess <= 1 or excess > before / 4:
            break
        before = excess
    notes = [f"the formula was evaluated in ball arithmetic with {precision} bits: its error is proven"]
    if balls.borders:
        notes.append(
            f"the point lies on the border of a piece {balls.borders} times: "
            "there the symbolic gradient is the hull of the branches' gradients"
        )
    return found, tuple(notes)


def _excess(found: Estimate, allowed: Array | None) -> float:
    """How many times too large the largest error is; the rounding of the result to float64 does not count."""
    small = np.maximum(np.abs(found.value) * FLOAT64_ROUNDOFF * 2, np.abs(found.value) * RELATIVE_RADIUS)
    if allowed is not None:
        small = np.maximum(small, np.reshape(allowed, small.shape) * SHARE_OF_ALLOWANCE)
    with np.errstate(all="ignore"):
        ratio = np.where(found.error == 0, 0.0, found.error / small)
    return float(np.max(ratio, initial=0.0))


def _in_float64(
    derivation: Derivation, inputs: Mapping[str, NDArray], tensors: list[str]
) -> tuple[dict[str, Estimate], tuple[str, ...]]:
    values = evaluate(derivation.adjoint, inputs, tensors, Float64())
    smallest = float(np.finfo(np.float64).tiny)
    errors = allowance(derivation.adjoint, inputs, tensors, FLOAT64_ROUNDOFF, smallest)
    note = f"the formula was evaluated in float64 with measured spread: balls stop at {MOST_BALLS} operations"
    return {name: Estimate(values[name], errors[name]) for name in tensors}, (note,)


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
