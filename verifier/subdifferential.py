"""What the gradients at a point with kinks are: plain data for the set that they form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Kink:
    """A place where the function has several one-sided gradients, of which every mean is right.

    entries: the positions in the gradient, made flat, that the choice changes.
    vertices: one row for each choice, with what it adds to the gradient there.
    place: where it is, as in "x[1] = 0", or with ≈ where rounding may decide; None inside of the function.
    tied: the positions in the gradient of the entries that are equal here, if the kink is a tie of input entries.
    sharp: False where choices were too many to be told apart: then every entry has a choice of its own.
    """

    entries: NDArray[np.int64]
    vertices: Array
    place: str | None = None
    tied: tuple[int, ...] = ()
    sharp: bool = True


@dataclass(frozen=True)
class Subdifferential:
    """All right gradients at a point: `base`, and for each kink a mean of its vertices, chosen once for all entries.

    The gradients by several inputs are one long array: each made flat, in the order of `shapes`. `error` is how far off
    the entries may be; it is infinite where nothing is known.
    """

    shapes: Mapping[str, tuple[int, ...]]
    base: Array
    error: Array
    kinks: tuple[Kink, ...]

    def split(self, flat: Array) -> dict[str, Array]:
        """A long array as one array for each input."""
        ends = np.cumsum([int(np.prod(shape)) for shape in self.shapes.values()])
        parts = np.split(flat, ends[:-1])
        return {name: part.reshape(shape) for (name, shape), part in zip(self.shapes.items(), parts, strict=True)}

    @property
    def sharp(self) -> bool:
        """Whether all choices could be told apart."""
        return all(kink.sharp for kink in self.kinks)
