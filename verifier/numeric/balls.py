"""Ball arithmetic: every number is a midpoint and a radius, and the true value is proven to lie inside.

Arb's midpoint-radius arithmetic (Johansson, "Arb: efficient arbitrary-precision midpoint-radius interval
arithmetic", IEEE Transactions on Computers 66, 2017) through python-flint, in NumPy object arrays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
from flint import arb, arb_mat, ctx
from numpy.typing import NDArray
from sympy import Expr, Symbol

from verifier.numeric.arithmetic import Axes, Labelled, Values
from verifier.numeric.ball_nodes import ON_BORDER, ball_node
from verifier.numeric.certify import certified_root, solved
from verifier.numeric.contraction import contraction
from verifier.numeric.float64 import NumpyArrays
from verifier.numeric.tape import tape
from verifier.witness import Estimate

_to_ball = np.frompyfunc(lambda number: number if isinstance(number, arb) else arb(_python(number)), 1, 1)


class Balls(NumpyArrays):
    """Balls with midpoints of `precision` bits. `borders` counts the entries that lay on the border of a piece."""

    def __init__(self, precision: int = 113) -> None:
        self.precision = precision
        self.borders = 0

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
        steps = tape(body, (ON_BORDER, *symbols), ball_node)
        return lambda *arguments: np.asarray(_to_ball(steps.run(self._on_border, *arguments)), dtype=object)

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
        if matrix.ndim == 2:
            return solved(matrix, right)
        return np.stack([solved(*system) for system in zip(matrix, right, strict=True)])

    def determinant(self, matrix: Values) -> Values:
        """See `Arithmetic`."""
        return np.asarray(arb_mat(matrix.tolist()).det() if matrix.size else arb(1), dtype=object)

    def inverse(self, matrix: Values) -> Values | None:
        """See `Arithmetic`."""
        identity = self.array(np.eye(matrix.shape[0]))
        found = solved(matrix, identity)
        return found if all(ball.is_finite() for ball in found.ravel()) else None

    def exponential(self, matrix: Values) -> Values:
        """See `Arithmetic`."""
        return np.array(arb_mat(matrix.tolist()).exp().entries(), dtype=object).reshape(matrix.shape)

    def approximate(self, values: Values) -> NDArray[Any]:
        """See `Arithmetic`."""
        balls = np.asarray(_to_ball(values), dtype=object)
        return np.array([float(ball.mid()) for ball in balls.ravel()]).reshape(values.shape)

    def root(
        self, start: NDArray[Any], residual: Callable[[Values], Values], jacobian: Callable[[Values], Values]
    ) -> Values:
        """See `Arithmetic`."""
        return certified_root(self.array(start), residual, jacobian, self.precision)

    def _on_border(self) -> None:
        self.borders += 1


def estimate(balls: Values) -> Estimate:
    """Balls as float64 numbers with an error that covers the ball and the rounding to float64.

    Where a ball is not finite the estimate says nothing.
    """
    array = np.asarray(_to_ball(balls), dtype=object)
    enclosed = np.array([_enclosed(ball) for ball in array.ravel()], dtype=np.float64).reshape(*array.shape, 2)
    return Estimate(enclosed[..., 0], enclosed[..., 1])


def around(middle: NDArray[np.float64], radius: NDArray[np.float64]) -> Values:
    """Balls around float64 numbers, for quantities that are themselves only known to within a radius."""
    return np.asarray(np.frompyfunc(lambda m, r: arb(float(m), float(r)), 2, 1)(middle, radius), dtype=object)


def _enclosed(ball: Any) -> tuple[float, float]:
    if not ball.is_finite():
        return np.nan, np.inf
    middle = float(ball.mid())
    if ball == middle:
        return middle, 0.0
    distance = float((ball - arb(middle)).abs_upper()) if np.isfinite(middle) else np.inf
    return middle, float(np.nextafter(distance, np.inf))


def _stacked_products(left: Values, right: Values) -> Values:
    if left.shape[2] == 1:
        return left * right
    products = np.empty((left.shape[0], left.shape[1], right.shape[2]), dtype=object)
    for position in range(left.shape[0]):
        products[position] = _matrix_product(left[position], right[position])
    return products


def _matrix_product(left: Values, right: Values) -> Values:
    product = arb_mat(left.tolist()) * arb_mat(right.tolist())
    return np.array(product.entries(), dtype=object).reshape(left.shape[0], right.shape[1])


def _python(number: Any) -> int | float:
    """A NumPy number as Python's own, which flint takes exactly; it refuses NumPy's."""
    return number.item() if isinstance(number, np.generic) else number
