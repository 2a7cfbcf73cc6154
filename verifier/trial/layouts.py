"""Backward with cotangents that lie in memory otherwise: the layout is no part of a number.

Every other check passes a contiguous cotangent. A backward that takes that for granted, and reads it in the order of
memory or by `view`, is right then; and wrong, or raises, where the result is transposed, sliced or summed afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

import numpy as np
import torch

from verifier.candidate.autograd import first_line
from verifier.candidate.graph import Gradients, Graph, apart, beyond
from verifier.numeric.noise import largest
from verifier.witness import Array, Deed, Question, Testimony

STRIDED = "a cotangent that is not contiguous"
EXPANDED = "an expanded cotangent"
WHENCE = {
    STRIDED: "transposing or slicing the result gives such a cotangent",
    EXPANDED: "`sum` of the result gives such a cotangent, whose strides are 0",
}
INSTEAD = "read it by its strides, or make it `contiguous` first"


def with_layouts(question: Question, said: Testimony) -> Testimony:
    """What reverse mode said, with what its backward does with cotangents of other layouts.

    Nothing is tried where it is known already that backward is called in vain, or changes what it should not.
    """
    if question.cotangent.size < 2 or said.deeds or said.pathless == {*question.wrt}:
        return said
    return replace(said, deeds=tuple(_strided(question, said) or _expanded(question, said)))


def _strided(question: Question, said: Testimony) -> list[Deed]:
    """The question's own cotangent, its axes in another order and with gaps between its entries."""
    graph = Graph.of(question)
    graph.cotangent = strided(graph.cotangent)
    first = {name: None if name in said.pathless else estimate.value for name, estimate in said.gradients.items()}
    allowed = {name: 2 * estimate.error for name, estimate in said.gradients.items()}
    return list(_deeds(graph, STRIDED, first, allowed))


def _expanded(question: Question, said: Testimony) -> list[Deed]:
    """One for every entry, as `sum` has it, against the same numbers side by side.

    What is allowed was measured for other numbers, and is taken in proportion to the gradient's size.
    """
    graph = Graph.of(question)
    graph.cotangent = torch.ones_like(graph.cotangent)
    try:
        dense = graph.backward()
    except Exception:
        return []  # zeros, ones or infinities within it are not for this backward, whatever their layout
    allowed = {}
    for name, estimate in said.gradients.items():
        size, known = largest(_numbers(dense[name], estimate.value)), largest(estimate.value)
        share = max(1.0, size / known) if known else np.inf
        most = float(np.max(estimate.error, initial=0.0))
        allowed[name] = np.full(estimate.value.shape, 2 * share * most if most else 0.0)
    graph = Graph.of(question)
    graph.cotangent = expanded(torch.ones_like(graph.cotangent))
    return list(_deeds(graph, EXPANDED, dense, allowed))


def _deeds(graph: Graph, layout: str, right: Gradients, allowed: Mapping[str, Array]) -> Iterator[Deed]:
    """What a backward pass on this graph, whose cotangent has that layout, does not do right."""
    try:
        found = graph.backward()
    except Exception as cause:
        yield Deed(f"raises for {layout}", f"{first_line(cause)}: {WHENCE[layout]}; {INSTEAD}", "wrong")
        return
    for name, gradient in right.items():
        if beyond(gradient, found[name], allowed[name]):
            said = f"gives another gradient by {name} for {layout}"
            yield Deed(said, f"{WHENCE[layout]}: {INSTEAD}", "wrong", name, apart(gradient, found[name]))


def strided(tensor: torch.Tensor) -> torch.Tensor:
    """The same numbers, the axes in reverse order in memory, with other numbers between them."""
    reverse = tuple(reversed(range(tensor.ndim)))
    return torch.stack([tensor.permute(reverse), -tensor.permute(reverse)], dim=-1)[..., 0].permute(reverse)


def expanded(tensor: torch.Tensor) -> torch.Tensor:
    """The first number at every entry, with strides of 0; in memory, where code may look on, other numbers follow."""
    memory = -tensor.flatten()
    memory[0] = tensor.flatten()[0]
    return memory.as_strided(tensor.shape, (0,) * tensor.ndim)


def _numbers(gradient: Array | None, like: Array) -> Array:
    return np.zeros(like.shape) if gradient is None else gradient
