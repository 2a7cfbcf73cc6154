"""Factorizations of matrices: what solves the equations that define it, in the gauge that was chosen.

Signs, phases and the order of eigenvalues are those of the recorded results, and turn by none when the matrix moves.
"""

from __future__ import annotations

from typing import Any

from verifier.op import Operand, Sample, matrices, op, pairs, real, sample
from verifier.symbolic.complex_number import real as real_part
from verifier.symbolic.implicit import assembled
from verifier.symbolic.matrices import adjoint, hermitian, product, triangle
from verifier.symbolic.scope import Scope
from verifier.symbolic.systems import (
    eigenpairs,
    orthonormal_factor,
    singular_triplets,
    triangular_factors,
    unpacked_factors,
)
from verifier.symbolic.tensor import Tensor


def lu(A: Operand, scope: Scope, results: Any, pivot: bool = True) -> Any:
    """linalg_lu(Tensor A, *, bool pivot=True) -> (Tensor P, Tensor L, Tensor U)"""
    moved = results[0]
    return moved, *unpacked_factors(triangular_factors(product(adjoint(moved), A), scope))


def qr(A: Operand, mode: str = "reduced", *, scope: Scope, results: Any) -> Any:
    """linalg_qr(Tensor A, str mode='reduced') -> (Tensor Q, Tensor R): Q of the first columns, then R = Qᴴ·A"""
    *batch, rows, columns = A.shape
    if mode == "r" or (mode == "complete" and rows > columns):
        raise NotImplementedError(f"torch has no derivative of linalg_qr for mode {mode} of this shape")
    least = min(rows, columns)
    leading = Tensor((*batch, rows, least), A.entry)
    q = orthonormal_factor(leading, (results[0], Tensor((*batch, least, least), results[1].entry)), scope)
    return q, triangle(product(adjoint(q), A), upper=True)


def eigh(A: Operand, UPLO: str = "L", compute_v: bool = True, *, scope: Scope, results: Any) -> Any:
    """_linalg_eigh(Tensor A, str UPLO="L", bool compute_v=True) -> (Tensor eigenvalues, Tensor eigenvectors)"""
    if not compute_v:
        raise NotImplementedError("torch has no derivative of _linalg_eigh without eigenvectors")
    values, vectors = eigenpairs(hermitian(A), results, scope)
    return Tensor(values.shape, lambda *at: real_part(values[at])), vectors


def eig(self: Operand, scope: Scope, results: Any) -> Any:
    """linalg_eig(Tensor self) -> (Tensor eigenvalues, Tensor eigenvectors)"""
    return eigenpairs(self, results, scope)


def svd(
    A: Operand,
    full_matrices: bool = False,
    compute_uv: bool = True,
    *,
    driver: str | None = None,
    scope: Scope,
    results: Any,
) -> Any:
    """_linalg_svd(Tensor A, bool full_matrices=False, bool compute_uv=True, *, str? driver=None)

    Singular vectors beyond the singular values may be any that complete a basis; they are held constant, as torch's
    documentation says that gradients by them are ignored.
    """
    if not compute_uv:
        raise NotImplementedError("torch has no derivative of _linalg_svd without singular vectors")
    known = (results[0], results[1], adjoint(results[2]))
    left, values, right = singular_triplets(A, known, scope)
    if full_matrices:
        left, right = completed(left, known[0], scope), completed(right, known[2], scope)
    return left, values, adjoint(right)


def completed(vectors: Tensor, basis: Tensor, scope: Scope) -> Tensor:
    """Vectors as columns, with those of a basis beyond them as further columns."""
    *batch, size, known = vectors.shape
    if size == known:
        return vectors
    further = Tensor((*batch, size, size - known), lambda *at: basis[(*at[:-1], at[-1] + known)])
    first = (0,) * len(batch)
    return assembled({(*first, 0, 0): vectors, (*first, 0, known): further}, (*batch, size, size), scope)


OPS = (
    op("linalg_lu", define=lu, samples=(sample("linalg_lu", real(3, 3)), sample("linalg_lu", pairs(2, 3)))),
    op(
        "linalg_qr",
        define=qr,
        samples=(
            sample("linalg_qr", real(2, 3, 2)),
            sample("linalg_qr", real(2, 3), "complete"),
            sample("linalg_qr", pairs(2, 2)),
        ),
    ),
    op(
        "_linalg_eigh",
        define=eigh,
        samples=(sample("_linalg_eigh", matrices(2, 3, 3, form="hermitian")),),
    ),
    # torch refuses cotangents that are not invariant under the phase of an eigenvector, as random ones are not.
    op(
        "linalg_eig",
        define=eig,
        samples=(
            Sample("linalg_eig", (real(2, 3, 3),), only=(0,)),
            Sample("linalg_eig", (pairs(2, 2),), only=(0,)),
        ),
    ),
    op(
        "_linalg_svd",
        define=svd,
        samples=(
            sample("_linalg_svd", real(2, 3, 2)),
            sample("_linalg_svd", real(2, 3)),
            Sample("_linalg_svd", (pairs(3, 2),), only=(1,)),
            Sample("_linalg_svd", (real(3, 2), True), only=(1, 2)),
        ),
    ),
)
