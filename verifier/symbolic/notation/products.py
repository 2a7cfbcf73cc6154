"""Products over an index as a person writes their derivatives: the product of all factors but one, Π_{j≠i}.

Numbers come from the derivatives of `Product`, which are recurrences: cheap, but nothing that a person would write. So
closed forms are written from a program whose products are `OtherFactors`. Their derivatives are of the same kind.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations

from sympy import Eq, Expr, Integer, Mul, Or, Tuple, true
from sympy import Product as ProductOver

from verifier.symbolic.comprehension import Comprehension, Read, comprehension, index, value
from verifier.symbolic.notation.index_notation import fresh_indices
from verifier.symbolic.notation.operands import Operands
from verifier.symbolic.notation.pieces import Pieces
from verifier.symbolic.product import Product
from verifier.symbolic.program import Builder, Contribution, Program, Shape


@dataclass(frozen=True)
class OtherFactors:
    """The products along the last axis of a tensor with the axes `batch`, and `extent` factors each, but for some.

    There are as many further axes of that extent as factors are left out: the entry [b, j, k, ...] is the product of
    all factors of row b but those at j, k, ..., which must be different, or it is 0.
    """

    factors: str
    batch: Shape
    extent: Expr
    left_out: int = 0

    @property
    def shape(self) -> Shape:
        """The batch, and one axis for each factor that is left out."""
        return (*self.batch, *[self.extent] * self.left_out)

    @property
    def operands(self) -> tuple[str, ...]:
        """The tensor of factors."""
        return (self.factors,)

    def adjoints(self, name: str, cotangent: str, active: Collection[str], builder: Builder) -> Iterator[Contribution]:
        """x_bar[b, l] += out_bar[b, j, ...] * (the product without l too)[b, j, ..., l]."""
        if self.factors in active:
            part = self._contracted(Read(cotangent, self._own), self._by, (*self.batch, self.extent), builder)
            yield self.factors, builder.define(part, f"adjoint_{self.factors}")

    def tangent(self, name: str, tangents: Mapping[str, str], builder: Builder) -> str | None:
        """out_dot[b, j, ...] += (the product without l too)[b, j, ..., l] * x_dot[b, l]."""
        if self.factors not in tangents:
            return None
        part = self._contracted(Read(tangents[self.factors], self._by), self._own, self.shape, builder)
        return builder.define(part, f"tangent_{name}")

    def renamed(self, names: Mapping[str, str]) -> OtherFactors:
        """The same of other factors."""
        return replace(self, factors=names.get(self.factors, self.factors))

    def entry(self, at: Sequence[Expr], operands: Operands) -> Expr:
        """An entry in index notation."""
        (j,) = fresh_indices(1)
        batch, omitted = at[: len(self.batch)], at[len(self.batch) :]
        factor = operands.entry(self.factors, (*batch, j))
        if omitted:
            factor = Pieces(Tuple(Integer(1), Or(*(Eq(j, k) for k in omitted))), Tuple(factor, true))
        product = ProductOver(factor, (j, Integer(0), self.extent - 1))
        return product * Mul(
            *(Pieces(Tuple(Integer(0), Eq(k, l)), Tuple(Integer(1), true)) for k, l in combinations(omitted, 2))
        )

    @property
    def _own(self) -> tuple[Expr, ...]:
        return tuple(index(k) for k in range(len(self.shape)))

    @property
    def _by(self) -> tuple[Expr, ...]:
        """The indices of the factor that is differentiated by."""
        return (*self._own[: len(self.batch)], index(len(self.shape)))

    def _contracted(self, other: Read, target: tuple[Expr, ...], shape: Shape, builder: Builder) -> Comprehension:
        fewer = replace(self, left_out=self.left_out + 1)
        every = tuple(index(k) for k in range(len(fewer.shape)))
        reads = [other, Read(builder.define(fewer, f"others_{self.factors}"), every)]
        return comprehension(fewer.shape, target, value(0) * value(1), reads, shape)


def with_other_factors(program: Program) -> Program:
    """The same program with derivatives of products as a person writes them."""
    written = [
        (name, OtherFactors(d.factors, d.shape, d.extent) if isinstance(d, Product) else d)
        for name, d in program.definitions
    ]
    return Program(program.inputs, tuple(written))
