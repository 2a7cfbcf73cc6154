"""The SymPy derivative, evaluated in balls: the witness whose error is proven."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from verifier.numeric.cost import CONTRACTED, work
from verifier.numeric.enclose import enclose
from verifier.numeric.limits import EVALUATIONS, limits
from verifier.numeric.spread import BUDGET, Measured
from verifier.numeric.subdifferential import jumps, subdifferential
from verifier.numeric.widths import branches, widths
from verifier.subdifferential import Subdifferential
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
    effort = work(derivation.adjoint, tensors, extents, CONTRACTED)
    right = None
    if effort <= MOST_BALLS:
        found, notes, right = _in_balls(question, derivation, inputs, wanted)
        if effort * EVALUATIONS <= MOST_BALLS:
            found, further = _with_limits(question, derivation, inputs, wanted, found)
            notes += further
    else:
        known = _allowed(question, wanted, derivation) if question.roundoff == FLOAT64_ROUNDOFF else {}
        found, notes = _in_float64(question, derivation, inputs, tensors, known)
    gradients = {
        name: _reshaped(found[wanted[name]], question.inputs[name].shape)
        if name in wanted
        else Estimate(np.zeros(question.inputs[name].shape), np.zeros(question.inputs[name].shape))
        for name in question.wrt
        if name in derivation.gradients
    }
    value = _reshaped(found[derivation.output], question.cotangent.shape)
    return Testimony(gradients, value, notes, right)


def _in_balls(
    question: Question, derivation: Derivation, inputs: Mapping[str, NDArray], wanted: Mapping[str, str]
) -> tuple[Mapping[str, Estimate], tuple[str, ...], Subdifferential | None]:
    tensors = [derivation.output, *wanted.values()]
    allowed = _allowed(question, wanted, derivation)
    wide = widths(_measured(question, derivation, inputs, tensors), question.roundoff)
    found = enclose(derivation.adjoint, inputs, tensors, allowed, wide)
    notes = [f"the formula was evaluated in ball arithmetic with {found.precision} bits: its error is proven"]
    shapes = {name: tuple(array.shape) for name, array in question.inputs.items()}
    right = subdifferential({name: found.balls[tensor] for name, tensor in wanted.items()}, shapes)
    notes += jumps(found.balls[derivation.output], shapes)
    return found.estimates, tuple(notes), right


def _with_limits(
    question: Question,
    derivation: Derivation,
    inputs: Mapping[str, NDArray],
    wanted: Mapping[str, str],
    found: Mapping[str, Estimate],
) -> tuple[Mapping[str, Estimate], tuple[str, ...]]:
    """The estimates with limits where balls have no number: at poles, and at the border of the domain.

    What has no value is not given one: where a formula divides zero by zero, so does whoever computes it. Its gradient
    is not judged either.
    """
    tensors = [derivation.output, *wanted.values()]
    if all(found[tensor].speaks.all() for tensor in tensors):
        return found, ()
    moved = [name for name in question.wrt if name in inputs and inputs[name].dtype.kind == "f"]
    told = limits(derivation.adjoint, inputs, tensors, derivation.output, moved)
    if not told:
        return found, ()
    value, limit = found[derivation.output], told[derivation.output].estimate
    value = _completed(value, limit, np.isinf(limit.value))
    completed, notes = {**found, derivation.output: value}, []
    for name, tensor in wanted.items():
        before, limit = found[tensor], told[tensor].estimate
        completed[tensor] = _completed(before, limit, np.full(limit.value.shape, value.speaks.all()))
        notes += _of_limits(name, question.inputs[name], before, completed[tensor], told[tensor].several)
    return completed, tuple(notes)


def _completed(found: Estimate, limit: Estimate, where: NDArray[np.bool_]) -> Estimate:
    """An estimate with limits where it says nothing."""
    taken = ~found.speaks & limit.speaks & where
    return Estimate(np.where(taken, limit.value, found.value), np.where(taken, limit.error, found.error))


def _of_limits(name: str, numbers: NDArray, before: Estimate, after: Estimate, several: NDArray[np.bool_]) -> list[str]:
    """What is to be said of the entries of a gradient that balls had no number for."""
    enclosed, known, sides = (mask.ravel() for mask in (before.speaks, after.speaks, several))
    value = after.value.ravel()
    kinds = {
        "is infinite": known & np.isinf(value),
        "has no number as the formula is written, and is taken for its limit": known & np.isfinite(value) & ~sides,
        "depends on the side, and is compared with the range of what was found on some": known & sides,
        "is not known, for its sides do not agree or the function has no value": ~known,
    }
    return [
        f"the derivative by {name} {what} {_at(name, numbers, ~enclosed & mask)}"
        for what, mask in kinds.items()
        if (~enclosed & mask).any()
    ]


def _at(name: str, numbers: NDArray, mask: NDArray[np.bool_]) -> str:
    """The first entry of a mask, with its number, and how many more there are."""
    place = tuple(int(k) for k in np.unravel_index(int(np.argmax(mask)), numbers.shape))
    index = f"[{', '.join(map(str, place))}]" if place else ""
    more = f" and {mask.sum() - 1:,} more" if mask.sum() > 1 else ""
    return f"at {name}{index} = {float(numbers[place]):.6g}{more}"


def _measured(
    question: Question, derivation: Derivation, inputs: Mapping[str, NDArray], tensors: list[str]
) -> Measured:
    return question.measured or Measured(derivation.adjoint, inputs, tensors)


def _in_float64(
    question: Question,
    derivation: Derivation,
    inputs: Mapping[str, NDArray],
    tensors: list[str],
    known: Mapping[str, Array],
) -> tuple[Mapping[str, Estimate], tuple[str, ...]]:
    """`known` holds errors that were measured in float64 already."""
    measured = _measured(question, derivation, inputs, tensors)
    values = branches(measured, question.roundoff)
    smallest = float(np.finfo(np.float64).tiny)
    unknown = [name for name in tensors if name not in known]
    errors = {n: np.reshape(error, values[0][n].shape) for n, error in known.items()}
    if unknown:
        errors |= {n: BUDGET * e for n, e in measured.brackets(FLOAT64_ROUNDOFF, smallest).items() if n in unknown}
    notes = [f"the formula was evaluated in float64 with measured spread: balls stop at {MOST_BALLS} operations"]
    if len(values) > 1:
        notes.append(
            "the point lies on borders of pieces, or nearer to them than rounding can tell: there every entry is "
            "compared with the range of the branches that were tried"
        )
    return {name: _hull([value[name] for value in values], errors[name]) for name in tensors}, tuple(notes)


def _hull(values: list[Array], errors: Array) -> Estimate:
    """The range of several values where they differ by more than rounding, else the first."""
    low, high = np.min(values, axis=0), np.max(values, axis=0)
    with np.errstate(all="ignore"):
        apart = high - low > 2 * errors
        middle, half = np.where(apart, (low + high) / 2, values[0]), np.where(apart, (high - low) / 2, 0.0)
    return _where_finite(middle, errors + half)


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
