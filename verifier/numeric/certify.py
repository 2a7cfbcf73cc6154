"""Linear systems and roots in balls.

A root is first approximated by Newton's method on midpoints, and then enclosed by Krawczyk's operator

    K(X) = x - C·F(x) + (I - C·J(X))·(X - x),    C near J(x)⁻¹

If K(X) lies inside of X, then X holds exactly one root, and K(X) holds it too (Krawczyk, Computing 4, 1969).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from flint import arb, arb_mat

Values = Any

#: Newton steps at most: from the digits of float64 each one doubles them.
MOST_STEPS = 12

#: Times that the box around an approximation is widened, before the attempt to enclose a root is given up.
MOST_WIDENINGS = 8


def solved(matrix: Values, right: Values) -> Values:
    """The enclosure of the X with matrix·X = right; NaN where the matrix may be singular."""
    try:
        solution = arb_mat(matrix.tolist()).solve(arb_mat(right.tolist()))
    except ZeroDivisionError:
        return _nothing(right.shape)
    return _array(solution).reshape(right.shape)


def certified_root(
    start: Values, residual: Callable[[Values], Values], jacobian: Callable[[Values], Values], precision: int
) -> Values:
    """The enclosures of the roots near `start`, one of each system; NaN where none could be proven.

    The axes of `start` and of residuals are: systems, rows, and one column; `jacobian` gives one matrix a system.
    """
    near = _middle(_newton(start, residual, jacobian, precision))
    inverses = [_inverse(matrix) for matrix in _middle(jacobian(near))]
    shifts = np.stack([_product(inverse, right) for inverse, right in zip(inverses, residual(near), strict=True)])
    tiny = arb(2) ** (-precision)
    radius = np.frompyfunc(lambda shift: 2 * abs(shift).upper() + tiny, 1, 1)(shifts)
    found = _nothing(start.shape)
    for _ in range(MOST_WIDENINGS):
        box = np.asarray(np.frompyfunc(_around, 2, 1)(near, radius), dtype=object)
        for system, (inverse, matrix) in enumerate(zip(inverses, jacobian(box), strict=True)):
            rest = _identity(len(matrix)) - _product(inverse, matrix)
            image = near[system] - shifts[system] + _product(rest, box[system] - near[system])
            proven = [o.contains_interior(i) for o, i in zip(box[system].ravel(), image.ravel(), strict=True)]
            if all(proven) and not found[system, 0, 0].is_finite():
                found[system] = image
        if all(ball.is_finite() for ball in found[:, 0, 0]):
            break
        radius = 8 * radius
    return found


def _newton(
    start: Values, residual: Callable[[Values], Values], jacobian: Callable[[Values], Values], precision: int
) -> Values:
    near = start
    for _ in range(MOST_STEPS):
        systems = zip(_middle(jacobian(near)), _middle(residual(near)), strict=True)
        step = np.stack([solved(matrix, right) for matrix, right in systems])
        # A system whose matrix is singular stays where it is, and is not proven later on.
        step = np.frompyfunc(lambda s: s if s.is_finite() else arb(0), 1, 1)(step)
        near = _middle(near - step)
        size, largest = (max(abs(v) for v in a.ravel()) for a in (step, near))
        if size <= largest * arb(2) ** (-precision // 2 - 8):
            break
    return near


def _around(middle: Any, radius: Any) -> Any:
    """The ball around a midpoint that holds everything within a radius."""
    return middle + radius.upper() * arb(0, 1)


def _middle(values: Values) -> Values:
    return np.array([arb(v).mid() for v in values.ravel()], dtype=object).reshape(values.shape)


def _inverse(matrix: Values) -> Values:
    """The midpoints of the inverse; NaN for a singular matrix."""
    try:
        return _array(arb_mat(matrix.tolist()).inv().mid())
    except ZeroDivisionError:
        return _nothing(matrix.shape)


def _product(left: Values, right: Values) -> Values:
    return _array(arb_mat(left.tolist()) * arb_mat(right.tolist()))


def _array(matrix: Any) -> Values:
    return np.array(matrix.entries(), dtype=object).reshape(matrix.nrows(), matrix.ncols())


def _identity(size: int) -> Values:
    return np.array([[arb(int(row == column)) for column in range(size)] for row in range(size)], dtype=object)


def _nothing(shape: tuple[int, ...]) -> Values:
    return np.full(shape, arb("nan"), dtype=object)
