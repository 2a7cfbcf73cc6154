"""Further spellings: what SymPy writes out itself, nested matrices, arrays, and formulas that people know by heart."""

import torch
from sympy import *  # noqa: F403 - the table is about SymPy's own words
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import diagonalize_vector
from sympy.matrices.expressions.hadamard import hadamard_power
from sympy.matrices.expressions.kronecker import KroneckerProduct
from sympy.tensor.array.expressions import ArrayAdd, ArrayContraction, ArrayDiagonal, ArrayTensorProduct, PermuteDims

# ruff: noqa: F405 - as above

A, B, C, X = (MatrixSymbol(name, 3, 3) for name in "ABCX")
a, b, x, y = (MatrixSymbol(name, 3, 1) for name in "abxy")
s, t, p = Symbol("s"), Symbol("t", real=True), Symbol("p", positive=True)
m, r = symbols("m r", integer=True, positive=True)
Xs, xs, Rs = MatrixSymbol("X", m, m), MatrixSymbol("x", m, 1), MatrixSymbol("R", r, m)
i, j, k = symbols("i j k", integer=True)
u, M = IndexedBase("u", shape=(3,)), IndexedBase("M", shape=(3, 3))
us, Ms = IndexedBase("u", shape=(m,)), IndexedBase("M", shape=(m, m))
identity, one = Identity(3), OneMatrix(3, 1)
Xe, Ae, xe, ye = (symbol.as_explicit() for symbol in (X, A, x, y))
unit, zeros3 = torch.eye(3, dtype=torch.float64), torch.zeros(3, 3, dtype=torch.float64)


def stacked(blocks):
    """A matrix of blocks."""
    return torch.cat([torch.cat(row, 1) for row in blocks], 0)


FURTHER_SPELLINGS = [
    (Trace((A + X.T * X).I * B), lambda A, B, X: torch.trace(torch.linalg.inv(A + X.T @ X) @ B), "A"),
    (((A * X) * (B + X))[0, 2], lambda A, B, X: ((A @ X) @ (B + X))[0, 2], ""),
    (x[0, 0] * y[1, 0] - x[1, 0] * y[0, 0], lambda x, y: x[0, 0] * y[1, 0] - x[1, 0] * y[0, 0], ""),
    (xe.cross(ye), lambda x, y: torch.linalg.cross(x, y, dim=0), ""),
    (xe.dot(ye), lambda x, y: (x * y).sum(), ""),
    (xe.norm(), lambda x: x.norm(), ""),
    (Xe.norm(), lambda X: X.norm(), ""),
    (Xe.det(), lambda X: torch.det(X), ""),
    (log(Xe.det()), lambda X: torch.logdet(X), "X"),
    (Xe.inv()[1, 2], lambda X: torch.inverse(X)[1, 2], "X"),
    (Xe.inv(), lambda X: torch.inverse(X), "X"),
    ((Xe * Xe).trace(), lambda X: torch.trace(X @ X), ""),
    (Ae * Xe, lambda A, X: A @ X, ""),
    (Xe.multiply_elementwise(Ae), lambda A, X: A * X, ""),
    (sum(Xe), lambda X: X.sum(), ""),
    (ImmutableMatrix([[x[0, 0], 1], [0, x[1, 0]]]).det(), lambda x: x[0, 0] * x[1, 0], ""),
    (ImmutableMatrix([[s, t], [t, s]]), lambda s, t: torch.stack([torch.stack([s, t]), torch.stack([t, s])]), ""),
    (ImmutableMatrix([[s, t], [t**2, p]]).det(), lambda p, s, t: s * p - t**3, ""),
    (hadamard_power(X, 3), lambda X: X**3, ""),
    (Trace(HadamardPower(X, 2) * OneMatrix(3, 3)), lambda X: (X**2).sum(), ""),
    (HadamardPower(2, X), lambda X: 2**X, ""),
    ((a.T * DiagMatrix(x) * b)[0], lambda a, b, x: (a * x * b).sum(), ""),
    (diagonalize_vector(x) * A, lambda A, x: torch.diag(x[:, 0]) @ A, ""),
    (Trace(DiagonalMatrix(X) * A), lambda A, X: (torch.diagonal(X) * torch.diagonal(A)).sum(), ""),
    (Determinant(X * A), lambda A, X: torch.det(X @ A), ""),
    (log(Determinant(A * X * A.T)), lambda A, X: torch.logdet(A @ X @ A.T), "AX"),
    (det(X), lambda X: torch.det(X), ""),
    (Determinant(X).doit(), lambda X: torch.det(X), ""),
    (Determinant(X.T), lambda X: torch.det(X.T), ""),
    (Adjoint(A * X), lambda A, X: (A @ X).T, ""),
    (Trace(3 * X - 2 * identity), lambda X: 3 * torch.trace(X) - 6, ""),
    (2 * Trace(A) * Trace(X) ** 3 / 5, lambda A, X: 2 * torch.trace(A) * torch.trace(X) ** 3 / 5, ""),
    (MatMul(A, X, B, evaluate=False), lambda A, B, X: A @ X @ B, ""),
    (MatMul(2, s, A, X), lambda A, X, s: 2 * s * A @ X, ""),
    (MatAdd(X, MatMul(-1, A), evaluate=False), lambda A, X: X - A, ""),
    (MatPow(X, 3, evaluate=False), lambda X: X @ X @ X, ""),
    (MatPow(X, 0) * A + X, lambda A, X: A + X, ""),
    (Inverse(Inverse(X) + A), lambda A, X: torch.inverse(torch.inverse(X) + A), "AX"),
    (Transpose(Inverse(X)), lambda X: torch.inverse(X).T, "X"),
    (Trace(X**-1 * A * X**-1), lambda A, X: torch.trace(torch.inverse(X) @ A @ torch.inverse(X)), "X"),
    (
        Trace(KroneckerProduct(X, A) * KroneckerProduct(B, C)),
        lambda A, B, C, X: torch.trace(torch.kron(X, A) @ torch.kron(B, C)),
        "",
    ),
    (
        Trace(KroneckerProduct(X, Identity(2), A)),
        lambda A, X: torch.trace(torch.kron(torch.kron(X, torch.eye(2).double()), A)),
        "",
    ),
    (HadamardProduct(X, A, evaluate=False) * 2, lambda A, X: 2 * A * X, ""),
    (HadamardProduct(A * X, X * B, X), lambda A, B, X: (A @ X) * (X @ B) * X, ""),
    (X.applyfunc(lambda e: e**2 + 1), lambda X: X**2 + 1, ""),
    ((A * X).applyfunc(lambda e: 1 / (1 + exp(-e))), lambda A, X: torch.sigmoid(A @ X), ""),
    (X.applyfunc(lambda e: log(1 + exp(e))), lambda X: torch.nn.functional.softplus(X), ""),
    (X.applyfunc(lambda e: s * e + t), lambda X, s, t: s * X + t, ""),
    (X.applyfunc(sin).applyfunc(exp), lambda X: torch.exp(torch.sin(X)), ""),
    (X.applyfunc(lambda e: Max(e, 0) ** 2), lambda X: torch.relu(X) ** 2, ""),
    (
        X.applyfunc(lambda e: Piecewise((e**2 / 2, Abs(e) < 1), (Abs(e) - Rational(1, 2), True))),
        lambda X: torch.nn.functional.huber_loss(X, torch.zeros_like(X), reduction="none"),
        "",
    ),
    ((x.T * A).applyfunc(tanh) * b, lambda A, b, x: torch.tanh(x.T @ A) @ b, ""),
    (Abs(Trace(X)), lambda X: torch.trace(X).abs(), ""),
    (Abs(Determinant(X)), lambda X: torch.det(X).abs(), ""),
    (sign(s) * s**2, lambda s: torch.sign(s) * s**2, ""),
    (
        Piecewise((Trace(X), Trace(A) > 0), (Trace(X * X), True)),
        lambda A, X: torch.where(torch.trace(A) > 0, torch.trace(X), torch.trace(X @ X)),
        "",
    ),
    (
        Piecewise((s**2, s < t), (t**2, s > 2 * t), (s * t, True)),
        lambda s, t: torch.where(s < t, s**2, torch.where(s > 2 * t, t**2, s * t)),
        "",
    ),
    (Max(*xe), lambda x: x.max(), ""),
    (Min(s, t, p), lambda p, s, t: torch.minimum(torch.minimum(s, t), p), ""),
    (log(sum(exp(x[k, 0]) for k in range(3))), lambda x: torch.logsumexp(x, 0)[0], ""),
    (log(Sum(exp(u[i] - u[0]), (i, 0, 2))) + u[0], lambda u: torch.logsumexp(u, 0), ""),
    (exp(u[i]) / Sum(exp(u[j]), (j, 0, 2)), lambda u: torch.softmax(u, 0), ""),
    (exp(M[i, j]) / Sum(exp(M[i, k]), (k, 0, 2)), lambda M: torch.softmax(M, 1), ""),
    (
        -Sum(u[i] * log(exp(M[0, i]) / Sum(exp(M[0, j]), (j, 0, 2))), (i, 0, 2)),
        lambda M, u: -(u * torch.log_softmax(M[0], 0)).sum(),
        "",
    ),
    (Sum(us[i] ** 2 * Ms[i, j] * us[j], (i, 0, m - 1), (j, 0, m - 1)), lambda M, u: (u**2) @ M @ u, ""),
    (Sum(u[i] * u[i - 1], (i, 1, 2)), lambda u: (u[1:] * u[:-1]).sum(), ""),
    (Sum(u[i] ** 2, (i, 0, 2)).doit(), lambda u: (u**2).sum(), ""),
    (Sum(X[i, i], (i, 0, 2)), lambda X: torch.trace(X), ""),
    (Sum((A * X)[i, j] ** 2, (i, 0, 2), (j, 0, 2)), lambda A, X: ((A @ X) ** 2).sum(), ""),
    (Sum(Xs[i, j] * Xs[j, i], (i, 0, m - 1), (j, 0, m - 1)), lambda X: torch.trace(X @ X), ""),
    (Sum(Product(M[i, j], (j, 0, 2)), (i, 0, 2)), lambda M: M.prod(1).sum(), ""),
    (ArrayTensorProduct(x, y), lambda x, y: torch.einsum("ia,jb->iajb", x, y), ""),
    (ArrayContraction(ArrayTensorProduct(A, X), (1, 2)), lambda A, X: A @ X, ""),
    (ArrayContraction(ArrayTensorProduct(A, X), (0, 3), (1, 2)), lambda A, X: torch.trace(A @ X), ""),
    (ArrayDiagonal(ArrayTensorProduct(A, X), (0, 2), (1, 3)), lambda A, X: A * X, ""),
    (PermuteDims(X, [1, 0]), lambda X: X.T, ""),
    (
        Trace(BlockMatrix([[X, A], [ZeroMatrix(3, 3), B]]).inverse()),
        lambda A, B, X: torch.trace(torch.inverse(stacked([[X, A], [zeros3, B]]))),
        "XB",
    ),
    (BlockMatrix([[X], [A]]) * x, lambda A, X, x: torch.cat([X, A], 0) @ x, ""),
    (block_collapse(BlockMatrix([[X, A]]) * BlockMatrix([[B], [C]])), lambda A, B, C, X: X @ B + A @ C, ""),
    (
        (BlockMatrix([[x], [y]]).T * BlockMatrix([[X, A], [A.T, B]]) * BlockMatrix([[x], [y]])),
        lambda A, B, X, x, y: torch.cat([x, y]).T @ stacked([[X, A], [A.T, B]]) @ torch.cat([x, y]),
        "",
    ),
    (log(Determinant(B - A * X.I * A.T)), lambda A, B, X: torch.logdet(B - A @ torch.inverse(X) @ A.T), "BX"),
    (sqrt((x.T * A.T * A * x)[0, 0]), lambda A, x: (A @ x).norm(), ""),
    (
        -Rational(1, 2) * log(Determinant(2 * pi * A)) - ((x - y).T * A.I * (x - y))[0] / 2,
        lambda A, x, y: -0.5 * torch.logdet(2 * torch.pi * A) - ((x - y).T @ torch.inverse(A) @ (x - y))[0, 0] / 2,
        "A",
    ),
    (
        ((X * a - b).T * (X * a - b))[0] + s * (a.T * a)[0],
        lambda X, a, b, s: ((X @ a - b) ** 2).sum() + s * (a**2).sum(),
        "",
    ),
    ((X.T * X + p * identity).I * X.T * b, lambda X, b, p: torch.linalg.solve(X.T @ X + p * unit, X.T @ b), ""),
    (log(1 + exp(-(y.T * A * x)[0])), lambda A, x, y: torch.nn.functional.softplus(-(y.T @ A @ x)[0, 0]), ""),
    (
        (b.T * (A * (B * x + a).applyfunc(tanh)))[0, 0],
        lambda A, B, a, b, x: (b.T @ (A @ torch.tanh(B @ x + a)))[0, 0],
        "",
    ),
    ((X * A.T).applyfunc(exp) * B, lambda A, B, X: torch.exp(X @ A.T) @ B, ""),
    ((x * x.T - A) * (x * x.T - A), lambda A, x: (x @ x.T - A) @ (x @ x.T - A), ""),
    (Determinant(A + x * y.T), lambda A, x, y: torch.det(A + x @ y.T), ""),
    (Trace(X**5) / Trace(X) ** 5, lambda X: torch.trace(torch.linalg.matrix_power(X, 5)) / torch.trace(X) ** 5, "X"),
    (Trace(Xs**m), lambda X: torch.trace(torch.linalg.matrix_power(X, 3)), ""),
    ((Rs.T * Rs) * xs, lambda R, x: R.T @ R @ x, ""),
    (Determinant(Rs * Rs.T), lambda R: torch.det(R @ R.T), ""),
    (
        exp(s) * Trace(X * A) - log(p) * Determinant(A),
        lambda A, X, p, s: torch.exp(s) * torch.trace(X @ A) - torch.log(p) * torch.det(A),
        "",
    ),
    (erf((x.T * x)[0] / 4), lambda x: torch.erf((x**2).sum() / 4), ""),
    (xe.dot(ye) / (xe.norm() * ye.norm()), lambda x, y: torch.cosine_similarity(x[:, 0], y[:, 0], dim=0), ""),
    (Xe.row(1) * xe, lambda X, x: X[1:2] @ x, ""),
    ((X[:, 1].T * X[:, 2])[0, 0], lambda X: X[:, 1] @ X[:, 2], ""),
    (X[0, :] * a, lambda X, a: X[0:1] @ a, ""),
    (Trace(A * X).doit(), lambda A, X: torch.trace(A @ X), ""),
    (expand((X + A) * (X - A)), lambda A, X: (X + A) @ (X - A), ""),
    (Matrix([Xe[0, 0], Xe[1, 0], Xe[1, 1]]), lambda X: torch.stack([X[0, 0], X[1, 0], X[1, 1]]).reshape(3, 1), ""),
    (Xe.vec(), lambda X: X.T.reshape(9, 1), ""),
    (Xe.reshape(1, 9), lambda X: X.reshape(1, 9), ""),
    (Xe.lower_triangular(), lambda X: torch.tril(X), ""),
    (Xe.row_join(Ae), lambda A, X: torch.cat([X, A], 1), ""),
    (Sum(log(1 + u[i] ** 2), (i, 0, 2)), lambda u: torch.log1p(u**2).sum(), ""),
    (log(p, 2), lambda p: torch.log2(p), ""),
    (cbrt(p) * root(p, 4), lambda p: p ** (1 / 3) * p**0.25, ""),
    (A.I[0, 1] * X[1, 0], lambda A, X: torch.inverse(A)[0, 1] * X[1, 0], "A"),
    (DotProduct(x, y) ** 2, lambda x, y: (x * y).sum() ** 2, ""),
    (Trace(identity * X) * Trace(identity), lambda X: 3 * torch.trace(X), ""),
    ((OneMatrix(1, 3) * X * OneMatrix(3, 1))[0], lambda X: X.sum(), ""),
    (((x - OneMatrix(3, 3) * x / 3).T * (x - OneMatrix(3, 3) * x / 3))[0] / 3, lambda x: x.var(unbiased=False), ""),
    ((identity - OneMatrix(3, 3) / 3) * X, lambda X: X - X.mean(0, keepdim=True), ""),
    (Heaviside(s - t) * s, lambda s, t: torch.where(s > t, s, torch.zeros_like(s)), ""),
    (Trace(Xs.I * xs * xs.T), lambda X, x: torch.trace(torch.inverse(X) @ x @ x.T), "X"),
    (
        KroneckerProduct(B.T, A) * KroneckerProduct(x, y),
        lambda A, B, x, y: torch.kron(B.T.contiguous(), A) @ torch.kron(x, y),
        "",
    ),
    (Trace(X[:2, :2] * A[1:, 1:]), lambda A, X: torch.trace(X[:2, :2] @ A[1:, 1:]), ""),
    (tan(s) * atan(t) + acos(s / 5), lambda s, t: torch.tan(s) * torch.atan(t) + torch.acos(s / 5), ""),
    (ElementwiseApplyFunction(lambda e: e**3, X), lambda X: X**3, ""),
    (ArrayAdd(X, PermuteDims(A, [1, 0])), lambda A, X: X + A.T, ""),
    ((X - identity) ** 2 * a, lambda X, a: (X - unit) @ (X - unit) @ a, ""),
    (kronecker_product(X, A), lambda A, X: torch.kron(X, A), ""),
    (Adjoint(X) * x, lambda X, x: X.T @ x, ""),
]
