"""The residual of the eigenproblem."""

from __future__ import annotations

from typing import Any

from sympy import Integer

from verifier.symbolic.complex_number import Complex, conjugate, square_magnitude
from verifier.symbolic.implicit import Parts
from verifier.symbolic.tensor import Tensor, total


def eigenproblem(matrix: Tensor, pairs: Tensor, start: Tensor, square: int = 1) -> Parts:
    """What is zero if the columns of `pairs` are eigenvectors with v·v = `square`, and their eigenvalues a last row.

    Column k is A·v - λ·v, and below it v·v - square. A complex eigenvector's phase is that of the approximation
    `start`: the imaginary part of start·v is zero, so that it turns by none when the matrix moves. Column k of the
    residual depends on column k of the unknown alone.
    """
    *batch, size, _ = matrix.shape
    columns = pairs.shape[-1]

    def image(*at: Any) -> Any:
        *b, i, k = at
        moved = total(size, lambda j: matrix[(*b, i, j)] * pairs[(*b, j, k)])
        return moved - pairs[(*b, i, k)] * pairs[(*b, size, k)]

    def length(*at: Any) -> Any:
        *b, _, k = at
        norm = total(size, lambda j: square_magnitude(pairs[(*b, j, k)])) - square
        along = total(size, lambda j: conjugate(start[(*b, j, k)]) * pairs[(*b, j, k)])
        return Complex(norm, along.im) if isinstance(along, Complex) else norm

    first = (0,) * len(batch)
    return {
        (*first, 0, 0): Tensor((*batch, size, columns), image),
        (*first, size, 0): Tensor((*batch, Integer(1), columns), length),
    }
