"""A sum over a broadcast axis that was not taken, or taken over another axis."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from math import prod

import numpy as np

from verifier.numeric.plan import number
from verifier.symbolic.comprehension import Comprehension, comprehension, index
from verifier.symbolic.program import Builder, Program, bind_extents, shaped
from verifier.verdict.accusation import Accusation, Cause, Exhibit
from verifier.witness import Array

#: The most terms that are held at once to add them up in other ways.
MOST_TERMS = 2**20


@dataclass(frozen=True)
class _Terms:
    """The terms of a gradient, of the result's shape, before they are added up over the axes `summed`."""

    program: Program
    tensor: str
    summed: tuple[int, ...]


def explain(accusation: Accusation) -> Iterator[str]:
    """Other sums of the terms that the gradient is a sum of."""
    terms = _terms(accusation)
    if terms is None:
        return
    spread = {id(e): accusation.evaluated(e, terms.program, terms.tensor) for e in accusation.exhibits}
    shape = accusation.first.given[accusation.input].shape

    def explained(reduce: Callable[[Array], Array]) -> bool:
        def predict(exhibit: Exhibit) -> Array | None:
            reduced = reduce(spread[id(exhibit)])
            return reduced.reshape(shape) if reduced.size == prod(shape) else None

        return accusation.explained(predict)

    it, over = accusation.words.it, _axes(terms.summed)
    for place, said in ((0, "first"), (-1, "last")):
        if explained(partial(_at, place=place, axes=terms.summed)):
            yield f"a missing sum: {it} is the {said} term of the sum over {over} of the result"
    axes = range(next(iter(spread.values())).ndim)
    for others in (chosen for count in range(1, len(axes)) for chosen in combinations(axes, count)):
        if others != terms.summed and explained(partial(np.sum, axis=others)):
            yield f"the wrong axis: {it} is summed over {_axes(others)} of the result instead of {over}"


def _terms(accusation: Accusation) -> _Terms | None:
    """None where the gradient is no plain sum of one term for each entry of the result."""
    derivation = accusation.derivation
    tensor = derivation.gradients[accusation.input] if derivation else None
    definition = derivation.adjoint.defined.get(tensor) if derivation and tensor else None
    if derivation is None or not isinstance(definition, Comprehension) or definition.pointers:
        return None
    at = tuple(index(axis) for axis in range(len(definition.domain)))
    summed = tuple(axis for axis, i in enumerate(at) if i not in definition.target)
    if not summed or not any(read.tensor == derivation.cotangent and read.index == at for read in definition.reads):
        return None
    inputs = shaped(derivation.adjoint, {**accusation.first.inputs, derivation.cotangent: accusation.first.cotangent})
    extents = bind_extents(derivation.adjoint, {name: array.shape for name, array in inputs.items()})
    if prod(number(extent, extents) for extent in definition.domain) > MOST_TERMS:
        return None
    builder = Builder(derivation.adjoint)
    spread = comprehension(definition.domain, at, definition.body, definition.reads, definition.domain)
    tensor = builder.define(spread, "terms")
    return _Terms(builder.build(), tensor, summed)


def _at(terms: Array, place: int, axes: tuple[int, ...]) -> Array:
    for axis in sorted(axes, reverse=True):
        terms = np.take(terms, place, axis=axis)
    return terms


def _axes(axes: tuple[int, ...]) -> str:
    return f"axis {axes[0]}" if len(axes) == 1 else f"axes {' and '.join(map(str, axes))}"


CAUSE = Cause(rank=60, explain=explain)
