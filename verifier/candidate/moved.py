"""The candidate's values beside the question's point, for differences along a line."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
import torch

from verifier.candidate.autograd import ROUNDOFFS, unit_roundoff
from verifier.candidate.candidate import Candidate, as_float64
from verifier.errors import CandidateError
from verifier.numeric.differences import Line
from verifier.trace.frozen import AnotherPath, Frozen, freeze
from verifier.witness import Abstains, Array, Question

#: Functions that read and write fewer numbers than this gain nothing from threads (torch's own grain size).
SMALL = 2**15


@dataclass(frozen=True)
class Moved:
    """A candidate at points beside the question's.

    dtype: the dtype that floating-point inputs are passed in, None for their own.
    requires_grad: the inputs passed with `requires_grad`, for functions that differentiate within.
    frozen: what autograd takes for a constant, held at its value at the question's point.
    base: the value at that point, as float64; it came with the precision of `rounding`.
    """

    candidate: Candidate
    question: Question
    dtype: torch.dtype | None
    requires_grad: tuple[str, ...]
    frozen: Frozen
    base: Array
    rounding: torch.finfo

    @classmethod
    def of(cls, question: Question) -> Moved:
        """The function as it can be run: in float64 if it accepts that, and without a graph if it runs without."""
        candidate = question.candidate
        assert candidate is not None
        dtype, requires_grad, output = _run(candidate, question)
        tensors = candidate.tensors(question.inputs, requires_grad, dtype)
        frozen = freeze(lambda: candidate.call(tensors), saves=bool(requires_grad))
        base = as_float64(output)
        if base.shape != question.cotangent.shape:
            raise Abstains(
                f"the function returned a tensor of shape {base.shape} where {question.cotangent.shape} was expected"
            )
        if not np.isfinite(base[question.cotangent != 0]).all():
            raise Abstains("the function's value is not finite at this point")
        moved = cls(candidate, question, dtype, requires_grad, frozen, base, torch.finfo(output.dtype))
        if frozen.held and not moved.is_reproduced():
            raise Abstains("the function's detached values could not be held: it gave another value when run again")
        return moved

    def is_reproduced(self) -> bool:
        """Whether the function gives the value of the point again, but for rounding, with the held values in place."""
        try:
            again = self.value({})
        except (CandidateError, AnotherPath):
            return False  # whoever asked abstains, and says so
        rounding = ROUNDOFFS * self.rounding.eps / 2 * np.abs(self.base[np.isfinite(self.base)]).max(initial=0.0)
        return again.shape == self.base.shape and np.allclose(again, self.base, rtol=0, atol=rounding, equal_nan=True)

    @property
    def numbers(self) -> int:
        """How many numbers go into the function and come out of it."""
        return self.base.size + sum(array.size for array in self.question.inputs.values())

    def roundoff_of(self, name: str) -> float:
        """The unit roundoff of an input as it is passed."""
        return unit_roundoff(self.dtype or self.candidate.dtypes[name])

    def value(self, changed: dict[str, Array]) -> Array:
        """The function's value with some inputs replaced; each call gets tensors of its own."""
        inputs = {**self.question.inputs, **changed}
        tensors = self.candidate.tensors(inputs, self.requires_grad, self.dtype)
        return as_float64(self.frozen.run(lambda: self.candidate.call(tensors)))

    def along_entry(self, name: str, flat: int) -> Line:
        """The function along one entry of an input: phi(t) at the input with t added to that entry."""
        point = np.asarray(self.question.inputs[name], dtype=np.float64)

        def moved(displacement: float) -> Array:
            there = point.copy()
            there.flat[flat] += displacement
            return there

        return self._line(lambda displacement: {name: moved(displacement)})

    def along(self, direction: Mapping[str, Array]) -> Line:
        """The function along a direction of some inputs: phi(t) at the inputs plus t times what each moves by."""
        point = self.question.inputs
        return self._line(lambda t: {name: point[name] + t * moves for name, moves in direction.items()})

    def _line(self, moved: Callable[[float], dict[str, Array]]) -> Line:
        """The function along a line. It has no value where it raises, or where held values lose their place."""
        cotangent = self.question.cotangent
        counts = cotangent != 0
        weights, base = cotangent[counts], self.base[counts]
        smallest = float(self.rounding.tiny * self.rounding.eps * np.abs(weights).sum())

        def at(displacement: float) -> tuple[float, float]:
            try:
                # At the point itself the value is known, but for the rounding of what is held.
                known = displacement == 0 and not self.frozen.calls
                value = self.base if known else self.value(moved(displacement))
            except (CandidateError, AnotherPath):
                return math.nan, math.nan
            if value.shape != self.base.shape:
                return math.nan, math.nan
            values = value[counts]
            with np.errstate(invalid="ignore", over="ignore"):
                change = weights * (values - base)
                # Rounding errors of different entries are independent: they add up like the sides of a box. The length
                # without BLAS, whose threads take turns where processors are busy.
                rounding = self.rounding.eps / 2 * np.sqrt(np.square(weights * values).sum())
            return float(change.sum()), float(rounding + smallest)

        def line(displacements: Array) -> tuple[Array, Array]:
            values, rounding = zip(*map(at, displacements.tolist()), strict=True)
            return np.array(values), np.array(rounding)

        return line


def _run(candidate: Candidate, question: Question) -> tuple[torch.dtype | None, tuple[str, ...], torch.Tensor]:
    """A call in float64 if it answers in that, and without a graph if it runs without: how, and its result."""
    for dtype, requires_grad in ((torch.float64, ()), (torch.float64, question.wrt), (None, ())):
        try:
            output = candidate.call(candidate.tensors(question.inputs, requires_grad, dtype))
        except CandidateError:
            continue  # the next way may do; what the last one raises is told
        if dtype is None or output.dtype == dtype:
            return dtype, requires_grad, output
    return None, question.wrt, candidate.call(candidate.tensors(question.inputs, question.wrt))


@contextmanager
def few_threads(numbers: int) -> Iterator[None]:
    """Run small functions on one thread: where processors are busy, waiting for a second one takes most of the time."""
    threads = torch.get_num_threads()
    try:
        if numbers < SMALL:
            torch.set_num_threads(1)
        yield
    finally:
        torch.set_num_threads(threads)
