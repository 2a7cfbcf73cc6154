"""The formula of a trial that came without one: traced from the code's own forward."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from numpy.typing import NDArray

from verifier.candidate.autograd import first_line
from verifier.candidate.candidate import SEED, Candidate, as_float64, drawing_from
from verifier.candidate.packing import Packed, differentiable
from verifier.symbolic.derivative import Derivation, reverse
from verifier.trace.gaps import skeleton
from verifier.trace.traced import Opaque, Traced, trace
from verifier.trace.translate import Undefined
from verifier.trial.second_order import FirstGradient
from verifier.trial.trial import Trial
from verifier.witness import Elsewhere

#: Why there is no formula, and what to do.
UNTRACED = "no formula could be traced: {}; give formula=, a SymPy formula or plain torch code"

#: How far the second point of a trace lies from the first, relative to each entry.
BESIDE = 2.0**-10


def with_trace(trial: Trial, dtype: torch.dtype | None = None) -> tuple[Trial, str | None]:
    """The trial with the formula that its code says, and the reason where there is none.

    dtype: what the floating-point inputs are passed in, instead of their own dtypes.
    """
    if trial.formula is not None:
        return trial, None
    candidate = trial.candidate if trial.model is None else _modelled(trial)
    try:
        traced = _traced(candidate, trial, dtype)
    except Undefined as missing:
        return trial, f"no formula could be traced: {skeleton(missing.operators)}"
    except Opaque as reason:
        return trial, UNTRACED.format(reason)
    except Exception as error:
        return trial, UNTRACED.format(first_line(error))
    return replace(trial, traced=traced, inputs={**trial.inputs, **traced.constants}), None


def formula_elsewhere(
    trial: Trial, derivation: Derivation
) -> Callable[[Candidate, Mapping[str, NDArray[Any]]], Elsewhere | None]:
    """A traced formula for a candidate in another dtype, or at other inputs; see `Question.elsewhere`.

    In another dtype it may be another function, if numbers in it depend on the dtype. At other inputs it may not.
    """

    def there(candidate: Candidate, inputs: Mapping[str, NDArray[Any]]) -> Elsewhere | None:
        assert trial.traced is not None
        moved = replace(trial, candidate=candidate, inputs={**trial.inputs, **inputs})
        try:
            traced = _formula_of(moved)
        except Exception:
            return None  # the user's function may raise anything there, as outside of its domain
        arrays = {**moved.inputs, **traced.constants}
        if traced.program == trial.traced.program:
            return Elsewhere(arrays)
        if candidate.dtypes == trial.candidate.dtypes:
            return None
        return Elsewhere(arrays, reverse(traced.program, traced.output, tuple(derivation.gradients)))

    return there


def own_derivation(
    trial: Trial,
) -> Callable[[Candidate, Mapping[str, NDArray[Any]]], tuple[Derivation, Mapping[str, NDArray[Any]]] | None]:
    """What the code computes by itself, whatever the formula says; see `Question.own`."""

    def derived(
        candidate: Candidate, inputs: Mapping[str, NDArray[Any]]
    ) -> tuple[Derivation, Mapping[str, NDArray[Any]]] | None:
        try:
            traced = _traced(candidate, replace(trial, inputs=inputs), None)
        except Exception:
            return None  # it cannot be followed, or is not defined there
        held = {name: as_float64(tensor) for name, tensor in traced.closed_over.items()}
        return reverse(traced.program, traced.output, trial.wrt), {**inputs, **held, **traced.constants}

    return derived


def _formula_of(trial: Trial) -> Traced:
    """The formula of a trial whose function is followed; a first gradient's is made from the function's own."""
    function = trial.candidate.function
    if isinstance(function, FirstGradient):
        own = function.candidate
        dtypes = {name: trial.candidate.dtypes[name] for name in own.names}
        first = replace(trial, candidate=replace(own, dtypes=dtypes), wrt=function.wrt)
        return function.traced(_formula_of(first))
    return _traced(trial.candidate if trial.model is None else _modelled(trial), trial, None)


def _traced(candidate: Candidate, trial: Trial, dtype: torch.dtype | None) -> Traced:
    """The trace at the trial's point, unless another run nearby shows that numbers escape it."""
    tensors = candidate.tensors(trial.inputs, trial.wrt, dtype)
    here = trace(lambda given: _results(candidate, given), tensors)
    if any(statement.inside for statement in here.record.statements):
        _follow_elsewhere(candidate, trial, dtype, here)
    return here


def _follow_elsewhere(candidate: Candidate, trial: Trial, dtype: torch.dtype | None, here: Traced) -> None:
    """Raises `Opaque` where a number that a custom Function takes for constant moves with the inputs."""
    moved = {
        name: trial.inputs[name] * (1 + BESIDE) if name in trial.wrt else trial.inputs[name] for name in candidate.names
    }
    tensors = candidate.tensors(moved, trial.wrt, dtype)
    try:
        there = trace(lambda given: _results(candidate, given), tensors)
    except Exception:
        return  # the user's function may not be defined there; nothing is known against the trace then
    if moving := here.escaped(there):
        raise Opaque(moving)


def _results(candidate: Candidate, tensors: Mapping[str, torch.Tensor]) -> Sequence[torch.Tensor]:
    """What the candidate returns, as separate tensors, in a call like those of the witnesses."""
    if not isinstance(candidate.function, Packed):
        return differentiable(candidate.call(tensors))
    candidate.kept.restore()
    with drawing_from(SEED):
        return candidate.function.results(tensors)


def _modelled(trial: Trial) -> Candidate:
    """The torch function that was given as the formula, called like the candidate."""
    assert trial.model is not None
    own = trial.candidate
    if isinstance(own.function, Packed):
        return replace(own, function=replace(own.function, function=trial.model, held={}))
    names = list(inspect.signature(trial.model).parameters) if own.by_name else []
    return replace(own, function=trial.model, by_name=own.by_name and set(own.names) <= set(names))
