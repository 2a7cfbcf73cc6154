"""First approximations in float64, by LAPACK."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verifier.symbolic.approximation import Approximation

Array = NDArray[Any]


def approximation(definition: Approximation, operands: Sequence[Array], shape: tuple[int, ...]) -> Array:
    """What a definition says; NaN where there is none, such as the root of a matrix that is not positive definite."""
    if definition.pairs:
        operands = [operand[..., 0] + 1j * operand[..., 1] for operand in operands]
    try:
        found = METHODS[definition.method](*operands)
    except (np.linalg.LinAlgError, ValueError):
        return np.full(shape, np.nan)
    if definition.pairs:
        return np.stack([found.real, found.imag], axis=-1)
    return found if np.isrealobj(found) else np.full(shape, np.nan)


def _adjoint(matrix: Array) -> Array:
    return np.swapaxes(matrix, -1, -2).conj()


def _hermitian(matrix: Array) -> Array:
    return (matrix + _adjoint(matrix)) / 2


def _cholesky(matrix: Array) -> Array:
    """The lower factor of the Hermitian part."""
    return np.linalg.cholesky(_hermitian(matrix))


def _eigh(matrix: Array) -> Array:
    """Eigenvectors of the Hermitian part as columns, and a last row that holds the eigenvalues."""
    values, vectors = np.linalg.eigh(_hermitian(matrix))
    return np.concatenate([vectors, values[..., None, :]], axis=-2)


def _square_root(matrix: Array) -> Array:
    """By the eigenvalues of a symmetric matrix, and by its Schur form otherwise."""
    if np.allclose(matrix, matrix.T, rtol=1e-12, atol=0):
        values, vectors = np.linalg.eigh(_hermitian(matrix))
        return np.asarray(vectors * np.sqrt(values) @ vectors.T)
    from scipy.linalg import sqrtm

    return np.asarray(sqrtm(matrix))


def _lu(matrix: Array) -> Array:
    """The factors of a matrix that needs no pivoting, in one: L below the diagonal, U above and on it."""
    packed = np.array(matrix)
    for k in range(min(matrix.shape[-2:]) if matrix.size else 0):
        packed[..., k + 1 :, k] /= packed[..., k, k, None]
        packed[..., k + 1 :, k + 1 :] -= packed[..., k + 1 :, k, None] * packed[..., k, None, k + 1 :]
    return packed


def _projectors(matrix: Array, absolute: Array, relative: Array) -> Array:
    """The projector on the column space above the one on the row space, whose smaller singular values are left out.

    Those are left out that are at most the larger one of `absolute` and `relative` times the largest.
    """
    left, values, right = np.linalg.svd(matrix, full_matrices=False)
    least = np.maximum(absolute.real, relative.real * values.max(axis=-1, initial=0))
    kept = (values > least[..., None])[..., None, :]
    left, right = left * kept, _adjoint(right) * kept
    rows, columns = left @ _adjoint(left), right @ _adjoint(right)
    size = max(matrix.shape[-2:])
    both = np.zeros((*matrix.shape[:-2], 2, size, size), dtype=matrix.dtype)
    both[..., 0, : rows.shape[-1], : rows.shape[-1]] = rows
    both[..., 1, : columns.shape[-1], : columns.shape[-1]] = columns
    return both


METHODS: Mapping[str, Callable[..., Array]] = {
    "cholesky": _cholesky,
    "eigh": _eigh,
    "square_root": _square_root,
    "lu": _lu,
    "projectors": _projectors,
}
