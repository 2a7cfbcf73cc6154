"""The sizes at which a claim is tried: small numbers for the extents that are symbols."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from sympy import Symbol

from verifier.claim.sides import Extents, Sides

#: Sizes of a counterexample go up to this.
LARGEST = 3


def tried_sizes(sides: Sides) -> list[Extents]:
    """Sizes that are all different, both ways round; all the same; and each in turn 1 among different ones.

    A slip that shows at some size nearly always shows at one of these. Without symbols there is one size to try.
    """
    symbols = sides.symbols
    if not symbols:
        return [{}]
    rising = list(range(2, 2 + len(symbols)))
    chosen = [rising, rising[::-1], *([n] * len(symbols) for n in (1, 2, 3))]
    chosen += [[1 if k == position else n for k, n in enumerate(rising)] for position in range(len(symbols))]
    return _valid(sides, [dict(zip(symbols, sizes, strict=True)) for sizes in chosen])


def smallest_sizes(sides: Sides) -> list[Extents]:
    """All small sizes, those with the fewest numbers first."""
    every = itertools.product(range(1, LARGEST + 1), repeat=len(sides.symbols))
    sizes = _valid(sides, [dict(zip(sides.symbols, numbers, strict=True)) for numbers in every])
    return sorted(sizes, key=lambda extents: _count(sides, extents))


def _count(sides: Sides, extents: Extents) -> tuple[int, int]:
    """How many numbers the inputs hold, and how large the largest extent is."""
    shapes = sides.shapes(extents)
    return sum(_product(shape) for shape in shapes.values()), max(extents.values(), default=0)


def _product(shape: Sequence[int]) -> int:
    result = 1
    for extent in shape:
        result *= extent
    return result


def _valid(sides: Sides, sizes: Sequence[Extents]) -> list[Extents]:
    """The sizes, each once, at which every input has at least one entry and no assumption is broken."""
    distinct = list({tuple(extents.values()): extents for extents in sizes}.values())
    return [extents for extents in distinct if _allowed(extents) and _has_entries(sides, extents)]


def _allowed(extents: Extents) -> bool:
    return all(not (symbol.is_even and n % 2) and not (symbol.is_odd and n % 2 == 0) for symbol, n in extents.items())


def _has_entries(sides: Sides, extents: Extents) -> bool:
    return all(extent > 0 for shape in sides.shapes(extents).values() for extent in shape)


def in_words(extents: Extents) -> str:
    """Sizes as they are said: `n = 2, m = 3`."""
    return ", ".join(f"{symbol} = {n}" for symbol, n in extents.items())


def same_everywhere(sizes: Sequence[Extents]) -> Iterator[str]:
    """What all of these sizes have in common: an extent that is always the same, or two that are always equal."""
    symbols: list[Symbol] = list(sizes[0]) if sizes else []
    for symbol in symbols:
        if len({extents[symbol] for extents in sizes}) == 1:
            yield f"{symbol} = {sizes[0][symbol]}"
    for left, right in itertools.combinations(symbols, 2):
        if all(extents[left] == extents[right] for extents in sizes):
            yield f"{left} = {right}"
