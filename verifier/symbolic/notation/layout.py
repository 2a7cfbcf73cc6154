"""How a formula is laid out on a page, whatever the page is: the one thing that all printers write.

Each layout says how tightly it binds; brackets are decided when a formula is spelled (`spelling.py`), but for
fractions, which need brackets only where they are written on one line.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import ClassVar


class Binding(IntEnum):
    """How tightly a layout holds together, loosest first."""

    MAP = 0
    OR = 1
    AND = 2
    RELATION = 3
    SUM = 4
    HADAMARD = 5
    BIG_OPERATOR = 6
    PRODUCT = 7
    PREFIX = 8
    POWER = 9
    ATOM = 10


@dataclass(frozen=True)
class Name:
    """A variable, in italics."""

    text: str
    binding: ClassVar[Binding] = Binding.ATOM


@dataclass(frozen=True)
class Word:
    """The name of a function or a constant, upright; bold for ones, zeros and unit vectors."""

    text: str
    bold: bool = False
    binding: ClassVar[Binding] = Binding.ATOM


@dataclass(frozen=True)
class Number:
    """A number without its sign."""

    text: str
    binding: ClassVar[Binding] = Binding.ATOM


@dataclass(frozen=True)
class Sign:
    """An operator, a relation or a punctuation mark, as its Unicode character; `spaced` as between two operands."""

    text: str
    spaced: bool = False
    binding: ClassVar[Binding] = Binding.ATOM


@dataclass(frozen=True)
class Row:
    """Things side by side."""

    parts: tuple[Layout, ...]
    binding: Binding = Binding.ATOM


@dataclass(frozen=True)
class Product:
    """Factors side by side."""

    factors: tuple[Layout, ...]

    @property
    def binding(self) -> Binding:
        """A product that ends with a sum over an index is as open on its right as that sum."""
        return min(Binding.PRODUCT, self.factors[-1].binding)


@dataclass(frozen=True)
class Fraction:
    """Something over something."""

    over: Layout
    under: Layout
    binding: ClassVar[Binding] = Binding.PRODUCT


@dataclass(frozen=True)
class Raised:
    """A base with an exponent or a mark; `elementwise` ones carry a ring."""

    base: Layout
    exponent: Layout | None
    elementwise: bool = False
    binding: ClassVar[Binding] = Binding.POWER


@dataclass(frozen=True)
class Indexed:
    """An entry, or a symbol with an index."""

    base: Layout
    indices: tuple[Layout, ...]
    binding: ClassVar[Binding] = Binding.ATOM


@dataclass(frozen=True)
class Root:
    """A square root."""

    radicand: Layout
    binding: ClassVar[Binding] = Binding.POWER


@dataclass(frozen=True)
class Fenced:
    """Something between brackets."""

    inside: Layout
    left: str = "("
    right: str = ")"
    binding: ClassVar[Binding] = Binding.ATOM


@dataclass(frozen=True)
class BigOperator:
    """A sum or a product over an index: `Σ` or `Π`, what stands under and over it, and its body."""

    sign: str
    under: Layout
    over: Layout | None
    body: Layout

    @property
    def binding(self) -> Binding:
        """Looser than a product, so that it is clear where the body ends; but for a body that is one thing."""
        return Binding.PREFIX if self.body.binding >= Binding.POWER else Binding.BIG_OPERATOR


@dataclass(frozen=True)
class Cases:
    """A function given piece by piece: values and their conditions, None for otherwise."""

    pieces: tuple[tuple[Layout, Layout | None], ...]
    binding: ClassVar[Binding] = Binding.ATOM


@dataclass(frozen=True)
class Grid:
    """A matrix written out."""

    rows: tuple[tuple[Layout, ...], ...]
    binding: ClassVar[Binding] = Binding.ATOM


Layout = (
    Name
    | Word
    | Number
    | Sign
    | Row
    | Product
    | Fraction
    | Raised
    | Indexed
    | Root
    | Fenced
    | BigOperator
    | Cases
    | Grid
)


def row(*parts: Layout | None, binding: Binding = Binding.ATOM) -> Row:
    """Things side by side; None is left out."""
    return Row(tuple(part for part in parts if part is not None), binding)


def separated(parts: list[Layout], mark: str = ",") -> Row:
    """Things with a mark between them."""
    separator = Sign(mark)
    return Row(tuple(x for k, part in enumerate(parts) for x in ([separator] if k else []) + [part]))


def joined(parts: list[Layout], mark: str, binding: Binding) -> Row:
    """Operands with an operator between them."""
    operator = Sign(mark, spaced=True)
    return Row(tuple(x for k, part in enumerate(parts) for x in ([operator] if k else []) + [part]), binding)


def held(layout: Layout, binding: Binding) -> Layout:
    """The layout, in brackets unless it binds at least as tightly as its place needs."""
    return layout if layout.binding >= binding else Fenced(layout)


def times(factors: Iterable[Layout]) -> Layout:
    """A product, with brackets around factors that would run into the next one."""
    flat = [part for factor in factors for part in (factor.factors if isinstance(factor, Product) else [factor])]
    if len(flat) == 1:
        return flat[0]
    *first, last = flat
    closed = [factor if isinstance(factor, Fraction) else held(factor, Binding.POWER) for factor in first]
    return Product((*closed, held(last, Binding.BIG_OPERATOR)))


def plus(terms: Iterable[tuple[bool, Layout]]) -> Layout:
    """A sum of terms, each subtracted (True) or added (False)."""
    parts: list[Layout] = []
    for subtracted, term in terms:
        if parts or subtracted:
            parts.append(Sign("−" if subtracted else "+", spaced=bool(parts)))
        parts.append(held(term, Binding.HADAMARD))
    return parts[0] if len(parts) == 1 else row(*parts, binding=Binding.SUM)


def negated(layout: Layout) -> Layout:
    """A layout with a minus sign in front."""
    return plus([(True, layout)])


def over(above: list[Layout], below: list[Layout]) -> Layout:
    """Factors above and below a line, if there are any below."""
    top = times(above) if above else Number("1")
    return Fraction(top, times(below)) if below else top


def called(name: str, *arguments: Layout) -> Layout:
    """A function's name and its arguments in brackets."""
    return row(Word(name), Fenced(separated(list(arguments))))


def raised(base: Layout, exponent: Layout | None, *, elementwise: bool = False) -> Layout:
    """A base with an exponent, with brackets where the base needs them."""
    return Raised(held(base, Binding.ATOM), exponent, elementwise)
