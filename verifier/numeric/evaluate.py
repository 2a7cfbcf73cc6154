"""The evaluation of programs: every definition by its kind, in any arithmetic."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from numpy.typing import NDArray
from sympy import Symbol

from verifier.numeric.approximations import approximation
from verifier.numeric.arithmetic import Arithmetic, Values
from verifier.numeric.comprehend import comprehend
from verifier.numeric.determinants import determinant
from verifier.numeric.matrix_functions import matrix_function
from verifier.numeric.moving import accumulated, assembled, reshaped, strided
from verifier.numeric.plan import number
from verifier.numeric.products import product
from verifier.numeric.recurrences import recurrence
from verifier.numeric.selections import chooser
from verifier.numeric.solve import solve
from verifier.symbolic.approximation import Approximation
from verifier.symbolic.assembly import Assembly
from verifier.symbolic.comprehension import Comprehension
from verifier.symbolic.determinant import Determinant
from verifier.symbolic.equation import Equation
from verifier.symbolic.matrix_function import MatrixFunction
from verifier.symbolic.product import Product
from verifier.symbolic.program import Definition, Program, bind_extents
from verifier.symbolic.recurrence import Recurrence
from verifier.symbolic.reshape import Reshape
from verifier.symbolic.selection import Selection
from verifier.symbolic.strided import Accumulated, Strided

Extents = Mapping[Symbol, int]


class Exactly:
    """No noise: what is read is what was computed."""

    def of(self, definition: Definition) -> Exactly:
        """The noise on what one definition reads and yields."""
        return self

    def entrywise(self, values: Values) -> Values:
        """The values as a sum over indices reads and yields them."""
        return values

    def normwise(self, values: Values) -> Values:
        """The values as a factorisation reads and yields them."""
        return values

    def summing(self, arithmetic: Arithmetic) -> Arithmetic:
        """The arithmetic as it adds up."""
        return arithmetic


def evaluate(
    program: Program,
    inputs: Mapping[str, NDArray[Any] | Values],
    wanted: Iterable[str],
    arithmetic: Arithmetic,
    noise: Exactly = Exactly(),  # noqa: B008 - it has no state
    extents: Extents | None = None,
) -> dict[str, Values]:
    """The tensors in `wanted`, from arrays for the program's inputs.

    `noise` is applied to everything that a definition reads and to what it yields: it stands for the rounding of an
    implementation. `extents` gives numbers for extents that no input's shape determines. Raises
    `verifier.errors.ShapeMismatchError` if the arrays do not fit the program.
    """
    wanted = list(wanted)
    bound = {**(extents or {}), **bind_extents(program, {n: tuple(values.shape) for n, values in inputs.items()})}
    with arithmetic.context():
        known: dict[str, Values] = {name: arithmetic.array(values) for name, values in inputs.items()}
        needed = program.needed_for(wanted)
        for (name, definition), over in zip(needed, _no_longer_needed(needed, wanted), strict=True):
            known[name] = _evaluated(definition, known, bound, arithmetic, noise.of(definition))
            for tensor in over:
                del known[tensor]
    return {name: known[name] for name in wanted}


def _no_longer_needed(needed: list[tuple[str, Definition]], wanted: Iterable[str]) -> list[list[str]]:
    """For each definition, the tensors that nothing after it reads."""
    over: list[list[str]] = []
    later = set(wanted)
    for _, definition in reversed(needed):
        over.append([operand for operand in dict.fromkeys(definition.operands) if operand not in later])
        later.update(definition.operands)
    return over[::-1]


def _evaluated(
    definition: Definition, known: Mapping[str, Values], extents: Extents, arithmetic: Arithmetic, noise: Exactly
) -> Values:
    """The tensor that a definition of any kind defines."""
    if isinstance(definition, Comprehension):
        operands = {name: noise.entrywise(known[name]) for name in definition.operands}
        return noise.entrywise(comprehend(definition, operands, extents, noise.summing(arithmetic)))
    if isinstance(definition, Determinant):
        matrix = noise.normwise(known[definition.matrix])
        return noise.entrywise(determinant(definition, matrix, arithmetic))
    if isinstance(definition, Product):
        return noise.entrywise(product(noise.entrywise(known[definition.factors]), arithmetic))
    if isinstance(definition, Recurrence):
        factor = None if definition.factor is None else noise.entrywise(known[definition.factor])
        return recurrence(definition, factor, noise.entrywise(known[definition.term]), arithmetic, noise.entrywise)
    if isinstance(definition, Reshape):
        return reshaped(definition, known[definition.tensor], extents)
    if isinstance(definition, Strided):
        return strided(definition, known[definition.tensor], arithmetic)
    if isinstance(definition, Assembly):
        return assembled(definition, known, arithmetic)
    if isinstance(definition, Accumulated):
        rounded = Exactly() if definition.region.is_plainly_distinct else noise
        values = rounded.entrywise(known[definition.tensor])
        return rounded.entrywise(accumulated(definition, values, extents, arithmetic))
    if isinstance(definition, Selection):
        return arithmetic.selected(chooser(definition), known[definition.tensor])
    if isinstance(definition, Approximation):
        near = [arithmetic.approximate(known[name]) for name in definition.operands]
        return arithmetic.array(approximation(definition, near, tuple(number(n, extents) for n in definition.shape)))
    if isinstance(definition, MatrixFunction):
        operands = {**known, definition.matrix: noise.normwise(known[definition.matrix])}
        return matrix_function(definition, operands, extents, arithmetic, noise.normwise)
    if isinstance(definition, Equation):
        operands = {name: noise.normwise(known[name]) for name in definition.operands}

        def inner(program: Program, inputs: Mapping[str, Values], wanted: list[str]) -> dict[str, Values]:
            return evaluate(program, inputs, wanted, arithmetic, extents=extents)

        return noise.normwise(solve(definition, operands, extents, arithmetic, inner))
    raise TypeError(f"no evaluation is known for a definition of type {type(definition).__name__}")
