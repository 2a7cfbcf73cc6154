"""What an evaluation will cost, predicted from the program alone.

The unit is one operation on one number. In balls it takes about half a microsecond on average, between 0.1 and 2, over
the kinds of definition below (measured on formulas of 300 to 700,000 operations).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import prod

from sympy import Expr, Function, Piecewise, Symbol, cos, cosh, exp, log, sin, sinh, tan, tanh

from verifier.numeric.plan import number, product_of
from verifier.symbolic.approximation import Approximation
from verifier.symbolic.assembly import Assembly
from verifier.symbolic.comprehension import Comprehension
from verifier.symbolic.determinant import Determinant
from verifier.symbolic.equation import Equation
from verifier.symbolic.matrix_function import MatrixFunction
from verifier.symbolic.passages import passages
from verifier.symbolic.product import Product
from verifier.symbolic.program import Definition, Program
from verifier.symbolic.reshape import Reshape
from verifier.symbolic.strided import Accumulated, Strided

Extents = Mapping[Symbol, int]

#: Multiply-adds of a contraction that cost as much as one other operation in balls: flint multiplies whole matrices.
CONTRACTED = 32

#: Operations that a condition, and a function that is not elementary, cost as much as.
CONDITION, SPECIAL = 4, 8

#: Newton steps to a root, each with a matrix of its own, and the attempts to enclose it.
ROOT = 8

#: Products of matrices in an exponential, by Taylor series and squaring.
EXPONENTIAL = 24

#: What moves entries and computes nothing, or is computed by LAPACK.
MOVES = (Reshape, Strided, Assembly, Approximation)

ELEMENTARY = (exp, log, sin, cos, tan, sinh, cosh, tanh, Piecewise)


def work(program: Program, wanted: Iterable[str], extents: Extents, contracted: int = 1) -> int:
    """The number of scalar operations that an evaluation needs, if contractions are not reordered.

    contracted: multiply-adds of a contraction that count as one operation.
    """
    return sum(_of_definition(definition, extents, contracted) for _, definition in program.needed_for(wanted))


def _of_definition(definition: Definition, extents: Extents, contracted: int) -> int:
    if isinstance(definition, Comprehension):
        return _of_comprehension(definition, extents, contracted)
    if isinstance(definition, Determinant):
        matrices = prod(number(extent, extents) for extent in definition.batch)
        return matrices * number(definition.extent, extents) ** max(3, 2 * definition.order)
    if isinstance(definition, Equation):
        return _of_equation(definition, extents, contracted)
    if isinstance(definition, Product):
        return _size(definition.shape, extents) * number(definition.extent, extents) * SPECIAL
    if isinstance(definition, MatrixFunction):
        products = EXPONENTIAL if definition.function == "exponential" else SPECIAL
        matrices = _size(definition.batch, extents)
        return products * matrices * number(definition.extent, extents) ** 3 // contracted
    if isinstance(definition, Accumulated):
        return definition.region.size
    return 0 if isinstance(definition, MOVES) else _size(definition.shape, extents)


def _size(shape: Iterable[Expr], extents: Extents) -> int:
    return prod(number(extent, extents) for extent in shape)


def _of_comprehension(definition: Comprehension, extents: Extents, contracted: int) -> int:
    size = _size(definition.domain, extents)
    if len(definition.domain) > len(definition.shape) and product_of(definition.body, tuple(extents.items())):
        return size * len(definition.reads) // contracted + _size(definition.shape, extents)
    return size * _operations(definition.body)


@lru_cache(maxsize=4096)
def _operations(body: Expr) -> int:
    """The operations of a body at one place, functions and conditions by how long they take."""
    pieces = sum(len(piece.args) for piece in body.atoms(Piecewise))
    special = sum(not isinstance(function, ELEMENTARY) for function in body.atoms(Function))
    return 1 + int(body.count_ops()) + CONDITION * pieces + SPECIAL * special


def _of_equation(definition: Equation, extents: Extents, contracted: int) -> int:
    """The residual at one unknown for each column of the system, and the elimination."""
    apart = {p.axis for p in passages(definition.residual, definition.unknown, definition.output)}
    shape = [number(extent, extents) for extent in definition.shape]
    columns = prod(n for axis, n in enumerate(shape) if axis not in apart)
    once = work(definition.residual, [definition.output], extents, contracted)
    whole = (1 + columns) * once + columns**2 * prod(shape) // contracted
    return whole if definition.start is None else ROOT * whole
