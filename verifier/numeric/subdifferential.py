"""From gradients that depend on undecided conditions to the set that they form.

Conditions that act on one entry together are one kink: its vertices are the gradients for each of the choices. Others
are independent of each other, and choose by themselves.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from flint import arb
from numpy.typing import NDArray
from sympy import Expr, Integer, Symbol

from verifier.numeric.arithmetic import Values
from verifier.numeric.balls import estimate
from verifier.numeric.borders import Border, Entry, identity
from verifier.numeric.branched import MOST_ENUMERATED, NOTHING, Branched, Choice, choices, depends, hull
from verifier.subdifferential import Array, Kink, Subdifferential

#: Choices that are drawn at random where there are too many to enumerate.
DRAWN = 1024

ROUNDOFF = 2.0**-53

#: Jumps that are named one by one.
MOST_JUMPS = 3

Shapes = Mapping[str, tuple[int, ...]]


def subdifferential(gradients: Mapping[str, Values], shapes: Shapes) -> Subdifferential | None:
    """The set that gradients form, by input; None where they depend on no condition.

    `shapes` gives the shape of every input, of its gradient and for the names of entries.
    """
    if not any(depends(np.asarray(array, dtype=object)) for array in gradients.values()):
        return None
    flat = np.concatenate([np.asarray(array, dtype=object).reshape(-1) for array in gradients.values()])
    layout = {name: shapes[name] for name in gradients}
    base = estimate(_constant(flat))
    kinks, error = [], base.error.copy()
    for acting in _acting_together(flat):
        found, uncertain = _kink(acting, layout, shapes)
        error[acting.entries] += uncertain
        kinks.append(found)
    return Subdifferential(layout, base.value, error, tuple(kinks))


def jumps(value: Values, shapes: Shapes) -> list[str]:
    """A sentence for each place where a value is another one on either side, entries that jump alike named once."""
    said: dict[str, int] = {}
    for number in np.asarray(value, dtype=object).flat:
        if isinstance(number, Branched) and any(border.touched and border.number >= 0 for border in number.borders):
            place = _place(number.borders, shapes)
            where = "inside of the formula" if place is None else f"at {place}"
            low, high = _ends(number)
            sentence = f"the function jumps {where}, from {low:.6g} to {high:.6g}"
            said[sentence] = said.get(sentence, 0) + 1
    listed = list(said)
    more = len(listed) - MOST_JUMPS
    return listed[:MOST_JUMPS] + ([f"the function jumps at {more:,} more places"] if more > 0 else [])


def _ends(number: Branched) -> tuple[float, float]:
    """The least and the greatest that a number may be."""
    borders = number.borders
    if len(borders) > MOST_ENUMERATED:
        ball = number.hull()
        return float(ball.lower()), float(ball.upper())
    values = [float(arb(number.at(holding)).mid()) for holding in choices(borders)]
    return min(values), max(values)


@dataclass(frozen=True)
class _Acting:
    """Conditions that act together, and what the entries that they act on owe to them."""

    borders: tuple[Border, ...]
    entries: NDArray[np.int64]
    numbers: tuple[Branched, ...]


def _constant(flat: Values) -> Values:
    """What depends on no condition."""
    parts = [number.terms.get(NOTHING, 0) if isinstance(number, Branched) else number for number in flat]
    return np.array(parts, dtype=object)


def _acting_together(flat: Values) -> Iterator[_Acting]:
    """The conditions, gathered so that no product has factors from two groups."""
    owed: dict[int, dict[Choice, object]] = {}
    group: dict[Border, set[Border]] = {}
    for position, number in enumerate(flat):
        if isinstance(number, Branched):
            owed[position] = {choice: value for choice, value in number.terms.items() if choice}
            for choice in owed[position]:
                joined = set(choice).union(*(group[border] for border in choice if border in group))
                group.update(dict.fromkeys(joined, joined))
    found: dict[int, tuple[set[Border], dict[int, dict[Choice, object]]]] = {}
    for position, terms in owed.items():
        for choice, value in terms.items():
            borders = group[next(iter(choice))]
            of_entries = found.setdefault(id(borders), (borders, {}))[1]
            of_entries.setdefault(position, {})[choice] = value
    for borders, of_entries in found.values():
        ordered = tuple(sorted(borders, key=lambda border: border.number))
        numbers = tuple(Branched(terms) for terms in of_entries.values())
        yield _Acting(ordered, np.array(list(of_entries), dtype=np.int64), numbers)


def _kink(acting: _Acting, layout: Shapes, shapes: Shapes) -> tuple[Kink, Array]:
    """The kink of conditions that act together, and how far off its vertices may be."""
    place, tied = _place(acting.borders, shapes), _tied(acting.borders, layout)
    few = len(acting.borders) <= MOST_ENUMERATED
    holding = _every_choice(len(acting.borders)) if few else _drawn(acting.borders)
    numbers, uncertain = _for_choices(acting, holding)
    values, counts = np.unique(numbers, axis=0, return_counts=True)
    if few or counts.min() > 1:  # nothing that was drawn is rare, and so nothing was missed
        sharp = all(border.number >= 0 for border in acting.borders)
        return Kink(acting.entries, values, place, tied, sharp), uncertain
    hulls = estimate(np.array([hull(number) for number in acting.numbers], dtype=object))
    return Kink(acting.entries, hulls.value[None], place, tied, sharp=False), hulls.error


def _every_choice(count: int) -> NDArray[np.bool_]:
    """One row for each choice: which conditions hold."""
    return (np.arange(2**count)[:, None] >> np.arange(count) & 1).astype(bool)


def _drawn(borders: Sequence[Border], seed: int = 0) -> NDArray[np.bool_]:
    """Choices at random; each ranks all sides of the conditions, so that no tie is broken in a circle."""
    sides = [(identity(b.left, b.meaning), identity(b.right, b.meaning)) for b in borders]
    names = {side: k for k, side in enumerate(dict.fromkeys(side for pair in sides for side in pair))}
    left, right = np.array([[names[one], names[other]] for one, other in sides]).T
    rank = np.random.default_rng(seed).permuted(np.tile(np.arange(len(names)), (DRAWN, 1)), axis=1)
    return np.asarray(rank[:, left] < rank[:, right])


def _for_choices(acting: _Acting, holding: NDArray[np.bool_]) -> tuple[Array, Array]:
    """What the entries owe to each choice, a row for each, and how far off the columns may be."""
    position = {border: k for k, border in enumerate(acting.borders)}
    products = list(dict.fromkeys(choice for number in acting.numbers for choice in number.terms))
    present = np.array([holding[:, [position[b] for b in choice]].all(axis=1) for choice in products])
    balls = np.array([[number.terms.get(choice, 0) for choice in products] for number in acting.numbers], dtype=object)
    high = estimate(balls)
    rest = [b - arb(v) if np.isfinite(v) else b for b, v in zip(balls.flat, high.value.flat, strict=True)]
    low = estimate(np.array(rest, dtype=object))
    coefficients = high.value.astype(np.longdouble) + low.value.reshape(balls.shape)
    rounding = len(products) * np.finfo(np.longdouble).eps
    with np.errstate(all="ignore"):
        values = (coefficients @ present.astype(np.longdouble)).T.astype(np.float64)
        error = low.error.reshape(balls.shape).sum(axis=1) + rounding * np.abs(high.value).sum(axis=1)
        error = error + ROUNDOFF * np.abs(values).max(axis=0)
    known = np.isfinite(error) & np.isfinite(values).all(axis=0)
    return np.where(known, values, 0.0), np.where(known, error, np.inf)


def _place(borders: Sequence[Border], shapes: Shapes) -> str | None:
    """Where conditions are undecided, as in "x[1] = 0" or "x[0] = x[2] = x[3]"; None where inputs do not say."""
    if any(border.number < 0 or not border.named for border in borders):
        return None
    chains: list[set[_Side]] = []
    for border in borders:
        sides = {_side(border.left, border, shapes), _side(border.right, border, shapes)}
        linked = [chain for chain in chains if not chain.isdisjoint(sides)]
        chains = [chain for chain in chains if chain.isdisjoint(sides)] + [sides.union(*linked)]
    sign = " = " if all(border.touched for border in borders) else " ≈ "
    return " and ".join(sign.join(text for *_, text in sorted(chain)) for chain in chains)


#: One side of a condition; entries come in their order, then what is computed from them, then numbers.
_Side = tuple[bool, float, str]


def _side(side: Expr, border: Border, shapes: Shapes) -> _Side:
    names = {symbol: Symbol(entry_name(entry, shapes)) for symbol, entry in border.entries.items()}
    whole = {symbol: Integer(number) for symbol, number in border.meaning.items() if isinstance(number, int)}
    position = border.entries[side].position if side in border.entries else math.inf
    return bool(side.is_number), position, str(side.xreplace({**whole, **names}))


def entry_name(entry: Entry, shapes: Shapes) -> str:
    """An entry as a person writes it: x[1, 2]."""
    index = np.unravel_index(entry.position, shapes[entry.tensor]) if shapes.get(entry.tensor) else ()
    return f"{entry.tensor}[{', '.join(map(str, index))}]" if index else entry.tensor


def _tied(borders: Iterable[Border], layout: Shapes) -> tuple[int, ...]:
    """The positions in the gradient of input entries that conditions compare with each other."""
    starts = dict(zip(layout, np.cumsum([0, *(int(np.prod(shape)) for shape in layout.values())]), strict=False))
    positions: dict[int, None] = {}
    for border in borders:
        entries = [border.entries.get(side) for side in (border.left, border.right)]
        if any(entry is None or entry.tensor not in starts for entry in entries):
            return ()
        positions.update(dict.fromkeys(int(starts[e.tensor] + e.position) for e in entries if e is not None))
    return tuple(sorted(positions))
