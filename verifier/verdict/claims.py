"""Claimed closed forms and printed numbers, each compared with the derived gradient."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
from numpy.typing import NDArray

from verifier.case import Printed
from verifier.errors import ClaimShapeError, ClaimWithoutScalarError
from verifier.numeric.balls import around
from verifier.numeric.enclose import enclose
from verifier.symbolic.derivative import Derivation
from verifier.symbolic.formula import Formula
from verifier.symbolic.program import bind_extents, shaped
from verifier.verdict.compare import comparison, furthest, gap
from verifier.verdict.verdict import Comparison, Finding
from verifier.witness import Estimate

CLAIM = "claim"
PRINTED = "printed"
SYMBOLIC = "symbolic"

#: Random points beside the given one: a claim must not pass because a matrix of ones hides its fault.
FURTHER_POINTS = 2

Inputs = Mapping[str, NDArray]


def check_claims(
    claims: Mapping[str, Formula],
    formula: Formula,
    derivation: Derivation,
    inputs: Inputs,
    cotangent: NDArray,
    seed: int,
) -> Iterator[tuple[Comparison, Finding | None]]:
    """Each claimed gradient at the given point and at random ones, in balls: no tolerance is involved."""
    for name, claim in claims.items():
        if cotangent.size != 1:
            raise ClaimWithoutScalarError(name, formula.expression)
        _check_shape(name, claim, derivation, inputs)
        for place, point in _points(inputs, seed):
            derived = _derived(derivation, point, name, cotangent)
            claimed = enclose(claim.program, shaped(claim.program, point), [claim.output]).estimates[claim.output]
            pair = {SYMBOLIC: derived, CLAIM: _like(claimed, derived)}
            compared = _compared(name, (SYMBOLIC, CLAIM), pair, place, point[name], "the derived gradient refutes it")
            if place == "given" or compared[1] is not None:
                yield compared
            if compared[1] is not None:
                break


def check_printed(
    printed: Mapping[str, Printed], uncertain: Mapping[str, Printed], derivation: Derivation, inputs: Inputs
) -> Iterator[tuple[Comparison, Finding | None]]:
    """Each printed gradient, to the digits shown.

    Inputs that were printed themselves are only known to half a unit of their last digit: they enter as balls.
    """
    known = {name: around(p.value, p.half_unit) for name, p in uncertain.items()}
    for name, numbers in printed.items():
        shape = derivation.program.shapes[derivation.output]
        if _proper(numbers.value.shape) != _proper(inputs[name].shape):
            raise ClaimShapeError(name, numbers.value.shape, inputs[name].shape, "printed")
        derived = _derived(derivation, {**inputs, **known}, name, np.ones([int(n) for n in shape]))
        shown = _like(Estimate(numbers.value, numbers.half_unit), derived)
        pair = {SYMBOLIC: derived, PRINTED: shown}
        reason = "no inputs that round to the printed ones give these digits"
        yield _compared(name, (SYMBOLIC, PRINTED), pair, "given", inputs[name], reason)


def _derived(derivation: Derivation, point: Inputs, name: str, cotangent: NDArray) -> Estimate:
    inputs = shaped(derivation.adjoint, {**point, derivation.cotangent: cotangent})
    tensor = derivation.gradients[name]
    if tensor is None:
        return Estimate(np.zeros(point[name].shape), np.zeros(point[name].shape))
    return enclose(derivation.adjoint, inputs, [tensor]).estimates[tensor]


def _points(inputs: Inputs, seed: int) -> Iterator[tuple[str, Inputs]]:
    yield "given", inputs
    generator = np.random.default_rng(seed)
    for number in range(FURTHER_POINTS):
        yield f"random {number + 1}", {name: _another(array, generator) for name, array in inputs.items()}


def _another(array: NDArray, generator: np.random.Generator) -> NDArray:
    """Other numbers with the signs of the given ones, so that what was in the domain stays in it."""
    if array.dtype.kind != "f":
        return array
    return np.where(array < 0, -1.0, 1.0) * generator.uniform(0.5, 1.0, array.shape) * np.maximum(np.abs(array), 0.25)


def _check_shape(name: str, claim: Formula, derivation: Derivation, inputs: Inputs) -> None:
    arrays = shaped(derivation.program, inputs)
    extents = bind_extents(derivation.program, {n: array.shape for n, array in arrays.items()})
    claimed = tuple(int(extent.subs(extents)) for extent in claim.program.shapes[claim.output])
    expected = tuple(int(extent.subs(extents)) for extent in derivation.program.shapes[name])
    if _proper(claimed) != _proper(expected):
        raise ClaimShapeError(name, claimed, expected)


def _proper(shape: tuple[int, ...]) -> list[int]:
    return [n for n in shape if n != 1]


def _like(estimate: Estimate, other: Estimate) -> Estimate:
    return Estimate(estimate.value.reshape(other.value.shape), estimate.error.reshape(other.value.shape))


def _compared(
    name: str, names: tuple[str, str], pair: Mapping[str, Estimate], point: str, numbers: NDArray, reason: str
) -> tuple[Comparison, Finding | None]:
    found = gap(pair[names[0]], pair[names[1]])
    compared = comparison(name, names, pair, found)
    if compared.agrees:
        return compared, None
    at = furthest(found.excess)
    finding = Finding(
        outcome="wrong",
        blamed=names[1],
        reason=reason,
        input=name,
        index=at,
        values={witness: float(estimate.value[at]) for witness, estimate in pair.items()},
        errors={witness: float(estimate.error[at]) for witness, estimate in pair.items()},
        input_value=float(numbers.reshape(found.said.shape)[at]),
        error=float(found.distance[at]),
        allowed=float(found.allowed[at]),
        entries=int(found.beyond.sum()),
        size=int(found.beyond.size),
        point=point,
    )
    return compared, finding
