"""The residual of the symmetric eigenproblem."""

from __future__ import annotations

from sympy import Expr, Integer, Rational

from verifier.symbolic.comprehension import Read, comprehension, index, sum_of, value
from verifier.symbolic.program import Builder


def eigenproblem(matrix: str, pairs: str, size: Expr, builder: Builder) -> str:
    """What is zero if the columns of `pairs` are eigenvectors of length 1, with their eigenvalues in a last row.

    Column k of the residual is A·v - λ·v with the symmetric part of the matrix, and below it v·v - 1. Column k of the
    residual depends on column k of the unknown alone.
    """
    i, j, k = (index(axis) for axis in range(3))
    shape = (size + 1, size)
    half = Rational(1, 2)
    image = [Read(matrix, (i, j)), Read(matrix, (j, i)), Read(pairs, (j, k))]
    scaled = [Read(pairs, (i, j)), Read(pairs, (size, j))]
    parts = [
        comprehension((size, size, size), (i, k), half * (value(0) + value(1)) * value(2), image, shape),
        comprehension((size, size), (i, j), -value(0) * value(1), scaled, shape),
        comprehension((size, size), (size, j), value(0) ** 2, [Read(pairs, (i, j))], shape),
        comprehension((size,), (size, i), Integer(-1), [], shape),
    ]
    return builder.define(sum_of([builder.define(part, "part") for part in parts], shape), "residual")
