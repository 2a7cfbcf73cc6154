"""Which conditions the point does not decide, and which of them are the same condition met again.

A program meets one condition several times: in the definition of a value and in the definitions of its derivatives,
under other names of what is read. It is known again by its two sides, with every symbol replaced by the very number
object that was read: entries keep their objects through views, transposes and gathers.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from numpy.typing import NDArray
from sympy import Basic, Expr, Integer, Symbol

#: What the symbols of a condition stand for: number objects, and integers for indices and extents.
Meaning = Mapping[Symbol, Any]


@dataclass(frozen=True)
class Entry:
    """One entry of an input of the program, by the position that it has when the input is made flat."""

    tensor: str
    position: int


@dataclass(frozen=True, eq=False)
class Border:
    """A condition `left < right` (or `left == right`) that the point does not decide, at one entry.

    number: its place in the order in which the borders were met; -1 for one that stands for many (`blunt`).
    meaning: the numbers that its symbols stand for, `entries`: those of them that are entries of inputs.
    touched: whether the two sides may be equal; else they are only closer than rounding can tell.
    """

    number: int
    left: Expr
    right: Expr
    meaning: Meaning
    entries: Mapping[Symbol, Entry]
    touched: bool = True

    @property
    def named(self) -> bool:
        """Whether both sides are made of entries of inputs and whole numbers, and of nothing that was computed."""
        return all(isinstance(n, int) or symbol in self.entries for symbol, n in self.meaning.items())

    @classmethod
    def blunt(cls) -> Border:
        """A border that stands for more conditions than can be told apart."""
        return cls(-1, Integer(0), Integer(0), {}, {})


class Borders:
    """The borders that one evaluation has met."""

    def __init__(self) -> None:
        self._known: dict[Hashable, Border] = {}
        self._inputs: dict[str, NDArray[Any]] = {}

    def __iter__(self) -> Iterator[Border]:
        return iter(self._known.values())

    def __len__(self) -> int:
        return len(self._known)

    def give(self, tensor: str, values: NDArray[Any]) -> None:
        """Make the entries of an input known, so that borders can be named after them; they have to be kept alive."""
        self._inputs[tensor] = values
        self.__dict__.pop("_given", None)

    @cached_property
    def _given(self) -> Mapping[int, Entry]:
        """The entries by their objects; most evaluations meet no condition and need none of it."""
        return {id(number): Entry(t, k) for t, values in self._inputs.items() for k, number in enumerate(values.flat)}

    def is_given(self, side: Expr, meaning: Meaning) -> bool:
        """Whether a side of a condition is a number or an input, which no rounding has touched."""
        return bool(side.is_number) or id(meaning.get(side)) in self._given

    def between(
        self, left: Expr, right: Expr, meaning: Meaning, *, touched: bool, equality: bool
    ) -> tuple[Border, bool]:
        """The border between two sides, and whether it has them the other way round."""
        one, other = identity(left, meaning), identity(right, meaning)
        if equality:
            one, other = sorted((one, other), key=repr)
        swapped = not equality and (equality, other, one) in self._known
        key = (equality, other, one) if swapped else (equality, one, other)
        if key not in self._known:
            entries = {s: self._given[id(number)] for s, number in meaning.items() if id(number) in self._given}
            self._known[key] = Border(len(self._known), left, right, meaning, entries, touched)
        return self._known[key], swapped


def identity(expression: Basic, meaning: Meaning) -> Hashable:
    """What an expression is in terms of the numbers that were read, in whatever order it names them.

    Numbers are known by their objects, which have to be kept alive.
    """
    if expression in meaning:
        number = meaning[expression]
        return number if isinstance(number, int) else ("read", id(number))
    if not expression.args:
        return int(expression) if expression.is_Integer else expression
    parts: Sequence[Hashable] = [identity(part, meaning) for part in expression.args]
    if expression.is_Add or expression.is_Mul:
        parts = sorted(parts, key=repr)
    return (type(expression).__name__, *parts)
