"""The determinant and its derivatives, from the Leibniz formula.

    det A = Σ over permutations s of sign(s)·A[0, s(0)]·A[1, s(1)]·...

Every term holds each row and each column once, so the derivative by A[i, j] is the sum of the terms that have that
factor, without it: again such a sum, with row i and column j taken out. All derivatives of the determinant are of this
one kind, whatever the extent, and exist where the matrix is singular too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from sympy import Expr

from verifier.symbolic.comprehension import Comprehension, Read, comprehension, index, value
from verifier.symbolic.program import Builder, Contribution, Shape


@dataclass(frozen=True)
class Determinant:
    """The derivative of det A of the given order, as a tensor of twice as many axes; order 0 is det A itself.

    Its entry [i, j, k, l, ...] is the derivative by A[i, j], A[k, l], ... Of a batch of matrices, the axes of the batch
    come first.
    """

    matrix: str
    extent: Expr
    order: int = 0
    batch: Shape = ()

    @property
    def shape(self) -> Shape:
        """The batch, and two axes for each order."""
        return (*self.batch, *(self.extent,) * (2 * self.order))

    @property
    def operands(self) -> tuple[str, ...]:
        """The matrix."""
        return (self.matrix,)

    def adjoints(self, name: str, cotangent: str, active: Collection[str], builder: Builder) -> Iterator[Contribution]:
        """A_bar[p, q] += out_bar[i, j, ...] * next order[i, j, ..., p, q]."""
        if self.matrix in active:
            shape = (*self.batch, self.extent, self.extent)
            part = self._contracted(Read(cotangent, self._own), self._by, shape, builder)
            yield self.matrix, builder.define(part, f"adjoint_{self.matrix}")

    def tangent(self, name: str, tangents: Mapping[str, str], builder: Builder) -> str | None:
        """out_dot[i, j, ...] += next order[i, j, ..., p, q] * A_dot[p, q]."""
        if self.matrix not in tangents:
            return None
        part = self._contracted(Read(tangents[self.matrix], self._by), self._own, self.shape, builder)
        return builder.define(part, f"tangent_{name}")

    def renamed(self, names: Mapping[str, str]) -> Determinant:
        """The same of another matrix."""
        return replace(self, matrix=names.get(self.matrix, self.matrix))

    @property
    def _own(self) -> tuple[Expr, ...]:
        return tuple(index(k) for k in range(len(self.shape)))

    @property
    def _by(self) -> tuple[Expr, ...]:
        """The indices of the entry that is differentiated by."""
        return (*self._own[: len(self.batch)], index(len(self.shape)), index(len(self.shape) + 1))

    def _contracted(self, other: Read, target: tuple[Expr, ...], shape: Shape, builder: Builder) -> Comprehension:
        higher = replace(self, order=self.order + 1)
        every = tuple(index(k) for k in range(len(higher.shape)))
        reads = [other, Read(builder.define(higher, f"cofactors_{self.matrix}"), every)]
        return comprehension(higher.shape, target, value(0) * value(1), reads, shape)
