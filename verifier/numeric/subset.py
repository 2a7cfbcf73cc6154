"""Which entries to ask for where a witness cannot afford all of them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray


def entries_to_ask(
    sizes: Mapping[str, int], limit: int, focus: Mapping[str, NDArray[np.int64]] | None = None, seed: int = 0
) -> dict[str, NDArray[np.int64]]:
    """Flat indices for each input, at most `limit` in all: every entry where that is enough, else an even spread.

    The entries in `focus` are asked for in any case, and do not count.

    Small inputs are asked in full before large ones are thinned out; a large one is cut into equal stretches and
    one entry is drawn from each, so that no row, column or border can be missed systematically.
    """
    generator = np.random.default_rng(seed)
    asked = {}
    left = limit
    for place, name in enumerate(sorted(sizes, key=lambda n: sizes[n])):
        share = min(sizes[name], left // (len(sizes) - place))
        edges = np.linspace(0, sizes[name], share + 1).astype(np.int64)
        asked[name] = generator.integers(edges[:-1], edges[1:]) if share else edges[:0]
        left -= share
    none = np.empty(0, dtype=np.int64)
    return {name: np.union1d(asked[name], (focus or {}).get(name, none)).astype(np.int64) for name in sizes}


def thinned_out(asked: Mapping[str, NDArray[np.int64]], sizes: Mapping[str, int], witness: str) -> tuple[str, ...]:
    """One sentence for each input that was not asked in full."""
    return tuple(
        f"{witness}: asked for {len(asked[name])} of {size} entries of {name}; the others were not compared"
        for name, size in sizes.items()
        if len(asked[name]) < size
    )
