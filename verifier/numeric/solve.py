"""The evaluation of equations in any arithmetic.

A residual that is affine in its unknown is a linear system: its matrix is found by evaluating the residual at one-hot
unknowns. An axis of the unknown that only passes through to the residual (the columns of the right-hand side) needs
no one-hot vectors of its own: all of its entries are asked for at once.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.linalg import sqrtm
from sympy import Symbol

from verifier.numeric.arithmetic import Arithmetic, Values
from verifier.numeric.plan import number
from verifier.symbolic.comprehension import Comprehension, index, value
from verifier.symbolic.derivative import forward
from verifier.symbolic.equation import Equation
from verifier.symbolic.kinks import slope
from verifier.symbolic.program import Program

#: Evaluates a program: (program, inputs, wanted) -> values by name.
Evaluate = Callable[[Program, Mapping[str, Values], list[str]], dict[str, Values]]


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
    if definition.solver == "linear":
        system = System(definition.residual, definition.output, definition.unknown, shape, known, arithmetic, evaluate)
        return system.solution()
    return _refined(definition, shape, known, arithmetic, evaluate)


def _refined(
    definition: Equation,
    shape: tuple[int, ...],
    known: Mapping[str, Values],
    arithmetic: Arithmetic,
    evaluate: Evaluate,
) -> Values:
    """The solution near a first approximation, by Newton's method with the residual's own derivative."""
    start = _guess(definition, arithmetic.approximate(known["operand"]), shape)
    step = f"{definition.unknown}_step"
    program, tangent = forward(definition.residual, definition.output, {definition.unknown: step})
    assert tangent is not None

    def residual(at: Values) -> Values:
        return evaluate(definition.residual, {**known, definition.unknown: at}, [definition.output])[definition.output]

    def jacobian(at: Values) -> Values:
        inputs = {**known, definition.unknown: at}
        return System(program, tangent, step, shape, inputs, arithmetic, evaluate).matrix()

    return arithmetic.root(start, residual, jacobian)


@dataclass(frozen=True)
class System:
    """The linear system output(unknown) = 0 of a program whose `output` is affine in `unknown`."""

    program: Program
    output: str
    unknown: str
    shape: tuple[int, ...]
    known: Mapping[str, Values]
    arithmetic: Arithmetic
    evaluate: Evaluate

    def solution(self) -> Values:
        """The unknown."""
        passing = passing_axis(self.program, self.unknown, self.output)
        constant = self._at(np.zeros(self.shape))
        columns = self._columns(constant, passing)
        if passing is None:
            right = constant.reshape(-1, 1)
            return self.arithmetic.solved(columns, -right).reshape(self.shape)
        right = _last(constant, passing[1])
        found = self.arithmetic.solved(columns, -right.reshape(columns.shape[0], -1))
        rest = [n for axis, n in enumerate(self.shape) if axis != passing[0]]
        return _first_to(found.reshape(*rest, self.shape[passing[0]]), passing[0])

    def matrix(self) -> Values:
        """The matrix of the system, with no axis passing through: rows are residuals, columns are unknowns."""
        return self._columns(self._at(np.zeros(self.shape)), None)

    def _columns(self, constant: Values, passing: tuple[int, int] | None) -> Values:
        """One column for each entry of the unknown (of its other axes, if one passes through)."""
        gone = None if passing is None else passing[0]
        columns = []
        for place in itertools.product(*(range(n) for axis, n in enumerate(self.shape) if axis != gone)):
            probe = np.zeros(self.shape)
            at = list(place)
            if gone is not None:
                at.insert(gone, 0)
            probe[tuple(at)] = 1.0
            column = self._at(probe) - constant
            columns.append((column if passing is None else _last(column, passing[1])[..., 0]).reshape(-1))
        return self.arithmetic.stacked(columns)

    def _at(self, unknown: Any) -> Values:
        values = {**self.known, self.unknown: self.arithmetic.array(unknown)}
        return self.evaluate(self.program, values, [self.output])[self.output]


def passing_axis(program: Program, unknown: str, output: str) -> tuple[int, int] | None:
    """An axis of the unknown and the axis of the output that it passes through to, if there is one.

    It passes if, in every comprehension on the way, it is one plain index that is also an axis of the target, and
    that no coefficient depends on: then the matrix of the system is the same for each of its values.
    """
    order = len(dict(program.inputs)[unknown])
    for axis in reversed(range(order)):
        found: dict[str, int | None] = {unknown: axis}
        for name, definition in program.needed_for([output]):
            if any(operand in found for operand in definition.operands):
                found[name] = _passed(definition, found)
        if order > 1 and found.get(output) is not None and None not in found.values():
            reached = found[output]
            assert reached is not None
            return axis, reached
    return None


def _passed(definition: Any, found: Mapping[str, int | None]) -> int | None:
    """The axis of a definition that the passing axis of its operands arrives at; None where it does not pass."""
    if not isinstance(definition, Comprehension) or definition.pointers:
        return None
    carriers = {k: read for k, read in enumerate(definition.reads) if read.tensor in found}
    arriving = set()
    for read in carriers.values():
        axis = found[read.tensor]
        if axis is None:
            return None
        arriving.add(read.index[axis])
    symbol = arriving.pop()
    plain = symbol in {index(k) for k in range(len(definition.domain))}
    if arriving or not plain or sum(t.has(symbol) for t in definition.target) != 1 or symbol not in definition.target:
        return None
    coefficients = set().union(*(slope(definition.body, value(k)).free_symbols for k in carriers))
    others = [read for k, read in enumerate(definition.reads) if k not in carriers and value(k) in coefficients]
    used = sum(i.has(symbol) for read in (*carriers.values(), *others) for i in read.index)
    return definition.target.index(symbol) if symbol not in coefficients and used == len(carriers) else None


def _last(values: Values, axis: int) -> Values:
    """The array with one axis moved to the end."""
    order = [k for k in range(values.ndim) if k != axis] + [axis]
    return values.transpose(order) if isinstance(values, np.ndarray) else values.permute(order)


def _first_to(values: Values, axis: int) -> Values:
    """The array with its last axis moved to `axis`."""
    order = list(range(values.ndim - 1))
    order.insert(axis, values.ndim - 1)
    return values.transpose(order) if isinstance(values, np.ndarray) else values.permute(order)


def _guess(definition: Equation, operand: Any, shape: tuple[int, ...]) -> Any:
    """A first approximation; NaN where there is none, such as the root of a matrix that is not positive definite."""
    try:
        return GUESSES[definition.solver](operand, shape)
    except (np.linalg.LinAlgError, ValueError):
        return np.full(shape, np.nan)


def _cholesky(operand: Any, shape: tuple[int, ...]) -> Any:
    return np.linalg.cholesky((operand + operand.T) / 2)


def _eigh(operand: Any, shape: tuple[int, ...]) -> Any:
    """Eigenvectors as columns, and a last row that holds the eigenvalues."""
    values, vectors = np.linalg.eigh((operand + operand.T) / 2)
    return np.vstack([vectors, values])


def _square_root(operand: Any, shape: tuple[int, ...]) -> Any:
    """By the eigenvalues of a symmetric matrix, and by its Schur form otherwise."""
    if np.allclose(operand, operand.T, rtol=1e-12, atol=0):
        values, vectors = np.linalg.eigh((operand + operand.T) / 2)
        return vectors * np.sqrt(values) @ vectors.T
    root = sqrtm(operand)
    return root if np.isrealobj(root) else np.full(shape, np.nan)


GUESSES: Mapping[str, Callable[[Any, tuple[int, ...]], Any]] = {
    "cholesky": _cholesky,
    "eigh": _eigh,
    "square_root": _square_root,
}
