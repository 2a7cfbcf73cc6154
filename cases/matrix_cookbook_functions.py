"""The Matrix Cookbook, sections 2.5 and 10.1: traces and derivatives of functions of a matrix.

Functions of a matrix, not of its entries: they are defined by power series, as X² is X·X. Numbers in brackets are the
equations of K. B. Petersen and M. S. Pedersen, The Matrix Cookbook, November 15, 2012.
"""

import torch
from sympy import BlockMatrix, MatrixSymbol, Trace, ZeroMatrix, symbols

from verifier import Case, matrix_exp

n = symbols("n", integer=True, positive=True)
t = symbols("t", real=True)

X, A = MatrixSymbol("X", n, n), MatrixSymbol("A", n, n)
a, b = MatrixSymbol("a", n, 1), MatrixSymbol("b", n, 1)

# exp of i·Z for a real Z, with i written as a block matrix, has cos(Z) and sin(Z) for its blocks.
Z = MatrixSymbol("X", 2, 2)
rotation = matrix_exp(BlockMatrix([[ZeroMatrix(2, 2), -Z], [Z, ZeroMatrix(2, 2)]]))
cosine, sine = rotation[:2, :2], rotation[2:, :2]

CASES = [
    Case(
        "section 2.5: ∂tr(F(X))/∂X = f(X)ᵀ, F = exp",
        formula=Trace(matrix_exp(X)),
        function=lambda X: torch.trace(torch.matrix_exp(X)),
        claims={X: matrix_exp(X).T},
        lesson="Under a trace the derivative is that of numbers, transposed. The rule has no number in the book.",
    ),
    Case(
        "(128) ∂tr(sin(X))/∂X",
        formula=Trace(sine),
        function=lambda X: torch.trace(torch.matrix_exp(1j * X).imag),
        claims={Z: cosine.T},
        lesson="The same rule for the sine, which is the imaginary part of exp(i·X).",
    ),
    Case(
        "(500) d(exp(tA))/dt = A·exp(tA)",
        formula=a.T * matrix_exp(t * A) * b,
        function=lambda a, t, A, b: a.T @ torch.matrix_exp(t * A) @ b,
        claims={t: (a.T * A * matrix_exp(t * A) * b)[0, 0]},
        lesson="Contracted with constant vectors a and b. What solves the differential equation x' = A·x.",
    ),
    Case(
        "(500) d(exp(tA))/dt = exp(tA)·A",
        formula=a.T * matrix_exp(t * A) * b,
        function=lambda a, t, A, b: a.T @ torch.matrix_exp(t * A) @ b,
        claims={t: (a.T * matrix_exp(t * A) * A * b)[0, 0]},
        lesson="A matrix commutes with its own exponential.",
    ),
    Case(
        "(501) d(tr(exp(tA)))/dt",
        formula=Trace(matrix_exp(t * A)),
        function=lambda t, A: torch.trace(torch.matrix_exp(t * A)),
        claims={t: Trace(A * matrix_exp(t * A))},
        lesson="The trace of (500).",
    ),
]
