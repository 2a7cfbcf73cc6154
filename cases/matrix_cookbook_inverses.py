"""The Matrix Cookbook, sections 2.2 and 2.3: derivatives of inverses and of eigenvalues.

Derivatives of a matrix are stated for scalars: for its entry in row k and column l, or for the matrix contracted with
constant vectors. Numbers in brackets are the equations of K. B. Petersen and M. S. Pedersen, The Matrix Cookbook,
November 15, 2012.
"""

import torch
from sympy import Determinant, FunctionMatrix, Identity, Lambda, MatrixSymbol, Product, Trace, symbols

from verifier import Case, eigenvalues, symmetric, total

i, j = symbols("i j", integer=True, nonnegative=True)
n = symbols("n", integer=True, positive=True)
x = symbols("x", real=True)

X, A, B = (MatrixSymbol(name, n, n) for name in "XAB")
a, b = MatrixSymbol("a", n, 1), MatrixSymbol("b", n, 1)
Y = A + x * B
W = A.I

k, ell = 0, 1

S = symmetric("S", n)
two = symmetric("S", 2)
small, large = eigenvalues(two)[0, 0], eigenvalues(two)[1, 0]
c, d = MatrixSymbol("c", 2, 1), MatrixSymbol("d", 2, 1)
# v·vᵀ for the eigenvector v of the larger eigenvalue, and (λ·1 - S)⁺.
vv = (two - small * Identity(2)) / (large - small)
pinv = (large * Identity(2) - two) / (large - small) ** 2

REGULAR = {"X": [[3.0, 0.5, -0.5], [0.25, 4.0, 0.5], [-0.5, 0.25, 3.5]]}
LINE = {"A": REGULAR["X"], "B": [[0.5, -0.25, 0.25], [0.25, 0.5, -0.5], [0.25, 0.25, -0.5]], "x": 0.25}
DISTINCT = {"S": [[1.0, 0.5, 0.25], [0.5, 3.0, -0.5], [0.25, -0.5, 6.0]]}


def eigenvector(S):
    """The eigenvector of the larger eigenvalue, in torch."""
    return torch.linalg.eigh((S + S.T) / 2).eigenvectors[:, -1]


CASES = [
    # 2.2, derivatives of an inverse.
    Case(
        "(59) ∂Y⁻¹/∂x",
        formula=a.T * Y.I * b,
        function=lambda a, A, B, x, b: a.T @ torch.linalg.solve(A + x * B, b),
        claims={x: -(a.T * Y.I * B * Y.I * b)[0, 0]},
        inputs=LINE,
        lesson="Here Y = A + x·B, so that ∂Y/∂x is B, which may be any matrix.",
    ),
    Case(
        "(60) ∂(X⁻¹)ₖₗ/∂Xᵢⱼ",
        formula=X.I[k, ell],
        function=lambda X: torch.linalg.inv(X)[k, ell],
        claims={X: FunctionMatrix(n, n, Lambda((i, j), -X.I[k, i] * X.I[j, ell]))},
        inputs=REGULAR,
        lesson="The gradient entry by entry, as the book has it.",
    ),
    Case(
        "(61) ∂aᵀX⁻¹b/∂X",
        formula=a.T * X.I * b,
        function=lambda a, X, b: a.T @ torch.linalg.solve(X, b),
        claims={X: -X.I.T * a * b.T * X.I.T},
        inputs=REGULAR,
        lesson="All the identities (60) in one.",
    ),
    Case(
        "(62) ∂det(X⁻¹)/∂X",
        formula=Determinant(X.I),
        function=lambda X: torch.linalg.det(torch.linalg.inv(X)),
        claims={X: -Determinant(X.I) * X.I.T},
        inputs=REGULAR,
        lesson="(58) with k = -1.",
    ),
    Case(
        "(63) ∂tr(AX⁻¹B)/∂X",
        formula=Trace(A * X.I * B),
        function=lambda A, X, B: torch.trace(A @ torch.linalg.solve(X, B)),
        claims={X: -(X.I * B * A * X.I).T},
        inputs=REGULAR,
        lesson="The book has it once more as (124), with the transpose carried out.",
    ),
    Case(
        "(64) ∂tr((X+A)⁻¹)/∂X",
        formula=Trace((X + A).I),
        function=lambda X, A: torch.trace(torch.linalg.inv(X + A)),
        claims={X: -((X + A).I * (X + A).I).T},
        inputs=REGULAR | {"A": LINE["B"]},
        lesson="As the derivative of 1/(x + a) is -1/(x + a)².",
    ),
    Case(
        "section 2.2: ∂J/∂A = −A⁻ᵀ(∂J/∂W)A⁻ᵀ, W = A⁻¹",
        formula=Trace(W**3),
        function=lambda A: torch.trace(torch.linalg.matrix_power(torch.linalg.inv(A), 3)),
        claims={A: -A.I.T * (3 * W**2).T * A.I.T},
        inputs={"A": REGULAR["X"]},
        lesson="The chain rule through an inverse, for J = tr(W³) with ∂J/∂W = 3·(W²)ᵀ. The book gives it no number.",
    ),
    # 2.3, derivatives of eigenvalues.
    Case(
        "(65) ∂Σeig(X)/∂X",
        formula=total(eigenvalues(S)),
        function=lambda S: torch.linalg.eigvalsh((S + S.T) / 2).sum(),
        claims={S.symbol: Identity(n)},
        inputs=DISTINCT,
        lesson="The sum of the eigenvalues is the trace; shown for symmetric matrices.",
    ),
    Case(
        "(66) ∂Πeig(X)/∂X",
        formula=Product(eigenvalues(S)[i, 0], (i, 0, n - 1)),
        function=lambda S: torch.linalg.eigvalsh((S + S.T) / 2).prod(),
        claims={S.symbol: Determinant(S) * S.I},
        inputs=DISTINCT,
        lesson="The product of the eigenvalues is the determinant; shown for symmetric matrices.",
    ),
    Case(
        "(67) ∂λ = vᵀ(∂A)v",
        formula=large,
        function=lambda S: torch.linalg.eigvalsh((S + S.T) / 2)[-1],
        claims={two.symbol: vv},
        inputs={"S": [[1.0, 0.5], [0.5, 3.0]]},
        lesson="The gradient is v·vᵀ, which for 2×2 matrices is (S - λ'·1)/(λ - λ') with the other eigenvalue λ'.",
    ),
    Case(
        "(68) ∂v = (λ1−A)⁺(∂A)v",
        formula=c.T * vv * d,
        function=lambda c, S, d: (c[:, 0] @ eigenvector(S)) * (eigenvector(S) @ d[:, 0]),
        claims={two.symbol: (pinv * (c * d.T + d * c.T) * vv + vv * (c * d.T + d * c.T) * pinv) / 2},
        inputs={"S": [[1.0, 0.5], [0.5, 3.0]]},
        lesson="Stated for v·vᵀ, contracted with c and d: v itself has no sign, and torch refuses its derivative.",
    ),
]
