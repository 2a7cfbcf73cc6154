"""Whether a gradient is one of those that are right at a kink: the nearest one that is, and what was chosen there.

The right gradients are base + Σ (a mean of the vertices of each kink). Kinks that share no entry are independent
problems; each is a least-squares problem in the weights of the means, which are not negative and sum to 1.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from verifier.subdifferential import Array, Kink, Subdifferential
from verifier.witness import Estimate

#: How heavily the sums of the weights count against the entries, before they are made exact.
SUM_TO_ONE = 2.0**10

#: Weights below this are zeros that rounding has touched.
NEGLIGIBLE = 1e-9

ROUNDOFF = 2.0**-53

#: Roundoffs that an entry of an element may be off by, of the magnitudes that it is summed from.
ROUNDINGS = 4


@dataclass(frozen=True)
class Element:
    """The right gradient that is nearest to a given one: its parts by input, and the weights of each kink's vertices.

    The weights are None for a kink where the given gradient says nothing.
    """

    gradients: Mapping[str, Estimate]
    weights: tuple[Array | None, ...]


def nearest(right: Subdifferential, given: Mapping[str, Estimate]) -> Element:
    """The element of the set that is nearest to a gradient, in units of the gradient's own errors.

    What `given` does not say anything about, an entry or a whole input, does not count.
    """
    value = np.concatenate([given[n].value.ravel() if n in given else _nan(s) for n, s in right.shapes.items()])
    error = np.concatenate([given[n].error.ravel() if n in given else _nan(s) for n, s in right.shapes.items()])
    said = np.isfinite(value) & (error < np.inf) & np.isfinite(right.base) & (right.error < np.inf)
    found, size = right.base.copy(), np.abs(right.base)
    weights: list[Array | None] = [None] * len(right.kinks)
    for block in _blocks(right.kinks, value.size):
        kinks = [right.kinks[k] for k in block]
        entries = np.unique(np.concatenate([kink.entries for kink in kinks]))
        columns = _columns(kinks, entries)
        here = said[entries]
        scale = (error + right.error)[entries][here]
        means = _weights(columns[here], value[entries][here] - right.base[entries][here], scale, kinks)
        found[entries] += columns @ means
        size[entries] += np.abs(columns) @ means
        spoken = [bool(said[kink.entries].any()) for kink in kinks]
        for k, own, speaks in zip(block, _split(means, kinks), spoken, strict=True):
            weights[k] = own if speaks else None
    elements, errors = right.split(found), right.split(right.error + ROUNDINGS * ROUNDOFF * size)
    return Element({n: Estimate(elements[n], errors[n]) for n in right.shapes}, tuple(weights))


def _blocks(kinks: Sequence[Kink], size: int) -> Iterator[list[int]]:
    """Kinks that are linked by entries, together."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    rows = np.concatenate([np.full(kink.entries.size, number) for number, kink in enumerate(kinks)])
    columns = len(kinks) + np.concatenate([kink.entries for kink in kinks])
    nodes = len(kinks) + size
    graph = coo_array((np.ones(rows.size), (rows, columns)), shape=(nodes, nodes))
    labels = connected_components(graph, directed=False)[1][: len(kinks)]
    order = np.argsort(labels, kind="stable")
    for block in np.split(order, np.flatnonzero(np.diff(labels[order])) + 1):
        yield [int(k) for k in block]


def _columns(kinks: Sequence[Kink], entries: NDArray[np.int64]) -> Array:
    """What each vertex of each kink adds to the entries: one column for each vertex."""
    columns = np.zeros((entries.size, sum(len(kink.vertices) for kink in kinks)))
    start = 0
    for kink in kinks:
        stop = start + len(kink.vertices)
        columns[np.searchsorted(entries, kink.entries), start:stop] = kink.vertices.T
        start = stop
    return columns


def _weights(columns: Array, wanted: Array, scale: Array, kinks: Sequence[Kink]) -> Array:
    """The weights, for each kink not negative and summing to 1, that bring `columns @ weights` nearest to `wanted`."""
    from scipy.optimize import nnls

    owner = np.repeat(np.arange(len(kinks)), [len(kink.vertices) for kink in kinks])
    sums = (owner == np.arange(len(kinks))[:, None]).astype(float)
    if not wanted.size:
        return _summing_to_one(np.zeros(owner.size), sums, owner)
    if wanted.size == 1:
        return _between_extremes(columns[0], float(wanted[0]), sums, owner)
    unit = np.maximum(scale, ROUNDOFF * (np.abs(wanted) + np.abs(columns).max(axis=1)))
    unit = np.where(unit > 0, unit, 1.0)
    size = np.abs(columns / unit[:, None]).max() or 1.0
    matrix, right = columns / unit[:, None] / size, wanted / unit / size
    found, _ = nnls(np.vstack([matrix, SUM_TO_ONE * sums]), np.concatenate([right, np.full(len(kinks), SUM_TO_ONE)]))
    found = _summing_to_one(np.where(found > NEGLIGIBLE, found, 0.0), sums, owner)
    return _refined(found, matrix, right, sums, owner)


def _between_extremes(row: Array, wanted: float, sums: Array, owner: NDArray[np.int64]) -> Array:
    """The weights for a single entry, where every number between the least and the greatest sum can be had."""
    ranges = [np.where(sums == 1, sign * row, np.inf).argmin(axis=1) for sign in (1, -1)]
    low, high = (row[at].sum() for at in ranges)
    share = float(np.clip((wanted - low) / (high - low), 0, 1)) if high > low else 0.0
    weights = np.zeros(owner.size)
    np.add.at(weights, ranges[0], 1 - share)
    np.add.at(weights, ranges[1], share)
    return weights


def _summing_to_one(weights: Array, sums: Array, owner: NDArray[np.int64]) -> Array:
    totals = sums @ weights
    evenly = 1 / sums.sum(axis=1)
    with np.errstate(all="ignore"):
        return np.where(totals[owner] > 0, weights / totals[owner], evenly[owner])


def _refined(weights: Array, matrix: Array, right: Array, sums: Array, owner: NDArray[np.int64]) -> Array:
    """One step of refinement among the weights that are not 0: the sums had been kept only approximately."""
    free = weights > 0
    first = np.array([np.flatnonzero(free & (owner == k))[0] for k in range(len(sums))])
    moving = np.flatnonzero(free & ~np.isin(np.arange(weights.size), first))
    if not moving.size:
        return weights
    against = first[owner[moving]]
    step, *_ = np.linalg.lstsq(matrix[:, moving] - matrix[:, against], right - matrix @ weights, rcond=None)
    moved = weights.copy()
    moved[moving] += step
    np.subtract.at(moved, against, step)
    better = (moved >= 0).all() and _distance(moved, matrix, right) < _distance(weights, matrix, right)
    return moved if better else weights


def _distance(weights: Array, matrix: Array, right: Array) -> float:
    return float(np.linalg.norm(right - matrix @ weights))


def _split(weights: Array, kinks: Sequence[Kink]) -> list[Array]:
    return np.split(weights, np.cumsum([len(kink.vertices) for kink in kinks])[:-1])


def _nan(shape: tuple[int, ...]) -> Array:
    return np.full(int(np.prod(shape)), np.nan)
