"""The formula of torch code: traced from its forward, at the point where it runs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from verifier.symbolic.program import Program
from verifier.trace.record import Constant, Reading, Record
from verifier.trace.tracer import Tracer
from verifier.trace.translate import translate


@dataclass(frozen=True)
class Traced:
    """What a function computes at one point, as a program in terms of its inputs.

    constants: arrays for the tensors that the program takes besides the inputs: what does not vary, was detached or
    drawn at random. closed_over: tensors that require grad and that the function holds itself, by the names that the
    program has for them. numbers: all constants of the record, and `explained` the positions of those that may be
    others at another point.
    """

    record: Record
    program: Program
    output: str
    constants: Mapping[str, NDArray[Any]]
    closed_over: Mapping[str, torch.Tensor]
    numbers: tuple[NDArray[Any], ...] = ()
    explained: frozenset[int] = frozenset()

    def escaped(self, elsewhere: Traced) -> str | None:
        """Where a number that a custom Function takes for constant is another one in a trace at another point.

        Then it was computed from the inputs by code that makes no calls (NumPy, a kernel). None if there is no such.
        """
        here, there = self.record.statements, elsewhere.record.statements
        if [s.name for s in here] != [s.name for s in there]:
            return None
        for one, other in zip(here, there, strict=True):
            if one.inside and not self._same(one.arguments, other.arguments, elsewhere):
                return f"a number that {one.inside} gives to {one.name} moves with the inputs, and no call says how"
        return None

    def _same(self, one: Any, other: Any, elsewhere: Traced) -> bool:
        if isinstance(one, tuple):
            return all(self._same(a, b, elsewhere) for a, b in zip(one, other, strict=True))
        if not isinstance(one, Reading) or not isinstance(other, Reading):
            return bool(one == other)
        version, beside = self.record.versions[one.version], elsewhere.record.versions[other.version]
        if not isinstance(version, Constant) or not isinstance(beside, Constant) or version.position in self.explained:
            return True
        if not version.geometry.dtype.startswith(("float", "bfloat")):
            return True  # whole numbers and conditions are steps: constant but for jumps
        return np.array_equal(self.numbers[version.position], elsewhere.numbers[beside.position], equal_nan=True)


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
    return Traced(
        record,
        translation.program,
        translation.output,
        constants,
        tracer.closed_over,
        tuple(tracer.constants),
        frozenset(tracer.explained),
    )
