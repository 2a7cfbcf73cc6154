"""Products of matrices and vectors, each a plain sum of products of entries."""

from __future__ import annotations

from typing import Any

from verifier.op import Operand, matrices, op, pairs, real, sample
from verifier.symbolic.axes import summed, with_unit_axes
from verifier.symbolic.complex_number import conjugate, exactly
from verifier.symbolic.scope import Scope, broadcast, broadcast_shape
from verifier.symbolic.tensor import Tensor, total


def mm(self: Operand, mat2: Operand) -> Tensor:
    """mm(Tensor self, Tensor mat2) -> Tensor"""
    rows, inner = self.shape
    return Tensor((rows, mat2.shape[1]), lambda i, k: total(inner, lambda j: self[i, j] * mat2[j, k]))


def bmm(self: Operand, mat2: Operand) -> Tensor:
    """bmm(Tensor self, Tensor mat2) -> Tensor"""
    batch, rows, inner = self.shape
    return Tensor((batch, rows, mat2.shape[2]), lambda b, i, k: total(inner, lambda j: self[b, i, j] * mat2[b, j, k]))


def mv(self: Operand, vec: Operand) -> Tensor:
    """mv(Tensor self, Tensor vec) -> Tensor"""
    return Tensor(self.shape[:1], lambda i: total(vec.shape[0], lambda j: self[i, j] * vec[j]))


def dot(self: Operand, tensor: Operand) -> Tensor:
    """dot(Tensor self, Tensor tensor) -> Tensor"""
    return Tensor((), lambda: total(self.shape[0], lambda j: self[j] * tensor[j]))


def vdot(self: Operand, other: Operand) -> Tensor:
    """vdot(Tensor self, Tensor other) -> Tensor"""
    return Tensor((), lambda: total(self.shape[0], lambda j: conjugate(self[j]) * other[j]))


def addmm(self: Operand, mat1: Operand, mat2: Operand, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """addmm(Tensor self, Tensor mat1, Tensor mat2, *, Scalar beta=1, Scalar alpha=1) -> Tensor"""
    return combined(self, mm(mat1, mat2), beta, alpha)


def addmv(self: Operand, mat: Operand, vec: Operand, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """addmv(Tensor self, Tensor mat, Tensor vec, *, Scalar beta=1, Scalar alpha=1) -> Tensor"""
    return combined(self, mv(mat, vec), beta, alpha)


def addr(self: Operand, vec1: Operand, vec2: Operand, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """addr(Tensor self, Tensor vec1, Tensor vec2, *, Scalar beta=1, Scalar alpha=1) -> Tensor"""
    outer = Tensor((vec1.shape[0], vec2.shape[0]), lambda i, j: vec1[i] * vec2[j])
    return combined(self, outer, beta, alpha)


def addbmm(self: Operand, batch1: Operand, batch2: Operand, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """addbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor"""
    batch, rows, inner = batch1.shape
    summed = Tensor(
        (rows, batch2.shape[2]),
        lambda i, k: total(batch, lambda b: total(inner, lambda j: batch1[b, i, j] * batch2[b, j, k])),
    )
    return combined(self, summed, beta, alpha)


def baddbmm(self: Operand, batch1: Operand, batch2: Operand, beta: Any = 1, alpha: Any = 1) -> Tensor:
    """baddbmm(Tensor self, Tensor batch1, Tensor batch2, *, Scalar beta=1, Scalar alpha=1) -> Tensor"""
    return combined(self, bmm(batch1, batch2), beta, alpha)


def combined(added: Tensor, product: Tensor, beta: Any, alpha: Any) -> Tensor:
    """beta·added + alpha·product; what is added is not even read where beta is 0, so that NaN in it is ignored."""
    spread, beta, alpha = broadcast(added, product.shape), exactly(beta), exactly(alpha)
    if beta == 0:
        return Tensor(product.shape, lambda *at: product[at] * alpha)
    return Tensor(product.shape, lambda *at: spread[at] * beta + product[at] * alpha)


def trilinear(
    i1: Operand,
    i2: Operand,
    i3: Operand,
    expand1: tuple[int, ...],
    expand2: tuple[int, ...],
    expand3: tuple[int, ...],
    sumdim: tuple[int, ...],
    unroll_dim: int = 1,
) -> Tensor:
    """_trilinear(Tensor i1, Tensor i2, Tensor i3, int[] expand1, int[] expand2, int[] expand3, int[] sumdim, ...)"""
    del unroll_dim  # it says in which order things are computed
    factors = [with_unit_axes(t, axes) for t, axes in ((i1, expand1), (i2, expand2), (i3, expand3))]
    domain = broadcast_shape(factor.shape for factor in factors)
    first, second, third = (broadcast(factor, domain) for factor in factors)
    product = Tensor(domain, lambda *at: first[at] * second[at] * third[at])
    return summed(product, sorted(axis % len(domain) for axis in sumdim))


def cross(self: Operand, other: Operand, scope: Scope, dim: int = -1) -> Tensor:
    """linalg_cross(Tensor self, Tensor other, *, int dim=-1) -> Tensor"""
    shape = broadcast_shape((self.shape, other.shape))
    left, right, axis = scope.settled(broadcast(self, shape)), scope.settled(broadcast(other, shape)), dim % len(shape)

    def entry(*at: Any) -> Any:
        one, two = ((*at[:axis], (at[axis] + step) % 3, *at[axis + 1 :]) for step in (1, 2))
        return left[one] * right[two] - left[two] * right[one]

    return Tensor(shape, entry)


def trace(self: Operand) -> Tensor:
    """trace(Tensor self) -> Tensor"""
    return Tensor((), lambda: total(min(self.shape), lambda j: self[j, j]))


OPS = (
    op(
        "mm",
        define=mm,
        samples=(sample("mm", real(2, 3), real(3, 4)), sample("mm", pairs(2, 3), pairs(3, 2))),
    ),
    op("bmm", define=bmm, samples=(sample("bmm", real(2, 3, 2), real(2, 2, 4)),)),
    op("mv", define=mv, samples=(sample("mv", real(2, 3), real(3)), sample("mv", pairs(2, 3), pairs(3)))),
    op("dot", define=dot, samples=(sample("dot", real(3), real(3)), sample("dot", pairs(3), pairs(3)))),
    op("vdot", define=vdot, samples=(sample("vdot", real(3), real(3)), sample("vdot", pairs(3), pairs(3)))),
    op(
        *("addmm", "_sparse_addmm"),
        define=addmm,
        samples=(
            sample("_sparse_addmm", real(2, 4), matrices(2, 3, form="sparse"), real(3, 4), beta=0.5, alpha=0.2),
            sample("addmm", real(4), real(2, 3), real(3, 4), beta=0.5, alpha=0.2),
            sample("addmm", real(2, 4), real(2, 3), real(3, 4), beta=0),
            sample("addmm", pairs(2, 1), pairs(2, 3), pairs(3, 4), alpha=1 - 2j),
        ),
    ),
    op("addmv", define=addmv, samples=(sample("addmv", real(2), real(2, 3), real(3), beta=0.5),)),
    op("addr", define=addr, samples=(sample("addr", real(2, 3), real(2), real(3), alpha=0.5),)),
    op("addbmm", define=addbmm, samples=(sample("addbmm", real(3), real(2, 4, 2), real(2, 2, 3), alpha=0.5),)),
    op("baddbmm", define=baddbmm, samples=(sample("baddbmm", real(1, 3), real(2, 4, 2), real(2, 2, 3), beta=0.5),)),
    op(
        "_trilinear",
        define=trilinear,
        samples=(sample("_trilinear", real(2, 3), real(4, 3, 2), real(2, 2), [1, 3], [0], [1, 2], [2, 3]),),
    ),
    op(
        "linalg_cross",
        define=cross,
        samples=(
            sample("linalg_cross", real(2, 3), real(1, 3)),
            sample("linalg_cross", real(3, 2), real(3, 2), dim=0),
            sample("linalg_cross", pairs(3), pairs(3)),
        ),
    ),
    op("trace", define=trace, samples=(sample("trace", real(2, 3)), sample("trace", pairs(3, 2)))),
)
