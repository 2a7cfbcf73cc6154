"""Formulas through what is defined by an equation, the same in torch, and how their second derivatives read."""

from __future__ import annotations

import torch
from sympy import Determinant, HadamardPower, MatrixSymbol, Rational, Trace, exp, hadamard_product, log, sin, symbols

from verifier import adjugate, cholesky, diag, eigenvalues, matrix_exp, nuclear_norm, singular_values, solve, total
from verifier.symbolic.language import Eigenvectors, LowerHalf, LowerPart, Sylvester

n, m = symbols("n m", integer=True, positive=True)
k = symbols("k", integer=True)
X, A, B = (MatrixSymbol(name, n, n) for name in "XAB")
Y, x = MatrixSymbol("Y", n, m), MatrixSymbol("x", n, 1)

linalg, hermitian = torch.linalg, lambda X: (X + X.T) / 2
Q, LAMBDA = "eigenvectors(X)", "eigenvalues(X)"
MOVED = f"{Q}ᵀ·(Vᵀ + V)·{Q}"
L = "cholesky(X)"
INNER = f"{L}⁻¹·(Vᵀ + V)·{L}⁻ᵀ"


def sylvester(A, B, C):
    """The X with A·X + X·B = C, in torch, by the linear system of its rows side by side."""
    eye = torch.eye(len(A), dtype=A.dtype)
    system = torch.kron(A, eye) + torch.kron(eye, B.T.contiguous())
    return linalg.solve(system, C.flatten()).reshape(C.shape)


def by_eigh(function):
    """A function of a symmetric matrix, made of its eigenvalues and eigenvectors."""
    return lambda X, **others: function(*linalg.eigh(hermitian(X)), **others)


def phi(M):
    """The part below the diagonal, and half of the diagonal."""
    return torch.tril(M, -1) + torch.diag(torch.diag(M)) / 2


#: A formula, the symbol, the same in torch, and how its Hessian-vector product reads.
SCALARS = {
    "powers of eigenvalues": (
        total(HadamardPower(eigenvalues(X), 3)),
        X,
        by_eigh(lambda w, V, **_: (w**3).sum()),
        f"(3/2)·{Q}·((1·({LAMBDA}∘²)ᵀ − {LAMBDA}∘²·1) ∘ reciprocal_gaps({LAMBDA}) ∘ ({MOVED})"
        f" + 4·diag({LAMBDA} ∘ diag({Q}ᵀ·V·{Q})))·{Q}ᵀ",
    ),
    "exponentials of eigenvalues": (
        total(eigenvalues(X).applyfunc(exp)),
        X,
        by_eigh(lambda w, V, **_: w.exp().sum()),
        f"(1/2)·{Q}·((1·exp∘({LAMBDA})ᵀ − exp∘({LAMBDA})·1) ∘ reciprocal_gaps({LAMBDA}) ∘ ({MOVED})"
        f" + 2·diag(diag({Q}ᵀ·V·{Q}) ∘ exp∘({LAMBDA})))·{Q}ᵀ",
    ),
    "one eigenvalue": (
        eigenvalues(X)[0, 0],
        X,
        by_eigh(lambda w, V, **_: w[0]),
        f"(1/2)·{Q}·((1·e[0]ᵀ − e[0]·1) ∘ reciprocal_gaps({LAMBDA}) ∘ ({MOVED}))·{Q}ᵀ",
    ),
    "a product of eigenvalues": (
        sin(eigenvalues(X)[0, 0] * eigenvalues(X)[1, 0]),
        X,
        by_eigh(lambda w, V, **_: torch.sin(w[0] * w[1])),
        None,
    ),
    "squares of eigenvectors": (
        total(hadamard_product(A, HadamardPower(Eigenvectors(X), 2))),
        X,
        by_eigh(lambda w, V, A, **_: (A * V**2).sum()),
        None,
    ),
    "eigenvalues and eigenvectors": (
        Trace(A * Eigenvectors(X) * diag(eigenvalues(X).applyfunc(sin)) * Eigenvectors(X).T),
        X,
        by_eigh(lambda w, V, A, **_: torch.trace(A @ V @ torch.diag(w.sin()) @ V.T)),
        None,
    ),
    "logarithms of singular values": (
        total(singular_values(Y).applyfunc(log)),
        Y,
        lambda Y, **_: linalg.svdvals(Y).log().sum(),
        None,
    ),
    "sum of singular values": (total(singular_values(Y)), Y, lambda Y, **_: linalg.svdvals(Y).sum(), None),
    "nuclear norm": (
        nuclear_norm(Y),
        Y,
        lambda Y, **_: linalg.svdvals(Y).sum(),
        "V·(Yᵀ·Y)^(−1/2) − Y·(Yᵀ·Y)^(−1/2)·solve_sylvester((Yᵀ·Y)^(1/2), (Yᵀ·Y)^(1/2), Vᵀ·Y + Yᵀ·V)·(Yᵀ·Y)^(−1/2)",
    ),
    "square root": (
        Trace(A * (X + X.T) ** Rational(1, 2)),
        X,
        by_eigh(lambda w, V, A, **_: torch.trace(A @ V @ torch.diag((2 * w).sqrt()) @ V.T)),
        None,
    ),
    "Cholesky factor": (
        Trace(A * cholesky(X)),
        X,
        lambda X, A, **_: torch.trace(A @ linalg.cholesky(hermitian(X))),
        f"(1/4)·{L}⁻ᵀ·(Φ(Φ({INNER})ᵀ·{L}ᵀ·Aᵀ)ᵀ + Φ(Φ({INNER})ᵀ·{L}ᵀ·Aᵀ) − Φ({INNER})ᵀ·(Φ({L}ᵀ·Aᵀ)ᵀ + Φ({L}ᵀ·Aᵀ))"
        f" − (Φ({L}ᵀ·Aᵀ)ᵀ + Φ({L}ᵀ·Aᵀ))·Φ({INNER}))·{L}⁻¹",
    ),
    "exponentials of a Cholesky factor": (
        total(cholesky(X).applyfunc(exp)),
        X,
        lambda X, **_: linalg.cholesky(hermitian(X)).exp().sum(),
        None,
    ),
    "log-determinant of a Cholesky factor": (
        log(Determinant(cholesky(X))),
        X,
        lambda X, **_: linalg.cholesky(hermitian(X)).diagonal().log().sum(),
        f"−(1/4)·{L}⁻ᵀ·{L}⁻¹·(Vᵀ + V)·{L}⁻ᵀ·{L}⁻¹",
    ),
    "matrix exponential": (
        Trace(A * matrix_exp(X)),
        X,
        lambda X, A, **_: torch.trace(A @ linalg.matrix_exp(X)),
        "∫_{0}^{1} ∫_{0}^{1 − t} exp(s·Xᵀ)·(Aᵀ·exp(t·Xᵀ)·Vᵀ + Vᵀ·exp(t·Xᵀ)·Aᵀ)·exp((1 − s − t)·Xᵀ) ds dt",
    ),
    "logarithm of the trace of an exponential": (
        log(Trace(matrix_exp(X))),
        X,
        lambda X, **_: linalg.matrix_exp(X).trace().log(),
        "(1/tr(exp(X)))·(∫_{0}^{1} exp(t·Xᵀ)·Vᵀ·exp((1 − t)·Xᵀ) dt"
        " − (tr(∫_{0}^{1} exp(t·X)·V·exp((1 − t)·X) dt)/tr(exp(X)))·exp(Xᵀ))",
    ),
    "power": (
        Trace(A * X**k),
        X,
        lambda X, A, **_: torch.trace(A @ linalg.matrix_power(X, 4)),
        "Σ_{r=0}^{k − 1} Σ_{q=0}^{k − r − 2} (Xᵀ)^q·(Aᵀ·(Xᵀ)^r·Vᵀ + Vᵀ·(Xᵀ)^r·Aᵀ)·(Xᵀ)^(k − q − r − 2)",
    ),
    "trace of a power": (
        Trace(X**k),
        X,
        lambda X, **_: torch.trace(linalg.matrix_power(X, 4)),
        "k·Σ_{r=0}^{k − 2} (Xᵀ)^r·Vᵀ·(Xᵀ)^(k − r − 2)",
    ),
    "Sylvester equation by the left matrix": (
        total(hadamard_product(Sylvester(X, B, A), Sylvester(X, B, A))),
        X,
        lambda X, A, B, **_: (sylvester(X, B, A) ** 2).sum(),
        None,
    ),
    "Sylvester equation by the right matrix": (
        total(Sylvester(A, X, B)),
        X,
        lambda X, A, B, **_: sylvester(A, X, B).sum(),
        None,
    ),
    "Lyapunov equation": (
        Trace(A * Sylvester(X, X.T, B)),
        X,
        lambda X, A, B, **_: torch.trace(A @ sylvester(X, X.T, B)),
        None,
    ),
    "Φ": (
        total(hadamard_product(LowerHalf(X * A * X), LowerHalf(X))),
        X,
        lambda X, A, **_: (phi(X @ A @ X) * phi(X)).sum(),
        None,
    ),
    "lower part": (
        total(hadamard_product(LowerPart(X * X), LowerPart(X * X))),
        X,
        lambda X, **_: (torch.tril(X @ X) ** 2).sum(),
        "2·(Vᵀ·tril(X²) + Xᵀ·tril(V·X + X·V) + tril(X²)·Vᵀ + tril(V·X + X·V)·Xᵀ)",
    ),
    "adjugate": (
        Trace(A * adjugate(X)),
        X,
        lambda X, A, **_: torch.trace(A @ X.inverse()) * X.det(),
        None,
    ),
    "solution": ((x.T * solve(X, x))[0] ** 2, X, lambda X, x, **_: (x.T @ linalg.solve(X, x)).sum() ** 2, None),
    "inverse": (
        total(X.inv().applyfunc(exp)),
        X,
        lambda X, **_: X.inverse().exp().sum(),
        None,
    ),
    "determinant": (sin(Determinant(X)), X, lambda X, **_: X.det().sin(), None),
}

#: A tensor formula, the symbol, the same in torch, and how its Jacobian reads.
TENSORS = {
    "eigenvalues": (eigenvalues(X), X, by_eigh(lambda w, V, **_: w), None),
    "squares of eigenvectors": (
        HadamardPower(Eigenvectors(X), 2),
        X,
        by_eigh(lambda w, V, **_: V**2),
        None,
    ),
    "singular values": (singular_values(Y), Y, lambda Y, **_: linalg.svdvals(Y).flip(0), None),
    "Cholesky factor": (
        cholesky(X),
        X,
        lambda X, **_: linalg.cholesky(hermitian(X)),
        f"[i, j, k, l] ↦ ({L}·Φ({L}⁻¹·(e[l]·e[k]ᵀ + e[k]·e[l]ᵀ)·{L}⁻ᵀ))[i, j]/2",
    ),
    "matrix exponential": (
        matrix_exp(X),
        X,
        lambda X, **_: linalg.matrix_exp(X),
        "[i, j, k, l] ↦ (∫_{0}^{1} exp(t·X)·e[k]·e[l]ᵀ·exp((1 − t)·X) dt)[i, j]",
    ),
    "power": (
        X**k,
        X,
        lambda X, **_: linalg.matrix_power(X, 4),
        "[i, j, l, p] ↦ (Σ_{r=0}^{k − 1} X^r·e[l]·e[p]ᵀ·X^(k − r − 1))[i, j]",
    ),
    "Sylvester equation by the constant": (
        Sylvester(A, B, X),
        X,
        lambda X, A, B, **_: sylvester(A, B, X),
        "[i, j, k, l] ↦ solve_sylvester(A, B, e[k]·e[l]ᵀ)[i, j]",
    ),
    "Sylvester equation by a matrix": (
        Sylvester(X, B, A),
        X,
        lambda X, A, B, **_: sylvester(X, B, A),
        "[i, j, k, l] ↦ −solve_sylvester(X, B, e[k]·e[l]ᵀ·solve_sylvester(X, B, A))[i, j]",
    ),
    "Φ": (LowerHalf(X), X, lambda X, **_: phi(X), "[i, j, k, l] ↦ Φ(e[k]·e[l]ᵀ)[i, j]"),
}
