"""Regions of a tensor: which of its entries a strided view shows."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from operator import mul

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Region:
    """The places offset + Σ strides[k]·i_k, for i in a box of `shape`, in the row-major order of a tensor's entries.

    This is what `torch.as_strided` means by the same words. A stride of 0, or strides that overlap, name a place more
    than once.
    """

    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def size(self) -> int:
        """How many places it names, each as often as it occurs."""
        return math.prod(self.shape)

    @property
    def is_plainly_distinct(self) -> bool:
        """Whether each stride is longer than all shorter ones together reach: then no place is named twice.

        The converse does not hold: regions that never name a place twice may fail this test.
        """
        reach = 0
        for stride, extent in sorted((abs(s), n) for s, n in zip(self.strides, self.shape, strict=True) if n > 1):
            if stride <= reach:
                return False
            reach += stride * (extent - 1)
        return True

    def places(self) -> NDArray[np.int64]:
        """The places, as an array of `shape`."""
        found = np.full((1,) * len(self.shape), self.offset, dtype=np.int64)
        for axis, (stride, extent) in enumerate(zip(self.strides, self.shape, strict=True)):
            along = [extent if k == axis else 1 for k in range(len(self.shape))]
            found = found + stride * np.arange(extent, dtype=np.int64).reshape(along)
        return found


def row_major(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides of the axes of a tensor of `shape`, in entries."""
    return tuple(accumulate(reversed(shape[1:]), mul, initial=1))[::-1] if shape else ()


def whole(shape: Sequence[int]) -> Region:
    """All of a tensor of `shape`, in order."""
    return Region(0, tuple(shape), row_major(shape))
