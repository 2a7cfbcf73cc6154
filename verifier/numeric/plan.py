"""Plans: all that can be known of a comprehension's evaluation once its extents are numbers, worked out once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sympy import Expr, Integer, Mul, Symbol

from verifier.errors import ExtentUnknownError
from verifier.numeric.affine import Affine, affine
from verifier.numeric.writing import Write, write_for
from verifier.symbolic.comprehension import Comprehension, index, value

#: An index of a tensor, axis by axis; None where it is not affine.
Place = tuple[Affine, ...] | None


@dataclass(frozen=True)
class Product:
    """A body that is a constant times reads: the positions of the reads, repeated as often as they occur."""

    coefficient: Expr
    positions: tuple[int, ...]


@lru_cache(maxsize=4096)
def product_of(body: Expr, extents: tuple[tuple[Symbol, int], ...]) -> Product | None:
    """The body as a product, with numbers for extents; None where it is something else."""
    coefficient, positions = Integer(1), []
    for factor in Mul.make_args(body):
        base, exponent = factor.as_base_exp()
        if base.is_Symbol and _is_value(base) and exponent.is_Integer and exponent > 0:
            positions += [int(base.name[1:])] * int(exponent)
        elif any(_is_value(s) or _is_index(s) for s in factor.free_symbols):
            return None
        else:
            coefficient *= factor
    return Product(coefficient.subs(dict(extents)), tuple(positions)) if positions else None


def _is_value(symbol: Symbol) -> bool:
    return symbol.name[0] == "a" and symbol.name[1:].isdigit() and symbol == value(int(symbol.name[1:]))


def _is_index(symbol: Symbol) -> bool:
    return symbol.name[0] == "i" and symbol.name[1:].isdigit() and symbol == index(int(symbol.name[1:]))


@dataclass(frozen=True)
class Plan:
    """A comprehension at numbers for its extents.

    reads and target are its index expressions; write says how the target is written, None for a scatter; product
    is the body if it is a constant times reads.
    """

    definition: Comprehension
    extents: Mapping[Symbol, int]
    domain: tuple[int, ...]
    shape: tuple[int, ...]
    reads: tuple[Place, ...]
    target: Place
    product: Product | None

    @cached_property
    def body_indices(self) -> tuple[int, ...]:
        """The positions of the indices that the body holds."""
        return tuple(k for k in range(len(self.domain)) if index(k) in self.definition.body.free_symbols)

    @cached_property
    def body_extents(self) -> tuple[Symbol, ...]:
        """The extent symbols that the body holds."""
        return tuple(symbol for symbol in self.extents if symbol in self.definition.body.free_symbols)

    @cached_property
    def body_symbols(self) -> tuple[Symbol, ...]:
        """The arguments of the body: what is read, then indices, then extents."""
        reads = (value(k) for k in range(len(self.definition.reads)))
        return (*reads, *map(index, self.body_indices), *self.body_extents)

    @cached_property
    def write(self) -> Write | None:
        """How the target is written by strides, if it can be."""
        return None if self.target is None else write_for(self.target, self.shape, self.domain)


@lru_cache(maxsize=4096)
def plan(definition: Comprehension, extents: tuple[tuple[Symbol, int], ...]) -> Plan:
    """The plan of a comprehension. Raises `ExtentUnknownError` where `extents` do not give a number."""
    known = dict(extents)
    domain = tuple(number(extent, known) for extent in definition.domain)
    for symbol in sorted(definition.body.free_symbols - known.keys(), key=str):
        if not _is_value(symbol) and not _is_index(symbol):
            raise ExtentUnknownError(symbol)
    return Plan(
        definition=definition,
        extents=known,
        domain=domain,
        shape=tuple(number(extent, known) for extent in definition.shape),
        reads=tuple(_place(read.index, len(domain), known) for read in definition.reads),
        target=_place(definition.target, len(domain), known),
        product=product_of(definition.body, extents),
    )


def number(extent: Expr, extents: Mapping[Symbol, int]) -> int:
    """An extent as a number. Raises `ExtentUnknownError`."""
    found = extent if extent.is_Integer else extent.subs(extents)
    if not found.is_Integer:
        raise ExtentUnknownError(extent)
    return int(found)


def _place(expressions: tuple[Expr, ...], order: int, extents: Mapping[Symbol, int]) -> Place:
    found = [affine(expression, order, extents) for expression in expressions]
    known = tuple(place for place in found if place is not None)
    return known if len(known) == len(found) else None
