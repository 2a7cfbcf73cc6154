"""Reverse and forward derivatives of programs: programs again, by the rules that each kind of definition has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from verifier.symbolic.comprehension import sum_of
from verifier.symbolic.program import Builder, Program, Shape

#: The input of a reverse derivative that holds the output's cotangent, before a number makes it unique.
COTANGENT = "cotangent"


@dataclass(frozen=True)
class Derivation:
    """A program, and a longer one that computes its gradient too.

    adjoint: the program followed by the definitions of its reverse derivative; beside the program's inputs it
    takes `cotangent`, of the shape of `output`.
    gradients: for each input that was asked for, the tensor of `adjoint` that holds d<cotangent, output>/d input;
    None where no path leads from the input to the output, so that the derivative is structurally zero.
    """

    program: Program
    output: str
    adjoint: Program
    cotangent: str
    gradients: Mapping[str, str | None]


def reverse(program: Program, output: str, wrt: Iterable[str], called: str = COTANGENT) -> Derivation:
    """The reverse derivative of <cotangent, output> by each tensor in `wrt`; `called` is the cotangent's name.

    The same program is derived once.
    """
    return _reversed(program, output, tuple(wrt), called)


@lru_cache(maxsize=256)
def _reversed(program: Program, output: str, wrt: tuple[str, ...], called: str) -> Derivation:
    builder = Builder(program)
    cotangent = builder.give(called, program.shapes[output])
    active = program.dependent_on(wrt)
    contributions: dict[str, list[str]] = {output: [cotangent]} if output in active else {}
    adjoints: dict[str, str] = {}
    for name in [*reversed([n for n, _ in program.definitions]), *dict(program.inputs)]:
        if name not in contributions or name not in active:
            continue
        adjoints[name] = _summed(builder, contributions[name], program.shapes[name], name)
        if name in program.defined:
            for operand, part in program.defined[name].adjoints(name, adjoints[name], active, builder):
                contributions.setdefault(operand, []).append(part)
    return Derivation(program, output, builder.build(), cotangent, {name: adjoints.get(name) for name in wrt})


def forward(program: Program, output: str, tangents: Mapping[str, str]) -> tuple[Program, str | None]:
    """The program followed by its forward derivative, and the tensor that holds the tangent of `output`.

    `tangents` names, for each tensor that varies, a new input for its tangent. The tangent's name is None where
    no path leads from a varying tensor to the output.
    """
    builder = Builder(program)
    known = {tensor: builder.give(name, program.shapes[tensor]) for tensor, name in tangents.items()}
    for name, definition in program.definitions:
        tangent = definition.tangent(name, known, builder)
        if tangent is not None:
            known[name] = tangent
    return builder.build(), known.get(output)


def _summed(builder: Builder, parts: list[str], shape: Shape, name: str) -> str:
    if len(parts) == 1:
        return parts[0]
    return builder.define(sum_of(parts, shape), f"adjoint_{name}")
