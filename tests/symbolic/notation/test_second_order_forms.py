"""Hessians, Hessian-vector products and Jacobians in closed form: how they read, and their values against torch's."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from by_definition import value
from sympy import (
    Determinant,
    IndexedBase,
    MatrixSymbol,
    Piecewise,
    Product,
    Sum,
    Symbol,
    Trace,
    exp,
    hadamard_product,
    log,
    sin,
    symbols,
    tanh,
)
from torch.func import hessian as torch_hessian
from torch.func import jacrev, jvp

import verifier
from verifier import Detached, norm, total
from verifier.errors import DirectionShapeError, HessianOfTensorError
from verifier.symbolic.notation import render

n, m, i, j = symbols("n m i j", integer=True, positive=True)
s = Symbol("s", real=True)
x, y, a, b = (MatrixSymbol(name, n, 1) for name in "xyab")
A, Y = MatrixSymbol("A", n, n), MatrixSymbol("Y", n, n)
X, B = MatrixSymbol("X", n, m), MatrixSymbol("B", m, m)
z = IndexedBase("z", shape=(n,))

EXTENTS = {"n": 3, "m": 2}
SHAPES = {"s": (), "z": (3,), "v": (3,), "A": (3, 3), "Y": (3, 3), "X": (3, 2), "B": (2, 2)}
POINT = {
    name: torch.from_numpy(np.random.default_rng(seed).uniform(0.3, 1.3, SHAPES.get(name, (3, 1))))
    for seed, name in enumerate("sxyabAYXBz")
}

#: A formula, the symbol, the same in torch, and how its Hessian-vector product and its Hessian read.
SCALARS = {
    "quadratic form": (
        (x.T * A * x)[0],
        x,
        lambda x, A, **_: (x.T @ A @ x).sum(),
        "A·v + Aᵀ·v",
        "A + Aᵀ",
    ),
    "trace of a product": (
        Trace(A * X * B * X.T),
        X,
        lambda X, A, B, **_: (A @ X @ B @ X.T).trace(),
        "Aᵀ·V·Bᵀ + A·V·B",
        "[i, j, k, l] ↦ A[i, k]·B[l, j] + A[k, i]·B[j, l]",
    ),
    "log-sum-exp": (
        log(total(x.applyfunc(exp))),
        x,
        lambda x, **_: x.exp().sum().log(),
        "v ∘ softmax(x) − (vᵀ·softmax(x))·softmax(x)",
        "diag(softmax(x)) − softmax(x)·softmax(x)ᵀ",
    ),
    "softmax cross-entropy": (
        log(total(x.applyfunc(exp))) - (y.T * x)[0],
        x,
        lambda x, y, **_: (
            torch.nn.functional.cross_entropy(x.T, y.T / y.sum()) * y.sum() + (1 - y.sum()) * x.exp().sum().log()
        ),
        "v ∘ softmax(x) − (vᵀ·softmax(x))·softmax(x)",
        "diag(softmax(x)) − softmax(x)·softmax(x)ᵀ",
    ),
    "inverse": (
        (a.T * Y.inv() * b)[0],
        Y,
        lambda Y, a, b, **_: (a.T @ Y.inverse() @ b).sum(),
        "Y⁻ᵀ·Vᵀ·Y⁻ᵀ·a·bᵀ·Y⁻ᵀ + Y⁻ᵀ·a·bᵀ·Y⁻ᵀ·Vᵀ·Y⁻ᵀ",
        None,
    ),
    "log-determinant": (
        log(Determinant(Y)),
        Y,
        lambda Y, **_: Y.det().log(),
        "−Y⁻ᵀ·Vᵀ·Y⁻ᵀ",
        "[i, j, k, l] ↦ −(Y⁻ᵀ)[i, l]·(Y⁻ᵀ)[k, j]",
    ),
    "determinant": (
        Determinant(Y),
        Y,
        lambda Y, **_: Y.det(),
        "det(Y)·(tr(Y⁻¹·V)·Y⁻ᵀ − Y⁻ᵀ·Vᵀ·Y⁻ᵀ)",
        "[i, j, k, l] ↦ det(Y)·(Y⁻ᵀ)[i, j]·(Y⁻ᵀ)[k, l] − det(Y)·(Y⁻ᵀ)[i, l]·(Y⁻ᵀ)[k, j]",
    ),
    "norm": (
        norm(x),
        x,
        lambda x, **_: x.norm(),
        "(1/√(xᵀ·x))·(v − (vᵀ·x/(xᵀ·x))·x)",
        "(1/√(xᵀ·x))·(I − (1/(xᵀ·x))·x·xᵀ)",
    ),
    "least squares": (norm(A * x - b) ** 2, x, lambda x, A, b, **_: ((A @ x - b) ** 2).sum(), "2·Aᵀ·A·v", "2·Aᵀ·A"),
    "cubic": (
        Trace(Y**3),
        Y,
        lambda Y, **_: (Y @ Y @ Y).trace(),
        "3·(Vᵀ·Yᵀ + Yᵀ·Vᵀ)",
        "[i, j, k, l] ↦ 3·δ[i, l]·Y[j, k] + 3·δ[j, k]·Y[l, i]",
    ),
    "elementwise, matrix": (
        total(X.applyfunc(exp)),
        X,
        lambda X, **_: X.exp().sum(),
        "V ∘ exp∘(X)",
        "[i, j, k, l] ↦ exp(X[i, j])·δ[i, k]·δ[j, l]",
    ),
    "indices": (
        Sum(z[i] ** 3 * z[j], (i, 0, n - 1), (j, 0, n - 1)),
        z,
        lambda z, **_: (z**3).sum() * z.sum(),
        None,
        None,
    ),
    "product": (
        Product(z[i], (i, 0, n - 1)),
        z,
        lambda z, **_: z.prod(),
        "[i] ↦ Σ_j v[j]·[i ≠ j]·Π_{k≠i, k≠j} z[k]",
        "[i, j] ↦ [i ≠ j]·Π_{k≠i, k≠j} z[k]",
    ),
    "products of rows": (
        Sum(Product(X[i, j], (j, 0, m - 1)) ** 2, (i, 0, n - 1)),
        X,
        lambda X, **_: (X.prod(1) ** 2).sum(),
        None,
        None,
    ),
    "scalar": (sin(s) * exp(s), s, lambda s, **_: s.sin() * s.exp(), None, None),
    "half held": (
        total(hadamard_product(x, x, Detached(x))),
        x,
        lambda x, **_: (x * x * x.detach()).sum(),
        "2·(v ∘ Detached(x))",
        "2·diag(Detached(x))",
    ),
    "network": (
        total(A * (A * x).applyfunc(tanh)),
        x,
        lambda x, A, **_: (A @ (A @ x).tanh()).sum(),
        None,
        None,
    ),
    "pieces": (
        Sum(Piecewise((z[i] ** 3, z[i] > 1), (z[i] ** 2, True)), (i, 0, n - 1)),
        z,
        lambda z, **_: torch.where(z > 1, z**3, z**2).sum(),
        None,
        None,
    ),
}

#: A tensor formula, the symbol, the same in torch, and how its Jacobian reads.
TENSORS = {
    "linear": (A * x, x, lambda x, A, **_: A @ x, "A"),
    "by the matrix": (A * x, A, lambda A, x, **_: A @ x, "[i, j, k] ↦ δ[i, j]·x[k]"),
    "elementwise": (x.applyfunc(exp), x, lambda x, **_: x.exp(), "diag(exp∘(x))"),
    "elementwise of a matrix": (
        X.applyfunc(exp),
        X,
        lambda X, **_: X.exp(),
        "[i, j, k, l] ↦ exp(X[i, j])·δ[i, k]·δ[j, l]",
    ),
    "transpose": (X.T, X, lambda X, **_: X.T, "[i, j, k, l] ↦ δ[i, l]·δ[j, k]"),
    "product": (X * B, X, lambda X, B, **_: X @ B, "[i, j, k, l] ↦ δ[i, k]·B[l, j]"),
    "inverse": (Y.inv(), Y, lambda Y, **_: Y.inverse(), "[i, j, k, l] ↦ −(Y⁻¹)[i, k]·(Y⁻¹)[l, j]"),
    "solution": (Y.inv() * a, Y, lambda Y, a, **_: Y.inverse() @ a, "[i, j, k] ↦ −(Y⁻¹)[i, j]·Σ_p (Y⁻¹)[k, p]·a[p]"),
    "normalised": (x / norm(x), x, lambda x, **_: x / x.norm(), "(1/√(xᵀ·x))·(I − (1/(xᵀ·x))·x·xᵀ)"),
    "outer": (x * x.T * a, x, lambda x, a, **_: x @ x.T @ a, "x·aᵀ + (aᵀ·x)·I"),
    "layers": (
        A * (A * x).applyfunc(tanh),
        x,
        lambda x, A, **_: A @ (A @ x).tanh(),
        "A·diag(1 − tanh∘(A·x)∘²)·A",
    ),
    "scalar": ((a.T * x)[0], x, lambda x, a, **_: (a.T @ x)[0, 0], "a"),
}


def name_of(symbol):
    return str(symbol.args[0]) if symbol.args else symbol.name


def function_of(build, by):
    rest = {name: tensor for name, tensor in POINT.items() if name != by}
    return lambda moved: build(**{by: moved}, **rest)


def number(form, **more):
    env = {**EXTENTS, **{name: tensor.numpy() for name, tensor in POINT.items()}, **more}
    return np.asarray(value(form, env), dtype=float)


def assert_same(actual, expected):
    np.testing.assert_allclose(np.broadcast_to(actual.ravel(), expected.size), expected.ravel(), rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", SCALARS)
def test_hessians_and_products(name):
    formula, by, build, product, hessian = SCALARS[name]
    point, function = POINT[name_of(by)], function_of(build, name_of(by))
    direction = torch.from_numpy(np.random.default_rng(9).uniform(-1, 1, point.shape))
    expected = torch_hessian(function)(point)
    closed = verifier.hessian(formula, by)
    assert_same(number(closed), expected.numpy())
    along = verifier.hvp(formula, by)
    _, moved = jvp(torch.func.grad(function), (point,), (direction,))
    assert_same(number(along, v=direction.numpy(), V=direction.numpy()), moved.numpy())
    assert product in (None, render(along).plain)
    assert hessian in (None, render(closed).plain)


@pytest.mark.parametrize("name", TENSORS)
def test_jacobians(name):
    formula, by, build, written = TENSORS[name]
    closed = verifier.jacobian(formula, by)
    assert render(closed).plain == written
    assert_same(number(closed), jacrev(function_of(build, name_of(by)))(POINT[name_of(by)]).numpy())


def test_the_product_is_the_hessian_applied():
    formula, by = SCALARS["inverse"][:2]
    entries = number(verifier.hessian(formula, by)).reshape(9, 9)
    direction = np.random.default_rng(3).uniform(-1, 1, (3, 3))
    assert_same(entries @ direction.ravel(), number(verifier.hvp(formula, by), V=direction))


@pytest.mark.parametrize(
    ("direction", "written"), [(y, "A·y + Aᵀ·y"), (A * y, "A²·y + Aᵀ·A·y"), (x, "A·x + Aᵀ·x"), (None, "A·v + Aᵀ·v")]
)
def test_a_direction_may_be_any_expression(direction, written):
    assert render(verifier.hvp((x.T * A * x)[0], x, direction)).plain == written


def test_a_formula_that_has_the_letter_gets_another():
    v = MatrixSymbol("v", n, 1)
    assert render(verifier.hvp((v.T * A * v)[0], v)).plain == "A·vv + Aᵀ·vv"


def test_a_tensor_formula_is_weighted_with_its_cotangent():
    assert render(verifier.hvp(x.applyfunc(exp), x)).plain == "G ∘ v ∘ exp∘(x)"


@pytest.mark.parametrize("derivative", [verifier.hvp, verifier.hessian])
@pytest.mark.parametrize("formula", [(a.T * x)[0], total(x * Detached(x).T)])
def test_no_path_is_zero(derivative, formula):
    assert derivative(formula, x) == 0


def test_a_jacobian_without_a_path_is_zero():
    assert verifier.jacobian(hadamard_product(Detached(x), y), x) == 0


def test_what_has_no_hessian():
    with pytest.raises(HessianOfTensorError) as caught:
        verifier.hessian(A * x, x)
    assert str(caught.value) == (
        "A*x is no scalar, and has no Hessian: take its total or its mean, or ask for its Jacobian"
    )


def test_a_direction_of_another_shape():
    with pytest.raises(DirectionShapeError) as caught:
        verifier.hvp((x.T * A * x)[0], x, A)
    assert str(caught.value) == (
        "the direction A has shape n×n and x has shape n×1: give a direction of the shape of x"
    )


@pytest.mark.parametrize("derivative", [verifier.hvp, verifier.hessian, verifier.jacobian])
def test_a_symbol_that_the_formula_does_not_hold(derivative):
    with pytest.raises(verifier.VerifierError, match="does not hold y: differentiate it by A or x"):
        derivative((x.T * A * x)[0], y)


def test_a_jacobian_through_eigenvalues():
    form = verifier.jacobian(Determinant(Y) * verifier.eigenvalues(Y), Y)
    assert render(form).plain == (
        "[i, j, k] ↦ det(Y)·eigenvalues(Y)[i]·(Y⁻ᵀ)[j, k] + det(Y)·eigenvectors(Y)[j, i]·eigenvectors(Y)[k, i]"
    )
