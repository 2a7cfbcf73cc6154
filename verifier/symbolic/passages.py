"""Axes along which a system of equations falls apart, and the system at many unknowns at once.

The columns of an inverse, the matrices of a batch and the eigenvectors of one matrix are each found for themselves:
no residual at one index of such an axis depends on the unknown at another.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from sympy import Expr, Integer

from verifier.symbolic.comprehension import Comprehension, Read, comprehension, index, value
from verifier.symbolic.kinks import slope
from verifier.symbolic.program import Definition, Program


@dataclass(frozen=True)
class Passage:
    """An axis of the unknown that falls apart, and the axis of the output that it passes through to.

    uniform: no coefficient depends on it, so that the matrix of the system is the same for each of its indices.
    carried: the axis that it is in each tensor on the way.
    """

    axis: int
    reached: int
    uniform: bool
    carried: Mapping[str, int] = field(hash=False)


@lru_cache(maxsize=1024)
def passages(program: Program, unknown: str, output: str) -> tuple[Passage, ...]:
    """All axes of `unknown` along which a program falls apart, the first one first."""
    found = (_followed(program, unknown, axis, output) for axis in range(len(program.shapes[unknown])))
    return tuple(passage for passage in found if passage is not None)


def _followed(program: Program, unknown: str, axis: int, output: str) -> Passage | None:
    carried, uniform = {unknown: axis}, True
    for name, definition in program.needed_for([output]):
        if not any(operand in carried for operand in definition.operands):
            continue
        arrival = _arrival(definition, carried)
        if arrival is None:
            return None
        carried[name], plain = arrival
        uniform = uniform and plain
    if output not in carried or program.shapes[unknown][axis] != program.shapes[output][carried[output]]:
        return None
    return Passage(axis, carried[output], uniform, carried)


def _arrival(definition: Definition, carried: Mapping[str, int]) -> tuple[int, bool] | None:
    """The axis of a definition that the axis of its operands arrives at, and whether no coefficient depends on it.

    None where it does not pass: everything that carries it must be read at one plain index, and written there.
    """
    if not isinstance(definition, Comprehension) or any(read.tensor in carried for read in definition.pointers):
        return None
    carriers = {k: read for k, read in enumerate(definition.reads) if read.tensor in carried}
    arriving = {read.index[carried[read.tensor]] for read in carriers.values()}
    symbol = arriving.pop()
    places = [k for k in range(len(definition.domain)) if index(k) == symbol]
    if arriving or not places or symbol not in definition.target or sum(t.has(symbol) for t in definition.target) != 1:
        return None
    axis = definition.target.index(symbol)
    coefficients = set().union(*(slope(definition.body, value(k)).free_symbols for k in carriers))
    linear = coefficients.isdisjoint(value(k) for k in carriers)
    others = [read for k, read in enumerate(definition.reads) if k not in carriers and value(k) in coefficients]
    used = sum(i.has(symbol) for read in (*carriers.values(), *others) for i in read.index)
    everywhere = definition.domain[places[0]] == definition.shape[axis]
    pointed = any(i.has(symbol) for read in definition.pointers for i in read.index)
    uniform = linear and symbol not in coefficients and used == len(carriers) and everywhere and not pointed
    return axis, uniform


def lifted(program: Program, unknown: str, output: str, columns: int, uniform: Sequence[Passage] = ()) -> Program:
    """The program with so many unknowns at once, along a last axis of `unknown` and of all that depends on it.

    Each of the `uniform` passages is cut down to its first index. Raises `TypeError` where the unknown is on its way
    through something that is no comprehension.
    """
    shapes = {unknown: _shape(unknown, program.shapes[unknown], columns, uniform)}
    definitions = []
    for name, definition in program.needed_for([output]):
        if any(operand in shapes for operand in definition.operands):
            if not isinstance(definition, Comprehension):
                raise TypeError(f"a system of equations goes through a definition of type {type(definition).__name__}")
            shapes[name] = _shape(name, definition.shape, columns, uniform)
            definition = _lifted(definition, name, shapes, columns, uniform)
        definitions.append((name, definition))
    inputs = tuple((name, shapes.get(name, shape)) for name, shape in program.inputs)
    return Program(inputs, tuple(definitions))


def _shape(name: str, shape: Sequence[Expr], columns: int, uniform: Sequence[Passage]) -> tuple[Expr, ...]:
    cut = {passage.carried[name] for passage in uniform}
    return (*(Integer(1) if axis in cut else n for axis, n in enumerate(shape)), Integer(columns))


def _lifted(
    definition: Comprehension,
    name: str,
    shapes: Mapping[str, Sequence[Expr]],
    columns: int,
    uniform: Sequence[Passage],
) -> Comprehension:
    new = index(len(definition.domain))
    reads = [
        Read(read.tensor, (*read.index, new), read.fill, read.detached) if read.tensor in shapes else read
        for read in definition.reads
    ]
    cut = {definition.target[passage.carried[name]] for passage in uniform}
    domain = (Integer(1) if index(k) in cut else n for k, n in enumerate(definition.domain))
    return comprehension(
        (*domain, Integer(columns)),
        (*definition.target, new),
        definition.body,
        reads,
        shapes[name],
        definition.pointers,
    )
