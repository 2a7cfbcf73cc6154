"""What taught something: explicit matrices, parts of longer vectors, arrays, permutations, inverses of sums."""

import torch
from further_spellings import A, B, C, X, Xe, a, b, p, s, stacked, t, u, unit, x, xe, y, zeros3
from known_formulas import R
from sympy import *  # noqa: F403 - the table is about SymPy's own words
from sympy.combinatorics import Permutation
from sympy.tensor.array import tensorcontraction, tensorproduct
from sympy.tensor.array.expressions import Reshape

# ruff: noqa: F405 - as above

g, P = MatrixSymbol("g", 6, 1), MatrixSymbol("P", 2, 2)
i, j = symbols("i j", integer=True)
weights, mean = diag(1, 2, 3), Matrix([1, 2, 3])
D = torch.diag(torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64))
c = torch.tensor([[1.0], [2.0], [3.0]], dtype=torch.float64)


def numbers(*rows):
    """An explicit matrix of numbers."""
    return torch.tensor(rows, dtype=torch.float64)


SPELLINGS_OF_PARTS = [
    (
        Trace(Matrix([[1, 2, 0], [3, 4, 1], [0, 1, 1]]) * X**2),
        lambda X: torch.trace(numbers([1, 2, 0], [3, 4, 1], [0, 1, 1]) @ X @ X),
        "",
    ),
    (Trace(ImmutableMatrix([[1, 2], [3, 4]]) * P.T * P), lambda P: torch.trace(numbers([1, 2], [3, 4]) @ P.T @ P), ""),
    (log(Determinant(weights + x * x.T)), lambda x: torch.logdet(D + x @ x.T), ""),
    (X * mean, lambda X: X @ c, ""),
    (hadamard_product(X, ImmutableMatrix([[1, 0, 0], [1, 1, 0], [1, 1, 1]])), lambda X: torch.tril(X), ""),
    (kronecker_product(ImmutableMatrix([[1, 2], [3, 4]]), P), lambda P: torch.kron(numbers([1, 2], [3, 4]), P), ""),
    (Determinant(ImmutableMatrix([[s, t], [1, p]])), lambda p, s, t: s * p - t, ""),
    (
        Trace(ImmutableMatrix([[s, t], [t, p]]) * P),
        lambda P, p, s, t: s * P[0, 0] + t * (P[0, 1] + P[1, 0]) + p * P[1, 1],
        "",
    ),
    (
        ImmutableMatrix([[cos(s), -sin(s)], [sin(s), cos(s)]]) * R,
        lambda R, s: torch.stack([s.cos(), -s.sin(), s.sin(), s.cos()]).reshape(2, 2) @ R,
        "",
    ),
    (diag(s, t, p) * x, lambda p, s, t, x: torch.stack([s, t, p]).reshape(3, 1) * x, ""),
    (diag(*[x[k] for k in range(3)]) * y, lambda x, y: x * y, ""),
    ((x.T * weights * x)[0], lambda x: (x.T @ D @ x)[0, 0], ""),
    (
        (x.T * Matrix([[1, 2, 3], [4, 5, 6], [7, 8, 10]]) * y)[0],
        lambda x, y: (x.T @ numbers([1, 2, 3], [4, 5, 6], [7, 8, 10]) @ y)[0, 0],
        "",
    ),
    (exp(-((x - y).T * weights * (x - y))[0] / 2), lambda x, y: torch.exp(-((x - y).T @ D @ (x - y))[0, 0] / 2), ""),
    (((A * x - b).T * weights * (A * x - b))[0], lambda A, b, x: ((A @ x - b).T @ D @ (A @ x - b))[0, 0], ""),
    (((x - mean).T * A * (x - mean))[0, 0], lambda A, x: ((x - c).T @ A @ (x - c))[0, 0], ""),
    ((xe - mean).norm(), lambda x: (x - c).norm(), ""),
    ((Matrix([[1, -1, 2]]) * x)[0], lambda x: x[0, 0] - x[1, 0] + 2 * x[2, 0], ""),
    (
        (g.T * BlockMatrix([[A, B], [B.T, C]]) * g)[0],
        lambda A, B, C, g: (g.T @ stacked([[A, B], [B.T, C]]) @ g)[0, 0],
        "",
    ),
    ((g.T * BlockDiagMatrix(A, B) * g)[0], lambda A, B, g: (g.T @ stacked([[A, zeros3], [zeros3, B]]) @ g)[0, 0], ""),
    (
        ((BlockMatrix([[A, B]]) * g - x).T * (BlockMatrix([[A, B]]) * g - x))[0],
        lambda A, B, g, x: ((torch.cat([A, B], 1) @ g - x) ** 2).sum(),
        "",
    ),
    ((g[:3, :].T * A * g[3:, :])[0], lambda A, g: (g[:3].T @ A @ g[3:])[0, 0], ""),
    (Inverse(P + s * Identity(2))[0, 1], lambda P, s: torch.inverse(P + s * torch.eye(2).double())[0, 1], "s"),
    (log((Xe + eye(3)).det()), lambda X: torch.logdet(X + unit), "X"),
    (Xe.charpoly(Symbol("s")).as_expr(), lambda X, s: torch.det(s * unit - X), ""),
    (PermutationMatrix(Permutation([1, 2, 0])) * x, lambda x: x[[1, 2, 0]], ""),
    (Trace(MatrixPermute(X, Permutation([1, 2, 0])) * A), lambda A, X: torch.trace(X[[1, 2, 0]] @ A), ""),
    (MatrixPermute(X, Permutation([1, 2, 0]), 1), lambda X: X[:, [1, 2, 0]], ""),
    (tensorcontraction(tensorproduct(Xe, A.as_explicit()), (1, 2)), lambda A, X: X @ A, ""),
    (Array([[s, t], [t, p]]), lambda p, s, t: torch.stack([s, t, t, p]).reshape(2, 2), ""),
    (Array([x[k] ** 2 for k in range(3)]), lambda x: (x**2)[:, 0], ""),
    (
        Array([[[s, 1], [t, p]], [[0, t], [s * t, 2]]]),
        lambda p, s, t: torch.stack([s, 1 + 0 * s, t, p, 0 * s, t, s * t, 2 + 0 * s]).reshape(2, 2, 2),
        "",
    ),
    (Reshape(X, (9,)), lambda X: X.reshape(9), ""),
    (Reshape(R, (3, 2)), lambda R: R.reshape(3, 2), ""),
    (X.applyfunc(lambda e: Abs(e) ** Rational(3, 2)), lambda X: X.abs() ** 1.5, ""),
    (
        FunctionMatrix(3, 3, Lambda((i, j), s ** (i + j))) * x,
        lambda s, x: s ** (torch.arange(3.0).double()[:, None] + torch.arange(3.0).double()) @ x,
        "",
    ),
    (Sum((u[i + 1] - u[i]) ** 2, (i, 0, 1)), lambda u: ((u[1:] - u[:-1]) ** 2).sum(), ""),
    (Sum((-1) ** i * u[i], (i, 0, 2)), lambda u: u[0] - u[1] + u[2], ""),
    (((a.T * X**2 * b)[0]) / (1 + (x.T * x)[0]), lambda X, a, b, x: (a.T @ X @ X @ b)[0, 0] / (1 + (x**2).sum()), ""),
]
