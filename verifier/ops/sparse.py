"""Sparse tensors: what counts is the dense tensor that has their entries, and 0 where none is stored."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Expr, Integer, Max

from verifier.op import Given, Operand, matrices, op, real, sample
from verifier.symbolic.arrangement import padded
from verifier.symbolic.complex_number import exactly
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor, total

Results = tuple[Operand | None, ...]


def to_sparse(self: Operand, *options: Any, **further: Any) -> Tensor:
    """_to_sparse(Tensor self, *, Layout? layout=None, ...) -> Tensor, and _to_dense(Tensor self, ...) -> Tensor"""
    return self


def sparse_compressed_tensor(
    compressed_indices: Operand,
    plain_indices: Operand,
    values: Operand,
    size: tuple[int, ...],
    *,
    scope: Scope,
    results: Results,
    **options: Any,
) -> Tensor:
    """sparse_compressed_tensor.comp_plain_value_size(Tensor compressed_indices, Tensor plain_indices, ...) -> Tensor"""
    places = results[0]
    assert places is not None
    return scope.scattered(size, values.shape, lambda k: ([places[0, k], places[1, k]], values.entry(k)))


def sampled_addmm(
    self: Operand, mat1: Operand, mat2: Operand, *, beta: Any = 1, alpha: Any = 1, scope: Scope, results: Results
) -> Tensor:
    """sparse_sampled_addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor

    beta·self + alpha·mat1·mat2 where `self` stores an entry.
    """
    places = results[0]
    assert places is not None
    rows, inner, columns = mat1.shape[0], mat1.shape[1], mat2.shape[1]
    product = scope.settled(
        Tensor((rows, columns), lambda i, j: total(inner, lambda k: mat1[i, k] * mat2[k, j])), "product"
    )
    both = Tensor((rows, columns), lambda i, j: exactly(beta) * self[i, j] + exactly(alpha) * product[i, j])

    def stored(k: Expr) -> tuple[list[Expr], Expr]:
        place = [places[0, k], places[1, k]]
        return place, both.entry(*place)

    return scope.scattered(self.shape, (places.shape[1],), stored)


def mm_reduce(
    self: Sequence[Operand], other: Operand, reduce: str, *, scope: Scope, results: Results
) -> tuple[Tensor, None]:
    """_sparse_mm_reduce_impl(Tensor self, Tensor other, str reduce) -> (Tensor, Tensor)

    After the matrix come the places of the entries that it stores: of each row, the products of these alone are added,
    averaged, or compared. An empty row gives 0. Among equal products the one that torch chose is the largest.
    """
    matrix, places = self
    (rows, _), columns, stored = matrix.shape, other.shape[1], places.shape[1]

    def product(k: Expr, j: Expr) -> Expr:
        return matrix[places[0, k], places[1, k]] * other[places[1, k], j]

    products = scope.settled(Tensor((stored, columns), product), "products")
    if reduce in ("amax", "amin"):
        chosen, known = results[1], padded(products, scope)  # beyond all products for an empty row
        assert chosen is not None
        return Tensor((rows, columns), lambda i, j: known.entry(chosen[i, j], j)), None
    sums = scope.scattered((rows, columns), (stored, columns), lambda k, j: ([places[0, k], j], products[k, j]))
    if reduce == "sum":
        return sums, None
    number = scope.scattered((rows,), (stored,), lambda k: ([places[0, k]], Integer(1)), "number")
    return Tensor((rows, columns), lambda i, j: sums[i, j] / Max(number[i], 1)), None


STORED = matrices(4, 3, form="sparse")

OPS = (
    op(
        *("_to_sparse", "_to_sparse_csr", "_to_dense"),
        define=to_sparse,
        samples=(
            sample("_to_sparse", real(2, 3)),
            sample("_to_sparse.sparse_dim", real(2, 3), 1),
            sample("_to_sparse_csr", real(2, 3)),
            sample("_to_dense", STORED),
        ),
    ),
    op(
        "sparse_compressed_tensor.comp_plain_value_size",
        define=sparse_compressed_tensor,
        samples=(
            sample(
                "sparse_compressed_tensor.comp_plain_value_size",
                Given([0, 2, 2, 3], "int64"),
                Given([1, 3, 0], "int64"),
                real(3),
                [3, 4],
                dtype="float64",
                layout="sparse_csr",
            ),
        ),
    ),
    op(
        "sparse_sampled_addmm",
        define=sampled_addmm,
        samples=(sample("sparse_sampled_addmm", STORED, real(4, 2), real(2, 3), beta=0.3, alpha=0.7),),
    ),
    op(
        "_sparse_mm_reduce_impl",
        define=mm_reduce,
        samples=tuple(
            sample("_sparse_mm_reduce_impl", STORED, real(3, 2), kind) for kind in ("sum", "mean", "amax", "amin")
        ),
    ),
)
