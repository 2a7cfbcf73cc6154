"""The two sides of a claim: the derived gradient by one input, and the claimed one, over the same inputs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Basic, Expr, Symbol

from verifier.errors import ClaimShapeError, ClaimSymbolError, ClaimWithoutScalarError
from verifier.numeric.arithmetic import Arithmetic, Values
from verifier.numeric.cost import work
from verifier.numeric.evaluate import evaluate
from verifier.symbolic.derivative import Derivation, reverse
from verifier.symbolic.formula import Formula, formula_of
from verifier.symbolic.program import Shape, shaped

Extents = Mapping[Symbol, int]

#: Arrays for the inputs, of float64 or of an arithmetic's own numbers.
Point = Mapping[str, Any]


@dataclass(frozen=True)
class Sides:
    """The gradient of a scalar formula by the input `name`: derived, and claimed.

    `examples` holds an array for each input, which shows what numbers it takes: whole ones, or of one sign.
    """

    name: str
    formula: Formula
    derivation: Derivation
    claim: Formula
    examples: Mapping[str, NDArray[Any]]

    def at(self, point: Point, extents: Extents, arithmetic: Arithmetic) -> tuple[Values, Values]:
        """The derived gradient and the claimed one, in arrays of the input's shape."""
        derived = self.derived(point, extents, arithmetic)
        return derived, self.claimed(point, extents, arithmetic).reshape(derived.shape)

    def derived(self, point: Point, extents: Extents, arithmetic: Arithmetic) -> Values:
        """The derived gradient."""
        tensor, program = self.derivation.gradients[self.name], self.derivation.adjoint
        if tensor is None:
            return arithmetic.array(np.zeros(self.shapes(extents)[self.name]))
        ones = np.ones([int(n.subs(extents)) for n in self.derivation.program.shapes[self.derivation.output]])
        inputs = shaped(program, {**point, self.derivation.cotangent: ones})
        return evaluate(program, inputs, [tensor], arithmetic, extents=extents)[tensor]

    def claimed(self, point: Point, extents: Extents, arithmetic: Arithmetic) -> Values:
        """The claimed gradient."""
        program, output = self.claim.program, self.claim.output
        return evaluate(program, shaped(program, point), [output], arithmetic, extents=extents)[output]

    def claiming(self, expression: Any) -> Sides:
        """The same with another claim. Raises `FormulaError`."""
        claim = formula_of(expression, self.formula.symbols)
        _check_symbols(self.name, self.formula, claim)
        return replace(self, claim=claim)

    def shapes(self, extents: Extents) -> dict[str, tuple[int, ...]]:
        """The shape of each input as numbers."""
        inputs = self.derivation.program.inputs
        return {name: tuple(int(extent.subs(extents)) for extent in shape) for name, shape in inputs}

    @cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        """The extents that are symbols, in the order of their names."""
        shapes = [shape for program in (self.derivation.adjoint, self.claim.program) for shape in _shapes(program)]
        return tuple(sorted({s for shape in shapes for extent in shape for s in extent.free_symbols}, key=str))

    def work(self, extents: Extents) -> int:
        """The scalar operations that an evaluation of both sides needs."""
        tensor = self.derivation.gradients[self.name]
        derived = work(self.derivation.adjoint, [tensor], extents) if tensor else 0
        return derived + work(self.claim.program, [self.claim.output], extents)


def sides(name: str, formula: Formula, claim: Formula, examples: Mapping[str, NDArray[Any]]) -> Sides:
    """The two sides of a claim.

    Raises `ClaimWithoutScalarError`, `ClaimSymbolError` and `ClaimShapeError` for what cannot be compared.
    """
    derivation = reverse(formula.program, formula.output, [name])
    if any(extent != 1 for extent in formula.program.shapes[formula.output]):
        raise ClaimWithoutScalarError(name, formula.expression)
    _check_symbols(name, formula, claim)
    claimed, expected = claim.program.shapes[claim.output], formula.program.shapes[name]
    if not _alike(claimed, expected):
        raise ClaimShapeError(name, claimed, expected)
    return Sides(name, formula, derivation, claim, examples)


def _check_symbols(name: str, formula: Formula, claim: Formula) -> None:
    foreign = [symbol for symbol in claim.symbols if symbol not in formula.symbols]
    if foreign:
        raise ClaimSymbolError(name, foreign, tuple(formula.symbols))


def _alike(claimed: Shape, expected: Shape) -> bool:
    """Whether two shapes are the same, up to extents of 1."""
    left, right = ([extent for extent in shape if extent != 1] for shape in (claimed, expected))
    return len(left) == len(right) and all(_equal(a, b) for a, b in zip(left, right, strict=True))


def _equal(left: Expr, right: Expr) -> bool:
    return bool((left - right).expand() == 0)


def _shapes(program: Any) -> list[tuple[Basic, ...]]:
    return [*program.shapes.values(), *(getattr(d, "domain", ()) for _, d in program.definitions)]
