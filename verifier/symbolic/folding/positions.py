"""Terms without the positions that they read: what terms of one sum have in common."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import product
from math import prod

from sympy import Add, Basic, Expr, Indexed, Integer, MatrixExpr, Mul, Pow, Sum, Symbol
from sympy.matrices.expressions.matexpr import MatrixElement

from verifier.symbolic.comprehension import Canonical


@dataclass(frozen=True)
class Term:
    """A term as an expression in slots, and for each slot the position that it reads and the extent of that axis."""

    template: Expr
    positions: tuple[int, ...]
    extents: tuple[int, ...]


#: Where a slot stands: at the value of an index plus so much, or, without an index, at a position.
Tie = tuple[int | None, int]


@dataclass(frozen=True)
class Pattern:
    """How slots are tied to indices: each is the number of one with an offset, or stays at a position.

    extents: of each index.
    """

    slots: tuple[Tie, ...]
    extents: tuple[int, ...]

    def is_whole(self, extents: Sequence[int]) -> bool:
        """Whether every index runs along all of some axis, of which the extents are given, one for each slot."""
        ties_of = zip(self.slots, extents, strict=True)
        whole = {number for (number, _), n in ties_of if number is not None and self.extents[number] == n}
        return len(whole) == len(self.extents)

    def box(self) -> Iterator[tuple[int, ...]]:
        """The positions of all slots, for every value of the indices."""
        for values in product(*map(range, self.extents)):
            yield tuple(offset if number is None else values[number] + offset for number, offset in self.slots)

    def summed(self, template: Expr) -> Expr:
        """The sum of a template over all indices."""
        level = depth(template)
        indices = [bound(level, k) for k in range(len(self.extents))]
        number, body = self.at(template, indices).as_coeff_Mul()
        return number * Sum(body, *((i, 0, n - 1) for i, n in zip(indices, self.extents, strict=True)))

    def at(self, template: Expr, indices: Sequence[Expr]) -> Expr:
        """A template at values of the indices."""
        places = (Integer(offset) if number is None else indices[number] + offset for number, offset in self.slots)
        return template.xreplace({slot(k): place for k, place in enumerate(places)})

    def written_out(self, template: Expr, at: Sequence[int]) -> Expr:
        """One term of the sum."""
        return template.xreplace({slot(k): Integer(position) for k, position in enumerate(at)})


def ties(read: Sequence[Collection[int]], extents: Sequence[int]) -> Iterator[Pattern]:
    """Every way to tie slots to indices, or to one of the positions that are read there.

    An index runs along all of one axis at least; on longer axes it runs along a part of them that is read.
    """

    def extended(slots: tuple[Tie, ...], sizes: tuple[int, ...]) -> Iterator[Pattern]:
        if len(slots) == len(extents):
            pattern = Pattern(slots, sizes)
            if pattern.is_whole(extents):
                yield pattern
            return
        extent, positions = extents[len(slots)], read[len(slots)]
        for size in sorted(set(extents), reverse=True):
            for offset in [0] if size == extent else _starts(positions, size):
                for number in [k for k, other in enumerate(sizes) if other == size]:
                    yield from extended((*slots, (number, offset)), sizes)
                yield from extended((*slots, (len(sizes), offset)), (*sizes, size))
        for position in sorted(positions):
            yield from extended((*slots, (None, position)), sizes)

    return extended((), ())


def _starts(positions: Collection[int], size: int) -> list[int]:
    """Where as many successive positions begin."""
    return [start for start in sorted(positions) if all(start + k in positions for k in range(size))]


def abstracted(expression: Expr) -> Term:
    """An expression with a slot for every position on an axis that is longer than 1."""
    found: list[tuple[int, int]] = []

    def abstract(node: Basic) -> Basic:
        if isinstance(node, MatrixElement | Indexed):
            indices: list[Basic] = []
            for at, extent in _axes(node):
                if at.is_Integer and isinstance(extent, Integer) and extent != 1:
                    indices.append(slot(len(found)))
                    found.append((int(at), int(extent)))
                else:
                    indices.append(at)
            return node.func(node.args[0], *indices)
        if not node.args or isinstance(node, MatrixExpr):
            return node
        return node.func(*(abstract(argument) for argument in _in_order(node)))

    template = abstract(expression)
    return Term(template, tuple(at for at, _ in found), tuple(extent for _, extent in found))


@lru_cache(maxsize=65536)
def skeleton(node: Basic) -> str:
    """What an expression looks like when one does not see which positions it reads."""
    if isinstance(node, MatrixElement | Indexed):
        return f"{node.args[0]}[{','.join('' if at.is_Integer else str(at) for at, _ in _axes(node))}]"
    if not node.args or isinstance(node, MatrixExpr):
        return str(node)
    return f"{type(node).__name__}({', '.join(map(skeleton, _in_order(node)))})"


def _in_order(node: Basic) -> Iterable[Basic]:
    """The arguments; those of sums and products in an order that does not depend on positions."""
    return sorted(node.args, key=skeleton) if isinstance(node, Add | Mul) else node.args


def _axes(entry: MatrixElement | Indexed) -> list[tuple[Expr, Expr | None]]:
    shape = entry.parent.shape if isinstance(entry, MatrixElement) else entry.base.shape
    return list(zip(entry.indices, shape or [None] * len(entry.indices), strict=True))


def moved(template: Expr, slots: int, by: int) -> Expr:
    """A template whose slots have numbers that are larger by so much."""
    return template.xreplace({slot(k): slot(k + by) for k in range(slots)})


@cache
def slot(number: int) -> Symbol:
    """What stands for a position that is read."""
    return Canonical(f"s{number}", integer=True, nonnegative=True)


@cache
def bound(level: int, number: int) -> Symbol:
    """An index, the same in equal sums: it is named by how many sums are inside of its own."""
    return Canonical(f"b{level}_{number}", integer=True, nonnegative=True)


def depth(node: Basic) -> int:
    """How many sums are inside of each other."""
    inner = max(map(depth, node.args), default=0)
    return inner + 1 if isinstance(node, Sum) else inner


def measured(node: Basic, entries: Collection[Basic]) -> tuple[int, int]:
    """The degree of a polynomial in these entries, and at most how many terms it has when it is multiplied out."""
    if isinstance(node, Pow) and node.exp.is_Integer and node.exp > 0:
        degree, size = measured(node.base, entries)
        return degree * int(node.exp), size ** int(node.exp)
    if not isinstance(node, Add | Mul):
        return int(node in entries), 1
    parts = [measured(argument, entries) for argument in node.args]
    degrees, sizes = [degree for degree, _ in parts], [size for _, size in parts]
    return (max(degrees), sum(sizes)) if isinstance(node, Add) else (sum(degrees), prod(sizes))
