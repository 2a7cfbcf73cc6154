"""Plain text: word for word, and random formulas read back."""

from __future__ import annotations

import numpy as np
import pytest
from by_definition import value
from gradients import EXTENTS, k, m, n
from hypothesis import given, settings
from hypothesis import strategies as st
from plain_values import plain_value
from random_matrices import SHAPES, SYMBOLS, A, B, X, Y, matrices, x
from sympy import (
    Abs,
    And,
    BlockMatrix,
    Derivative,
    Determinant,
    DiagonalMatrix,
    E,
    Eq,
    Float,
    Function,
    HadamardPower,
    HadamardProduct,
    I,
    Identity,
    Idx,
    IndexedBase,
    Integral,
    Inverse,
    KroneckerDelta,
    KroneckerProduct,
    Lambda,
    MatAdd,
    MatMul,
    MatPow,
    Matrix,
    MatrixSymbol,
    Max,
    Min,
    Ne,
    Not,
    OneMatrix,
    Or,
    Piecewise,
    Product,
    Rational,
    Sum,
    Trace,
    Transpose,
    ZeroMatrix,
    ceiling,
    cos,
    exp,
    factorial,
    floor,
    gamma,
    log,
    oo,
    pi,
    polygamma,
    sign,
    sqrt,
    symbols,
    tanh,
)
from sympy.matrices.expressions.matexpr import MatrixElement
from sympy.tensor.array.expressions import ArraySymbol

from verifier.symbolic.language import Detached, mean, total
from verifier.symbolic.notation import render
from verifier.symbolic.notation.nodes import UnitVector, entries

a, b, c, t = symbols("a b c t", real=True)
i, j = symbols("i j", integer=True)
u = IndexedBase("u", shape=(n,))
w = IndexedBase("w")
P = MatrixSymbol("P", 1, 1)

FORMULAS = [
    (OneMatrix(n, k) * MatrixSymbol("W", m, k).T, "1·Wᵀ"),
    (2 * X.T * (X * Y * x - x), "2·Xᵀ·(X·Y·x − x)"),
    (X - Y.T, "X − Yᵀ"),
    (-A, "−A"),
    (-A - B, "−A − B"),
    (A + 2 * A.T, "2·Aᵀ + A"),
    (Inverse(A), "A⁻¹"),
    (Transpose(Inverse(A)), "A⁻ᵀ"),
    (MatPow(A, n), "Aⁿ"),
    (MatPow(A, k), "A^k"),
    (MatPow(A + A.T, 2), "(A + Aᵀ)²"),
    ((A + A.T) * A, "(A + Aᵀ)·A"),
    (HadamardProduct(X, Y.T) * Y, "(X ∘ Yᵀ)·Y"),
    (HadamardProduct(X * Y, A), "(X·Y) ∘ A"),
    (HadamardProduct(X, Y.T) + X, "X ∘ Yᵀ + X"),
    (HadamardPower(X, 2), "X∘²"),
    (HadamardPower(X, -1), "X∘⁻¹"),
    (HadamardPower(X, Rational(1, 2)), "X∘^(1/2)"),
    (HadamardPower(X + Y.T, -2), "(X + Yᵀ)∘⁻²"),
    (X.applyfunc(exp), "exp∘(X)"),
    (HadamardPower(X.applyfunc(tanh), 2), "tanh∘(X)∘²"),
    (X.applyfunc(lambda e: cos(exp(e))), "cos∘(exp∘(X))"),
    (x.applyfunc(lambda e: e + a), "(t ↦ a + t)∘(x)"),
    (X.applyfunc(lambda e: Max(e, 0)), "max∘(0, X)"),
    (X.applyfunc(lambda e: Piecewise((1, e > 0), (0, True))), "[X > 0]"),
    (X.applyfunc(lambda e: e / (1 + Abs(e))), "(x ↦ x/(|x| + 1))∘(X)"),
    (KroneckerProduct(A, B), "A ⊗ B"),
    (Determinant(A), "det(A)"),
    (log(Determinant(A)), "log(det(A))"),
    (Trace(A * A.T), "tr(A·Aᵀ)"),
    (total(X), "total(X)"),
    (mean(X), "total(X)/(m·n)"),
    (Detached(X), "Detached(X)"),
    (Detached(a) * b, "b·Detached(a)"),
    (DiagonalMatrix(A), "diag(diag(A))"),
    (MatAdd(Identity(n), ZeroMatrix(n, n)), "I + 0"),
    (UnitVector(n, k), "e[k]"),
    (MatrixElement(x.T * A * x, 0, 0), "xᵀ·A·x"),
    (MatMul(MatrixElement(x.T * A * x, 0, 0), A, x), "(xᵀ·A·x)·A·x"),
    (2 * MatrixElement(x.T * x, 0, 0) ** 2, "2·(xᵀ·x)²"),
    (A[0, 1], "A[0, 1]"),
    (x[1, 0], "x[1]"),
    (P[0, 0] + 1, "P + 1"),
    (Matrix([[a, 1], [b, c]]), "[a, 1; b, c]"),
    (BlockMatrix([[A, X], [Y, B]]), "[A, X; Y, B]"),
    (a - b, "a − b"),
    (-a - b, "−a − b"),
    (-(a + b) * c, "c·(−a − b)"),
    (a - (b - c) / 2, "a + c/2 − b/2"),
    (a / b, "a/b"),
    (a / (b * c), "a/(b·c)"),
    ((a + b) / (a * c), "(a + b)/(a·c)"),
    (1 / a, "1/a"),
    (a ** Rational(-1, 2), "1/√a"),
    (sqrt(a + b), "√(a + b)"),
    (a**2, "a²"),
    (a ** (b + 1), "a^(b + 1)"),
    ((a + b) ** -2, "1/(a + b)²"),
    ((a**b) ** c, "(a^b)^c"),
    (cos(a) ** 2, "cos(a)²"),
    (2 ** (a / b), "2^(a/b)"),
    (exp(-a), "exp(−a)"),
    (Rational(-3, 4) * a, "−3·a/4"),
    (Float("0.5") * a, "0.5·a"),
    (Float("-1e-9"), "−1.0e-9"),
    (pi * E * I, "e·i·π"),
    (-oo, "−∞"),
    (Abs(a - b), "|a − b|"),
    (floor(a) + ceiling(b), "⌈b⌉ + ⌊a⌋"),
    (factorial(n), "n!"),
    (gamma(a) + polygamma(1, a), "Γ(a) + polygamma(1, a)"),
    (sign(a) * Max(a, b) * Min(a, 0), "sign(a)·max(a, b)·min(0, a)"),
    (Function("f")(a), "f(a)"),
    (Piecewise((a, a > 0), (b, True)), "{a if a > 0; b otherwise}"),
    (Piecewise((0, a <= 0), (1, True)), "[a > 0]"),
    (Piecewise((a, Or(And(a > 0, b >= c), Ne(c, 0)))), "{a if a > 0 ∧ b ≥ c ∨ c ≠ 0}"),
    (Not(Eq(a, b), evaluate=False), "¬(a = b)"),
    (u[i], "u[i]"),
    (Sum(u[i], (i, 0, n - 1)), "Σ_i u[i]"),
    (Sum(u[i], (i, 1, n - 1)), "Σ_{i=1}^{n − 1} u[i]"),
    (Sum(w[i], (i, 0, n - 1)), "Σ_{i<n} w[i]"),
    (Sum(u[i + 1], (i, 0, n - 2)), "Σ_{i<n − 1} u[i + 1]"),
    (Sum(u[i] * u[j], (i, 0, n - 1), (j, 0, n - 1)), "Σ_j Σ_i u[i]·u[j]"),
    (Sum(u[i] + a, (i, 0, n - 1)), "Σ_i (a + u[i])"),
    (Sum(u[i], (i, 0, n - 1)) ** 2, "(Σ_i u[i])²"),
    (a * Sum(u[i], (i, 0, n - 1)), "a·Σ_i u[i]"),
    (exp(a) / Sum(exp(u[i]), (i, 0, n - 1)), "exp(a)/Σ_i exp(u[i])"),
    (Sum(u[i], (i, 0, n - 1)) / a, "(Σ_i u[i])/a"),
    (a / Sum(u[i] * a, (i, 0, n - 1)), "a/(Σ_i a·u[i])"),
    (log(Sum(exp(u[i]), (i, 0, n - 1))), "log(Σ_i exp(u[i]))"),
    (Product(u[i], (i, 0, n - 1)), "Π_i u[i]"),
    (KroneckerDelta(i, j), "δ[i, j]"),
    (entries(exp(u[i]), (i, n)), "[i] ↦ exp(u[i])"),
    (entries(x[i, 0], (i, n), (j, 1)), "[i] ↦ x[i]"),
    (ArraySymbol("T", (n, m, k))[i, j, 0], "T[i, j, 0]"),
    (w[Idx("q", n)], "w[q]"),
    (Lambda(a, a**2), "a ↦ a²"),
    (Lambda((a, b), a + b), "(a, b) ↦ a + b"),
    (Derivative(Function("f")(a), a), "(∂/∂a)·(f(a))"),
    (Derivative(Function("f")(a, b), a, a, b), "(∂³/∂a²∂b)·(f(a, b))"),
    (Integral(exp(a), (a, 0, 1)), "Integral(exp(a), (a, 0, 1))"),
]


@pytest.mark.parametrize(("formula", "text"), FORMULAS, ids=[text for _, text in FORMULAS])
def test_word_for_word(formula, text):
    assert render(formula).plain == text


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_a_random_formula_reads_as_what_it_is(data):
    formula = data.draw(matrices(data.draw(st.sampled_from(SHAPES)), 3))
    rng = np.random.default_rng(0)
    env = dict(EXTENTS)
    env |= {s.name: rng.uniform(-1, 1, [int(value(extent, EXTENTS)) for extent in s.shape]) for s in SYMBOLS}
    np.testing.assert_allclose(plain_value(render(formula).plain, env), value(formula, env), rtol=1e-9, atol=1e-9)
