"""Second derivatives through what is defined by an equation: how they read, and their values against three others.

The others are the program of the definitions, in which no word of closed forms occurs, torch's double backward, and
finite differences of the program's gradient.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from by_definition import value
from sympy import (
    Determinant,
    HadamardPower,
    MatrixSymbol,
    Rational,
    Trace,
    exp,
    hadamard_product,
    log,
    sin,
    symbols,
)
from torch.func import hessian as torch_hessian
from torch.func import jacrev

import verifier
from verifier import adjugate, cholesky, diag, eigenvalues, matrix_exp, nuclear_norm, singular_values, solve, total
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.symbolic.derivative import forward, reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.language import Eigenvectors, LowerHalf, LowerPart, Sylvester
from verifier.symbolic.notation import render

n, m = symbols("n m", integer=True, positive=True)
k = symbols("k", integer=True)
X, A, B = (MatrixSymbol(name, n, n) for name in "XAB")
Y, x = MatrixSymbol("Y", n, m), MatrixSymbol("x", n, 1)
EXTENTS = {"n": 3, "m": 2, "k": 4}
SMALLER = EXTENTS | {"n": 2}

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


def point(by, extents=EXTENTS):
    """Numbers for all symbols: matrices that are far from singular, and whose eigenvalues lie apart."""
    generator, size = np.random.default_rng(5), extents["n"]
    arrays = {name: generator.uniform(0.1, 0.6, (size, size)) + np.diag([2.0, 3.0, 4.5][:size]) for name in "XAB"}
    arrays |= {"Y": generator.uniform(0.1, 1.6, (size, 2)), "x": generator.uniform(0.1, 0.6, (size, 1))}
    return arrays | {"V": generator.uniform(-1, 1, arrays[by.name].shape), "k": np.array(4)}


def scalar_of(function, arrays, by):
    """The torch function of one tensor alone."""
    others = {name: torch.tensor(array) for name, array in arrays.items() if name not in (by.name, "V", "k")}
    return lambda moved: function(**{by.name: moved}, **others)


def gradient_program(formula, by):
    """The program of the gradient, from definitions without words, and the tensor that holds it."""
    told = formula_of(formula)
    derivation = reverse(told.program, told.output, [by.name])
    return told, derivation, derivation.gradients[by.name]


def numbers(program, arrays, tensor):
    known = {name: np.reshape(arrays.get(name, 1.0), _sizes(shape)) for name, shape in program.inputs}
    return evaluate(program, known, [tensor], Float64())[tensor]


def _sizes(shape):
    return [int(extent.subs({n: 3, m: 2})) for extent in shape]


def close(actual, expected, relative=1e-9):
    allowed = relative * abs(expected).max() + 1e-13
    np.testing.assert_allclose(np.reshape(actual, expected.shape), expected, rtol=0, atol=allowed)


@pytest.mark.parametrize("name", SCALARS)
def test_products_with_a_direction(name):
    formula, by, function, written = SCALARS[name]
    form, arrays = verifier.hvp(formula, by), point(by)
    assert written in (None, render(form).plain)
    found = value(form, EXTENTS | arrays)
    _, derivation, gradient = gradient_program(formula, by)
    program, moved = forward(derivation.adjoint, gradient, {by.name: "V"})
    close(found, numbers(program, arrays, moved))
    close(found, _double_backward(scalar_of(function, arrays, by), arrays, by))
    step = 1e-5
    beside = [
        numbers(derivation.adjoint, arrays | {by.name: arrays[by.name] + side * step * arrays["V"]}, gradient)
        for side in (1, -1)
    ]
    close(found, (beside[0] - beside[1]) / (2 * step), 1e-6)


def _double_backward(function, arrays, by):
    leaf = torch.tensor(arrays[by.name], requires_grad=True)
    (first,) = torch.autograd.grad(function(leaf), leaf, create_graph=True)
    (second,) = torch.autograd.grad((first * torch.tensor(arrays["V"])).sum(), leaf)
    return second.numpy()


@pytest.mark.parametrize("name", SCALARS)
def test_hessians(name):
    formula, by, function, _ = SCALARS[name]
    arrays = point(by, SMALLER)
    found = value(verifier.hessian(formula, by), SMALLER | arrays)
    close(found, torch_hessian(scalar_of(function, arrays, by))(torch.tensor(arrays[by.name])).numpy())


@pytest.mark.parametrize("name", TENSORS)
def test_jacobians(name):
    formula, by, function, written = TENSORS[name]
    form, arrays = verifier.jacobian(formula, by), point(by)
    assert written in (None, render(form).plain)
    close(
        value(form, EXTENTS | arrays),
        jacrev(scalar_of(function, arrays, by))(torch.tensor(arrays[by.name])).numpy(),
    )


@pytest.mark.parametrize("name", SCALARS)
def test_a_printed_form_can_be_read_and_differentiated_again(name):
    """The derivative of the written product along another direction, against the program of the definitions."""
    formula, by, _, _ = SCALARS[name]
    arrays = point(by)
    other = np.random.default_rng(8).uniform(-1, 1, arrays["V"].shape)
    written = formula_of(verifier.hvp(formula, by))
    program, output = forward(written.program, written.output, {by.name: "other"})
    found = numbers(program, arrays | {"other": other}, output)
    _, derivation, gradient = gradient_program(formula, by)
    program, moved = forward(derivation.adjoint, gradient, {by.name: "V"})
    program, twice = forward(program, moved, {by.name: "other"})
    close(found, numbers(program, arrays | {"other": other}, twice))


def test_another_number_is_another_form():
    """What the comparison is worth: a direction that is a little off is told."""
    formula, by, _, _ = SCALARS["Cholesky factor"]
    arrays = point(by)
    _, derivation, gradient = gradient_program(formula, by)
    program, moved = forward(derivation.adjoint, gradient, {by.name: "V"})
    off = arrays | {"V": arrays["V"] * (1 + 1e-8)}
    with pytest.raises(AssertionError):
        close(value(verifier.hvp(formula, by), EXTENTS | off), numbers(program, arrays, moved))
