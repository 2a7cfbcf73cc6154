"""The residuals of the eigenproblem and of the singular value problem."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Integer

from verifier.symbolic.complex_number import Complex, conjugate, square_magnitude
from verifier.symbolic.implicit import Parts
from verifier.symbolic.tensor import Tensor, total


def eigenproblem(matrix: Tensor, pairs: Tensor, start: Tensor) -> Parts:
    """What is zero if the columns of `pairs` are eigenvectors of length 1, and their eigenvalues a last row.

    Column k is A·v - λ·v, and below it what is said of the length and the phase. Column k of the residual depends on
    column k of the unknown alone.
    """
    *batch, size, _ = matrix.shape

    def image(*at: Any) -> Any:
        *b, i, k = at
        moved = total(size, lambda j: matrix[(*b, i, j)] * pairs[(*b, j, k)])
        return moved - pairs[at] * pairs[(*b, size, k)]

    first = (0,) * len(batch)
    return {
        (*first, 0, 0): Tensor((*batch, size, pairs.shape[-1]), image),
        (*first, size, 0): _length_and_phase(pairs, start, size, 1),
    }


def singular_value_problem(matrix: Tensor, triplets: Tensor, start: Tensor) -> Parts:
    """What is zero if `triplets` are left above right singular vectors of length 1, and their values a last row.

    It is the eigenproblem of [[0, A], [Aᴴ, 0]], whose eigenvectors are (u, v) with the eigenvalues σ: A·v - σ·u above
    Aᴴ·u - σ·v. It is regular where the singular values are different and not 0.
    """
    *batch, rows, columns = matrix.shape
    size, least = rows + columns, triplets.shape[-1]

    def left(*at: Any) -> Any:
        *b, i, k = at
        moved = total(columns, lambda j: matrix[(*b, i, j)] * triplets[(*b, rows + j, k)])
        return moved - triplets[at] * triplets[(*b, size, k)]

    def right(*at: Any) -> Any:
        *b, j, k = at
        moved = total(rows, lambda i: conjugate(matrix[(*b, i, j)]) * triplets[(*b, i, k)])
        return moved - triplets[(*b, rows + j, k)] * triplets[(*b, size, k)]

    first = (0,) * len(batch)
    return {
        (*first, 0, 0): Tensor((*batch, rows, least), left),
        (*first, rows, 0): Tensor((*batch, columns, least), right),
        (*first, size, 0): _length_and_phase(triplets, start, size, 2),
    }


def _length_and_phase(vectors: Tensor, start: Tensor, size: Expr, square: int) -> Tensor:
    """v·v - square for each column v, and for a complex one beside it the imaginary part of start·v.

    So the phase is that of the approximation, and turns by none when the matrix moves.
    """
    *batch, _, columns = vectors.shape

    def entry(*at: Any) -> Any:
        *b, _, k = at
        norm = total(size, lambda j: square_magnitude(vectors[(*b, j, k)])) - square
        along = total(size, lambda j: conjugate(start[(*b, j, k)]) * vectors[(*b, j, k)])
        return Complex(norm, along.im) if isinstance(along, Complex) else norm

    return Tensor((*batch, Integer(1), columns), entry)
