"""Directions in which a large input is moved as a whole, where asking for each of its entries would cost too much.

They are relative: every entry moves in proportion to its own size, so that entries of 1e-8 and of 1e8 count alike.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from verifier.witness import Array, Estimate, Question

#: Inputs are asked entry by entry, smallest first, as long as they have no more entries than this in all.
ENTRIES = 32

#: Directions for each larger input, and for all of them together if they are many; at least one each.
DIRECTIONS, IN_ALL = 4, 16

#: Directions that move all inputs at once: one that moves zeros, and one that leaves them.
JOINT = 2

#: An input moves by at least this share of itself, however much more an honest gradient by it may be off than others.
LEAST_SHARE = 2.0**-8

_UNIT_ROUNDOFF = 2.0**-53

#: Half to once a size, in sixteenths, either way.
_SHARES = np.concatenate([np.arange(8, 16), -np.arange(8, 16)]) / 16


class Drawn(Mapping[str, tuple[Array, ...]]):
    """So many random directions for each of the named inputs, drawn when they are asked for."""

    def __init__(self, inputs: Mapping[str, NDArray], names: Sequence[str], each: int, seed: int) -> None:
        self._inputs, self._names, self._each, self._seed = inputs, names, each, seed
        self._drawn: dict[str, tuple[Array, ...]] = {}

    def __getitem__(self, name: str) -> tuple[Array, ...]:
        if name not in self._names:
            raise KeyError(name)
        if name not in self._drawn:
            generator = np.random.default_rng((self._seed, 1, self._names.index(name)))
            directions = (_drawn(self._inputs[name], generator, zeros=k % 2 == 0) for k in range(self._each))
            self._drawn[name] = tuple(directions)
        return self._drawn[name]

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def drawn_directions(inputs: Mapping[str, NDArray], names: Iterable[str], seed: int = 0) -> Drawn:
    """Random directions for each of the named inputs that is too large to be asked entry by entry.

    Every second one leaves entries that are exactly zero where they are: zeros are where kinks lie, and a kink on the
    way says nothing about the other entries.
    """
    left, large = ENTRIES, []
    for name in sorted(names, key=lambda name: inputs[name].size):
        size = inputs[name].size
        if size <= left:
            left -= size
        else:
            large.append(name)
    each = min(DIRECTIONS, max(1, IN_ALL // max(1, len(large))))
    return Drawn(inputs, large, each, seed)


def joint_directions(
    inputs: Mapping[str, NDArray], names: Iterable[str], allowance: Mapping[str, Array], seed: int = 0
) -> tuple[dict[str, Array], ...]:
    """Directions that move all the named inputs at once, none so far that it drowns what another one does.

    `allowance` holds what an honest gradient may be off by: each input moves by a power of two of itself such that they
    contribute much the same to the error of the slope.
    """
    generator = np.random.default_rng((seed, 2))
    names = list(names)
    return tuple(
        _balanced({name: _drawn(inputs[name], generator, zeros=k % 2 == 0) for name in names}, allowance)
        for k in range(JOINT)
    )


def _balanced(direction: Mapping[str, Array], allowance: Mapping[str, Array]) -> dict[str, Array]:
    errors = {
        n: float(np.vdot(np.abs(moves), allowance[n])) if n in allowance else 0.0 for n, moves in direction.items()
    }
    least = min((error for error in errors.values() if 0 < error < np.inf), default=0.0)
    shares = {
        n: max(LEAST_SHARE, 2.0 ** -round(math.log2(e / least))) if 0 < e < np.inf else 1.0 for n, e in errors.items()
    }
    return {name: np.asarray(shares[name] * moves) for name, moves in direction.items()}


def _drawn(values: NDArray, generator: np.random.Generator, *, zeros: bool) -> Array:
    """Half to once the size of each entry, with a random sign.

    Each is a number of four bits, and so the points along the direction are hit exactly.
    """
    magnitudes = np.abs(np.asarray(values, dtype=np.float64))
    moves = magnitudes > 0
    if not moves.all():
        typical = float(np.median(magnitudes[moves])) if moves.any() else 1.0
        magnitudes = np.where(moves, magnitudes, typical if zeros or not moves.any() else 0.0)
    _, exponents = np.frexp(magnitudes)
    shares = _SHARES[generator.integers(0, len(_SHARES), values.shape, dtype=np.uint8)]
    return np.where(magnitudes > 0, np.ldexp(shares, exponents - 1), 0.0)


def along(gradient: Estimate, directions: Sequence[Array]) -> Estimate:
    """The slopes that a gradient implies along directions; nothing where it says nothing of an entry that moves."""
    values, errors = np.empty(len(directions)), np.empty(len(directions))
    for k, direction in enumerate(directions):
        moves = direction != 0
        steps, entries, bounds = direction, gradient.value, gradient.error
        if not moves.all():
            steps, entries, bounds = steps[moves], entries[moves], bounds[moves]
        with np.errstate(all="ignore"):
            terms = steps * entries
            values[k] = terms.sum()
            finite = terms if np.isfinite(values[k]) else terms[np.isfinite(terms)]
            summing = _UNIT_ROUNDOFF * (2 + np.log2(max(1, terms.size))) * np.abs(finite).sum()
            errors[k] = (np.abs(steps) * bounds).sum() + summing
    return Estimate(np.where(errors < np.inf, values, np.nan), errors)


def along_all(gradients: Mapping[str, Estimate], directions: Sequence[Mapping[str, Array]]) -> Estimate:
    """The slopes along directions that move several inputs at once, as gradients by each of them imply them."""
    parts = [[along(gradients[name], (moves,)) for name, moves in direction.items()] for direction in directions]
    return Estimate(
        np.array([sum(float(part.value[0]) for part in direction) for direction in parts]),
        np.array([sum(float(part.error[0]) for part in direction) for direction in parts]),
    )


def asked_along(name: str, size: int, entries: int, directions: int, witness: str) -> str:
    """The sentence about a large input of which a witness was asked for slopes instead of entries."""
    at = f", and at {entries} contested {'entry' if entries == 1 else 'entries'}" if entries else ""
    along = f"{directions} random {'direction' if directions == 1 else 'directions'}"
    return f"{witness}: {size} entries of {name} were compared along {along}{at}"


def asked_jointly(question: Question, witness: str) -> str:
    """The sentence about inputs along joint directions of which a witness was asked for slopes instead of entries."""
    assert question.joint is not None
    entries = sum(question.inputs[name].size for name in question.wrt)
    along = f"{len(question.joint.directions)} random directions"
    if len(question.wrt) == 1:
        return f"{witness}: {entries} entries of {question.wrt[0]} were compared along {along}"
    return (
        f"{witness}: {entries} entries of {len(question.wrt)} inputs were compared along {along} of all inputs together"
    )
