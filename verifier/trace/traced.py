"""The formula of torch code: traced from its forward, at the point where it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from numpy.typing import NDArray

from verifier.symbolic.program import Program
from verifier.trace.record import Record
from verifier.trace.tracer import Tracer
from verifier.trace.translate import translate


@dataclass(frozen=True)
class Traced:
    """What a function computes at one point, as a program in terms of its inputs.

    constants: arrays for the tensors that the program takes besides the inputs: what does not vary, was detached or
    drawn at random. closed_over: tensors that require grad and that the function holds itself, by the names that the
    program has for them.
    """

    record: Record
    program: Program
    output: str
    constants: Mapping[str, NDArray[Any]]
    closed_over: Mapping[str, torch.Tensor]


class Opaque(Exception):  # noqa: N818 - not an error of the caller's: some code cannot be followed
    """The function does something that a trace cannot see; the text says what."""


def trace(run: Callable[[Mapping[str, torch.Tensor]], Sequence[torch.Tensor]], inputs: Mapping[str, Any]) -> Traced:
    """Run a function once on these tensors and keep its formula.

    inputs: real, dense tensors by name; those with `requires_grad` vary. run: takes them and returns the floating-point
    or complex results, whose entries are packed into one vector unless there is one real result.

    Raises `Opaque` where the run cannot be followed, and `Undefined` (of `translate`) where an operator has no
    definition.
    """
    tracer = Tracer({name: tensor for name, tensor in inputs.items() if tensor.requires_grad})
    with tracer:
        outputs = run(inputs)
    record = tracer.record(outputs)
    if tracer.opaque:
        raise Opaque(tracer.opaque[0])
    translation = translate(record)
    constants = {name: tracer.constants[position] for name, position in translation.constants.items()}
    return Traced(record, translation.program, translation.output, constants, tracer.closed_over)
