"""The Matrix Cookbook, section 2.4: derivatives of matrices, vectors and scalar forms.

The derivative of a matrix is stated for one of its entries, in row k and column l; i and j are the row and the column
of the gradient. Numbers in brackets are the equations of K. B. Petersen and M. S. Pedersen, The Matrix Cookbook,
November 15, 2012. Subscripts are shapes: A_mn is the matrix A, and has m rows and n columns.
"""

import torch
from sympy import (
    DiagMatrix,
    FunctionMatrix,
    KroneckerDelta,
    Lambda,
    MatAdd,
    MatrixSymbol,
    OneMatrix,
    Trace,
    cos,
    exp,
    sin,
    symbols,
)

from verifier import Case, Fault, symmetric, total

i, j = symbols("i j", integer=True, nonnegative=True)
m, n, p = symbols("m n p", integer=True, positive=True)
alpha = symbols("alpha", real=True)
k, ell = 0, 1
delta = KroneckerDelta

X, X_nn = MatrixSymbol("X", m, n), MatrixSymbol("X", n, n)
A_mp, A_nn, A_np, A_pn = (MatrixSymbol("A", *shape) for shape in ((m, p), (n, n), (n, p), (p, n)))
B_mm, B_nn, B_pn = (MatrixSymbol("B", *shape) for shape in ((m, m), (n, n), (p, n)))
C_pm, D_mm, D_mn = MatrixSymbol("C", p, m), MatrixSymbol("D", m, m), MatrixSymbol("D", m, n)

x, a, b, c = (MatrixSymbol(name, n, 1) for name in "xabc")
a_m, b_m, b_p, c_m, d_m = (MatrixSymbol(name, size, 1) for name, size in zip("abbcd", (m, m, p, m, m), strict=True))

# The model of least squares: x is near A·s, and W weighs the entries.
W, A, s, x_m = symmetric("W", m), MatrixSymbol("A", m, n), MatrixSymbol("s", n, 1), MatrixSymbol("x", m, 1)
s_m, far = MatrixSymbol("s", m, 1), x_m - A * s

# (91) and (92) for the power n = 3.
ab, X_3 = a * b.T, X_nn**3
direct = MatAdd(*((X_nn**r).T * ab * (X_nn ** (2 - r)).T for r in range(3)))
outer = MatAdd(*((X_nn**r).T * X_3 * ab * (X_nn ** (2 - r)).T for r in range(3)))
as_printed = MatAdd(*(X_nn ** (2 - r) * ab * X_3.T * X_nn**r for r in range(3)))

# (95): (Ax)ᵀ(Ax) over (Bx)ᵀ(Bx), and what the book prints for the latter.
above, below = Trace(x.T * A_pn.T * A_pn * x), Trace(x.T * B_pn.T * B_pn * x)
square_below, misprint = Trace(x.T * B_nn.T * B_nn * x), Trace(x.T * B_nn * B_nn * x)


def entries(rows, columns, entry):
    """The matrix with this entry in row i and column j."""
    return FunctionMatrix(rows, columns, Lambda((i, j), entry))


def weighed(W, r):
    """rᵀWr in torch, for the symmetric part of W."""
    return r.T @ (W + W.T) @ r / 2


CASES = [
    # 2.4.1, first order.
    Case(
        "(69) ∂xᵀa/∂x",
        formula=x.T * a,
        function=lambda x, a: x.T @ a,
        claims={x: a},
        lesson="The gradient of a linear form is what the variable is multiplied with.",
    ),
    Case(
        "(70) ∂aᵀXb/∂X",
        formula=a_m.T * X * b,
        function=lambda a, X, b: a.T @ X @ b,
        claims={X: a_m * b.T},
        lesson="A matrix of rank one: the entry X[i, j] meets a[i] and b[j].",
    ),
    Case(
        "(71) ∂aᵀXᵀb/∂X",
        formula=a.T * X.T * b_m,
        function=lambda a, X, b: a.T @ X.T @ b,
        claims={X: b_m * a.T},
        lesson="(70), transposed.",
    ),
    Case(
        "(72) ∂aᵀXa/∂X = ∂aᵀXᵀa/∂X",
        formula=a.T * X_nn * a,
        function=lambda a, X: a.T @ X.T @ a,
        claims={X_nn: a * a.T},
        lesson="The formula is written with X and the function with Xᵀ: a quadratic form does not see the difference.",
    ),
    Case(
        "(73) ∂Xₖₗ/∂Xᵢⱼ",
        formula=X[k, ell],
        function=lambda X: X[k, ell],
        claims={X: entries(m, n, delta(i, k) * delta(j, ell))},
        lesson="The single-entry matrix: one for the entry itself, zero for all the others.",
    ),
    Case(
        "(74) ∂(XA)ₖₗ/∂Xᵢⱼ",
        formula=(X * A_np)[k, ell],
        function=lambda X, A: (X @ A)[k, ell],
        claims={X: entries(m, n, delta(i, k) * A_np[j, ell])},
        lesson="Row k of the product is made of row k of X alone.",
    ),
    Case(
        "(75) ∂(XᵀA)ₖₗ/∂Xᵢⱼ",
        formula=(X.T * A_mp)[k, ell],
        function=lambda X, A: (X.T @ A)[k, ell],
        claims={X: entries(m, n, delta(j, k) * A_mp[i, ell])},
        lesson="Row k of the product is made of column k of X alone.",
    ),
    # 2.4.2, second order.
    Case(
        "(76) ∂ΣXₖₗXₘₙ/∂Xᵢⱼ",
        formula=total(X) ** 2,
        function=lambda X: X.sum() ** 2,
        claims={X: 2 * total(X) * OneMatrix(m, n)},
        lesson="The sum over all pairs of entries is the square of the sum.",
    ),
    Case(
        "(77) ∂bᵀXᵀXc/∂X",
        formula=b.T * X.T * X * c,
        function=lambda b, X, c: b.T @ X.T @ X @ c,
        claims={X: X * (b * c.T + c * b.T)},
        lesson="The inner product of X·b and X·c.",
    ),
    Case(
        "(78) ∂(Bx+b)ᵀC(Dx+d)/∂x",
        formula=(B_pn * x + b_p).T * C_pm * (D_mn * x + d_m),
        function=lambda B, x, b, C, D, d: (B @ x + b).T @ C @ (D @ x + d),
        claims={x: B_pn.T * C_pm * (D_mn * x + d_m) + D_mn.T * C_pm.T * (B_pn * x + b_p)},
        lesson="The product rule: each factor is varied while the other one rests.",
    ),
    Case(
        "(79) ∂(XᵀBX)ₖₗ/∂Xᵢⱼ",
        formula=(X.T * B_mm * X)[k, ell],
        function=lambda X, B: (X.T @ B @ X)[k, ell],
        claims={X: entries(m, n, delta(ell, j) * (X.T * B_mm)[k, i] + delta(k, j) * (B_mm * X)[i, ell])},
        lesson="Only the columns k and l of X take part.",
    ),
    Case(
        "(80) ∂(XᵀBX)/∂Xᵢⱼ",
        formula=b.T * X.T * B_mm * X * c,
        function=lambda b, X, B, c: b.T @ X.T @ B @ X @ c,
        claims={X: entries(m, n, (b.T * X.T * B_mm)[0, i] * c[j, 0] + b[j, 0] * (B_mm * X * c)[i, 0])},
        lesson="Contracted with constant vectors: bᵀXᵀB·Jⁱʲ·c + bᵀ·Jʲⁱ·BXc, where Jⁱʲ picks an entry on either side.",
    ),
    Case(
        "(81) ∂xᵀBx/∂x",
        formula=x.T * B_nn * x,
        function=lambda x, B: x.T @ B @ x,
        claims={x: (B_nn + B_nn.T) * x},
        lesson="2·B·x is right for a symmetric B only.",
    ),
    Case(
        "(82) ∂bᵀXᵀDXc/∂X",
        formula=b.T * X.T * D_mm * X * c,
        function=lambda b, X, D, c: b.T @ X.T @ D @ X @ c,
        claims={X: D_mm.T * X * b * c.T + D_mm * X * c * b.T},
        lesson="(77) with a matrix between the two factors.",
    ),
    Case(
        "(83) ∂(Xb+c)ᵀD(Xb+c)/∂X",
        formula=(X * b + c_m).T * D_mm * (X * b + c_m),
        function=lambda X, b, c, D: (X @ b + c).T @ D @ (X @ b + c),
        claims={X: (D_mm + D_mm.T) * (X * b + c_m) * b.T},
        lesson="(81) for X·b + c, times what X is multiplied with.",
    ),
    Case(
        "(84) ∂(x−As)ᵀW(x−As)/∂s, W symmetric",
        formula=far.T * W * far,
        function=lambda x, A, s, W: weighed(W, x - A @ s),
        claims={s: -2 * A.T * W * far},
        lesson="Weighted least squares. W is a symmetric variable, for the identity needs it.",
    ),
    Case(
        "(84) ∂(x−As)ᵀW(x−As)/∂s, any W",
        formula=far.T * MatrixSymbol("W", m, m) * far,
        function=lambda x, A, s, W: (x - A @ s).T @ W @ (x - A @ s),
        claims={s: -2 * A.T * MatrixSymbol("W", m, m) * far},
        fault=Fault("claim", input="s"),
        lesson="Without symmetry it is W + Wᵀ instead of 2·W, here and in (85) to (88).",
    ),
    Case(
        "(85) ∂(x−s)ᵀW(x−s)/∂x, W symmetric",
        formula=(x_m - s_m).T * W * (x_m - s_m),
        function=lambda x, s, W: weighed(W, x - s),
        claims={x_m: 2 * W * (x_m - s_m)},
        lesson="The gradient of a squared distance.",
    ),
    Case(
        "(86) ∂(x−s)ᵀW(x−s)/∂s, W symmetric",
        formula=(x_m - s_m).T * W * (x_m - s_m),
        function=lambda x, s, W: weighed(W, x - s),
        claims={s_m: -2 * W * (x_m - s_m)},
        lesson="The same seen from the other end.",
    ),
    Case(
        "(87) ∂(x−As)ᵀW(x−As)/∂x, W symmetric",
        formula=far.T * W * far,
        function=lambda x, A, s, W: weighed(W, x - A @ s),
        claims={x_m: 2 * W * far},
        lesson="(85) with A·s for s.",
    ),
    Case(
        "(88) ∂(x−As)ᵀW(x−As)/∂A, W symmetric",
        formula=far.T * W * far,
        function=lambda x, A, s, W: weighed(W, x - A @ s),
        claims={A: -2 * W * far * s.T},
        lesson="What a linear layer is trained with.",
    ),
    Case(
        "(89) ∂(α−xᴴb)²/∂x, real",
        formula=(alpha - (x.T * b)[0, 0]) ** 2,
        function=lambda alpha, x, b: (alpha - (x * b).sum()) ** 2,
        claims={x: -2 * (alpha - (x.T * b)[0, 0]) * b},
        lesson="One step of least mean squares, in real numbers; the book has it for complex ones.",
    ),
    # 2.4.3, higher order and nonlinear.
    Case(
        "(90) ∂(Xⁿ)ₖₗ/∂Xᵢⱼ, n = 3",
        formula=(X_nn * X_nn * X_nn)[k, ell],
        function=lambda X: (X @ X @ X)[k, ell],
        claims={
            X_nn: entries(
                n,
                n,
                delta(i, k) * (X_nn * X_nn)[j, ell] + X_nn[k, i] * X_nn[j, ell] + (X_nn * X_nn)[k, i] * delta(j, ell),
            )
        },
        lesson="One term for each factor that is varied; what stands before and after it is left.",
    ),
    Case(
        "(91) ∂aᵀXⁿb/∂X, n = 3",
        formula=a.T * X_3 * b,
        function=lambda a, X, b: a.T @ X @ X @ X @ b,
        claims={X_nn: direct},
        lesson="All the identities (90) in one.",
    ),
    Case(
        "(92) ∂aᵀ(Xⁿ)ᵀXⁿb/∂X, n = 3, as printed",
        formula=a.T * X_3.T * X_3 * b,
        function=lambda a, X, b: a.T @ (X @ X @ X).T @ X @ X @ X @ b,
        claims={X_nn: as_printed + outer},
        fault=Fault("claim", input="X"),
        lesson="The first of the two sums in the book is the transpose of what it should be: for n = 1, compare (77).",
    ),
    Case(
        "(92) ∂aᵀ(Xⁿ)ᵀXⁿb/∂X, n = 3",
        formula=a.T * X_3.T * X_3 * b,
        function=lambda a, X, b: a.T @ (X @ X @ X).T @ X @ X @ X @ b,
        claims={X_nn: as_printed.T + outer},
        lesson="With that sum transposed it holds.",
    ),
    Case(
        "(93) ∂sᵀAr/∂x",
        formula=(B_nn * x).applyfunc(sin).T * A_nn * x.applyfunc(exp),
        function=lambda B, x, A: torch.sin(B @ x).T @ A @ torch.exp(x),
        claims={
            x: B_nn.T * DiagMatrix((B_nn * x).applyfunc(cos)) * A_nn * x.applyfunc(exp)
            + DiagMatrix(x.applyfunc(exp)) * A_nn.T * (B_nn * x).applyfunc(sin)
        },
        lesson="With s = sin(Bx) and r = exp(x), entry by entry; their Jacobians stand before Ar and Aᵀs, transposed.",
    ),
    Case(
        "(95) ∂(Ax)ᵀ(Ax)/((Bx)ᵀ(Bx))/∂x",
        formula=above / below,
        function=lambda A, B, x: (A @ x).square().sum() / (B @ x).square().sum(),
        claims={x: 2 / below * A_pn.T * A_pn * x - 2 * above / below**2 * B_pn.T * B_pn * x},
        lesson="The quotient rule. Where this is zero, x is an eigenvector of the pair AᵀA and BᵀB.",
    ),
    Case(
        "(95) ∂(Ax)ᵀ(Ax)/((Bx)ᵀ(Bx))/∂x, as printed",
        formula=above / square_below,
        function=lambda A, B, x: (A @ x).square().sum() / (B @ x).square().sum(),
        claims={x: 2 / misprint * A_pn.T * A_pn * x - 2 * above / square_below**2 * B_nn.T * B_nn * x},
        fault=Fault("claim", input="x"),
        lesson="The first divisor in the book is xᵀBBx: a transpose is missing.",
    ),
    # 2.4.4, gradient and Hessian.
    Case(
        "(97) ∇(xᵀAx+bᵀx)",
        formula=x.T * A_nn * x + b.T * x,
        function=lambda x, A, b: x.T @ A @ x + b.T @ x,
        claims={x: (A_nn + A_nn.T) * x + b},
        lesson="(81) and (69) in one.",
    ),
    Case(
        "(98) ∂²(xᵀAx+bᵀx)/∂x∂xᵀ",
        formula=c.T * ((A_nn + A_nn.T) * x + b),
        function=lambda c, A, x, b: c.T @ ((A + A.T) @ x + b),
        claims={x: (A_nn + A_nn.T) * c},
        lesson="The derivative of (97), contracted with a constant c. A Hessian is symmetric.",
    ),
]
