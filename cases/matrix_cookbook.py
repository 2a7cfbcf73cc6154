"""The Matrix Cookbook, section 2: the rules for differentials.

K. B. Petersen and M. S. Pedersen, The Matrix Cookbook, version of November 15, 2012: its identities on first
derivatives, as claims. A name begins with the number of the equation, or of the section where it has none. An identity
that is wrong as printed, or that needs more than the book says, stands beside one that holds. The files beside this one
go by the book's sections: determinants (2.1), inverses (2.2, 2.3), forms (2.4), traces (2.5), norms (2.6, 2.7),
structured (2.8), gaussians (8) and functions (10).

What is no gradient is stated for a scalar: a matrix is contracted with constant vectors a and b, for what holds for all
of them holds for each entry. A differential ∂X is a direction in which X moves: here X stands for X + t·V and Y for
Y + t·W, so that ∂X is V, ∂Y is W, and a rule is about the derivative by t. Left out are (33), which says that constants
have no derivative, and (45), which is about complex numbers.
"""

import torch
from sympy import Determinant, KroneckerProduct, MatrixSymbol, Trace, hadamard_product, symbols

from verifier import Case, adjugate, logdet

n = symbols("n", integer=True, positive=True)
t, alpha = symbols("t alpha", real=True)

V, W = MatrixSymbol("V", n, n), MatrixSymbol("W", n, n)
X, Y = MatrixSymbol("X", n, n) + t * V, MatrixSymbol("Y", n, n) + t * W
a, b = MatrixSymbol("a", n, 1), MatrixSymbol("b", n, 1)
A, B = MatrixSymbol("A", n, n), MatrixSymbol("B", n, n)

REGULAR = {
    "X": [[3.0, 0.5, -0.5], [0.25, 4.0, 0.5], [-0.5, 0.25, 3.5]],
    "V": [[0.5, -0.25, 0.25], [0.25, 0.5, -0.5], [0.25, 0.25, -0.5]],
    "t": 0.25,
}

CASES = [
    Case(
        "(34) ∂(αX) = α∂X",
        formula=a.T * (alpha * X) * b,
        function=lambda a, alpha, X, V, t, b: a.T @ (alpha * (X + t * V)) @ b,
        claims={t: alpha * (a.T * V * b)[0, 0]},
        lesson="A constant factor stays where it is.",
    ),
    Case(
        "(35) ∂(X+Y) = ∂X+∂Y",
        formula=a.T * (X + Y) * b,
        function=lambda a, X, V, Y, W, t, b: a.T @ (X + t * V + Y + t * W) @ b,
        claims={t: (a.T * (V + W) * b)[0, 0]},
        lesson="Differentials are linear.",
    ),
    Case(
        "(36) ∂tr(X) = tr(∂X)",
        formula=Trace(X),
        function=lambda X, V, t: torch.trace(X + t * V),
        claims={t: Trace(V)},
        lesson="A linear function is its own derivative.",
    ),
    Case(
        "(37) ∂(XY) = (∂X)Y+X∂Y",
        formula=a.T * X * Y * b,
        function=lambda a, X, V, Y, W, t, b: a.T @ (X + t * V) @ (Y + t * W) @ b,
        claims={t: (a.T * (V * Y + X * W) * b)[0, 0]},
        lesson="The product rule. The order of the factors has to be kept.",
    ),
    Case(
        "(38) ∂(X∘Y) = (∂X)∘Y+X∘∂Y",
        formula=a.T * hadamard_product(X, Y) * b,
        function=lambda a, X, V, Y, W, t, b: a.T @ ((X + t * V) * (Y + t * W)) @ b,
        claims={t: (a.T * (hadamard_product(V, Y) + hadamard_product(X, W)) * b)[0, 0]},
        lesson="The product rule for entrywise products.",
    ),
    Case(
        "(39) ∂(X⊗Y) = (∂X)⊗Y+X⊗∂Y",
        formula=Trace(KroneckerProduct(X, Y) * KroneckerProduct(A, B)),
        function=lambda X, V, Y, W, t, A, B: torch.trace(torch.kron(X + t * V, Y + t * W) @ torch.kron(A, B)),
        claims={t: Trace((KroneckerProduct(V, Y) + KroneckerProduct(X, W)) * KroneckerProduct(A, B))},
        lesson="The product rule for Kronecker products; any entry can be picked by an A⊗B.",
    ),
    Case(
        "(40) ∂(X⁻¹) = −X⁻¹(∂X)X⁻¹",
        formula=a.T * X.I * b,
        function=lambda a, X, V, t, b: a.T @ torch.linalg.solve(X + t * V, b),
        claims={t: -(a.T * X.I * V * X.I * b)[0, 0]},
        inputs=REGULAR,
        lesson="From 0 = ∂(X·X⁻¹) = (∂X)·X⁻¹ + X·∂(X⁻¹).",
    ),
    Case(
        "(41) ∂det(X) = tr(adj(X)∂X)",
        formula=Determinant(X),
        function=lambda X, V, t: torch.linalg.det(X + t * V),
        claims={t: Trace(adjugate(X) * V)},
        lesson="Jacobi's formula. It needs no inverse, and holds for singular matrices too.",
    ),
    Case(
        "(42) ∂det(X) = det(X)tr(X⁻¹∂X)",
        formula=Determinant(X),
        function=lambda X, V, t: torch.linalg.det(X + t * V),
        claims={t: Determinant(X) * Trace(X.I * V)},
        inputs=REGULAR,
        lesson="(41) where X has an inverse, which is the adjugate over the determinant.",
    ),
    Case(
        "(43) ∂ln det(X) = tr(X⁻¹∂X)",
        formula=logdet(X),
        function=lambda X, V, t: torch.logdet(X + t * V),
        claims={t: Trace(X.I * V)},
        inputs=REGULAR,
        lesson="(42) over the determinant.",
    ),
    Case(
        "(44) ∂(Xᵀ) = (∂X)ᵀ",
        formula=a.T * X.T * b,
        function=lambda a, X, V, t, b: a.T @ (X + t * V).T @ b,
        claims={t: (a.T * V.T * b)[0, 0]},
        lesson="The transpose is linear too.",
    ),
]
