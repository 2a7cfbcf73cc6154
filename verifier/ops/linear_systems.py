"""Inverses and solutions of linear systems: what solves the equation that defines it."""

from __future__ import annotations

from typing import Any

from verifier.op import Given, Operand, matrices, op, pairs, real, sample
from verifier.symbolic.matrices import adjoint as adjoint_of
from verifier.symbolic.matrices import column, hermitian, permutation, product, triangle
from verifier.symbolic.scope import Scope
from verifier.symbolic.systems import (
    cholesky_factor,
    inverse,
    solution,
    solution_from_the_right,
    triangular_factors,
    unpacked_factors,
)
from verifier.symbolic.tensor import Tensor


def inv_ex(A: Operand, scope: Scope, check_errors: bool = False) -> Any:
    """linalg_inv_ex(Tensor A, *, bool check_errors=False) -> (Tensor inverse, Tensor info)"""
    return inverse(A, scope), None


def solve_ex(A: Operand, B: Operand, scope: Scope, left: bool = True, check_errors: bool = False) -> Any:
    """_linalg_solve_ex(Tensor A, Tensor B, *, bool left=True, bool check_errors=False) -> (Tensor result, ...)"""
    if len(B.shape) == 1 or (len(A.shape) - 1 == len(B.shape) and B.shape == A.shape[:-1]):
        found = solution(A, column(B), scope)
        return Tensor(found.shape[:-1], lambda *at: found[(*at, 0)]), None, None, None
    solve = solution if left else solution_from_the_right
    return solve(A, B, scope), None, None, None


def solve_triangular(
    self: Operand, B: Operand, scope: Scope, upper: bool, left: bool = True, unitriangular: bool = False
) -> Tensor:
    """linalg_solve_triangular(Tensor self, Tensor B, *, bool upper, bool left=True, bool unitriangular=False)"""
    solve = solution if left else solution_from_the_right
    return solve(triangle(self, upper=upper, unit=unitriangular), B, scope)


def triangular_solve(
    self: Operand,
    A: Operand,
    upper: bool = True,
    transpose: bool = False,
    unitriangular: bool = False,
    *,
    scope: Scope,
) -> Any:
    """triangular_solve(Tensor self, Tensor A, bool upper=True, bool transpose=False, bool unitriangular=False)"""
    kept = triangle(A, upper=upper, unit=unitriangular)
    turned = Tensor(A.shape, lambda *at: kept[(*at[:-2], at[-1], at[-2])])
    return solution(turned if transpose else kept, self, scope), A


def cholesky_ex(self: Operand, scope: Scope, upper: bool = False, check_errors: bool = False) -> Any:
    """linalg_cholesky_ex(Tensor self, *, bool upper=False, bool check_errors=False) -> (Tensor L, Tensor info)"""
    return cholesky(self, upper, scope=scope), None


def cholesky(self: Operand, upper: bool = False, *, scope: Scope) -> Tensor:
    """cholesky(Tensor self, bool upper=False) -> Tensor"""
    lower = cholesky_factor(hermitian(self), scope)
    return adjoint_of(lower) if upper else lower


def cholesky_solve(self: Operand, input2: Operand, upper: bool = False, *, scope: Scope) -> Tensor:
    """cholesky_solve(Tensor self, Tensor input2, bool upper=False) -> Tensor"""
    return solution(squared(input2, upper), self, scope)


def cholesky_inverse(self: Operand, upper: bool = False, *, scope: Scope) -> Tensor:
    """cholesky_inverse(Tensor self, bool upper=False) -> Tensor"""
    return inverse(squared(self, upper), scope)


def squared(factor: Tensor, upper: bool) -> Tensor:
    """The matrix that a triangular matrix is the Cholesky factor of."""
    kept = triangle(factor, upper=upper)
    return product(adjoint_of(kept), kept) if upper else product(kept, adjoint_of(kept))


def lu_factor_ex(A: Operand, scope: Scope, results: Any, pivot: bool = True, check_errors: bool = False) -> Any:
    """linalg_lu_factor_ex(Tensor A, *, bool pivot=True, bool check_errors=False) -> (Tensor LU, Tensor pivots, ...)"""
    return factors(A, results[1], scope), None, None


def factors(matrix: Tensor, pivots: Tensor, scope: Scope) -> Tensor:
    """L and U in one matrix, with L·U = Pᵀ·A."""
    moved = adjoint_of(permutation(pivots, matrix.shape[-2], scope))
    return triangular_factors(product(moved, matrix), scope)


def lu_unpack(
    LU_data: Operand,
    LU_pivots: Operand,
    unpack_data: bool = True,
    unpack_pivots: bool = True,
    *,
    scope: Scope,
) -> Any:
    """lu_unpack(Tensor LU_data, Tensor LU_pivots, bool unpack_data=True, bool unpack_pivots=True)"""
    moved = permutation(LU_pivots, LU_data.shape[-2], scope) if unpack_pivots else None
    lower, upper = unpacked_factors(LU_data) if unpack_data else (None, None)
    return moved, lower, upper


def lu_solve(
    LU: Operand, pivots: Operand, B: Operand, scope: Scope, left: bool = True, adjoint: bool = False
) -> Tensor:
    """linalg_lu_solve(Tensor LU, Tensor pivots, Tensor B, *, bool left=True, bool adjoint=False) -> Tensor"""
    lower, upper = unpacked_factors(LU)
    whole = product(permutation(pivots, LU.shape[-2], scope), scope.settled(product(lower, upper)))
    solve = solution if left else solution_from_the_right
    return solve(adjoint_of(whole) if adjoint else whole, B, scope)


def check_errors(info: Any, api_name: str, is_matrix: bool) -> Any:
    """_linalg_check_errors(Tensor info, str api_name, *, bool is_matrix) -> ()"""
    return ()


PIVOTS = Given([[2, 2], [1, 2]], "int32")

OPS = (
    op(
        "linalg_inv_ex",
        define=inv_ex,
        samples=(
            sample("linalg_inv_ex", real(3, 3)),
            sample("linalg_inv_ex", real(2, 1, 2, 2)),
            sample("linalg_inv_ex", pairs(2, 2)),
        ),
    ),
    op(
        "_linalg_solve_ex",
        define=solve_ex,
        samples=(
            sample("_linalg_solve_ex", real(3, 3), real(3)),
            sample("_linalg_solve_ex", real(2, 3, 3), real(3, 2)),
            sample("_linalg_solve_ex", real(2, 2), real(2, 3, 2), left=False),
            sample("_linalg_solve_ex", pairs(2, 2), pairs(2, 2)),
        ),
    ),
    op(
        "linalg_solve_triangular",
        define=solve_triangular,
        samples=(
            sample("linalg_solve_triangular", real(3, 3), real(3, 2), upper=True),
            sample("linalg_solve_triangular", real(2, 2, 2), real(3, 2), upper=False, left=False, unitriangular=True),
            sample("linalg_solve_triangular", pairs(2, 2), pairs(2, 1), upper=False),
        ),
    ),
    op(
        "triangular_solve",
        define=triangular_solve,
        samples=(
            sample("triangular_solve", real(3, 2), matrices(3, 3, form="lower"), False),
            sample("triangular_solve", real(3, 2), matrices(3, 3, form="lower"), False, True),
        ),
    ),
    op(
        "linalg_cholesky_ex",
        define=cholesky_ex,
        samples=(
            sample("linalg_cholesky_ex", matrices(2, 3, 3, form="definite")),
            sample("linalg_cholesky_ex", matrices(2, 2, form="definite", kind="complex"), upper=True),
        ),
    ),
    op("cholesky", define=cholesky, samples=(sample("cholesky", matrices(3, 3, form="definite"), True),)),
    op(
        "cholesky_solve",
        define=cholesky_solve,
        samples=(sample("cholesky_solve", real(2, 2, 3), matrices(2, 2, 2, form="lower")),),
    ),
    op(
        "cholesky_inverse",
        define=cholesky_inverse,
        samples=(sample("cholesky_inverse", matrices(2, 2, 2, form="lower")),),
    ),
    op(
        "linalg_lu_factor_ex",
        define=lu_factor_ex,
        samples=(
            sample("linalg_lu_factor_ex", real(2, 3, 3)),
            sample("linalg_lu_factor_ex", real(3, 2)),
            sample("linalg_lu_factor_ex", pairs(2, 3)),
        ),
    ),
    op("lu_unpack", define=lu_unpack, samples=(sample("lu_unpack", real(2, 2, 3), PIVOTS),)),
    op(
        "linalg_lu_solve",
        define=lu_solve,
        samples=(
            sample("linalg_lu_solve", real(2, 2, 2), PIVOTS, real(2, 2, 3)),
            sample("linalg_lu_solve", real(2, 2, 2), PIVOTS, real(2, 3, 2), left=False, adjoint=True),
        ),
    ),
)
