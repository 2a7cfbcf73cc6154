"""One sample on trial: is it recorded, defined, do the values match, and both modes of autograd?"""

from __future__ import annotations

import time
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from verifier.candidate import Candidate
from verifier.coverage.database import DatabaseSample
from verifier.errors import VerifierError
from verifier.hearing import hear
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.spread import allowance
from verifier.packing import joined
from verifier.symbolic.derivative import forward, reverse
from verifier.trace.grad_mode import forward_mode_follows_no_grad
from verifier.trace.traced import Opaque, Traced, trace
from verifier.trace.translate import Undefined
from verifier.trial import Trial
from verifier.verdict.verdict import Verdict

Status = Literal["verified", "undefined", "opaque", "other values", "other reverse", "other forward", "failed"]

#: Where float64 alone and torch contradict each other, a full hearing decides: in balls, and with joint sets at kinks.
DISAGREEMENTS = ("other values", "other reverse", "other forward")


@dataclass(frozen=True)
class Examined:
    """What became of one sample. `worst` is the largest error in units of what is allowed; `detail` says where."""

    entry: str
    sample: int
    status: Status
    detail: str = ""
    missing: tuple[str, ...] = ()
    operators: tuple[str, ...] = ()
    forward_mode: bool = False
    worst: float = 0.0
    seconds: float = 0.0


def examine(sample: DatabaseSample) -> Examined:
    """Trace a sample, and compare its program's values and derivatives with torch's."""
    began = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = _examined(sample)
        if found.status in DISAGREEMENTS and heard(sample).ok:
            found = replace(
                found, status="verified", detail=f"in a full hearing, and not in float64 alone: {found.detail}"
            )
    return Examined(**{**vars(found), "seconds": time.perf_counter() - began})


def _examined(sample: DatabaseSample) -> Examined:
    sparse = next((name for name, tensor in sample.varying.items() if tensor.layout != torch.strided), None)
    if sparse is not None:
        return Examined(sample.entry, sample.number, "opaque", f"{sparse} is not strided")
    try:
        traced = trace(sample.run, sample.varying)
    except Undefined as missing:
        return Examined(sample.entry, sample.number, "undefined", str(missing), missing.operators)
    except Opaque as reason:
        return Examined(sample.entry, sample.number, "opaque", str(reason))
    except Exception as error:
        return Examined(sample.entry, sample.number, "failed", f"{type(error).__name__}: {error}"[:300])
    operators = tuple(dict.fromkeys(statement.name for statement in traced.record.statements))
    try:
        status, detail, worst, has_forward = _compared(sample, traced)
    except Exception as error:
        return Examined(
            sample.entry, sample.number, "failed", f"{type(error).__name__}: {error}"[:300], operators=operators
        )
    return Examined(sample.entry, sample.number, status, detail, (), operators, has_forward, worst)


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


def _compared(sample: DatabaseSample, traced: Traced) -> tuple[Status, str, float, bool]:
    inputs: dict[str, NDArray[Any]] = {name: t.detach().numpy() for name, t in sample.varying.items()}
    outputs = sample.run(sample.varying)
    value = joined([t.detach() for t in outputs]).to(torch.float64).numpy()
    generator = np.random.default_rng(0)
    cotangent = np.asarray(generator.uniform(0.5, 1.5, value.shape) * generator.choice([-1.0, 1.0], value.shape))
    derivation = reverse(traced.program, traced.output, list(inputs))
    given = {**inputs, **traced.constants, derivation.cotangent: cotangent}
    gradients = {name: tensor for name, tensor in derivation.gradients.items() if tensor}
    wanted = [derivation.output, *gradients.values()]
    found = evaluate(derivation.adjoint, given, wanted, Float64())
    rounding = _rounding([*outputs, *sample.varying.values()])
    allowed = allowance(derivation.adjoint, given, wanted, *rounding)
    worst, where = _apart(value, found[derivation.output], allowed[derivation.output])
    if worst > 1:
        return "other values", f"at {where}, {worst:.2g} times what is allowed", worst, False
    torch_gradients = _gradients(outputs, sample.varying, cotangent)
    for name, gradient in torch_gradients.items():
        ours = found[gradients[name]] if name in gradients else np.zeros(inputs[name].shape)
        room = allowed[gradients[name]] if name in gradients else np.zeros(inputs[name].shape)
        apart, where = _apart(gradient, ours, room)
        if apart > 1:
            detail = f"by {name} at {where}: {ours[where]:.6g}, and torch {gradient[where]:.6g}"
            return "other reverse", detail, apart, False
        worst = max(worst, apart)
    tangents = {name: np.asarray(generator.uniform(-1, 1, array.shape)) for name, array in inputs.items()}
    torch_tangent = _pushed(sample, tangents)
    if torch_tangent is None:
        return "verified", "", worst, False
    program, tangent = forward(traced.program, traced.output, {name: f"tangent of {name}" for name in inputs})
    if tangent is None:
        apart, where = _apart(torch_tangent, np.zeros(value.shape), np.zeros(value.shape))
    else:
        given = {**inputs, **traced.constants, **{f"tangent of {name}": array for name, array in tangents.items()}}
        ours = evaluate(program, given, [tangent], Float64())[tangent]
        apart, where = _apart(torch_tangent, ours, allowance(program, given, [tangent], *rounding)[tangent])
    if apart > 1:
        return "other forward", f"at {where}, {apart:.2g} times what is allowed", apart, True
    return "verified", "", max(worst, apart), True


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
        name: np.zeros(tuple(tensor.shape)) if gradient is None else gradient.detach().to_dense().numpy(force=True)
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


def _apart(theirs: NDArray[Any], ours: NDArray[Any], allowed: NDArray[Any]) -> tuple[float, tuple[int, ...]]:
    """The largest distance in units of what is allowed, and where it is."""
    if theirs.shape != ours.shape:
        raise ValueError(f"torch has the shape {theirs.shape}, and the definition {ours.shape}")
    if theirs.size == 0:
        return 0.0, ()
    with np.errstate(all="ignore"):
        distance = np.abs(theirs - ours)
        same = (theirs == ours) | (np.isnan(theirs) & np.isnan(ours))
        ratio = np.where(same, 0.0, distance / allowed)
    ratio = np.where(np.isnan(ratio), np.inf, ratio)
    at = tuple(int(k) for k in np.unravel_index(int(np.argmax(ratio)), ratio.shape))
    return float(ratio[at]), at
