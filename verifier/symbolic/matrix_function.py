"""Functions of a square matrix that are power series of it, and why their derivatives are such functions again.

For every power, and so for every power series f (Mathias, SIAM J. Matrix Anal. Appl. 17, 1996),

    f([[A, E], [0, A]]) = [[f(A), D], [0, f(A)]]    with D the derivative of f at A along E,

since the upper right block of the k-th power of that matrix is the sum of A^p·E·A^q with p + q = k - 1. In the reverse
derivative stand Aᵀ and the cotangent for A and E, since (A^p·E·A^q)ᵀ = (Aᵀ)^q·Eᵀ·(Aᵀ)^p.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
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
            yield self.matrix, self._along(at, cotangent, f"adjoint_{self.matrix}", builder)

    def tangent(self, name: str, tangents: Mapping[str, str], builder: Builder) -> str | None:
        """out_dot is the derivative at A along A_dot."""
        if self.matrix not in tangents:
            return None
        return self._along(self.matrix, tangents[self.matrix], f"tangent_{name}", builder)

    def renamed(self, names: Mapping[str, str]) -> MatrixFunction:
        """The same of another matrix."""
        pointers = tuple(names.get(pointer, pointer) for pointer in self.pointers)
        return replace(self, matrix=names.get(self.matrix, self.matrix), pointers=pointers)

    def _along(self, at: str, direction: str, name: str, builder: Builder) -> str:
        """The upper right block of the function of [[at, direction], [0, at]]."""
        n, first = self.extent, (0,) * len(self.batch)
        placed = {(*first, 0, 0): at, (*first, 0, n): direction, (*first, n, n): at}
        doubled = blocks(placed, (*self.batch, 2 * n, 2 * n), builder)
        function = builder.define(replace(self, matrix=doubled, extent=2 * n), f"{self.function}_{doubled}")
        *b, row, col = (index(axis) for axis in range(len(self.shape)))
        corner = [Read(function, (*b, row, n + col))]
        return builder.define(comprehension(self.shape, (*b, row, col), value(0), corner, self.shape), name)
