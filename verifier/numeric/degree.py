"""How complicated the rational functions are that a program defines: a bound on their degrees.

Each tensor's entries are written over one common denominator; its degree bounds those of the numerators and of the
denominator, as polynomials in the entries of the inputs and in the values of opaque functions. Two functions whose
difference has a numerator of degree d agree by chance at no more than one in |S|/d random points with coordinates
from S (Schwartz, J. ACM 27, 1980; Zippel, EUROSAM 1979).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Add, Basic, Expr, Function, Integer, Mul, Piecewise, Pow, Symbol, preorder_traversal

from verifier.numeric.plan import number
from verifier.numeric.rational_nodes import RATIONAL_IN, NotRational
from verifier.numeric.solve import passing_axis
from verifier.symbolic.assembly import Assembly
from verifier.symbolic.comprehension import Canonical, Comprehension, pointer, value
from verifier.symbolic.determinant import Determinant
from verifier.symbolic.equation import Equation
from verifier.symbolic.matrix_function import MatrixFunction
from verifier.symbolic.product import Product
from verifier.symbolic.program import Definition, Program
from verifier.symbolic.recurrence import Recurrence
from verifier.symbolic.reshape import Reshape
from verifier.symbolic.strided import Accumulated, Strided

Extents = Mapping[Symbol, int]
Exponents = Mapping[Basic, int]


@dataclass(frozen=True)
class Degree:
    """The degree of a tensor, and the highest one of the arguments of opaque functions on the way to it."""

    tensor: int
    arguments: int


def degree(program: Program, tensor: str, extents: Extents, constant: Mapping[str, Any]) -> Degree:
    """The degree of a tensor in the inputs of a program but for those that are `constant`, at their values.

    Raises `NotRational` for definitions and powers that it cannot bound.
    """
    bounds = _Bounds(extents, constant, {name: 0 if name in constant else 1 for name, _ in program.inputs})
    bounds.define(program, tensor)
    return Degree(bounds.known[tensor], bounds.arguments)


@dataclass
class _Bounds:
    """The degrees of the tensors of a program, found one after another."""

    extents: Extents
    constant: Mapping[str, Any]
    known: dict[str, int]
    arguments: int = 0

    def define(self, program: Program, tensor: str) -> None:
        """Find the degrees of a tensor and of those that it rests on."""
        for name, definition in program.needed_for([tensor]):
            self.known[name] = self._of_definition(definition)

    def _of_definition(self, definition: Definition) -> int:
        if isinstance(definition, Comprehension):
            return self._of_comprehension(definition)
        if isinstance(definition, Determinant):
            return number(definition.extent, self.extents) * self.known[definition.matrix]
        if isinstance(definition, Product):
            return number(definition.extent, self.extents) * self.known[definition.factors]
        if isinstance(definition, Recurrence):
            factor = 0 if definition.factor is None else self.known[definition.factor]
            return number(definition.shape[-1], self.extents) * factor + self.known[definition.term]
        if isinstance(definition, Reshape | Strided | Accumulated | Assembly):
            return self._of_moved(definition)
        if isinstance(definition, MatrixFunction) and definition.exponent is not None:
            return self._of_power(definition, definition.exponent)
        if isinstance(definition, Equation) and definition.solver == "linear":
            return self._of_equation(definition)
        raise NotRational(type(definition).__name__)

    def _of_comprehension(self, definition: Comprehension) -> int:
        """Powers of the operands' denominators are common to all terms; the body's own denominators multiply up."""
        reads: dict[Basic, int] = {value(k): self.known[read.tensor] for k, read in enumerate(definition.reads)}
        for argument in _arguments(definition.body):
            quotient = _quotient(argument, self.extents)
            degree = _weighed(quotient.above, reads) + _weighed(quotient.below, reads)
            self.arguments = max(self.arguments, degree)
        quotient = _quotient(definition.body, self.extents)
        terms = math.prod(number(extent, self.extents) for extent in definition.domain)
        return _weighed(quotient.above, reads) + terms * _weighed(quotient.below, reads)

    def _of_moved(self, definition: Definition) -> int:
        """Entries of different tensors are written over the product of their denominators; a fill may be opaque."""
        fill = 0 if getattr(definition, "fill", Integer(0)).is_Rational else 1
        return sum(self.known[operand] for operand in definition.operands) + fill

    def _of_power(self, definition: MatrixFunction, exponent: Expr) -> int:
        """A negative power is one of the inverse, whose degree is that of the determinant."""
        if any(name not in self.constant for name in definition.pointers):
            raise NotRational(f"the power {exponent}")
        values = {pointer(k): int(self.constant[name][()]) for k, name in enumerate(definition.pointers)}
        power = number(exponent.subs(values), self.extents)
        inverted = number(definition.extent, self.extents) if power < 0 else 1
        return abs(power) * inverted * self.known[definition.matrix]

    def _of_equation(self, definition: Equation) -> int:
        """By Cramer's rule, each entry is a quotient of determinants of the system."""
        inner = {local: self.known[outer] for local, outer in definition.bindings} | {definition.unknown: 0}
        fixed = {local: self.constant[outer] for local, outer in definition.bindings if outer in self.constant}
        residual = _Bounds(self.extents, fixed, inner)
        residual.define(definition.residual, definition.output)
        self.arguments = max(self.arguments, residual.arguments)
        passing = passing_axis(definition.residual, definition.unknown, definition.output)
        gone = None if passing is None else passing[0]
        size = math.prod(number(n, self.extents) for axis, n in enumerate(definition.shape) if axis != gone)
        return size * inner[definition.output]


def _arguments(body: Expr) -> Iterator[Expr]:
    """What opaque functions and roots are applied to."""
    for part in preorder_traversal(body):
        root = isinstance(part, Pow) and not part.exp.is_Integer
        if root or (isinstance(part, Function) and not isinstance(part, Piecewise)):
            yield from part.args


def _weighed(powers: Exponents, reads: Mapping[Basic, int]) -> int:
    """The degree of a product: a read has its tensor's, an opaque function 1, an index or an extent none."""
    return sum(n * reads.get(base, 0 if isinstance(base, Symbol) else 1) for base, n in powers.items())


@dataclass(frozen=True)
class _Quotient:
    """A quotient of polynomials: the highest power of each read, and of each opaque function, above and below."""

    above: Exponents
    below: Exponents

    def plus(self, other: _Quotient) -> _Quotient:
        """Over the product of the denominators."""
        above = _highest(_added(self.above, other.below), _added(other.above, self.below))
        return _Quotient(above, _added(self.below, other.below))

    def times(self, other: _Quotient) -> _Quotient:
        """Powers add up."""
        return _Quotient(_added(self.above, other.above), _added(self.below, other.below))

    def to(self, power: int) -> _Quotient:
        """A whole power; a negative one turns it upside down."""
        above, below = ({base: abs(power) * n for base, n in part.items()} for part in (self.above, self.below))
        return _Quotient(above, below) if power >= 0 else _Quotient(below, above)


def _quotient(expression: Basic, extents: Extents) -> _Quotient:
    if isinstance(expression, Symbol):
        return _Quotient({expression: 1}, {})
    if not expression.args:
        return _Quotient({}, {})
    if isinstance(expression, Pow):
        return _of_power(expression.base, expression.exp, extents)
    if type(expression) in RATIONAL_IN:
        return _Quotient({expression: 2}, {expression: 2})
    if not isinstance(expression, Add | Mul | Piecewise):
        return _Quotient({expression: 1}, {})
    parts = [_quotient(e[0] if isinstance(expression, Piecewise) else e, extents) for e in expression.args]
    result = parts[0]
    for part in parts[1:]:
        if isinstance(expression, Piecewise):
            result = _Quotient(_highest(result.above, part.above), _highest(result.below, part.below))
        else:
            result = result.plus(part) if isinstance(expression, Add) else result.times(part)
    return result


def _of_power(base: Expr, exponent: Expr, extents: Extents) -> _Quotient:
    power = exponent.subs(extents)
    if power.is_Rational:
        whole, part = divmod(int(power.p), int(power.q))
        root = {} if part == 0 else {Pow(base, Integer(1) / power.q): part}
        return _quotient(base, extents).to(whole).times(_Quotient(root, {}))
    if any(not isinstance(symbol, Canonical) or symbol.name[0] != "a" for symbol in power.free_symbols):
        raise NotRational(f"the power {exponent}")
    return _Quotient({Pow(base, power): 1}, {})


def _added(left: Exponents, right: Exponents) -> Exponents:
    return {base: left.get(base, 0) + right.get(base, 0) for base in {*left, *right}}


def _highest(left: Exponents, right: Exponents) -> Exponents:
    return {base: max(left.get(base, 0), right.get(base, 0)) for base in {*left, *right}}
