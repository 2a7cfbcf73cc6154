"""What a contract of autograd may expect, and how it is seen whether autograd keeps it.

A case file writes the expectation in one line, its parts joined with `&`:

    expect=returns(None) & warns(UserWarning, "not a leaf")
    expect=raises(RuntimeError, "a second time") & unchanged
    expect=derivative(total(x * w), by=x, times=2)

Every part must be met. An exception breaks a contract unless one of the parts is `raises`.
"""

from __future__ import annotations

import re
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from verifier.candidate.candidate import SEED, as_array, as_float64, distance, parameter_names
from verifier.case import Contract
from verifier.errors import (
    ContractInputsError,
    DerivativeOfTensorError,
    DerivativeWithoutNumbersError,
    NotAnExpectationError,
    NothingToDifferentiateError,
)
from verifier.numeric.balls import Balls, estimate
from verifier.numeric.enclose import enclose
from verifier.numeric.evaluate import evaluate
from verifier.numeric.spread import allowance
from verifier.point import FLOATING, given
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import Formula, formula_of
from verifier.verdict.verdict import Finding, Promised, Verdict
from verifier.verdict.wording import counted, entry, exact, one_line, rough
from verifier.witness import Estimate

#: Characters of a returned value or of a message that a report shows.
SHOWN = 100


@dataclass(frozen=True)
class Observation:
    """What acting out a contract came to.

    returned: what the code returned; None where it raised. raised: the exception that ended it.
    warned: every warning on the way.
    inputs: the numbers that the code was given. changed: the inputs, and their `.grad`, that it left otherwise.
    """

    returned: Any
    raised: Exception | None
    warned: tuple[Warning, ...]
    inputs: Mapping[str, NDArray]
    changed: tuple[str, ...]


@dataclass(frozen=True)
class Seen:
    """What an expectation finds in an observation, in words, and whether that meets it."""

    words: str
    met: bool


@dataclass(frozen=True)
class Expectation:
    """What must be seen. `says` puts it in words, `look` finds out; `raises`: an exception belongs to it."""

    says: str
    look: Callable[[Observation], Seen]
    raises: bool = False

    def __and__(self, other: Expectation) -> Expectation:
        def both(observation: Observation) -> Seen:
            first, second = self.look(observation), other.look(observation)
            return Seen(f"{first.words}; {second.words}", first.met and second.met)

        return Expectation(f"{self.says}; {other.says}", both, self.raises or other.raises)


def returns(value: Any) -> Expectation:
    """The code returns exactly this: None, a truth value, a number, text, a dict of such, or a tensor (as lists)."""

    def look(observation: Observation) -> Seen:
        return Seen(_shown(observation.returned), observation.raised is None and _same(observation.returned, value))

    return Expectation(_shown(value), look)


def raises(kind: type[Exception], saying: str = "") -> Expectation:
    """The code raises such an exception, with `saying` somewhere in its text."""

    def look(observation: Observation) -> Seen:
        cause = observation.raised
        words = f"no exception but {_shown(observation.returned)}" if cause is None else _said(cause, saying)
        return Seen(words, isinstance(cause, kind) and saying in str(cause))

    return Expectation(_called(kind, saying), look, raises=True)


def warns(kind: type[Warning], saying: str = "") -> Expectation:
    """Such a warning is given on the way, with `saying` somewhere in its text."""

    def look(observation: Observation) -> Seen:
        meant = [warning for warning in observation.warned if isinstance(warning, kind) and saying in str(warning)]
        heard = [_said(warning, saying) for warning in meant[:1] or observation.warned]
        return Seen("; ".join(heard) or "no warning", bool(meant))

    return Expectation(_called(kind, saying), look)


def _look_for_changes(observation: Observation) -> Seen:
    if observation.changed:
        return Seen(f"{', '.join(observation.changed)} changed", False)
    return Seen(f"{', '.join(observation.inputs)} and their .grad unchanged", True)


#: The inputs and their `.grad` are as they were before the code ran.
unchanged = Expectation("inputs and their .grad unchanged", _look_for_changes)


def derivative(formula: Any, *, by: Any, where: Mapping[Any, Any] | None = None, times: int = 1) -> Expectation:
    """The code returns the derivative of a scalar formula by a symbol, `times` over.

    formula: what SymPy users write; its symbols have the names of the contract's inputs.
    where: formulas for the symbols that are intermediate results, in the order in which they are computed.

    SymPy's derivative is evaluated in balls at the contract's inputs. What is returned may be off by as much as an
    honest implementation in its dtype may be (`verifier.numeric.spread`), as anywhere else in a verdict.
    """
    says = f"{f'{times} times ' if times != 1 else ''}the derivative of {formula} by {by}"

    def look(observation: Observation) -> Seen:
        if observation.raised is not None or not _is_floating(observation.returned):
            return Seen(_shown(observation.returned), False)
        numbers = _with_intermediates(observation.inputs, where or {})
        truth = _derivative(formula_of(formula), str(by), times, numbers, observation.returned.dtype)
        return _compared(as_float64(observation.returned), truth, says)

    return Expectation(says, look)


def judge(contract: Contract) -> Verdict:
    """Acts a contract out and says whether what is seen is what it expects.

    Raises a `VerifierError` where the contract itself cannot be used.
    """
    started = time.perf_counter()
    if not isinstance(contract.expect, Expectation):
        raise NotAnExpectationError(contract.name, contract.expect)
    observation = _observe(contract)
    seen = contract.expect.look(observation)
    if observation.raised is not None and not contract.expect.raises:
        seen = Seen(_said(observation.raised), False)
    return Verdict(
        contract.name,
        "agreed" if seen.met else "wrong",
        findings=() if seen.met else (_finding(contract, seen),),
        promises=(Promised(contract.promise, seen.words, seen.met, contract.refuted),),
        source=contract.source,
        seconds=time.perf_counter() - started,
        lesson=contract.lesson,
    )


def _finding(contract: Contract, seen: Seen) -> Finding:
    if contract.refuted:
        return Finding("wrong", None, f"only {contract.expect.says} would refute the claim; seen: {seen.words}")
    return Finding("wrong", "autograd", f"promised: {contract.expect.says}; seen: {seen.words}")


def _observe(contract: Contract) -> Observation:
    """The contract's code, run once on fresh tensors; torch's settings are as before afterwards."""
    tensors = _tensors(contract)
    inputs = {name: as_array(tensor) for name, tensor in tensors.items()}
    returned, raised = None, None
    with torch.random.fork_rng(devices=()), torch.enable_grad(), _listening() as heard:
        torch.manual_seed(SEED)
        try:
            returned = contract.observe(**tensors)
        except Exception as cause:
            raised = cause
    changed = [name for name, tensor in tensors.items() if distance(as_array(tensor), inputs[name]) != 0.0]
    changed += [f"{name}.grad" for name, tensor in tensors.items() if tensor.is_leaf and tensor.grad is not None]
    warned = tuple(warning.message for warning in heard if isinstance(warning.message, Warning))
    return Observation(returned, raised, warned, inputs, tuple(changed))


def _tensors(contract: Contract) -> dict[str, torch.Tensor]:
    """Fresh tensors of the contract's inputs; those of floating-point numbers require gradients."""
    values = {str(key): value for key, value in contract.inputs.items()}
    parameters = parameter_names(contract.observe) or ()
    required = parameter_names(contract.observe, required=True) or ()
    if not set(required) <= values.keys() <= set(parameters):
        raise ContractInputsError(contract.name, parameters, list(values))
    tensors = {}
    for name, value in values.items():
        array, dtype = given(name, value, "float64")
        tensors[name] = torch.from_numpy(np.array(array)).to(getattr(torch, dtype)).requires_grad_(dtype in FLOATING)
    return tensors


@contextmanager
def _listening() -> Iterator[list[warnings.WarningMessage]]:
    """Every warning, also those that torch or Python would give only once in a process."""
    always = torch.is_warn_always_enabled()
    torch.set_warn_always(True)
    try:
        with warnings.catch_warnings(record=True) as heard:
            warnings.simplefilter("always")
            yield heard
    finally:
        torch.set_warn_always(always)


def _with_intermediates(inputs: Mapping[str, NDArray], formulas: Mapping[Any, Any]) -> dict[str, Any]:
    """The inputs and the values of intermediate results, which are balls."""
    known: dict[str, Any] = dict(inputs)
    for symbol, expression in formulas.items():
        formula = formula_of(expression)
        values = evaluate(formula.program, _needed(formula, known), [formula.output], Balls())
        known[str(symbol)] = values[formula.output]
    return known


def _needed(formula: Formula, numbers: Mapping[str, Any]) -> dict[str, Any]:
    missing = [name for name in formula.symbols if name not in numbers]
    if missing:
        raise DerivativeWithoutNumbersError(formula.expression, missing[0])
    return {name: numbers[name] for name in formula.symbols}


def _derivative(formula: Formula, by: str, times: int, numbers: Mapping[str, Any], dtype: torch.dtype) -> Estimate:
    """`times` the derivative, with the error that an honest implementation in `dtype` may make on top of its own."""
    if by not in formula.symbols:
        raise NothingToDifferentiateError(str(formula.expression), by, list(formula.symbols))
    shape = formula.program.shapes[formula.output]
    if any(extent != 1 for extent in shape):
        raise DerivativeOfTensorError(formula.expression)
    derivation = reverse(formula.program, formula.output, [by])
    gradient = derivation.gradients[by]
    if gradient is None:
        return Estimate(np.zeros(numbers[by].shape), np.zeros(numbers[by].shape))
    inputs = _needed(formula, numbers) | {derivation.cotangent: np.full((1,) * len(shape), float(times))}
    exact = enclose(derivation.adjoint, inputs, [gradient]).estimates[gradient]
    rounded = {name: estimate(values).value if values.dtype == object else values for name, values in inputs.items()}
    honest = allowance(derivation.adjoint, rounded, [gradient], *FLOATING[_name(dtype)])[gradient]
    return Estimate(exact.value, exact.error + honest)


def _compared(value: NDArray[np.float64], truth: Estimate, says: str) -> Seen:
    if value.shape != truth.value.shape:
        return Seen(f"a tensor of shape {value.shape} where {says} has shape {truth.value.shape}", False)
    with np.errstate(invalid="ignore"):
        excess = np.abs(value - truth.value) - truth.error
    outside = ~(excess <= 0)  # NaN is never within anything
    if outside.any():
        at = tuple(int(k) for k in np.argwhere(outside)[0])
        return Seen(f"{exact(value[at])} at {entry(at)} where {says} is {exact(truth.value[at])}", False)
    furthest = float(np.max(np.abs(value - truth.value), initial=0.0))
    return Seen(f"{says}, off by at most {rough(furthest)} in {counted(value.size, 'entry', 'entries')}", True)


def _is_floating(value: Any) -> bool:
    return isinstance(value, torch.Tensor) and value.is_floating_point()


def _same(seen: Any, expected: Any) -> bool:
    if isinstance(seen, torch.Tensor):
        numbers = np.asarray(expected)
        return numbers.dtype.kind in "iufb" and distance(as_array(seen), numbers) == 0.0
    return type(seen) is type(expected) and bool(seen == expected)


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_shown(part)}" for key, part in value.items())
    if isinstance(value, torch.Tensor):
        value = value.tolist()
    return _cut(one_line(value if isinstance(value, str) else repr(value)))


def _called(kind: type[BaseException], saying: str) -> str:
    return f"{kind.__name__} “{saying}”" if saying else kind.__name__


def _said(cause: BaseException, saying: str = "") -> str:
    """An exception or a warning by its kind and the sentence that holds `saying`, else its first."""
    sentences = re.split(r"(?<=[.!?])\s", one_line(str(cause)))
    return _called(type(cause), _cut(next((s for s in sentences if saying in s), sentences[0])))


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 1]}…"


def _name(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
