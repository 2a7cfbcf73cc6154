"""A linear map as one tensor: what a tensor that is linear in another one is multiplied with.

The forward derivative of a program is linear in its tangent, so that this gives Jacobians and Hessians, with no unit
vectors and no deltas: a term that reads the tangent at r(i) belongs to the column r(i).
"""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Integer

from verifier.errors import NoClosedFormError
from verifier.symbolic.comprehension import Comprehension, Read, comprehension, index, sum_of, value
from verifier.symbolic.kinks import slope
from verifier.symbolic.program import Builder, Program


def linear_map(program: Program, output: str, source: str) -> tuple[Program, str | None]:
    """The program followed by M with output[t] = Σ M[t, s]·source[s], and the tensor that holds M.

    M has the axes of `output`, then those of `source`; its name is None where no path leads from one to the other.
    Raises `NoClosedFormError` where a tensor on the way is defined by something other than a sum over indices.
    """
    builder = Builder(program)
    on_the_way = program.dependent_on([source])
    maps: dict[str, str] = {}
    for name, definition in program.needed_for([output]):
        if name not in on_the_way:
            continue
        if not isinstance(definition, Comprehension):
            raise NoClosedFormError(name, type(definition).__name__)
        maps[name] = _map_of(name, definition, source, maps, builder)
    return builder.build(), maps.get(output)


def _map_of(name: str, definition: Comprehension, source: str, maps: Mapping[str, str], builder: Builder) -> str:
    axes = builder.shape(source)
    parts = []
    for position, read in enumerate(definition.reads):
        coefficient = slope(definition.body, value(position))
        domain, reads, columns = definition.domain, definition.reads, read.index
        if read.tensor in maps:
            columns = tuple(index(len(domain) + axis) for axis in range(len(axes)))
            outside = None if read.fill is None else Integer(0)
            coefficient *= value(len(reads))
            domain, reads = (*domain, *axes), (*reads, Read(maps[read.tensor], (*read.index, *columns), outside))
        elif read.tensor != source:
            continue
        target, shape = (*definition.target, *columns), (*definition.shape, *axes)
        part = comprehension(domain, target, coefficient, reads, shape, definition.pointers)
        parts.append(builder.define(part, f"map_{name}"))
    return parts[0] if len(parts) == 1 else builder.define(sum_of(parts, (*definition.shape, *axes)), f"map_{name}")
