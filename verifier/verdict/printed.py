"""Gradients that somebody printed, compared with the derived one to the digits shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from verifier.case import Printed
from verifier.errors import ClaimShapeError
from verifier.numeric.balls import around
from verifier.numeric.enclose import enclose
from verifier.symbolic.derivative import Derivation
from verifier.symbolic.program import shaped
from verifier.verdict.blame import SYMBOLIC
from verifier.verdict.compare import comparison, gap
from verifier.verdict.findings import told
from verifier.verdict.verdict import Comparison, Finding
from verifier.witness import Estimate

PRINTED = "printed"

Inputs = Mapping[str, NDArray]


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
        yield _compared(name, {SYMBOLIC: derived, PRINTED: shown}, inputs[name])


def _derived(derivation: Derivation, point: Inputs, name: str, cotangent: NDArray) -> Estimate:
    inputs = shaped(derivation.adjoint, {**point, derivation.cotangent: cotangent})
    tensor = derivation.gradients[name]
    if tensor is None:
        return Estimate(np.zeros(point[name].shape), np.zeros(point[name].shape))
    return enclose(derivation.adjoint, inputs, [tensor]).estimates[tensor]


def _proper(shape: tuple[int, ...]) -> list[int]:
    return [n for n in shape if n != 1]


def _like(estimate: Estimate, other: Estimate) -> Estimate:
    return Estimate(estimate.value.reshape(other.value.shape), estimate.error.reshape(other.value.shape))


def _compared(name: str, pair: Mapping[str, Estimate], numbers: NDArray) -> tuple[Comparison, Finding | None]:
    found = gap(pair[SYMBOLIC], pair[PRINTED])
    compared = comparison(name, (SYMBOLIC, PRINTED), pair, found)
    if compared.agrees:
        return compared, None
    finding = Finding("wrong", PRINTED, "no inputs that round to the printed ones give these digits", name)
    finding = told(finding, found.beyond, found, pair, numbers.reshape(found.said.shape))
    return compared, replace(finding, bits_lost=None)  # what is allowed are digits, and no roundoff
