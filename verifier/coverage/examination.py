"""One sample on trial: is it recorded, defined, do the values match, and both modes of autograd?"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from verifier.candidate.candidate import Candidate
from verifier.candidate.packing import joined
from verifier.coverage.database import DatabaseSample
from verifier.errors import VerifierError
from verifier.numeric.cost import CONTRACTED, work
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.spread import DRAWS, allowance
from verifier.symbolic.derivative import forward, reverse
from verifier.symbolic.program import Program, bind_extents
from verifier.trace.grad_mode import forward_mode_follows_no_grad
from verifier.trace.traced import Opaque, Traced, trace
from verifier.trace.translate import Undefined
from verifier.trial.hearing import hear
from verifier.trial.trial import Trial
from verifier.verdict.verdict import Verdict
from verifier.witnesses.symbolic import MOST_BALLS

Status = Literal["verified", "undefined", "opaque", "other values", "other reverse", "other forward", "failed"]

#: What is compared with torch.
Asked = Literal["values", "reverse", "forward"]


@dataclass(frozen=True)
class Answer:
    """How far torch and the program are apart at most, in units of what is allowed, and where, in words."""

    apart: float
    where: str = ""

    @property
    def agrees(self) -> bool:
        """Whether that is rounding."""
        return self.apart <= 1


@dataclass(frozen=True)
class Examined:
    """What became of one sample.

    recorded: whether its calls could be followed; defined: whether all of them have a definition. answers: what was
    compared; without "forward" where torch has no forward mode. heard: whether what differs in float64 alone agrees in
    a full hearing, in balls and with joint sets at kinks; it is held unless the `work` is too much for balls. detail:
    why it is not verified.
    """

    entry: str
    sample: int
    status: Status
    detail: str = ""
    recorded: bool = False
    defined: bool = False
    answers: Mapping[Asked, Answer] = field(default_factory=dict)
    heard: bool = False
    missing: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    work: int = 0
    seconds: float = 0.0

    def agrees(self, asked: Asked) -> bool | None:
        """Whether torch agrees; None where that was not compared."""
        return (self.heard or self.answers[asked].agrees) if asked in self.answers else None

    @property
    def faults(self) -> frozenset[str]:
        """What differs; the status itself where nothing could be compared."""
        if self.status in OTHER.values():
            return frozenset(asked for asked in self.answers if not self.agrees(asked))
        return frozenset() if self.status == "verified" else frozenset((self.status,))


def examine(sample: DatabaseSample) -> Examined:
    """Trace a sample, and compare its program's values and derivatives with torch's."""
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = _examined(sample)
        if found.answers and found.status != "verified" and found.work <= MOST_BALLS:
            found = _in_a_hearing(sample, found)
    return replace(found, seconds=time.perf_counter() - began)


def _in_a_hearing(sample: DatabaseSample, found: Examined) -> Examined:
    """What differs in float64 alone, verified if a full hearing finds nothing wrong."""
    try:
        right = heard(sample).ok
    except Exception as error:
        return replace(found, status="failed", detail=f"in a full hearing: {_first_words(error)}")
    detail = f"in a full hearing, and not in float64 alone: {found.detail}"
    return replace(found, status="verified", heard=True, detail=detail) if right else found


def _examined(sample: DatabaseSample) -> Examined:
    told = partial(Examined, sample.entry, sample.number)
    try:
        traced = trace(sample.run, sample.varying)
    except Undefined as missing:
        return told("undefined", str(missing), recorded=True, missing=missing.operators)
    except Opaque as reason:
        return told("opaque", str(reason))
    except Exception as error:
        return told("failed", _first_words(error))
    told = partial(told, recorded=True, defined=True, operators=_operators(traced), work=_work(sample, traced))
    try:
        answers = _compared(sample, traced)
    except Exception as error:
        return told("failed", _first_words(error))
    for asked, answer in answers.items():
        if not answer.agrees:
            return told(OTHER[asked], answer.where, answers=answers)
    return told("verified", answers=answers)


#: The status of a sample whose answers differ.
OTHER: Mapping[Asked, Status] = {"values": "other values", "reverse": "other reverse", "forward": "other forward"}


def _operators(traced: Traced) -> tuple[str, ...]:
    return tuple(dict.fromkeys(statement.name for statement in traced.record.statements))


def _work(sample: DatabaseSample, traced: Traced) -> int:
    """The scalar operations of the values and all gradients."""
    derivation = reverse(traced.program, traced.output, list(sample.varying))
    shapes = {name: tuple(tensor.shape) for name, tensor in sample.varying.items()}
    shapes |= {name: array.shape for name, array in traced.constants.items()}
    extents = bind_extents(traced.program, shapes)
    return work(
        derivation.adjoint, [derivation.output, *filter(None, derivation.gradients.values())], extents, CONTRACTED
    )


def _first_words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:300]


def heard(sample: DatabaseSample) -> Verdict:
    """The verdict of all witnesses on a sample."""

    def function(**tensors: torch.Tensor) -> torch.Tensor:
        return joined(sample.run(tensors))

    names = tuple(sample.varying)
    candidate = Candidate(function, names, {n: t.dtype for n, t in sample.varying.items()}, by_name=True)
    inputs = {name: tensor.detach().numpy() for name, tensor in sample.varying.items()}
    try:
        return hear(Trial(sample.entry, candidate, inputs, names))
    except VerifierError as error:
        return Verdict(sample.entry, "undecided", reason=str(error))


def _compared(sample: DatabaseSample, traced: Traced) -> dict[Asked, Answer]:
    inputs: dict[str, NDArray[Any]] = {name: t.detach().numpy() for name, t in sample.varying.items()}
    outputs = sample.run(sample.varying)
    value = joined([t.detach() for t in outputs]).to(torch.float64).numpy()
    given = {**inputs, **traced.constants}
    rounding = _rounding([*outputs, *sample.varying.values()])
    generator = np.random.default_rng(0)
    cotangent = np.asarray(generator.uniform(0.5, 1.5, value.shape) * generator.choice([-1.0, 1.0], value.shape))
    theirs = _gradients(outputs, sample.varying, cotangent)
    answers = _backwards(traced, given, value, cotangent, theirs, rounding)
    tangents = {name: np.asarray(generator.uniform(-1, 1, array.shape)) for name, array in inputs.items()}
    pushed = _pushed(sample, tangents)
    if pushed is not None:
        answers |= _forwards(traced, given, tangents, pushed, rounding)
    return answers


def _backwards(
    traced: Traced,
    given: Mapping[str, NDArray[Any]],
    value: NDArray[Any],
    cotangent: NDArray[Any],
    theirs: Mapping[str, NDArray[Any]],
    rounding: tuple[float, float],
) -> dict[Asked, Answer]:
    """The values, and the gradients by each input."""
    derivation = reverse(traced.program, traced.output, list(theirs))
    given = {**given, derivation.cotangent: cotangent}
    gradients = {name: tensor for name, tensor in derivation.gradients.items() if tensor}
    wanted = [derivation.output, *gradients.values()]
    found = evaluate(derivation.adjoint, given, wanted, Float64())

    def answers(allowed: Mapping[str, NDArray[Any]]) -> dict[Asked, Answer]:
        by_input = [Answer(0.0)]
        for name, gradient in theirs.items():
            nothing = np.zeros(gradient.shape)
            tensor = gradients.get(name)
            answer = _answer(gradient, *((found[tensor], allowed[tensor]) if tensor else (nothing, nothing)))
            by_input.append(replace(answer, where=f"by {name} {answer.where}"))
        values = _answer(value, found[derivation.output], allowed[derivation.output])
        return {"values": values, "reverse": max(by_input, key=lambda answer: answer.apart)}

    return _measured(derivation.adjoint, given, wanted, rounding, answers)


def _forwards(
    traced: Traced,
    given: Mapping[str, NDArray[Any]],
    tangents: Mapping[str, NDArray[Any]],
    pushed: NDArray[Any],
    rounding: tuple[float, float],
) -> dict[Asked, Answer]:
    """The derivative along the tangents."""
    along = {name: f"tangent of {name}" for name in tangents}
    program, tangent = forward(traced.program, traced.output, along)
    if tangent is None:
        return {"forward": _answer(pushed, np.zeros(pushed.shape), np.zeros(pushed.shape))}
    given = {**given, **{along[name]: array for name, array in tangents.items()}}
    found = evaluate(program, given, [tangent], Float64())[tangent]
    return _measured(
        program, given, [tangent], rounding, lambda allowed: {"forward": _answer(pushed, found, allowed[tangent])}
    )


def _measured(
    program: Program,
    given: Mapping[str, NDArray[Any]],
    wanted: Sequence[str],
    rounding: tuple[float, float],
    answers: Callable[[Mapping[str, NDArray[Any]]], dict[Asked, Answer]],
) -> dict[Asked, Answer]:
    """The answers to what is allowed; if few evaluations of a large program say no, to what more of them allow."""
    found = answers(allowance(program, given, wanted, *rounding))
    if all(answer.agrees for answer in found.values()):
        return found
    return answers(allowance(program, given, wanted, *rounding, draws=DRAWS))


def _rounding(tensors: Sequence[torch.Tensor]) -> tuple[float, float]:
    """The unit roundoff and the smallest normal number of the coarsest dtype: what is made of it is no finer."""
    coarsest = max((torch.finfo(t.dtype) for t in tensors), key=lambda info: info.eps)
    return coarsest.eps / 2, coarsest.tiny


def _gradients(
    outputs: Sequence[torch.Tensor], varying: Mapping[str, torch.Tensor], cotangent: NDArray[Any]
) -> dict[str, NDArray[Any]]:
    found = torch.autograd.grad(
        joined(outputs),
        list(varying.values()),
        torch.from_numpy(cotangent).to(outputs[0].dtype.to_real()),
        allow_unused=True,
    )
    return {
        name: np.zeros(tuple(tensor.shape)) if gradient is None else gradient.detach().numpy(force=True)
        for (name, tensor), gradient in zip(varying.items(), found, strict=True)
    }


def _pushed(sample: DatabaseSample, tangents: Mapping[str, NDArray[Any]]) -> NDArray[Any] | None:
    """Torch's jvp; None where there is no forward mode."""
    from torch.autograd import forward_ad

    try:
        with forward_ad.dual_level():
            dual = {
                name: forward_ad.make_dual(tensor.detach().clone().requires_grad_(), torch.from_numpy(tangents[name]))
                for name, tensor in sample.varying.items()
            }
            with forward_mode_follows_no_grad():
                primal, tangent = forward_ad.unpack_dual(joined(sample.run(dual)))
            if tangent is None:
                return np.zeros(tuple(primal.shape))
            return tangent.detach().to(torch.float64).numpy(force=True)
    except Exception:
        return None  # no forward mode for it; operators say so with errors of many kinds


def _answer(theirs: NDArray[Any], ours: NDArray[Any], allowed: NDArray[Any]) -> Answer:
    """The largest distance in units of what is allowed, and where it is."""
    if theirs.shape != ours.shape:
        raise ValueError(f"torch has the shape {theirs.shape}, and the definition {ours.shape}")
    if theirs.size == 0:
        return Answer(0.0)
    with np.errstate(all="ignore"):
        distance = np.abs(theirs - ours)
        same = (theirs == ours) | (np.isnan(theirs) & np.isnan(ours))
        ratio = np.where(same, 0.0, distance / allowed)
    ratio = np.where(np.isnan(ratio), np.inf, ratio)
    at = tuple(int(k) for k in np.unravel_index(int(np.argmax(ratio)), ratio.shape))
    apart = float(ratio[at])
    return Answer(apart, f"at {at}: {ours[at]:.6g}, and torch {theirs[at]:.6g}, {apart:.2g} times what is allowed")
