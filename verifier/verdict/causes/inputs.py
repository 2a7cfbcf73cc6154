"""The backward reads an input transposed, or two inputs in each other's place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from itertools import combinations

from verifier.verdict.accusation import Accusation, Cause, Exhibit
from verifier.witness import Array


def explain(accusation: Accusation) -> Iterator[str]:
    """The true gradient at inputs that are not the ones given."""
    if accusation.derivation is None:
        return
    given = accusation.first.inputs.items()
    shapes = {n: values.shape for n, values in given if n in accusation.symbols and values.dtype.kind == "f"}
    it = accusation.words.it
    for name, shape in shapes.items():
        if len(shape) == 2 and shape[0] == shape[1] > 1 and _explained(accusation, {name: name}, transposed=True):
            yield f"a transpose: {it} is the gradient with {name}ᵀ in place of {name}"
    for one, other in combinations(shapes, 2):
        if shapes[one] == shapes[other] and _explained(accusation, {one: other, other: one}):
            yield f"exchanged inputs: {it} is the gradient with {one} and {other} in each other's place"


def _explained(accusation: Accusation, taken: Mapping[str, str], *, transposed: bool = False) -> bool:
    return accusation.explained(partial(_with, accusation, taken, transposed))


def _with(accusation: Accusation, taken: Mapping[str, str], transposed: bool, exhibit: Exhibit) -> Array:
    """The true gradient where each input has the numbers of the one that it is taken for."""
    derivation = accusation.derivation
    assert derivation is not None
    changed = {n: exhibit.inputs[other].T if transposed else exhibit.inputs[other] for n, other in taken.items()}
    return accusation.gradient(exhibit, derivation.adjoint, derivation.gradients[accusation.input], **changed)


CAUSE = Cause(rank=55, explain=explain)
