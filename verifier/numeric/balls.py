"""Ball arithmetic: every number is a midpoint and a radius, and the true value is proven to lie inside.

Arb's midpoint-radius arithmetic (Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval
arithmetic", IEEE Transactions on Computers 66, 2017) through python-flint, in NumPy object arrays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import NDArray
from sympy import Expr, Symbol

from verifier.numeric.arithmetic import Axes, Labelled, Values
from verifier.numeric.ball_nodes import CONDITIONS, ball_node
from verifier.numeric.borders import Borders
from verifier.numeric.branched import Branched, depends, hull, linearly
from verifier.numeric.branches import Conditions
from verifier.numeric.certify import certified_root, solved
from verifier.numeric.contraction import contraction
from verifier.numeric.decided import Widths
from verifier.numeric.float64 import NumpyArrays
from verifier.numeric.tape import tape
from verifier.witness import Estimate

LARGEST = float(np.finfo(np.float64).max)

_to_ball = np.frompyfunc(lambda number: number if isinstance(number, arb | Branched) else arb(_python(number)), 1, 1)
_hull = np.frompyfunc(hull, 1, 1)


class Balls(NumpyArrays):
    """Balls with midpoints of `precision` bits. `borders` holds the conditions that were met and not decided.

    `widths` says for each body that holds conditions, call by call, how far rounding may carry their sides.
    """

    def __init__(self, precision: int = 113, widths: Mapping[Expr, Sequence[Widths]] | None = None) -> None:
        self.precision = precision
        self.borders = Borders()
        self._widths = {body: iter(calls) for body, calls in (widths or {}).items()}

    @contextmanager
    def context(self) -> Iterator[None]:
        """Sets the precision of flint, which is global, and puts it back."""
        with ctx.workprec(self.precision), np.errstate(all="ignore"):
            yield

    def array(self, values: NDArray[Any]) -> Values:
        """Floating-point numbers as exact balls; balls, integers and booleans as they are."""
        return np.asarray(_to_ball(values), dtype=object) if values.dtype.kind == "f" else values

    def filled(self, shape: Sequence[int], number: Expr) -> Values:
        """See `Arithmetic`."""
        array = np.empty(shape, dtype=object)
        array[...] = _to_ball(tape(number, (), ball_node).run())
        return array

    def function(self, body: Expr, symbols: Sequence[Symbol]) -> Callable[..., Values]:
        """See `Arithmetic`."""
        steps = tape(body, (CONDITIONS, *symbols), ball_node)

        def function(*arguments: Values) -> Values:
            conditions = Conditions(self.borders, next(self._widths.get(body, iter(())), {}))
            return np.asarray(_to_ball(steps.run(conditions, *arguments)), dtype=object)

        return function

    def contract(self, operands: Sequence[Labelled], output: Axes) -> Values:
        """Pairwise products in the order that opt_einsum finds, each as matrix products of balls."""
        return contraction(operands, output, _stacked_products)

    def sum(self, values: Values, axes: Axes) -> Values:
        """See `Arithmetic`."""
        return np.asarray(values.sum(axis=axes), dtype=object)

    def stacked(self, columns: Sequence[Values]) -> Values:
        """See `Arithmetic`."""
        return np.stack(columns, axis=-1)

    def solved(self, matrix: Values, right: Values) -> Values:
        """See `Arithmetic`."""
        matrix = _plain(matrix)
        if matrix.ndim > 2:
            return np.stack([self.solved(*system) for system in zip(matrix, right, strict=True)])
        return linearly(lambda part: solved(matrix, part), right) if depends(right) else solved(matrix, right)

    def determinant(self, matrix: Values) -> Values:
        """See `Arithmetic`."""
        return np.asarray(arb_mat(_plain(matrix).tolist()).det() if matrix.size else arb(1), dtype=object)

    def inverse(self, matrix: Values) -> Values | None:
        """See `Arithmetic`."""
        identity = self.array(np.eye(matrix.shape[0]))
        found = solved(_plain(matrix), identity)
        return found if all(ball.is_finite() for ball in found.ravel()) else None

    def exponential(self, matrix: Values) -> Values:
        """See `Arithmetic`."""
        return np.array(arb_mat(_plain(matrix).tolist()).exp().entries(), dtype=object).reshape(matrix.shape)

    def approximate(self, values: Values) -> NDArray[Any]:
        """See `Arithmetic`."""
        balls = _plain(np.asarray(_to_ball(values), dtype=object))
        return np.array([float(ball.mid()) for ball in balls.ravel()]).reshape(balls.shape)

    def root(
        self, start: NDArray[Any], residual: Callable[[Values], Values], jacobian: Callable[[Values], Values]
    ) -> Values:
        """See `Arithmetic`."""
        return certified_root(
            self.array(start), lambda at: _plain(residual(at)), lambda at: _plain(jacobian(at)), self.precision
        )


def estimate(balls: Values) -> Estimate:
    """Balls as float64 numbers with an error that covers the ball and the rounding to float64, and every branch.

    A number too large for float64 is infinite there. Where a ball is not finite the estimate says nothing.
    """
    array = np.asarray(_to_ball(balls), dtype=object)
    enclosed = np.array([_enclosed(ball) for ball in array.ravel()], dtype=np.float64).reshape(*array.shape, 2)
    return Estimate(enclosed[..., 0], enclosed[..., 1])


def around(middle: NDArray[np.float64], radius: NDArray[np.float64]) -> Values:
    """Balls around float64 numbers, for quantities that are themselves only known to within a radius."""
    return np.asarray(np.frompyfunc(lambda m, r: arb(float(m), float(r)), 2, 1)(middle, radius), dtype=object)


def _enclosed(number: Any) -> tuple[float, float]:
    ball = hull(number)
    if not ball.is_finite():
        return math.nan, math.inf
    middle = float(ball.mid())
    if ball == middle:
        return middle, 0.0
    if abs(middle) >= LARGEST and abs(ball) > LARGEST:
        return math.copysign(math.inf, middle), 0.0
    distance = float((ball - middle).abs_upper()) if math.isfinite(middle) else math.inf
    return middle, math.nextafter(distance, math.inf)


def _plain(values: Values) -> Values:
    """The hulls of branched numbers, for functions that know nothing else."""
    return np.asarray(_hull(values), dtype=object) if depends(values) else values


def _stacked_products(left: Values, right: Values) -> Values:
    if left.shape[2] == 1:
        return left * right
    products = np.empty((left.shape[0], left.shape[1], right.shape[2]), dtype=object)
    for position in range(left.shape[0]):
        products[position] = _matrix_product(left[position], right[position])
    return products


def _matrix_product(left: Values, right: Values) -> Values:
    if depends(left) or depends(right):
        return np.asarray(left @ right, dtype=object)
    product = arb_mat(left.tolist()) * arb_mat(right.tolist())
    return np.array(product.entries(), dtype=object).reshape(left.shape[0], right.shape[1])


def _python(number: Any) -> int | float:
    """A NumPy number as Python's own, which flint takes exactly; it refuses NumPy's."""
    return number.item() if isinstance(number, np.generic) else number
