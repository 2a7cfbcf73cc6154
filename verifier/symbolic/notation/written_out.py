"""Explicit matrices in the program that closed forms are written from: each is one matrix, and not its entries.

A program for numbers has a sum over pieces in its place, of which no reader wants to know. No number comes from this.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from sympy import Basic, Expr, Identity, ImmutableDenseNDimArray, Integer, MatrixExpr, flatten
from sympy.matrices import MatrixBase

from verifier.symbolic.comprehension import Read, comprehension, value
from verifier.symbolic.language import Explicit
from verifier.symbolic.program import Builder, Contribution, Shape
from verifier.symbolic.tensor import Tensor, named, scalar
from verifier.symbolic.translator import Translator


@dataclass(frozen=True)
class WrittenOut:
    """A tensor of one or two axes whose entries, in row-major order, are numbers or the scalar tensors named."""

    shape: Shape
    entries: tuple[Expr | str, ...]

    @property
    def operands(self) -> tuple[str, ...]:
        """The tensors that it holds, each once."""
        return tuple(dict.fromkeys(entry for entry in self.entries if isinstance(entry, str)))

    def adjoints(self, name: str, cotangent: str, active: Collection[str], builder: Builder) -> Iterator[Contribution]:
        """a_bar += the sum of out_bar over the places that hold a."""
        for operand in self.operands:
            if operand in active:
                reads = [Read(cotangent, self._place(k)) for k, entry in enumerate(self.entries) if entry == operand]
                body = sum((value(k) for k in range(len(reads))), Integer(0))
                yield operand, builder.define(comprehension((), (), body, reads, ()), f"adjoint_{operand}")

    def tangent(self, name: str, tangents: Mapping[str, str], builder: Builder) -> str | None:
        """The tangents in the places of what they belong to, and zeros elsewhere."""
        if tangents.keys().isdisjoint(self.operands):
            return None
        moving = tuple(tangents.get(str(entry), Integer(0)) for entry in self.entries)
        return builder.define(WrittenOut(self.shape, moving), f"tangent_{name}")

    def renamed(self, names: Mapping[str, str]) -> WrittenOut:
        """The same of other scalars."""
        return replace(self, entries=tuple(names.get(e, e) if isinstance(e, str) else e for e in self.entries))

    def form(self, forms: Mapping[str, Expr]) -> MatrixExpr:
        """The matrix, or column, of what the scalars are."""
        entries = [forms[entry] if isinstance(entry, str) else entry for entry in self.entries]
        rows, columns = (*self.shape, Integer(1))[:2]
        matrix = Explicit(rows, columns, entries)
        if rows == 1:
            return matrix.mirrored()
        return Identity(rows) if matrix.is_diagonal and set(matrix.diagonal_entries) == {Integer(1)} else matrix

    def _place(self, number: int) -> tuple[Expr, ...]:
        return tuple(map(Integer, divmod(number, int(self.shape[1])) if len(self.shape) == 2 else [number]))


def written_out(node: Basic, translator: Translator) -> Tensor | None:
    """An explicit matrix, or an array of one or two axes, as one tensor; None where it has no notation of its own."""
    given: MatrixBase | ImmutableDenseNDimArray | Explicit = node
    shape = tuple(map(Integer, given.shape))
    if not 1 <= len(shape) <= 2 or all(extent == 1 for extent in shape):
        return None
    flat = given.entries if isinstance(given, Explicit) else flatten(given.tolist())
    entries = [translator.entry(entry) for entry in flat]
    if all(entry == 0 for entry in entries):
        return None
    definition = WrittenOut(
        shape, tuple(e if e.is_number else translator.lowering.define(scalar(e), "entry") for e in entries)
    )
    return named(translator.lowering.builder.define(definition, "explicit"), shape)
