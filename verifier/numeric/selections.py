"""The evaluation of selections: integers that float64 approximations of the values decide."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from verifier.symbolic.selection import Argmax, Argsort, Floor, Latest, RunningArgmax, Selection

#: From values to integers.
Chooser = Callable[[NDArray[np.float64]], NDArray[np.int64]]


def chooser(definition: Selection) -> Chooser:
    """The function from values to the integers that a selection names."""
    for kind, function in CHOOSERS.items():
        if isinstance(definition, kind):
            return function
    raise TypeError(f"no evaluation is known for a selection of type {type(definition).__name__}")


def argmax(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Where the largest entry along the last axis is."""
    return np.asarray(np.argmax(values, axis=-1))


def argsort(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """The places along the last axis in the order of their entries."""
    return np.argsort(values, axis=-1, kind="stable")


def floor(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """The largest integers that are not above the entries."""
    return np.floor(values).astype(np.int64)


def latest(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """1 for the last of the entries that are the same number, in row-major order, and 0 for those before it."""
    backwards = values.ravel()[::-1]
    found = np.zeros(values.size, dtype=np.int64)
    found[np.unique(backwards, return_index=True)[1]] = 1
    return found[::-1].reshape(values.shape)


def running_argmax(values: NDArray[np.float64]) -> NDArray[np.int64]:
    """Where the largest of the entries up to each one along the last axis is: the last of equal ones, or a NaN."""
    if not values.size:
        return np.zeros(values.shape, dtype=np.int64)
    largest = np.maximum.accumulate(values, axis=-1)
    here = (values == largest) | np.isnan(values)
    return np.maximum.accumulate(np.where(here, np.arange(values.shape[-1]), 0), axis=-1)


CHOOSERS: dict[type[Selection], Chooser] = {
    Argmax: argmax,
    Argsort: argsort,
    RunningArgmax: running_argmax,
    Floor: floor,
    Latest: latest,
}
