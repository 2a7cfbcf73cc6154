"""One forward pass of a candidate, and backward passes through it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from verifier.candidate.autograd import cotangent_for
from verifier.candidate.candidate import as_float64, distance
from verifier.witness import Array, Question

#: The gradient by each input as float64; None where torch sees no path.
Gradients = Mapping[str, Array | None]


@dataclass
class Graph:
    """One forward pass, and the tensors that go into its backward passes."""

    question: Question
    tensors: dict[str, torch.Tensor]
    output: torch.Tensor
    cotangent: torch.Tensor
    before: dict[str, torch.Tensor]

    @classmethod
    def of(cls, question: Question) -> Graph:
        """A fresh forward pass at the question's point."""
        candidate = question.candidate
        assert candidate is not None
        tensors = candidate.tensors(question.inputs, question.wrt)
        output = candidate.call(tensors)
        before = {name: tensor.detach().clone() for name, tensor in tensors.items()}
        return cls(question, tensors, output, cotangent_for(output, question), before)

    def backward(self, *, retain: bool = False) -> Gradients:
        """One backward pass. Raises whatever it raises.

        Checkpoints run the function again in it, so it finds the tensors where it found them before.
        """
        assert self.question.candidate is not None
        with self.question.candidate.exchanged(self.tensors) as there:
            found = self._differentiated([there[name] for name in self.question.wrt], retain=retain)
        return {
            name: None if gradient is None else as_float64(gradient.to_dense())
            for name, gradient in zip(self.question.wrt, found, strict=True)
        }

    def _differentiated(self, wanted: list[torch.Tensor], *, retain: bool) -> tuple[torch.Tensor | None, ...]:
        """The gradients, through `backward()` where reentrant checkpoints insist on that."""
        try:
            return torch.autograd.grad(self.output, wanted, self.cotangent, retain_graph=retain, allow_unused=True)
        except RuntimeError as cause:
            if "use_reentrant" not in str(cause):
                raise
        for tensor in wanted:
            tensor.grad = None
        self.output.backward(self.cotangent, retain_graph=retain)
        return tuple(tensor.grad for tensor in wanted)


def apart(left: Array | None, right: Array | None) -> float:
    """The largest distance of two gradients, no gradient being 0."""
    if left is None or right is None:
        return max((float(np.abs(found).max(initial=0.0)) for found in (left, right) if found is not None), default=0.0)
    return distance(left, right)


def beyond(left: Array | None, right: Array | None, allowed: Array) -> bool:
    """Whether two gradients differ by more than is allowed anywhere; a NaN beside a number always does."""
    left, right = (np.zeros(allowed.shape) if found is None else found for found in (left, right))
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    with np.errstate(invalid="ignore"):
        return bool((~same & ~(np.abs(left - right) <= allowed)).any())
