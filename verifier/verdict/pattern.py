"""Where in a tensor the bad entries lie, in few words: a row, a block, a diagonal, every third one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

#: Entries that are listed one by one, rather than called scattered.
LISTED = 3


def pattern(mask: Mask) -> str | None:
    """What completes "these entries are …"; None for a scalar and where no entry is bad.

    A pattern is named only if it is exactly the bad entries, none more and none less.
    """
    if mask.ndim == 0 or not mask.any():
        return None
    if mask.size == mask.sum():
        return "every entry"
    described = _exactly(mask)
    if described is not None:
        return described
    rest = _exactly(~mask)
    if rest is not None:
        return f"all but {rest}"
    return _every_kth(mask) or _scattered(mask)


def _exactly(mask: Mask) -> str | None:
    ways: tuple[Callable[[Mask], str | None], ...] = (_one, _product, _border, _diagonal, _of_every_matrix)
    return next((said for way in ways if (said := way(mask)) is not None), None)


def _one(mask: Mask) -> str | None:
    return f"one entry, {_index(np.argwhere(mask)[0])}" if mask.sum() == 1 else None


def _product(mask: Mask) -> str | None:
    """Entries whose index is any from one set on each axis: rows, columns, blocks, every k-th of these."""
    chosen = [_projection(mask, axis) for axis in range(mask.ndim)]
    if mask.sum() != np.prod([len(some) for some in chosen]):
        return None
    ranges = [_range(some) for some in chosen]
    if None in ranges:
        return None
    whole = [len(some) == extent for some, extent in zip(chosen, mask.shape, strict=True)]
    restricted = [axis for axis in range(mask.ndim) if not whole[axis]]
    if mask.ndim <= 2 and len(restricted) == 1:
        (axis,) = restricted
        noun = ("entry", "entries") if mask.ndim == 1 else (("row", "rows"), ("column", "columns"))[axis]
        return _lines(chosen[axis], mask.shape[axis], *noun)
    slices = [":" if all_ else _slice(some) for some, all_ in zip(chosen, whole, strict=True)]
    return f"the block [{', '.join(slices)}]"


def _projection(mask: Mask, axis: int) -> NDArray[np.int64]:
    others = tuple(k for k in range(mask.ndim) if k != axis)
    return np.flatnonzero(mask.any(axis=others))


def _range(chosen: NDArray[np.int64]) -> range | None:
    """Indices as a range of at least two steps or one entry; None where their distances differ."""
    if len(chosen) == 1:
        return range(int(chosen[0]), int(chosen[0]) + 1)
    steps = np.unique(np.diff(chosen))
    if len(steps) > 1 or (steps[0] > 1 and len(chosen) == 2):
        return None
    return range(int(chosen[0]), int(chosen[-1]) + 1, int(steps[0]))


def _lines(chosen: NDArray[np.int64], extent: int, one: str, many: str) -> str:
    first, last, count = int(chosen[0]), int(chosen[-1]), len(chosen)
    if count == 1:
        return f"{one} {first}" + (", the last" if last == extent - 1 else "")
    if last - first + 1 > count:
        return f"every {_ordinal((last - first) // (count - 1))} {one}, from {first}" + _until(chosen, extent)
    if first == 0:
        return f"the first {count:,} {many}"
    if last == extent - 1:
        return f"the last {count:,} {many}"
    return f"{many} {first} to {last}"


def _until(chosen: NDArray[np.int64], extent: int) -> str:
    step, last = int(chosen[1] - chosen[0]), int(chosen[-1])
    return "" if last + step >= extent else f" to {last}"


def _slice(chosen: NDArray[np.int64]) -> str:
    first, last = int(chosen[0]), int(chosen[-1])
    if first == last:
        return str(first)
    step = int(chosen[1] - chosen[0])
    return f"{first}:{last + 1}" + (f":{step}" if step > 1 else "")


def _border(mask: Mask) -> str | None:
    """Everything outside of a block that leaves the same width on all sides."""
    inside = np.argwhere(~mask)
    low, high = inside.min(axis=0), np.array(mask.shape) - 1 - inside.max(axis=0)
    width = int(low[0])
    if {*low.tolist(), *high.tolist()} != {width}:
        return None
    core = mask[tuple(slice(width, extent - width) for extent in mask.shape)]
    if core.any():
        return None
    return "the border" if width == 1 else f"the border, {width} entries wide"


def _diagonal(mask: Mask) -> str | None:
    """A diagonal, its triangles, or the antidiagonal of a matrix."""
    if mask.ndim != 2:
        return None
    offset = np.arange(mask.shape[1])[np.newaxis, :] - np.arange(mask.shape[0])[:, np.newaxis]
    offsets = np.unique(offset[mask])
    if len(offsets) == 1 and np.array_equal(mask, offset == offsets[0]):
        k = int(offsets[0])
        return "the diagonal" if k == 0 else f"the diagonal {abs(k)} {'above' if k > 0 else 'below'} the main one"
    for name, triangle in _triangles(offset):
        if np.array_equal(mask, triangle):
            return name
    if mask.shape[0] == mask.shape[1] and np.array_equal(mask[:, ::-1], offset == 0):
        return "the antidiagonal"
    return None


def _triangles(offset: NDArray[np.int64]) -> Iterator[tuple[str, Mask]]:
    yield "all above the diagonal", offset > 0
    yield "all below the diagonal", offset < 0
    yield "the diagonal and all above it", offset >= 0
    yield "the diagonal and all below it", offset <= 0


def _of_every_matrix(mask: Mask) -> str | None:
    """The same pattern in every matrix of a stack."""
    if mask.ndim < 3:
        return None
    matrices = mask.reshape(-1, *mask.shape[-2:])
    if not (matrices == matrices[0]).all():
        return None
    said = _diagonal(matrices[0]) or _border(matrices[0])
    return None if said is None else f"{said} of every matrix"


def _every_kth(mask: Mask) -> str | None:
    """Every k-th entry as they lie in memory."""
    flat = np.flatnonzero(mask)
    if mask.ndim < 2 or len(flat) < 3 or _range(flat) is None:
        return None
    step = int(flat[1] - flat[0])
    if step == 1:
        return f"the entries {_index(np.argwhere(mask)[0])} to {_index(np.argwhere(mask)[-1])}, row by row"
    return f"every {_ordinal(step)} entry row by row, from {_index(np.argwhere(mask)[0])}" + (
        "" if flat[-1] + step >= mask.size else f" to {_index(np.argwhere(mask)[-1])}"
    )


def _scattered(mask: Mask) -> str:
    places = np.argwhere(mask)
    if len(places) <= LISTED:
        return " and ".join(_index(place) for place in places)
    low, high = _index(places.min(axis=0)), _index(places.max(axis=0))
    return f"scattered between {low} and {high}"


def _index(place: NDArray[np.int64]) -> str:
    return f"[{', '.join(str(int(k)) for k in place)}]"


def _ordinal(number: int) -> str:
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number % 100 not in (11, 12, 13) else 0, "th")
    return f"{number}{ending}"
