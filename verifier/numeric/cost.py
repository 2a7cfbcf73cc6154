"""What an evaluation will cost, predicted from the program alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod

from sympy import Symbol

from verifier.numeric.plan import number
from verifier.symbolic.comprehension import Comprehension
from verifier.symbolic.determinant import Determinant
from verifier.symbolic.equation import Equation
from verifier.symbolic.passages import passages
from verifier.symbolic.product import Product
from verifier.symbolic.program import Definition, Program
from verifier.symbolic.recurrence import Recurrence
from verifier.symbolic.selection import RunningArgmax
from verifier.symbolic.strided import Accumulated

Extents = Mapping[Symbol, int]


def work(program: Program, wanted: Iterable[str], extents: Extents) -> int:
    """The number of scalar operations that an evaluation needs, if contractions are not reordered."""
    return sum(_of_definition(definition, extents) for _, definition in program.needed_for(wanted))


def _of_definition(definition: Definition, extents: Extents) -> int:
    if isinstance(definition, Comprehension):
        return prod(number(extent, extents) for extent in definition.domain) * (1 + int(definition.body.count_ops()))
    if isinstance(definition, Determinant):
        matrices = prod(number(extent, extents) for extent in definition.batch)
        return matrices * number(definition.extent, extents) ** max(3, 2 * definition.order)
    if isinstance(definition, Equation):
        return _of_equation(definition, extents)
    entries = prod(number(extent, extents) for extent in definition.shape)
    if isinstance(definition, Product):
        return entries * number(definition.extent, extents)
    if isinstance(definition, Accumulated):
        return definition.region.size
    return entries if isinstance(definition, Recurrence | RunningArgmax) else 0


def _of_equation(definition: Equation, extents: Extents) -> int:
    """The residual at one unknown for each column of the system, and the elimination."""
    apart = {p.axis for p in passages(definition.residual, definition.unknown, definition.output)}
    shape = [number(extent, extents) for extent in definition.shape]
    columns = prod(n for axis, n in enumerate(shape) if axis not in apart)
    return (1 + columns) * work(definition.residual, [definition.output], extents) + columns**2 * prod(shape)
