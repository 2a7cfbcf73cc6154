"""The evaluation of programs: every definition by its kind, in any arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from numpy.typing import NDArray
from sympy import Symbol

from verifier.numeric.arithmetic import Arithmetic, Values
from verifier.numeric.comprehend import comprehend
from verifier.symbolic.comprehension import Comprehension
from verifier.symbolic.program import Definition, Program, bind_extents

Evaluator = Callable[[Any, Mapping[str, Values], Mapping[Symbol, int], Arithmetic], Values]

#: How each kind of definition is evaluated.
KINDS: dict[type, Evaluator] = {Comprehension: comprehend}


def evaluate(
    program: Program,
    inputs: Mapping[str, NDArray[Any] | Values],
    wanted: Iterable[str],
    arithmetic: Arithmetic,
    perturbed: Callable[[Values], Values] = lambda values: values,
) -> dict[str, Values]:
    """The tensors in `wanted`, from arrays for the program's inputs.

    `perturbed` is applied to everything that a definition reads and to what it yields: it stands for the rounding
    of an implementation. Raises `verifier.errors.ShapeMismatchError` if the arrays do not fit the program.
    """
    wanted = list(wanted)
    extents = bind_extents(program, {name: tuple(values.shape) for name, values in inputs.items()})
    with arithmetic.context():
        known: dict[str, Values] = {name: arithmetic.array(values) for name, values in inputs.items()}
        for name, definition in program.needed_for(wanted):
            operands = {operand: perturbed(known[operand]) for operand in definition.operands}
            known[name] = perturbed(_evaluated(definition, operands, extents, arithmetic))
    return {name: known[name] for name in wanted}


def _evaluated(
    definition: Definition, operands: Mapping[str, Values], extents: Mapping[Symbol, int], arithmetic: Arithmetic
) -> Values:
    return KINDS[type(definition)](definition, operands, extents, arithmetic)
