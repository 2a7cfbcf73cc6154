"""The Matrix Cookbook, section 2.1: derivatives of determinants.

Numbers in brackets are the equations of K. B. Petersen and M. S. Pedersen, The Matrix Cookbook, November 15, 2012.
"""

import torch
from sympy import Abs, Determinant, MatrixSymbol, Trace, log, symbols

from verifier import Case, Fault, logdet, symmetric

k, m, n = symbols("k m n", integer=True, positive=True)
x = symbols("x", real=True)

X, A, B = (MatrixSymbol(name, n, n) for name in "XAB")
Y = A + x * B
u, v = MatrixSymbol("u", n, 1), MatrixSymbol("v", n, 1)

tall, P = MatrixSymbol("X", m, n), MatrixSymbol("P", n, m)
A_nm, A_mm, B_mn, S = MatrixSymbol("A", n, m), MatrixSymbol("A", m, m), MatrixSymbol("B", m, n), symmetric("A", m)
square = MatrixSymbol("X", m, m)
pseudo_inverse = (tall.T * tall).I * tall.T
back = P.T * (P * P.T).I

REGULAR = {"X": [[3.0, 0.5, -0.5], [0.25, 4.0, 0.5], [-0.5, 0.25, 3.5]]}
LINE = {"A": REGULAR["X"], "B": [[0.5, -0.25, 0.25], [0.25, 0.5, -0.5], [0.25, 0.25, -0.5]], "x": 0.25}
TALL = {"X": [[1.0, 0.25], [-0.25, 1.5], [0.5, -0.5]], "A": REGULAR["X"]}

CASES = [
    # 2.1.1, general form.
    Case(
        "(46) ∂det(Y)/∂x",
        formula=Determinant(Y),
        function=lambda A, B, x: torch.linalg.det(A + x * B),
        claims={x: Determinant(Y) * Trace(Y.I * B)},
        inputs=LINE,
        lesson="Here Y = A + x·B, so that ∂Y/∂x is B, which may be any matrix.",
    ),
    Case(
        "(47), (50) Σₖ ∂det(X)/∂Xᵢₖ Xⱼₖ = δᵢⱼdet(X)",
        formula=Determinant(X + x * u * v.T * X),
        function=lambda X, x, u, v: torch.linalg.det(X + x * u @ v.T @ X),
        claims={x: Determinant(X) * (u.T * v)[0, 0]},
        lesson="With u = eᵢ and v = eⱼ: row i moves along row j, and that changes the determinant for i = j alone.",
    ),
    Case(
        "(48) ∂²det(Y)/∂x²",
        formula=Determinant(Y) * Trace(Y.I * B),
        function=lambda A, B, x: torch.linalg.det(A + x * B) * torch.trace(torch.linalg.solve(A + x * B, B)),
        claims={x: Determinant(Y) * (Trace(Y.I * B) ** 2 - Trace(Y.I * B * Y.I * B))},
        inputs=LINE,
        lesson="The derivative of (46). Its first term, with ∂²Y/∂x², is zero for Y = A + x·B.",
    ),
    # 2.1.2, linear forms.
    Case(
        "(49) ∂det(X)/∂X",
        formula=Determinant(X),
        function=lambda X: torch.linalg.det(X),
        claims={X: Determinant(X) * X.I.T},
        inputs=REGULAR,
        lesson="The matrix of cofactors. For a singular X it exists, and this formula for it does not.",
    ),
    Case(
        "(51) ∂det(AXB)/∂X, as printed",
        formula=Determinant(A_nm * square * B_mn),
        function=lambda A, X, B: torch.linalg.det(A @ X @ B),
        claims={square: Determinant(A_nm * square * B_mn) * square.I.T},
        inputs=REGULAR,
        sizes={n: 2},
        fault=Fault("claim", input="X"),
        lesson="AXB is square, and X is square and invertible; A and B have to be square as well.",
    ),
    Case(
        "(51) ∂det(AXB)/∂X, A and B square",
        formula=Determinant(A * X * B),
        function=lambda A, X, B: torch.linalg.det(A @ X @ B),
        claims={X: Determinant(A * X * B) * X.I.T},
        inputs=REGULAR,
        lesson="The determinant of a product is the product of the determinants.",
    ),
    # 2.1.3, square forms.
    Case(
        "(52) ∂det(XᵀAX)/∂X, X square",
        formula=Determinant(X.T * A * X),
        function=lambda X, A: torch.linalg.det(X.T @ A @ X),
        claims={X: 2 * Determinant(X.T * A * X) * X.I.T},
        inputs=REGULAR,
        lesson="det(X)²·det(A): A need not even be symmetric.",
    ),
    Case(
        "(53) ∂det(XᵀAX)/∂X, A symmetric",
        formula=Determinant(tall.T * S * tall),
        function=lambda X, A: torch.linalg.det(X.T @ (A + A.T) @ X / 2),
        claims={tall: 2 * Determinant(tall.T * S * tall) * S * tall * (tall.T * S * tall).I},
        inputs=TALL,
        lesson="X may have more rows than columns, and A is a symmetric variable.",
    ),
    Case(
        "(54) ∂det(XᵀAX)/∂X",
        formula=Determinant(tall.T * A_mm * tall),
        function=lambda X, A: torch.linalg.det(X.T @ A @ X),
        claims={
            tall: Determinant(tall.T * A_mm * tall)
            * (A_mm * tall * (tall.T * A_mm * tall).I + A_mm.T * tall * (tall.T * A_mm.T * tall).I)
        },
        inputs=TALL,
        lesson="The general case: where A is symmetric, both terms are the same and (53) is left.",
    ),
    # 2.1.4, other nonlinear forms.
    Case(
        "(55) ∂ln det(XᵀX)/∂X",
        formula=logdet(tall.T * tall),
        function=lambda X: torch.logdet(X.T @ X),
        claims={tall: 2 * pseudo_inverse.T},
        inputs={"X": TALL["X"]},
        lesson="X⁺ is (Xᵀ·X)⁻¹·Xᵀ where the columns of X are independent.",
    ),
    Case(
        "(56) ∂ln det(XᵀX)/∂X⁺",
        formula=logdet(back.T * back),
        function=lambda P: torch.logdet(torch.linalg.pinv(P).T @ torch.linalg.pinv(P)),
        claims={P: -2 * back.T},
        inputs={"P": [[1.0, -0.25, 0.5], [0.25, 1.5, -0.5]]},
        lesson="P is X⁺, and X is P⁺ = Pᵀ·(P·Pᵀ)⁻¹: the function is -ln det(P·Pᵀ).",
    ),
    Case(
        "(57) ∂ln|det(X)|/∂X",
        formula=log(Abs(Determinant(X))),
        function=lambda X: torch.linalg.slogdet(X).logabsdet,
        claims={X: X.I.T},
        inputs=REGULAR,
        lesson="The determinant cancels.",
    ),
    Case(
        "(58) ∂det(Xᵏ)/∂X",
        formula=Determinant(X**k),
        function=lambda X, k: torch.linalg.det(torch.linalg.matrix_power(X, int(k))),
        claims={X: k * Determinant(X**k) * X.I.T},
        inputs=REGULAR | {"k": 3},
        lesson="det(X)ᵏ; k is a symbol, and the numbers are tried at k = 3.",
    ),
]
