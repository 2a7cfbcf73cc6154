"""The gradient that `backward` gives: torch's reverse mode, the witness that most people have in mind.

Backward is called three times: twice on one graph, which is retained, and once on a graph of its own. What it may not
do shows then: write into its cotangent, the inputs or what the forward saved, or answer differently from call to call.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch

from verifier.autograd import (
    cotangent_for,
    first_line,
    gradient_estimate,
    nothing_at_all,
    unit_roundoff,
    value_estimate,
)
from verifier.candidate import as_array, as_float64, distance
from verifier.witness import Abstains, Array, Deed, Estimate, Question, Testimony, Witness

#: The gradient by each input as float64; None where torch sees no path.
Gradients = Mapping[str, Array | None]

ON_A_RETAINED_GRAPH = "the second backward on a retained graph differs: backward changes what the forward saved"
ONCE = "backward works only once on a graph, which `retain_graph` should allow"
AT_EACH_CALL = "two backward passes from the same inputs and cotangent differ by more than rounding explains"
WRITES = "whatever else is computed from that tensor is wrong afterwards, without a word from torch"

#: Two answers differ by so much, and the next one may differ by several times that.
RESTLESS = 8.0


def testify(question: Question) -> Testimony:
    """The gradient of the first backward pass with the question's cotangent, and what backward did beside it.

    Raises:
        Abstains: the backward pass raised.
        CandidateError: the forward raised, or returned something without a gradient.
    """
    graph = _Graph.of(question)
    if not graph.output.requires_grad:
        note = "the result does not require a gradient: torch sees no path to it from any input"
        nothing = {name: nothing_at_all(question.inputs[name].shape) for name in question.wrt}
        return Testimony(nothing, value_estimate(graph.output, question), (note,), pathless=frozenset(question.wrt))
    first, spent = _first_pass(graph)
    estimates = {name: _estimate(name, gradient, question) for name, gradient in first.items()}
    unused = [name for name, gradient in first.items() if gradient is None]
    notes = [f"torch returned None for {n}: it sees no path from {n} to the result" for n in unused]
    deeds = list(graph.overwritten())
    if spent is None:
        changes, remarks, restless = _changes(graph, first, estimates)
        deeds += changes
        notes += remarks
        estimates = {name: _blurred(estimate, restless.get(name, 0.0)) for name, estimate in estimates.items()}
    else:
        notes.append(spent)
    value = value_estimate(graph.output, question)
    return Testimony(estimates, value, tuple(notes), deeds=tuple(deeds), pathless=frozenset(unused))


@dataclass
class _Graph:
    """One forward pass, and the tensors that go into its backward passes."""

    question: Question
    tensors: dict[str, torch.Tensor]
    output: torch.Tensor
    cotangent: torch.Tensor
    before: dict[str, Array]

    @classmethod
    def of(cls, question: Question) -> _Graph:
        """A fresh forward pass at the question's point."""
        candidate = question.candidate
        assert candidate is not None
        tensors = candidate.tensors(question.inputs, question.wrt)
        output = candidate.call(tensors)
        before = {name: as_array(tensor) for name, tensor in tensors.items()}
        return cls(question, tensors, output, cotangent_for(output, question), before)

    def backward(self, *, retain: bool) -> Gradients:
        """One backward pass. Raises whatever it raises."""
        wanted = [self.tensors[name] for name in self.question.wrt]
        found: tuple[torch.Tensor | None, ...]
        try:
            found = torch.autograd.grad(self.output, wanted, self.cotangent, retain_graph=retain, allow_unused=True)
        except RuntimeError as cause:
            if "use_reentrant" not in str(cause):
                raise
            found = self._accumulated(wanted, retain=retain)
        return {
            name: None if gradient is None else as_float64(gradient.to_dense())
            for name, gradient in zip(self.question.wrt, found, strict=True)
        }

    def _accumulated(self, wanted: list[torch.Tensor], *, retain: bool) -> tuple[torch.Tensor | None, ...]:
        """The same through `backward()`, which reentrant checkpoints insist on."""
        for tensor in wanted:
            tensor.grad = None
        self.output.backward(self.cotangent, retain_graph=retain)
        return tuple(tensor.grad for tensor in wanted)

    def overwritten(self) -> Iterator[Deed]:
        """The tensors that a backward pass wrote to, though they are not its own. They are restored."""
        fresh = cotangent_for(self.output, self.question)
        apart = distance(as_array(self.cotangent), as_array(fresh))
        if apart:
            self.cotangent = fresh
            yield Deed("overwrites its cotangent", WRITES, "wrong", error=apart)
        for name, before in self.before.items():
            apart = distance(as_array(self.tensors[name]), before)
            if apart:
                # Through `data`, or autograd would refuse the next backward pass.
                self.tensors[name].data.copy_(torch.from_numpy(before))
                yield Deed(f"overwrites the input {name}", WRITES, "wrong", name, apart)


def _first_pass(graph: _Graph) -> tuple[Gradients, str | None]:
    """The gradients, and why the graph cannot be kept for a second pass if it cannot."""
    try:
        return graph.backward(retain=True), None
    except Exception as cause:
        try:
            return _Graph.of(graph.question).backward(retain=False), f"{ONCE}: {first_line(cause)}"
        except Exception:
            raise Abstains(f"backward raised {first_line(cause)}") from cause


def _estimate(name: str, gradient: Array | None, question: Question) -> Estimate:
    candidate = question.candidate
    assert candidate is not None
    if gradient is None:
        return nothing_at_all(question.inputs[name].shape)
    return gradient_estimate(name, gradient, question, unit_roundoff(candidate.dtypes[name]))


def _blurred(estimate: Estimate, restless: float) -> Estimate:
    """The estimate of a backward that answers differently at each call, by so much."""
    return Estimate(estimate.value, estimate.error + RESTLESS * restless) if restless else estimate


def _changes(
    graph: _Graph, first: Gradients, estimates: Mapping[str, Estimate]
) -> tuple[list[Deed], list[str], dict[str, float]]:
    """How the gradient changes when backward is called again: on another graph, and on the same one.

    Returned are deeds, notes, and by how much each gradient is another one at each call, beyond rounding.
    """
    try:
        elsewhere = _Graph.of(graph.question).backward(retain=False)
        again = graph.backward(retain=False)
    except Exception as cause:
        return [], [f"{ONCE}: {first_line(cause)}"], {}
    deeds: list[Deed] = []
    notes: list[str] = []
    restless: dict[str, float] = {}
    for name, gradient in first.items():
        at_each_call, on_the_same = _apart(gradient, elsewhere[name]), _apart(gradient, again[name])
        allowed = 2 * estimates[name].error
        if _beyond(gradient, elsewhere[name], allowed):
            said = f"gives another gradient by {name} at each call"
            deeds.append(Deed(said, AT_EACH_CALL, "undecided", name, at_each_call))
            restless[name] = at_each_call
        elif _beyond(gradient, again[name], allowed):
            said = f"gives another gradient by {name} when it is called again"
            deeds.append(Deed(said, ON_A_RETAINED_GRAPH, "wrong", name, on_the_same))
        elif at_each_call or on_the_same:
            most = max(at_each_call, on_the_same)
            notes.append(f"the gradient by {name} differs from call to call by up to {most:.2g}, which is rounding")
    return deeds, notes, restless


def _apart(left: Array | None, right: Array | None) -> float:
    """The largest distance of two gradients, no gradient being 0."""
    if left is None or right is None:
        return max((float(np.abs(found).max(initial=0.0)) for found in (left, right) if found is not None), default=0.0)
    return distance(left, right)


def _beyond(left: Array | None, right: Array | None, allowed: Array) -> bool:
    """Whether two gradients differ by more than is allowed anywhere; a NaN beside a number always does."""
    left, right = (np.zeros(allowed.shape) if found is None else found for found in (left, right))
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    with np.errstate(invalid="ignore"):
        return bool((~same & ~(np.abs(left - right) <= allowed)).any())


WITNESS = Witness(
    name="reverse mode",
    order=1,
    needs="candidate",
    describes="torch.autograd.grad of the function's own result, with the cotangent in the result's dtype",
    testify=testify,
)
