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
    """The enclosure of the root near `start`; NaN where none could be proven."""
    shape = start.shape
    near = _middle(_newton(start, residual, jacobian, precision))
    try:
        inverse = arb_mat(_middle(jacobian(near)).tolist()).inv().mid()
    except ZeroDivisionError:
        return _nothing(shape)
    shift = inverse * _column(residual(near))
    centre = _array(arb_mat(near.reshape(-1, 1).tolist()) - shift).ravel()
    tiny = arb(2) ** (-precision)
    radius = np.array([2 * abs(shift[k, 0]).upper() + tiny for k in range(near.size)], dtype=object)
    for _ in range(MOST_WIDENINGS):
        box = np.array([_around(m, r) for m, r in zip(near.ravel(), radius, strict=True)], dtype=object)
        contraction = _identity(near.size) - inverse * arb_mat(jacobian(box.reshape(shape)).tolist())
        moved = contraction * arb_mat((box - near.ravel()).reshape(-1, 1).tolist())
        image = centre + _array(moved).ravel()
        if all(outer.contains_interior(inner) for outer, inner in zip(box, image, strict=True)):
            return image.reshape(shape)
        radius = 8 * radius
    return _nothing(shape)


def _newton(
    start: Values, residual: Callable[[Values], Values], jacobian: Callable[[Values], Values], precision: int
) -> Values:
    near = start
    for _ in range(MOST_STEPS):
        step = solved(_middle(jacobian(near)), _middle(residual(near)).reshape(-1, 1)).reshape(near.shape)
        if not all(s.is_finite() for s in step.ravel()):
            break
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


def _column(values: Values) -> Any:
    return arb_mat(values.reshape(-1, 1).tolist())


def _array(matrix: Any) -> Values:
    return np.array(matrix.entries(), dtype=object).reshape(matrix.nrows(), matrix.ncols())


def _identity(size: int) -> Any:
    return arb_mat([[int(row == column) for column in range(size)] for row in range(size)])


def _nothing(shape: tuple[int, ...]) -> Values:
    return np.full(shape, arb("nan"), dtype=object)
