"""The gradient that `backward` gives: torch's reverse mode, the witness that most people have in mind.

Backward is called three times: twice on one graph, which is retained, and once on a graph of its own. What it may not
do shows then: write into its cotangent, the inputs or what the forward saved, or answer differently from call to call.
In another dtype it is called once, if all that held in its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from verifier.candidate.autograd import (
    cotangent_for,
    first_line,
    gradient_estimate,
    nothing_at_all,
    unit_roundoff,
    value_estimate,
)
from verifier.candidate.candidate import tensor_distance
from verifier.candidate.graph import Gradients, Graph, apart, beyond
from verifier.witness import Abstains, Array, Deed, Estimate, Question, Testimony, Witness

ON_A_RETAINED_GRAPH = "the second backward on a retained graph differs: backward changes what the forward saved"
ONCE = "backward works only once on a graph, which `retain_graph` should allow"
AT_EACH_CALL = (
    "two backward passes from the same inputs and cotangent differ by more than rounding explains: "
    "one of them is wrong, as where random numbers are drawn again, or threads race"
)
WRITES = "whatever else is computed from that tensor is wrong afterwards, without a word from torch"

#: Two answers differ by so much, and the next one may differ by several times that.
RESTLESS = 8.0


def testify(question: Question) -> Testimony:
    """The gradient of the first backward pass with the question's cotangent, and what backward did beside it.

    It is called again if the question wants it watched.

    Raises:
        Abstains: the backward pass raised.
        CandidateError: the forward raised, or returned something without a gradient.
    """
    graph = Graph.of(question)
    if not graph.output.requires_grad:
        note = "the result does not require a gradient: torch sees no path to it from any input"
        nothing = {name: nothing_at_all(question.inputs[name].shape) for name in question.wrt}
        return Testimony(nothing, value_estimate(graph.output, question), (note,), pathless=frozenset(question.wrt))
    first, spent = _first_pass(graph)
    estimates = {name: _estimate(name, gradient, question) for name, gradient in first.items()}
    unused = [name for name, gradient in first.items() if gradient is None]
    notes = [f"torch returned None for {n}: it sees no path from {n} to the result" for n in unused]
    deeds = list(_overwritten(graph))
    steady = False
    if spent is not None:
        notes.append(spent)
    elif question.watched:
        changes, remarks, restless = _changes(graph, first, estimates)
        steady = not (changes or remarks)
        deeds += changes
        notes += remarks
        estimates = {name: _blurred(estimate, restless.get(name, 0.0)) for name, estimate in estimates.items()}
    value = value_estimate(graph.output, question)
    return Testimony(estimates, value, tuple(notes), deeds=tuple(deeds), pathless=frozenset(unused), steady=steady)


def _overwritten(graph: Graph) -> Iterator[Deed]:
    """The tensors that a backward pass wrote to, though they are not its own. They are restored."""
    fresh = cotangent_for(graph.output, graph.question)
    moved = tensor_distance(graph.cotangent, fresh)
    if moved:
        graph.cotangent = fresh
        only = graph.question.wrt[0] if len(graph.question.wrt) == 1 else None
        yield Deed("overwrites its cotangent", WRITES, "wrong", only, moved)
    for name, before in graph.before.items():
        moved = tensor_distance(graph.tensors[name], before)
        if moved:
            # Through `data`, or autograd would refuse the next backward pass.
            graph.tensors[name].data.copy_(before)
            yield Deed(f"overwrites the input {name}", WRITES, "wrong", name, moved)


def _first_pass(graph: Graph) -> tuple[Gradients, str | None]:
    """The gradients, and why the graph cannot be kept for a second pass if it cannot."""
    try:
        return graph.backward(retain=True), None
    except Exception as cause:
        try:
            return Graph.of(graph.question).backward(retain=False), f"{ONCE}: {first_line(cause)}"
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
    graph: Graph, first: Gradients, estimates: Mapping[str, Estimate]
) -> tuple[list[Deed], list[str], dict[str, float]]:
    """How the gradient changes when backward is called again: on another graph, and on the same one.

    Returned are deeds, notes, and by how much each gradient is another one at each call, beyond rounding.
    """
    try:
        elsewhere = Graph.of(graph.question).backward(retain=False)
        again = graph.backward(retain=False)
    except Exception as cause:
        return [], [f"{ONCE}: {first_line(cause)}"], {}
    deeds: list[Deed] = []
    notes: list[str] = []
    restless: dict[str, float] = {}
    for name, gradient in first.items():
        at_each_call, on_the_same = apart(gradient, elsewhere[name]), apart(gradient, again[name])
        if not at_each_call and not on_the_same:
            continue
        allowed = 2 * estimates[name].error
        if beyond(gradient, elsewhere[name], allowed):
            said = f"gives another gradient by {name} at each call"
            deeds.append(Deed(said, AT_EACH_CALL, "wrong", name, at_each_call))
            restless[name] = at_each_call
        elif beyond(gradient, again[name], allowed):
            said = f"gives another gradient by {name} when it is called again"
            deeds.append(Deed(said, ON_A_RETAINED_GRAPH, "wrong", name, on_the_same))
        else:
            most = max(at_each_call, on_the_same)
            notes.append(f"the gradient by {name} differs from call to call by up to {most:.2g}, which is rounding")
    return deeds, notes, restless


WITNESS = Witness(
    name="reverse mode",
    order=1,
    needs="candidate",
    describes="torch.autograd.grad of the function's own result, with the cotangent in the result's dtype",
    testify=testify,
)
