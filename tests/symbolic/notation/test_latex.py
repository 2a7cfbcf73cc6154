"""LaTeX, word for word."""

from __future__ import annotations

import pytest
from gradients import gradients, k, m, n
from random_matrices import A, B, X, Y, x
from sympy import (
    Determinant,
    HadamardPower,
    HadamardProduct,
    Inverse,
    KroneckerProduct,
    Matrix,
    MatrixSymbol,
    OneMatrix,
    Piecewise,
    Rational,
    Sum,
    Symbol,
    Trace,
    Transpose,
    cos,
    erf,
    exp,
    log,
    sqrt,
    symbols,
    tanh,
)
from sympy.tensor.indexed import IndexedBase

from verifier.symbolic.language import Detached, mean, total
from verifier.symbolic.notation import render

W = MatrixSymbol("W", m, k)
z, b = MatrixSymbol("z", m, 1), MatrixSymbol("b", n, 1)
a, c = symbols("a c", real=True)
i = Symbol("i", integer=True)
u = IndexedBase("u", shape=(n,))
over_i = (i, 0, n - 1)

GRADIENTS = [
    (total(X * W), "X", r"\mathbf{1} W^{\top}"),
    (total(X * W), "W", r"X^{\top} \mathbf{1}"),
    (mean(X * W), "X", r"\frac{1}{k n} \mathbf{1} W^{\top}"),
    (total(HadamardPower(X * z - b, 2)), "z", r"2 X^{\top} \left( X z - b \right)"),
    (Trace(A * X * B * X.T), "X", r"A^{\top} X B^{\top} + A X B"),
    (Trace(A), "A", r"\mathbf{I}"),
    (
        total((X * W).applyfunc(tanh)),
        "W",
        r"X^{\top} \left( \mathbf{1} - {\tanh^{\circ}\left( X W \right)}^{\circ 2} \right)",
    ),
    (
        log(Sum(exp(u[i]), over_i)),
        "u",
        r"\left[ i \right] \mapsto \frac{\exp\left( u_{i} \right)}{\sum_{j} \exp\left( u_{j} \right)}",
    ),
]

FORMULAS = [
    (Transpose(Inverse(A)), r"A^{-\top}"),
    (HadamardProduct(X, Y.T), r"X \odot Y^{\top}"),
    (KroneckerProduct(A, B), r"A \otimes B"),
    (HadamardPower(X, 2), r"X^{\circ 2}"),
    (X.applyfunc(erf), r"\operatorname{erf}^{\circ}\left( X \right)"),
    (Detached(X), r"\operatorname{Detached}\left( X \right)"),
    (total(X), r"\operatorname{total}\left( X \right)"),
    (Determinant(A), r"\det\left( A \right)"),
    (OneMatrix(n, m), r"\mathbf{1}"),
    (x[0, 0], r"x_{0}"),
    (A[0, 1], r"A_{0, 1}"),
    (u[i] ** 2, r"{u_{i}}^{2}"),
    (cos(a) ** 2, r"{\cos\left( a \right)}^{2}"),
    ((a + c) ** 2, r"\left( a + c \right)^{2}"),
    (sqrt(a) / 2, r"\frac{\sqrt{a}}{2}"),
    (Rational(-1, 2) * a, r"-\frac{a}{2}"),
    (Piecewise((a, a > 0), (c, True)), r"\begin{cases} a & \text{if } a > 0 \\ c & \text{otherwise} \end{cases}"),
    (Sum(u[i], (i, 1, n - 1)), r"\sum_{i=1}^{n - 1} u_{i}"),
    (Matrix([[a, 1], [0, c]]), r"\begin{bmatrix} a & 1 \\ 0 & c \end{bmatrix}"),
    (Symbol("alpha"), r"\alpha"),
    (Symbol("W_1"), r"W_{1}"),
    (Symbol("W_1") ** 2, r"{W_{1}}^{2}"),
    (Symbol("bias"), r"\mathit{bias}"),
    (Symbol("50% & more_"), r"\text{50\% \& more\_}"),
    (Symbol("\\input{x}"), r"\text{\textbackslash{}input\{x\}}"),
]


@pytest.mark.parametrize(("formula", "name", "text"), GRADIENTS, ids=[text for *_, text in GRADIENTS])
def test_a_gradient_word_for_word(formula, name, text):
    assert render(gradients(formula)[name]).latex == text


@pytest.mark.parametrize(("formula", "text"), FORMULAS, ids=[text for _, text in FORMULAS])
def test_word_for_word(formula, text):
    assert render(formula).latex == text


def test_numbers_do_not_run_together():
    assert render(2**a * 3**c).latex == r"2^{a} \cdot 3^{c}"
