"""The Matrix Cookbook, section 2.5: derivatives of traces.

Numbers in brackets are the equations of K. B. Petersen and M. S. Pedersen, The Matrix Cookbook, November 15, 2012.
Subscripts are shapes: A_nm is the matrix A, and has n rows and m columns.
"""

import torch
from sympy import Identity, KroneckerProduct, MatAdd, MatrixSymbol, Trace, symbols

from verifier import Case, Fault, symmetric

k, m, n, p = symbols("k m n p", integer=True, positive=True)

X, X_nn = MatrixSymbol("X", m, n), MatrixSymbol("X", n, n)
A_mn, A_nm, A_nn = MatrixSymbol("A", m, n), MatrixSymbol("A", n, m), MatrixSymbol("A", n, n)
A_pm, A_pn, A_pp = MatrixSymbol("A", p, m), MatrixSymbol("A", p, n), MatrixSymbol("A", p, p)
B_mm, B_mp, B_nm = MatrixSymbol("B", m, m), MatrixSymbol("B", m, p), MatrixSymbol("B", n, m)
B_nn, B_np = MatrixSymbol("B", n, n), MatrixSymbol("B", n, p)
C_mm, C_mp = MatrixSymbol("C", m, m), MatrixSymbol("C", m, p)
C_nn, C_pp = MatrixSymbol("C", n, n), MatrixSymbol("C", p, p)

A, B, C = symmetric("A", n), symmetric("B", m), symmetric("C", m)
inner = (X.T * C * X).I
shifted = (A + X.T * C * X).I
lopsided = (A_nn + X.T * C * X).I

REGULAR = {"X": [[1.0, 0.25], [-0.25, 1.5], [0.5, -0.5]], "C": [[3.0, 0.5, 0.0], [0.5, 4.0, -0.5], [0.0, -0.5, 3.0]]}
SYMMETRIC = {"A": [[3.0, 0.5], [0.5, 4.0]]}
LOPSIDED = {"A": [[3.0, 0.5], [-0.5, 4.0]]}
INVERTIBLE = {"X": [[3.0, 0.5, -0.5], [0.25, 4.0, 0.5], [-0.5, 0.25, 3.5]]}


def sym(matrix):
    """What `symmetric(...)` stands for, in torch."""
    return (matrix + matrix.T) / 2


def quotient(X, B, C, A=0):
    """tr((A + XᵀCX)⁻¹·XᵀBX) in torch."""
    return torch.trace(torch.linalg.solve(A + X.T @ sym(C) @ X, X.T @ sym(B) @ X))


CASES = [
    # 2.5.1, first order.
    Case(
        "(99) ∂tr(X)/∂X",
        formula=Trace(X_nn),
        function=lambda X: torch.trace(X),
        claims={X_nn: Identity(n)},
        lesson="Only the diagonal takes part, each entry of it once.",
    ),
    Case(
        "(100) ∂tr(XA)/∂X",
        formula=Trace(X * A_nm),
        function=lambda X, A: torch.trace(X @ A),
        claims={X: A_nm.T},
        lesson="The trace of a product is an inner product with a transpose, and the gradient is that transpose.",
    ),
    Case(
        "(101) ∂tr(AXB)/∂X",
        formula=Trace(A_pm * X * B_np),
        function=lambda A, X, B: torch.trace(A @ X @ B),
        claims={X: A_pm.T * B_np.T},
        lesson="Factors before and after X stay on their sides, transposed.",
    ),
    Case(
        "(102) ∂tr(AXᵀB)/∂X",
        formula=Trace(A_pn * X.T * B_mp),
        function=lambda A, X, B: torch.trace(A @ X.T @ B),
        claims={X: B_mp * A_pn},
        lesson="With Xᵀ instead of X nothing is transposed: this is the inner product of X with B·A.",
    ),
    Case(
        "(103) ∂tr(XᵀA)/∂X",
        formula=Trace(X.T * A_mn),
        function=lambda X, A: (X * A).sum(),
        claims={X: A_mn},
        lesson="The inner product of two matrices, written with a trace.",
    ),
    Case(
        "(104) ∂tr(AXᵀ)/∂X",
        formula=Trace(A_mn * X.T),
        function=lambda X, A: (X * A).sum(),
        claims={X: A_mn},
        lesson="The same inner product: a trace does not mind in which order two factors come.",
    ),
    Case(
        "(105) ∂tr(A⊗X)/∂X",
        formula=Trace(KroneckerProduct(A_pp, X_nn)),
        function=lambda A, X: torch.trace(torch.kron(A, X)),
        claims={X_nn: Trace(A_pp) * Identity(n)},
        lesson="The trace of a Kronecker product is the product of the traces.",
    ),
    # 2.5.2, second order.
    Case(
        "(106) ∂tr(X²)/∂X",
        formula=Trace(X_nn**2),
        function=lambda X: torch.trace(X @ X),
        claims={X_nn: 2 * X_nn.T},
        lesson="As the derivative of x² is 2·x, but transposed.",
    ),
    Case(
        "(107) ∂tr(X²B)/∂X",
        formula=Trace(X_nn**2 * B_nn),
        function=lambda X, B: torch.trace(X @ X @ B),
        claims={X_nn: (X_nn * B_nn + B_nn * X_nn).T},
        lesson="Each of the two X is varied in turn, and what is left is read around the circle.",
    ),
    Case(
        "(108) ∂tr(XᵀBX)/∂X",
        formula=Trace(X.T * B_mm * X),
        function=lambda X, B: torch.trace(X.T @ B @ X),
        claims={X: B_mm * X + B_mm.T * X},
        lesson="A quadratic form for each column of X, all added up.",
    ),
    Case(
        "(109) ∂tr(BXXᵀ)/∂X",
        formula=Trace(B_mm * X * X.T),
        function=lambda X, B: torch.trace(B @ X @ X.T),
        claims={X: B_mm * X + B_mm.T * X},
        lesson="(108) with its factors moved around the circle.",
    ),
    Case(
        "(110) ∂tr(XXᵀB)/∂X",
        formula=Trace(X * X.T * B_mm),
        function=lambda X, B: torch.trace(X @ X.T @ B),
        claims={X: B_mm * X + B_mm.T * X},
        lesson="(108) once more.",
    ),
    Case(
        "(111) ∂tr(XBXᵀ)/∂X",
        formula=Trace(X * B_nn * X.T),
        function=lambda X, B: torch.trace(X @ B @ X.T),
        claims={X: X * B_nn.T + X * B_nn},
        lesson="A quadratic form for each row of X, all added up.",
    ),
    Case(
        "(112) ∂tr(BXᵀX)/∂X",
        formula=Trace(B_nn * X.T * X),
        function=lambda X, B: torch.trace(B @ X.T @ X),
        claims={X: X * B_nn.T + X * B_nn},
        lesson="(111) with its factors moved around the circle.",
    ),
    Case(
        "(113) ∂tr(XᵀXB)/∂X",
        formula=Trace(X.T * X * B_nn),
        function=lambda X, B: torch.trace(X.T @ X @ B),
        claims={X: X * B_nn.T + X * B_nn},
        lesson="(111) once more.",
    ),
    Case(
        "(114) ∂tr(AXBX)/∂X",
        formula=Trace(A_nm * X * B_nm * X),
        function=lambda A, X, B: torch.trace(A @ X @ B @ X),
        claims={X: A_nm.T * X.T * B_nm.T + B_nm.T * X.T * A_nm.T},
        lesson="X occurs twice, and so there are two terms.",
    ),
    Case(
        "(115) ∂tr(XᵀX)/∂X",
        formula=Trace(X.T * X),
        function=lambda X: torch.trace(X.T @ X),
        claims={X: 2 * X},
        lesson="The sum of the squares of all entries.",
    ),
    Case(
        "(115) ∂tr(XXᵀ)/∂X",
        formula=Trace(X * X.T),
        function=lambda X: torch.trace(X @ X.T),
        claims={X: 2 * X},
        lesson="The same sum, taken row by row instead of column by column.",
    ),
    Case(
        "(116) ∂tr(BᵀXᵀCXB)/∂X",
        formula=Trace(B_np.T * X.T * C_mm * X * B_np),
        function=lambda X, B, C: torch.trace(B.T @ X.T @ C @ X @ B),
        claims={X: C_mm.T * X * B_np * B_np.T + C_mm * X * B_np * B_np.T},
        lesson="(117) with B·Bᵀ in the place of its C.",
    ),
    Case(
        "(117) ∂tr(XᵀBXC)/∂X",
        formula=Trace(X.T * B_mm * X * C_nn),
        function=lambda X, B, C: torch.trace(X.T @ B @ X @ C),
        claims={X: B_mm * X * C_nn + B_mm.T * X * C_nn.T},
        lesson="With C = 1 it is (108), with B = 1 it is (111).",
    ),
    Case(
        "(118) ∂tr(AXBXᵀC)/∂X",
        formula=Trace(A_pm * X * B_nn * X.T * C_mp),
        function=lambda A, X, B, C: torch.trace(A @ X @ B @ X.T @ C),
        claims={X: A_pm.T * C_mp.T * X * B_nn.T + C_mp * A_pm * X * B_nn},
        lesson="(117) with its factors moved around the circle, and C·A in the place of its B.",
    ),
    Case(
        "(119) ∂tr((AXB+C)(AXB+C)ᵀ)/∂X",
        formula=Trace((A_pm * X * B_np + C_pp) * (A_pm * X * B_np + C_pp).T),
        function=lambda A, X, B, C: (A @ X @ B + C).square().sum(),
        claims={X: 2 * A_pm.T * (A_pm * X * B_np + C_pp) * B_np.T},
        lesson="Least squares with a matrix as the unknown: where this is zero stand the normal equations.",
    ),
    Case(
        "(120) ∂tr(X⊗X)/∂X",
        formula=Trace(KroneckerProduct(X_nn, X_nn)),
        function=lambda X: torch.trace(torch.kron(X, X)),
        claims={X_nn: 2 * Trace(X_nn) * Identity(n)},
        lesson="The square of the trace.",
    ),
    # 2.5.3, higher order.
    Case(
        "(121) ∂tr(Xᵏ)/∂X",
        formula=Trace(X_nn**k),
        function=lambda X, k: torch.trace(torch.linalg.matrix_power(X, int(k))),
        claims={X_nn: k * (X_nn ** (k - 1)).T},
        inputs={k: 4},
        lesson="The exponent is a symbol: the identity is about every k, and the numbers are tried at k = 4.",
    ),
    Case(
        "(122) ∂tr(AXᵏ)/∂X, k = 4",
        formula=Trace(A_nn * X_nn**4),
        function=lambda A, X: torch.trace(A @ X @ X @ X @ X),
        claims={X_nn: MatAdd(*((X_nn**r * A_nn * X_nn ** (3 - r)).T for r in range(4)))},
        lesson="A·X is not X·A, so there is one term for each of the k factors, and not k times the same.",
    ),
    Case(
        "(123) ∂tr(BᵀXᵀCXXᵀCXB)/∂X",
        formula=Trace(B_np.T * X.T * C_mm * X * X.T * C_mm * X * B_np),
        function=lambda X, B, C: torch.trace(B.T @ X.T @ C @ X @ X.T @ C @ X @ B),
        claims={
            X: C_mm * X * X.T * C_mm * X * B_np * B_np.T
            + C_mm.T * X * B_np * B_np.T * X.T * C_mm.T * X
            + C_mm * X * B_np * B_np.T * X.T * C_mm * X
            + C_mm.T * X * X.T * C_mm.T * X * B_np * B_np.T
        },
        lesson="Four X, four terms.",
    ),
    # 2.5.4, other.
    Case(
        "(124) ∂tr(AX⁻¹B)/∂X",
        formula=Trace(A_pn * X_nn.I * B_np),
        function=lambda A, X, B: torch.trace(A @ torch.linalg.solve(X, B)),
        claims={X_nn: -X_nn.I.T * A_pn.T * B_np.T * X_nn.I.T},
        inputs=INVERTIBLE,
        lesson="As the derivative of 1/x is -1/x²; what surrounded X⁻¹ comes between the two.",
    ),
    Case(
        "(125) ∂tr((XᵀCX)⁻¹A)/∂X, C symmetric",
        formula=Trace(inner * A_nn),
        function=lambda X, C, A: torch.trace(torch.linalg.solve(X.T @ sym(C) @ X, A)),
        claims={X: -C * X * inner * (A_nn + A_nn.T) * inner},
        inputs=REGULAR,
        lesson="C is a symmetric variable, for the identity needs it; A may be any matrix.",
    ),
    Case(
        "(126) ∂tr((XᵀCX)⁻¹XᵀBX)/∂X, B and C symmetric",
        formula=Trace(inner * X.T * B * X),
        function=lambda X, B, C: quotient(X, B, C),
        claims={X: -2 * C * X * inner * X.T * B * X * inner + 2 * B * X * inner},
        inputs=REGULAR,
        lesson="What linear discriminants make large: the spread between the classes over the spread within them.",
    ),
    Case(
        "(127) ∂tr((A+XᵀCX)⁻¹XᵀBX)/∂X, as printed",
        formula=Trace(lopsided * X.T * B * X),
        function=lambda X, B, C, A: quotient(X, B, C, A),
        claims={X: -2 * C * X * lopsided * X.T * B * X * lopsided + 2 * B * X * lopsided},
        inputs=REGULAR | LOPSIDED,
        fault=Fault("claim", input="X"),
        lesson="The book asks for a symmetric B and C, and says nothing about A. That is not enough.",
    ),
    Case(
        "(127) ∂tr((A+XᵀCX)⁻¹XᵀBX)/∂X, A symmetric too",
        formula=Trace(shifted * X.T * B * X),
        function=lambda X, B, C, A: quotient(X, B, C, sym(A)),
        claims={X: -2 * C * X * shifted * X.T * B * X * shifted + 2 * B * X * shifted},
        inputs=REGULAR | SYMMETRIC,
        lesson="With a symmetric A it holds; any other A needs the transposed inverse as well.",
    ),
]
