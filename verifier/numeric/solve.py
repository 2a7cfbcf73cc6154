"""The evaluation of equations in any arithmetic.

A residual that is affine in its unknown is a linear system: its matrix is found by evaluating the residual at one-hot
unknowns, all at once. Along the axes that the system falls apart along (see `passages.py`) it is a batch of smaller
systems, and where no coefficient depends on such an axis, one system with many right-hand sides.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from sympy import Symbol

from verifier.numeric.arithmetic import Arithmetic, Values
from verifier.numeric.plan import number
from verifier.symbolic.derivative import forward
from verifier.symbolic.equation import Equation
from verifier.symbolic.passages import lifted, passages
from verifier.symbolic.program import Program

#: Evaluates a program: (program, inputs, wanted) -> values by name.
Evaluate = Callable[[Program, Mapping[str, Values], list[str]], dict[str, Values]]

_lifted = lru_cache(maxsize=1024)(lifted)
_forward = lru_cache(maxsize=1024)(
    lambda residual, output, unknown: forward(residual, output, {unknown: f"{unknown}_step"})
)


def solve(
    definition: Equation,
    operands: Mapping[str, Values],
    extents: Mapping[Symbol, int],
    arithmetic: Arithmetic,
    evaluate: Evaluate,
) -> Values:
    """The solution of an equation, from the values of its operands."""
    shape = tuple(number(extent, extents) for extent in definition.shape)
    known = {local: operands[outer] for local, outer in definition.bindings}
    if math.prod(shape) == 0:
        return arithmetic.array(np.zeros(shape))
    system = System.of(definition, shape, known, arithmetic, evaluate)
    if definition.start is not None:
        return system.refined(arithmetic.approximate(operands[definition.start]))
    return system.solution()


@dataclass(frozen=True)
class Layout:
    """How an unknown of `shape`, and the residual, are taken as batches of columns.

    batch: pairs of axes, of the unknown and the residual, along which there are separate systems. right: those along
    which there are right-hand sides of one system. own: the other axes of the unknown; rest: those of the residual.
    """

    shape: tuple[int, ...]
    batch: tuple[tuple[int, int], ...]
    right: tuple[tuple[int, int], ...]
    own: tuple[int, ...]
    rest: tuple[int, ...]

    @staticmethod
    def of(program: Program, unknown: str, output: str, shape: tuple[int, ...], uniform: bool = True) -> Layout:
        """The layout of a program's systems. Without `uniform` there are no right-hand sides but one."""
        found = passages(program, unknown, output)
        right = tuple((p.axis, p.reached) for p in found if p.uniform and uniform)
        batch = tuple((p.axis, p.reached) for p in found if not (p.uniform and uniform))
        taken = {axis for axis, _ in batch + right}
        reached = {axis for _, axis in batch + right}
        order = len(program.shapes[output])
        own = tuple(axis for axis in range(len(shape)) if axis not in taken)
        return Layout(shape, batch, right, own, tuple(axis for axis in range(order) if axis not in reached))

    @cached_property
    def size(self) -> int:
        """The number of unknowns of one system."""
        return math.prod(self.shape[axis] for axis in self.own)

    @cached_property
    def sizes(self) -> tuple[int, int, int]:
        """The numbers of systems, of unknowns of each, and of right-hand sides."""
        systems, sides = (math.prod(self.shape[axis] for axis, _ in pairs) for pairs in (self.batch, self.right))
        return systems, self.size, sides

    @cached_property
    def _order(self) -> tuple[int, ...]:
        """The axes of the unknown: of the batch, its own, of the right-hand sides."""
        return (*(axis for axis, _ in self.batch), *self.own, *(axis for axis, _ in self.right))

    def rows(self, values: Values, arithmetic: Arithmetic) -> Values:
        """A residual by system, row and right-hand side; an axis that it has in addition stays the last."""
        order = [*(axis for _, axis in self.batch), *self.rest, *(axis for _, axis in self.right)]
        further = list(range(len(order), values.ndim))
        moved = arithmetic.permute(values, [*order, *further])
        return moved.reshape((self.sizes[0], self.size, -1, *(values.shape[k] for k in further)))

    def columns(self, values: Any) -> Any:
        """A NumPy array for the unknown by system, row and right-hand side."""
        return np.transpose(values, self._order).reshape(self.sizes)

    def unknown(self, columns: Values, arithmetic: Arithmetic) -> Values:
        """The unknown from its columns by system, row and right-hand side."""
        shaped = columns.reshape([self.shape[axis] for axis in self._order])
        return arithmetic.permute(shaped, [self._order.index(axis) for axis in range(len(self.shape))])

    def probes(self) -> Any:
        """One-hot unknowns along a last axis, the same ones for each system."""
        of_right = {axis for axis, _ in self.right}
        spread = [n if axis in self.own else 1 for axis, n in enumerate(self.shape)]
        shape = [1 if axis in of_right else n for axis, n in enumerate(self.shape)]
        one_hot = np.eye(self.size).reshape(*spread, self.size)
        return np.array(np.broadcast_to(one_hot, (*shape, self.size)))


@dataclass(frozen=True)
class System:
    """The systems of an equation: its residual, and the tangent of that by the unknown, which is linear in a step."""

    definition: Equation
    tangent: Program
    slope: str
    step: str
    layout: Layout
    known: Mapping[str, Values]
    arithmetic: Arithmetic
    evaluate: Evaluate

    @staticmethod
    def of(
        definition: Equation,
        shape: tuple[int, ...],
        known: Mapping[str, Values],
        arithmetic: Arithmetic,
        evaluate: Evaluate,
    ) -> System:
        """The systems of an equation whose unknown has a shape in numbers."""
        step = f"{definition.unknown}_step"
        tangent, slope = _forward(definition.residual, definition.output, definition.unknown)
        assert slope is not None
        layout = Layout.of(tangent, step, slope, shape, uniform=definition.start is None)
        return System(definition, tangent, slope, step, layout, known, arithmetic, evaluate)

    def solution(self) -> Values:
        """The unknown of a residual that is affine in it."""
        zero = self.arithmetic.array(np.zeros(self.layout.shape))
        found = self.arithmetic.solved(self._matrices({}), -self._residual(zero))
        return self.layout.unknown(found, self.arithmetic)

    def refined(self, start: Any) -> Values:
        """The unknown near a NumPy array, by Newton's method."""

        def residual(at: Values) -> Values:
            return self._residual(self.layout.unknown(at, self.arithmetic))

        def jacobian(at: Values) -> Values:
            return self._matrices({self.definition.unknown: self.layout.unknown(at, self.arithmetic)})

        found = self.arithmetic.root(self.layout.columns(start), residual, jacobian)
        return self.layout.unknown(found, self.arithmetic)

    def _residual(self, unknown: Values) -> Values:
        """The residual by system, row and right-hand side."""
        output = self.definition.output
        inputs = {**self.known, self.definition.unknown: unknown}
        return self.layout.rows(self.evaluate(self.definition.residual, inputs, [output])[output], self.arithmetic)

    def _matrices(self, at: Mapping[str, Values]) -> Values:
        """The matrix of each system: rows are residuals, columns are unknowns.

        The tangent has no constant terms, so that nothing cancels where it is evaluated at one-hot steps.
        """
        right = {axis for axis, _ in self.layout.right}
        uniform = tuple(p for p in passages(self.tangent, self.step, self.slope) if p.axis in right)
        program = _lifted(self.tangent, self.step, self.slope, self.layout.size, uniform)
        probes = {**self.known, **at, self.step: self.arithmetic.array(self.layout.probes())}
        values = self.evaluate(program, probes, [self.slope])[self.slope]
        return self.layout.rows(values, self.arithmetic)[:, :, 0]
