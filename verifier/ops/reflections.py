"""Products of Householder reflections H = 1 - τ·v·vᴴ, whose v is 0 above its row, 1 in it, and given below."""

from __future__ import annotations

from typing import Any

from sympy import Eq, Integer

from verifier.op import Operand, op, pairs, real, sample
from verifier.symbolic.complex_number import conjugate
from verifier.symbolic.matrices import adjoint, chosen, identity, product
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor


def householder_product(input: Operand, tau: Operand, scope: Scope) -> Tensor:
    """linalg_householder_product(Tensor input, Tensor tau) -> Tensor: the first columns of H_1·H_2·..."""
    found = identity(*input.shape)
    for step in reversed(range(int(tau.shape[-1]))):
        found = reflected(found, input, tau, step, scope)
    return found


def ormqr(
    self: Operand, input2: Operand, input3: Operand, left: bool = True, transpose: bool = False, *, scope: Scope
) -> Tensor:
    """ormqr(Tensor self, Tensor input2, Tensor input3, bool left=True, bool transpose=False) -> Tensor"""
    found: Tensor = input3 if left else adjoint(input3)
    steps = range(int(input2.shape[-1]))
    # From the right it is (Qᴴ·Cᴴ)ᴴ; the adjoint of Q is the product of the adjoint reflections in reverse.
    backwards = transpose != (not left)
    for step in steps if backwards else reversed(steps):
        found = reflected(found, self, input2, step, scope, conjugated=backwards)
    return found if left else adjoint(found)


def reflected(
    matrix: Tensor, vectors: Tensor, tau: Tensor, step: int, scope: Scope, *, conjugated: bool = False
) -> Tensor:
    """H·M, or Hᴴ·M."""
    *batch, rows, _ = vectors.shape
    at_step = Integer(step)

    def of_vector(*at: Any) -> Any:
        *b, i, _ = at
        below = chosen(i > step, vectors[(*b, i, at_step)], Integer(0))
        return chosen(Eq(i, step), Integer(1), below)

    vector = scope.settled(Tensor((*batch, rows, Integer(1)), of_vector), "vector")
    along = scope.settled(product(adjoint(vector), matrix), "along")

    def entry(*at: Any) -> Any:
        *b, i, j = at
        factor = tau[(*b, at_step)]
        factor = conjugate(factor) if conjugated else factor
        return matrix[at] - factor * vector[(*b, i, Integer(0))] * along[(*b, Integer(0), j)]

    return scope.settled(Tensor(matrix.shape, entry), "reflected")


OPS = (
    op(
        "linalg_householder_product",
        define=householder_product,
        samples=(
            sample("linalg_householder_product", real(2, 3, 2), real(2, 2)),
            sample("linalg_householder_product", pairs(3, 2), pairs(1, low=0.1, high=0.4)),
        ),
    ),
    op(
        "ormqr",
        define=ormqr,
        samples=(
            sample("ormqr", real(3, 2), real(2), real(3, 2)),
            sample("ormqr", real(2, 3, 2), real(2, 2), real(2, 2, 3), False, True),
        ),
    ),
)
