"""Functions without a finite formula: each is defined by its equation, and nobody wrote its derivative."""

import torch
from sympy import DiagonalOf, HadamardPower, MatrixSymbol, Rational, Trace

from verifier import (
    Case,
    cholesky,
    eigenvalues,
    lower_triangular,
    matrix_exp,
    norm,
    nuclear_norm,
    singular_values,
    solve,
    total,
)

A, B = MatrixSymbol("A", 3, 3), MatrixSymbol("B", 3, 2)
X, R = MatrixSymbol("X", 3, 3), MatrixSymbol("X", 4, 3)
L = lower_triangular("L", 3)

POSITIVE = [[4.0, 1.0, 0.5], [1.0, 3.0, -0.5], [0.5, -0.5, 2.0]]
REGULAR = [[3.0, 0.5, -0.5], [0.25, 4.0, 0.5], [-0.5, 0.25, 3.5]]


CASES = [
    Case(
        "solution of a linear system",
        formula=solve(A, B),
        function=lambda A, B: torch.linalg.solve(A, B),
        inputs={A: REGULAR},
        lesson="The gradient by A needs one more linear system, with Aᵀ: −λ·Uᵀ, where U is the solution.",
    ),
    Case(
        "Cholesky factor",
        formula=cholesky(A),
        function=lambda A: torch.linalg.cholesky((A + A.T) / 2),
        inputs={A: POSITIVE},
        lesson="L is the lower triangular matrix with L·Lᵀ = A. Its root is enclosed, and its derivative solved for.",
    ),
    Case(
        "eigenvalues of a symmetric matrix",
        formula=eigenvalues(A),
        function=lambda A: torch.linalg.eigvalsh((A + A.T) / 2),
        inputs={A: POSITIVE},
        lesson="Where eigenvalues are apart they move smoothly, each along its own eigenvector: v·vᵀ.",
    ),
    Case(
        "singular values",
        formula=singular_values(R),
        function=lambda X: torch.linalg.svdvals(X).flip(0),
        lesson="The roots of the eigenvalues of Xᵀ·X, in ascending order as those are.",
    ),
    Case(
        "nuclear norm",
        formula=nuclear_norm(R),
        function=lambda X: torch.linalg.matrix_norm(X, ord="nuc"),
        lesson="The sum of the singular values; its gradient U·Vᵀ has all singular values 1.",
    ),
    Case(
        "matrix exponential",
        formula=Trace(A.T * matrix_exp(X)),
        function=lambda A, X: torch.trace(A.T @ torch.linalg.matrix_exp(X)),
        lesson="Not the exponential of each entry: products of X do not commute, and so the gradient is no product.",
    ),
    Case(
        "a lower triangular variable",
        formula=Trace(L * L.T * A),
        function=lambda L, A: torch.trace(torch.tril(L) @ torch.tril(L).T @ A),
        lesson="What stands above the diagonal takes no part, and has gradient zero.",
    ),
    Case(
        "entrywise p-norm",
        formula=norm(X, 3),
        function=lambda X: torch.linalg.vector_norm(X, ord=3),
        lesson="The cube root of the sum of the cubes of all magnitudes.",
    ),
    Case(
        "entrywise powers and the diagonal",
        formula=total(DiagonalOf(HadamardPower(A, Rational(3, 2)))),
        function=lambda A: torch.diagonal(A).pow(1.5).sum(),
        inputs={A: POSITIVE},
        lesson="Only the diagonal is read, so only the diagonal has a gradient.",
    ),
]
