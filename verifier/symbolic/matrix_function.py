"""Functions of a square matrix that are power series of it, and why their derivatives are such functions again.

For every power, and so for every power series f (Mathias, SIAM J. Matrix Anal. Appl. 17, 1996),

    f([[A, E], [0, A]]) = [[f(A), D], [0, f(A)]]    with D the derivative of f at A along E,

since the upper right block of the k-th power of that matrix is the sum of A^p·E·A^q with p + q = k - 1. In the reverse
derivative stand Aᵀ and the cotangent for A and E, since (A^p·E·A^q)ᵀ = (Aᵀ)^q·Eᵀ·(Aᵀ)^p.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sympy import Expr

from verifier.symbolic.blocks import blocks
from verifier.symbolic.comprehension import Read, comprehension, index, value
from verifier.symbolic.program import Builder, Contribution, Shape


@dataclass(frozen=True)
class MatrixFunction:
    """The exponential, or a whole power, of a square matrix.

    exponent: of a power: an expression in extents and in `p0, p1, ...`, which stand for the `pointers`: tensors that
    hold one integer each. A negative one is a power of the inverse.
    batch: the axes that come before those of the matrix.
    """

    matrix: str
    extent: Expr
    function: Literal["exponential", "power"]
    exponent: Expr | None = None
    pointers: tuple[str, ...] = ()
    batch: Shape = ()

    @property
    def shape(self) -> Shape:
        """That of the matrix."""
        return *self.batch, self.extent, self.extent

    @property
    def operands(self) -> tuple[str, ...]:
        """The matrix, and what the exponent holds."""
        return self.matrix, *self.pointers

    def adjoints(self, name: str, cotangent: str, active: Collection[str], builder: Builder) -> Iterator[Contribution]:
        """A_bar is the derivative at Aᵀ along out_bar."""
        if self.matrix in active:
            *b, row, col = (index(axis) for axis in range(len(self.shape)))
            read = [Read(self.matrix, (*b, row, col))]
            transposed = comprehension(self.shape, (*b, col, row), value(0), read, self.shape)
            at = builder.define(transposed, f"{self.matrix}_transposed")
            transpose = replace(self, matrix=at)
            yield self.matrix, transpose.along([cotangent], builder, f"adjoint_{self.matrix}")

    def tangent(self, name: str, tangents: Mapping[str, str], builder: Builder) -> str | None:
        """out_dot is the derivative at A along A_dot."""
        if self.matrix not in tangents:
            return None
        return self.along([tangents[self.matrix]], builder, f"tangent_{name}")

    def renamed(self, names: Mapping[str, str]) -> MatrixFunction:
        """The same of another matrix."""
        pointers = tuple(names.get(pointer, pointer) for pointer in self.pointers)
        return replace(self, matrix=names.get(self.matrix, self.matrix), pointers=pointers)

    def along(self, directions: Sequence[str], builder: Builder, name: str) -> str:
        """The derivative along each of these directions, one after the other.

        It is the upper right block of the function of a matrix that is doubled once for each: of [[A, E], [0, A]], and
        of that matrix M and a direction F the function of [[M, diag(F, F)], [0, M]].
        """
        n, first = self.extent, (0,) * len(self.batch)
        cells, size = {(0, 0): self.matrix}, 1
        for direction in directions:
            beside = {(row, row + size): direction for row in range(size)}
            cells |= {(row + size, col + size): tensor for (row, col), tensor in cells.items()} | beside
            size *= 2
        placed = {(*first, row * n, col * n): tensor for (row, col), tensor in cells.items()}
        whole = blocks(placed, (*self.batch, size * n, size * n), builder)
        function = builder.define(replace(self, matrix=whole, extent=size * n), f"{self.function}_{whole}")
        *b, row, col = (index(axis) for axis in range(len(self.shape)))
        corner = [Read(function, (*b, row, (size - 1) * n + col))]
        return builder.define(comprehension(self.shape, (*b, row, col), value(0), corner, self.shape), name)
