"""The Matrix Cookbook, section 2.8: derivatives of structured matrices.

The book differentiates by the free entries of a structured matrix. So does this file, where it makes the matrix of
them: filled(V) = V + Vᵀ - V∘1 is a symmetric matrix whose entry in row i and column j moves with V[i, j], and its
twin along with it. A `symmetric` variable, on the other hand, has a gradient that is symmetric itself, half of the
book's off the diagonal. Numbers in brackets are the equations of K. B. Petersen and M. S. Pedersen, The Matrix
Cookbook, November 15, 2012.
"""

import torch
from sympy import (
    Abs,
    Determinant,
    FunctionMatrix,
    Identity,
    KroneckerDelta,
    Lambda,
    MatrixSymbol,
    Sum,
    Trace,
    hadamard_product,
    symbols,
)

from verifier import Case, Fault, diagonal, logdet, symmetric

i, j, k, ell, r = symbols("i j k ell r", integer=True, nonnegative=True)
n = symbols("n", integer=True, positive=True)
x = symbols("x", real=True)

V, X, A, B = (MatrixSymbol(name, n, n) for name in "VXAB")
S, D = symmetric("X", n), diagonal("X", n)
a, b = MatrixSymbol("a", n, 1), MatrixSymbol("b", n, 1)
delta = KroneckerDelta

# ∂g/∂uₖₗ·∂uₖₗ/∂xᵢⱼ for g(U) = tr(U²) and U = X².
chained = 2 * (X * X)[ell, k] * (delta(k, i) * X[j, ell] + X[k, i] * delta(ell, j))

POSITIVE = [[3.0, 0.5, -0.5], [0.5, 4.0, 0.25], [-0.5, 0.25, 3.5]]
# Half of each entry off the diagonal, for filled(V) adds both halves up.
HALVES = {"V": [[3.0, 0.25, -0.25], [0.25, 4.0, 0.125], [-0.25, 0.125, 3.5]]}


def on_diagonal(matrix):
    """The matrix with all entries off the diagonal set to zero, M∘1."""
    return hadamard_product(matrix, Identity(n))


def filled(matrix):
    """The symmetric matrix with the free entries of this one; the book's rule for gradients, too."""
    return matrix + matrix.T - on_diagonal(matrix)


def fill(V):
    """filled(V) in torch."""
    return V + V.T - torch.diag(torch.diag(V))


def toeplitz(t, at):
    """tr(A·T) for the Toeplitz matrix T with t[at(row, column)] for its entries."""
    return Trace(A * FunctionMatrix(n, n, Lambda((i, j), t[at(i, j), 0])))


def along_diagonals(rows, at):
    """Its gradient by t: sums along the diagonals of A."""
    ones = FunctionMatrix(n, n, Lambda((i, j), delta(r, at(i, j))))
    return FunctionMatrix(rows, 1, Lambda((r, ell), Trace(A * ones)))


def toeplitz_in_torch(A, t, at):
    """tr(A·T) in torch."""
    steps = torch.arange(len(A))
    return (A.T * t[at(steps[:, None], steps[None, :]), 0]).sum()


t, t_symmetric = MatrixSymbol("t", 2 * n - 1, 1), MatrixSymbol("t", n, 1)

CASES = [
    Case(
        "(133) df/dA = tr((∂f/∂A)ᵀ∂A/∂Aᵢⱼ)",
        formula=Trace((A + x * (B - B.T)) ** 3),
        function=lambda A, B, x: torch.trace(torch.linalg.matrix_power(A + x * (B - B.T), 3)),
        claims={x: Trace((3 * ((A + x * (B - B.T)) ** 2).T).T * (B - B.T))},
        lesson="Along an antisymmetric direction: the gradient by all entries, met with how the structure moves.",
    ),
    Case(
        "(134) ∂A/∂Aᵢⱼ = Sⁱʲ, A symmetric",
        formula=a.T * filled(V) * b,
        function=lambda a, V, b: a.T @ fill(V) @ b,
        claims={V: a * b.T + b * a.T - on_diagonal(a * b.T)},
        lesson="Sⁱʲ = Jⁱʲ + Jʲⁱ - JⁱʲJⁱʲ, contracted with constant vectors: off the diagonal two entries move at once.",
    ),
    # 2.8.1, the chain rule.
    Case(
        "(136) ∂g(U)/∂Xᵢⱼ = Σₖₗ ∂g/∂uₖₗ ∂uₖₗ/∂xᵢⱼ",
        formula=Trace((X * X) ** 2),
        function=lambda X: torch.trace(X @ X @ X @ X),
        claims={X: FunctionMatrix(n, n, Lambda((i, j), Sum(chained, (k, 0, n - 1), (ell, 0, n - 1))))},
        lesson="With U = X² and g(U) = tr(U²), all sums written out: ∂g/∂uₖₗ is 2·uₗₖ.",
    ),
    Case(
        "(137) ∂g(U)/∂Xᵢⱼ = tr((∂g/∂U)ᵀ∂U/∂Xᵢⱼ)",
        formula=logdet(A * X + B),
        function=lambda A, X, B: torch.logdet(A @ X + B),
        claims={X: A.T * (A * X + B).I.T},
        inputs={"A": POSITIVE, "X": POSITIVE, "B": POSITIVE},
        lesson="With U = AX + B and g(U) = ln det(U): Jⁱʲ is met by Aᵀ·∂g/∂U.",
    ),
    # 2.8.2, symmetric.
    Case(
        "(138) df/dA = ∂f/∂A+(∂f/∂A)ᵀ−diag(∂f/∂A)",
        formula=Trace(B * filled(V) ** 2),
        function=lambda B, V: torch.trace(B @ fill(V) @ fill(V)),
        claims={V: filled((B * filled(V) + filled(V) * B).T)},
        lesson="With f(A) = tr(B·A²), whose gradient by all entries is (107).",
    ),
    Case(
        "(139) ∂tr(AX)/∂X, X symmetric",
        formula=Trace(A * filled(V)),
        function=lambda A, V: torch.trace(A @ fill(V)),
        claims={V: A + A.T - hadamard_product(A, Identity(n))},
        lesson="With respect to the free entries, of which there are n·(n + 1)/2.",
    ),
    Case(
        "(139) ∂tr(AX)/∂X, for a gradient among symmetric matrices",
        formula=Trace(A * S),
        function=lambda A, X: torch.trace(A @ (X + X.T) / 2),
        claims={S.symbol: A + A.T - hadamard_product(A, Identity(n))},
        fault=Fault("claim", input="X"),
        lesson="Descending along the book's gradient takes steps twice as long off the diagonal as on it.",
    ),
    Case(
        "(139) ∂tr(AX)/∂X, the gradient among symmetric matrices",
        formula=Trace(A * S),
        function=lambda A, X: torch.trace(A @ (X + X.T) / 2),
        claims={S.symbol: (A + A.T) / 2},
        lesson="The symmetric matrix G with df = tr(GᵀdX), which is the projection of the gradient by all entries.",
    ),
    Case(
        "(140) ∂det(X)/∂X, X symmetric",
        formula=Determinant(filled(V)),
        function=lambda V: torch.linalg.det(fill(V)),
        claims={V: Determinant(filled(V)) * (2 * filled(V).I - on_diagonal(filled(V).I))},
        inputs=HALVES,
        lesson="(49) under the rule (138).",
    ),
    Case(
        "(141) ∂ln det(X)/∂X, X symmetric",
        formula=logdet(filled(V)),
        function=lambda V: torch.logdet(fill(V)),
        claims={V: 2 * filled(V).I - on_diagonal(filled(V).I)},
        inputs=HALVES,
        lesson="(57) under the rule (138).",
    ),
    Case(
        "(141) ∂ln det(X)/∂X, the gradient among symmetric matrices",
        formula=logdet(S),
        function=lambda X: torch.logdet((X + X.T) / 2),
        claims={S.symbol: S.I},
        inputs={"X": POSITIVE},
        lesson="Here, as autograd has it, the inverse and nothing else.",
    ),
    # 2.8.3, diagonal.
    Case(
        "(142) ∂tr(AX)/∂X, X diagonal",
        formula=Trace(A * D),
        function=lambda A, X: torch.trace(A @ torch.diag(torch.diag(X))),
        claims={D.symbol: hadamard_product(A, Identity(n))},
        lesson="Each free entry is one entry of the matrix: both conventions agree.",
    ),
    # 2.8.4, Toeplitz.
    Case(
        "(143) ∂tr(AT)/∂T, T Toeplitz",
        formula=toeplitz(t, lambda row, column: column - row + n - 1),
        function=lambda A, t: toeplitz_in_torch(A, t, lambda row, column: column - row + len(A) - 1),
        claims={t: along_diagonals(2 * n - 1, lambda row, column: column - row + n - 1)},
        sizes={n: 3},
        lesson="One free entry for each diagonal of T, from the lower left to the upper right: each sums one of Aᵀ.",
    ),
    Case(
        "(144) ∂tr(AT)/∂T, T symmetric Toeplitz",
        formula=toeplitz(t_symmetric, lambda row, column: Abs(column - row)),
        function=lambda A, t: toeplitz_in_torch(A, t, lambda row, column: (column - row).abs()),
        claims={t_symmetric: along_diagonals(n, lambda row, column: Abs(column - row))},
        sizes={n: 3},
        lesson="One free entry for two diagonals, and one for the main diagonal.",
    ),
]
