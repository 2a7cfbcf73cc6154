"""Differences on nine evenly spaced points around a place: the central one, and those of either side."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Stencil:
    """Weights on some of the nine points: of the slope, and (in rows) of what is noise in a smooth function."""

    points: slice
    slope: Array
    noise: Array

    @property
    def magnification(self) -> float:
        """How far rounding of the values may push the slope, times the step."""
        return float(np.abs(self.slope).sum())


def _high_differences(order: int, points: int) -> Array:
    """All differences of one order on so many points, each scaled so that it is as large as the noise of one value."""
    signs = np.array([(-1) ** j * math.comb(order, j) for j in range(order + 1)])
    rows = np.zeros((points - order, points))
    for first, row in enumerate(rows):
        row[first : first + order + 1] = signs / math.sqrt(math.comb(2 * order, order))
    return rows


CENTRAL = Stencil(
    slice(0, 9),
    np.array([1 / 280, -4 / 105, 1 / 5, -4 / 5, 0.0, 4 / 5, -1 / 5, 4 / 105, -1 / 280]),
    # One difference of rounded values is easily 0 by chance; three are not.
    np.vstack([_high_differences(7, 9), _high_differences(8, 9)]),
)
RIGHT = Stencil(slice(4, 9), np.array([-25 / 12, 4.0, -3.0, 4 / 3, -1 / 4]), _high_differences(4, 5))
LEFT = Stencil(slice(0, 5), -RIGHT.slope[::-1], RIGHT.noise)
