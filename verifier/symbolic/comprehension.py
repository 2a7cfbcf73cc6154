"""Comprehensions: a tensor defined entry by entry, and why their derivatives are comprehensions again.

    out[t(i)]  +=  body(A[r1(i)], B[r2(i)], ..., i)      for every i in the domain

Index symbols are `i0, i1, ...`, the values read are `a0, a1, ...`, the integers read from pointer tensors are
`p0, p1, ...`: canonical names, so that equal definitions are equal objects and scalar derivatives are cached.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property

from sympy import (
    And,
    Basic,
    Expr,
    Function,
    Integer,
    Piecewise,
    Pow,
    Symbol,
    cos,
    cosh,
    erf,
    erfc,
    exp,
    sin,
    sinh,
    tanh,
    true,
)

from verifier.errors import NoDerivativeError
from verifier.symbolic.kinks import slope
from verifier.symbolic.program import Builder, Contribution, Shape

#: Functions without a pole on the real line.
ENTIRE = (exp, sin, cos, sinh, cosh, tanh, erf, erfc, Piecewise)


class Canonical(Symbol):
    """A symbol that equals no symbol of a formula, even of the same name and assumptions."""

    __slots__ = ()


@cache
def index(position: int) -> Symbol:
    """The symbol of the domain's index at `position`."""
    return Canonical(f"i{position}", integer=True, nonnegative=True)


@cache
def value(position: int) -> Symbol:
    """The symbol that stands for the value of the read at `position`."""
    return Canonical(f"a{position}", real=True)


@cache
def pointer(position: int) -> Symbol:
    """The symbol that stands for the integer at the pointer read at `position`."""
    return Canonical(f"p{position}", integer=True)


@dataclass(frozen=True)
class Read:
    """One entry of a tensor, at index expressions in `i0, i1, ...` and `p0, p1, ...`.

    `fill` is the value of entries outside of the tensor (padding); None where the index never leaves it.
    A detached read has a value and no derivative.
    """

    tensor: str
    index: tuple[Expr, ...]
    fill: Expr | None = None
    detached: bool = False


@dataclass(frozen=True)
class Comprehension:
    """A tensor of `shape` whose entries are sums of `body` over `domain`.

    domain: the extents that `i0, i1, ...` run over.
    target: the index of the entry that a term is added to; terms whose target lies outside are dropped.
    body: a scalar expression in `a0, a1, ...`, in the indices and in extent symbols.
    reads: what `a0, a1, ...` are. pointers: what `p0, p1, ...` are: reads of integer tensors, through which other
    reads and the target select (gather, scatter, embedding).
    """

    domain: Shape
    target: tuple[Expr, ...]
    body: Expr
    reads: tuple[Read, ...]
    shape: Shape
    pointers: tuple[Read, ...] = ()

    @cached_property
    def operands(self) -> tuple[str, ...]:
        """The tensors read, each once."""
        return tuple(dict.fromkeys(read.tensor for read in (*self.reads, *self.pointers)))

    def adjoints(self, name: str, cotangent: str, active: Collection[str], builder: Builder) -> Iterator[Contribution]:
        """A_bar[r(i)] += out_bar[t(i)] * d body / d a, for every read that is not detached."""
        del name
        for position, read in enumerate(self.reads):
            derivative = self._slope(position) if read.tensor in active else Integer(0)
            if derivative != 0:
                incoming, shape = Read(cotangent, self.target, self._outside), builder.shape(read.tensor)
                body = self._carried(derivative, len(self.reads), incoming, self.shape)
                part = comprehension(self.domain, read.index, body, (*self.reads, incoming), shape, self.pointers)
                yield read.tensor, builder.define(part, f"adjoint_{read.tensor}")

    def tangent(self, name: str, tangents: Mapping[str, str], builder: Builder) -> str | None:
        """out_dot[t(i)] += sum over the reads of d body / d a * A_dot[r(i)]."""
        reads, body = list(self.reads), Integer(0)
        for position, read in enumerate(self.reads):
            derivative = self._slope(position) if read.tensor in tangents else Integer(0)
            if derivative != 0:
                outside = None if read.fill is None else Integer(0)
                incoming = Read(tangents[read.tensor], read.index, outside)
                body += self._carried(derivative, len(reads), incoming, builder.shape(read.tensor))
                reads.append(incoming)
        if body == 0:
            return None
        part = comprehension(self.domain, self.target, body, reads, self.shape, self.pointers)
        return builder.define(part, f"tangent_{name}")

    def renamed(self, names: Mapping[str, str]) -> Comprehension:
        """The same comprehension in terms of other tensors."""
        reads, pointers = (
            [replace(read, tensor=names.get(read.tensor, read.tensor)) for read in group]
            for group in (self.reads, self.pointers)
        )
        return comprehension(self.domain, self.target, self.body, reads, self.shape, pointers)

    def _carried(self, slope: Expr, position: int, incoming: Read, shape: Shape) -> Expr:
        """A slope times what comes in through a read, the one at `position`, of a tensor of this shape.

        Outside of the tensor nothing comes in, which an infinite slope must not make NaN.
        """
        term = slope * value(position)
        if incoming.fill is None or _is_finite(slope):
            return term
        extents = {index(k): extent for k, extent in enumerate(self.domain)}
        axes = zip(incoming.index, shape, strict=True)
        inside = And(*(And(at >= 0, at < extent) for at, extent in axes if extents.get(at) != extent))
        return term if inside == true else Piecewise((term, inside), (Integer(0), true), evaluate=False)

    def _slope(self, position: int) -> Expr:
        if self.reads[position].detached:
            return Integer(0)
        try:
            return slope(self.body, value(position))
        except NoDerivativeError as error:
            names = {value(k): Symbol(_written(read)) for k, read in enumerate(self.reads)}
            raise NoDerivativeError(error.expression.xreplace(names)) from error

    @cached_property
    def _outside(self) -> Expr | None:
        """What the cotangent is worth at dropped targets: nothing, where targets may leave the tensor."""
        extents = {index(k): extent for k, extent in enumerate(self.domain)}
        inside = all(extents.get(t) == n for t, n in zip(self.target, self.shape, strict=True))
        return None if inside else Integer(0)


def comprehension(
    domain: Sequence[Expr],
    target: Sequence[Expr],
    body: Expr,
    reads: Sequence[Read],
    shape: Sequence[Expr],
    pointers: Sequence[Read] = (),
) -> Comprehension:
    """A comprehension in canonical form: nothing unused, equal reads merged, symbols numbered in one order.

    An index that occurs nowhere but in the domain only repeats the body, and becomes a factor of its extent.
    """
    kept = _distinct(reads, [value(k) for k in range(len(reads))], body.free_symbols)
    used = _symbols(target, *(read.index for read, _ in kept)) | body.free_symbols
    pointed = _distinct(pointers, [pointer(k) for k in range(len(pointers))], used)
    used |= _symbols(*(read.index for read, _ in pointed))
    for k, extent in enumerate(domain):
        if index(k) not in used:
            body = body * extent
    indices = {index(k): index(new) for new, k in enumerate(k for k in range(len(domain)) if index(k) in used)}
    pointing = {old: pointer(new) for new, (_, olds) in enumerate(pointed) for old in olds}
    rename = indices | pointing
    renamed = sorted(((_renamed(read, rename), olds) for read, olds in kept), key=lambda pair: _order(pair[0]))
    values = {old: value(new) for new, (_, olds) in enumerate(renamed) for old in olds}
    return Comprehension(
        tuple(extent for k, extent in enumerate(domain) if index(k) in used),
        tuple(t.xreplace(rename) for t in target),
        body.xreplace(rename | values),
        tuple(read for read, _ in renamed),
        tuple(shape),
        tuple(_renamed(read, rename) for read, _ in pointed),
    )


def _is_finite(slope: Expr) -> bool:
    """Whether an expression is finite wherever what it reads is, as its functions show: it has no pole."""
    powers = all(power.exp.is_nonnegative or power.base.is_number for power in slope.atoms(Pow))
    return powers and all(isinstance(function, ENTIRE) for function in slope.atoms(Function))


def sum_of(tensors: Sequence[str], shape: Shape) -> Comprehension:
    """The sum of tensors of one shape."""
    at = tuple(index(k) for k in range(len(shape)))
    body = sum((value(k) for k in range(len(tensors))), Integer(0))
    return comprehension(shape, at, body, [Read(tensor, at) for tensor in tensors], shape)


def _distinct(reads: Sequence[Read], symbols: Sequence[Symbol], used: set[Basic]) -> list[tuple[Read, list[Symbol]]]:
    """The reads whose symbol is used, each once, with all the symbols that stand for it."""
    standing: dict[Read, list[Symbol]] = {}
    for read, symbol in zip(reads, symbols, strict=True):
        if symbol in used:
            standing.setdefault(read, []).append(symbol)
    return list(standing.items())


def _symbols(*indices: Sequence[Expr]) -> set[Basic]:
    return set().union(*(expression.free_symbols for index in indices for expression in index))


def _renamed(read: Read, rename: dict[Symbol, Symbol]) -> Read:
    return replace(read, index=tuple(expression.xreplace(rename) for expression in read.index))


def _written(read: Read) -> str:
    """A read as a person has it."""
    return f"{read.tensor}[{', '.join(map(str, read.index))}]" if read.index else read.tensor


def _order(read: Read) -> tuple[str, str, str, bool]:
    return read.tensor, str(read.index), str(read.fill), read.detached
