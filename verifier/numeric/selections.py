"""The evaluation of selections: integers that float64 approximations of the values decide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from verifier.symbolic.selection import Argmax, Argsort, Floor, RunningArgmax, Selection


def selected(definition: Selection, values: NDArray[np.float64]) -> NDArray[np.int64]:
    """The integers that a selection gives of these values."""
    if isinstance(definition, Argmax):
        return np.argmax(values, axis=-1)
    if isinstance(definition, Argsort):
        return np.argsort(values, axis=-1, kind="stable")
    if isinstance(definition, RunningArgmax):
        reached = values == np.maximum.accumulate(values, axis=-1)
        return np.maximum.accumulate(np.where(reached, np.arange(values.shape[-1]), 0), axis=-1)
    if isinstance(definition, Floor):
        return np.floor(values).astype(np.int64)
    raise TypeError(f"no evaluation is known for a selection of type {type(definition).__name__}")
