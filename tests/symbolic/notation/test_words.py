"""Closed forms with words: each reads as people write it, and is worth what the program of the definition is worth."""

import numpy as np
import pytest
from by_definition import value
from sympy import (
    Abs,
    Determinant,
    IndexedBase,
    KroneckerProduct,
    MatrixSymbol,
    Product,
    Rational,
    Sum,
    Symbol,
    Trace,
    log,
    symbols,
)

from verifier import derive, hvp
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.symbolic.closed_forms import direction_for
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.language import (
    adjugate,
    cholesky,
    diagonal,
    eigenvalues,
    layer_norm,
    logsumexp,
    lower_triangular,
    matrix_exp,
    norm,
    nuclear_norm,
    singular_values,
    softmax,
    symmetric,
    total,
)
from verifier.symbolic.notation import render
from verifier.symbolic.notation.nodes import Entries

n, m = symbols("n m", integer=True, positive=True)
k, c = symbols("k c", integer=True)
X, A, B = (MatrixSymbol(name, n, n) for name in "XAB")
Y, T, W = MatrixSymbol("Y", n, m), MatrixSymbol("T", n, m), MatrixSymbol("W", m, n)
C = MatrixSymbol("C", m, m)
x, y = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1)
S, D, L = symmetric("S", n), diagonal("D", n), lower_triangular("L", n)
u, M = IndexedBase("u", shape=(n,)), IndexedBase("M", shape=(n, m))
i, j = symbols("i j", integer=True)
EXTENTS = {"n": 3, "m": 2}

FORMS = [
    (Trace(X**k), "X", "k·(Xᵀ)^(k − 1)"),
    (Trace((A * X) ** k), "X", "k·Aᵀ·(Xᵀ·Aᵀ)^(k − 1)"),
    (Trace(A * X**k), "X", "Σ_{r=0}^{k − 1} (Xᵀ)^r·Aᵀ·(Xᵀ)^(k − r − 1)"),
    (Trace(A * X**k) / k, "X", "(1/k)·Σ_{r=0}^{k − 1} (Xᵀ)^r·Aᵀ·(Xᵀ)^(k − r − 1)"),
    (-3 * Trace(A * matrix_exp(X)), "X", "−3·∫_{0}^{1} exp(t·Xᵀ)·Aᵀ·exp((1 − t)·Xᵀ) dt"),
    (2 * Trace(A * X ** Rational(1, 2)), "X", "2·solve_sylvester((Xᵀ)^(1/2), (Xᵀ)^(1/2), Aᵀ)"),
    (Trace(X**n), "X", "n·(Xᵀ)^(n − 1)"),
    (Trace(X * X**k), "X", "(k + 1)·(Xᵀ)^k"),
    (Trace(matrix_exp(X)), "X", "exp(Xᵀ)"),
    (Trace(matrix_exp(A * X)), "X", "Aᵀ·exp(Xᵀ·Aᵀ)"),
    (Trace(A * matrix_exp(X)), "X", "∫_{0}^{1} exp(t·Xᵀ)·Aᵀ·exp((1 − t)·Xᵀ) dt"),
    (log(Trace(matrix_exp(X))), "X", "(1/tr(exp(X)))·exp(Xᵀ)"),
    (Trace(X ** Rational(1, 2)), "X", "(1/2)·(Xᵀ)^(−1/2)"),
    (Trace(A * X ** Rational(1, 2)), "X", "solve_sylvester((Xᵀ)^(1/2), (Xᵀ)^(1/2), Aᵀ)"),
    (nuclear_norm(Y), "Y", "Y·(Yᵀ·Y)^(−1/2)"),
    (total(eigenvalues(X)), "X", "I"),
    (eigenvalues(X)[0, 0], "X", "eigenvectors(X)·e[0]·e[0]ᵀ·eigenvectors(X)ᵀ"),
    (total(eigenvalues(X).applyfunc(log)), "X", "eigenvectors(X)·diag(eigenvalues(X)∘⁻¹)·eigenvectors(X)ᵀ"),
    (total(singular_values(Y)), "Y", None),
    (total(cholesky(X)), "X", None),
    (Trace(A * cholesky(X)), "A", "cholesky(X)ᵀ"),
    (log(Determinant(cholesky(X))), "X", "(1/2)·cholesky(X)⁻ᵀ·cholesky(X)⁻¹"),
    (Trace(A * adjugate(X)), "X", "tr(A·adjugate(X))·X⁻ᵀ − X⁻ᵀ·Aᵀ·adjugate(X)ᵀ"),
    (
        total(softmax(Y) * W),
        "Y",
        "(1·Wᵀ) ∘ softmax(Y, axis=1) − diag(((1·Wᵀ) ∘ softmax(Y, axis=1))·1)·softmax(Y, axis=1)",
    ),
    (total(logsumexp(Y)), "Y", "softmax(Y, axis=1)"),
    (total(logsumexp(Y)) - Trace(T.T * Y), "Y", "softmax(Y, axis=1) − T"),
    (-Trace(T.T * softmax(Y).applyfunc(log)), "Y", "diag(T·1)·softmax(Y, axis=1) − T"),
    (-(y.T * softmax(x).applyfunc(log))[0], "x", "total(y)·softmax(x) − y"),
    (-log(softmax(x)[c, 0]), "x", "softmax(x) − e[c]"),
    (logsumexp(x) - x[c, 0], "x", "softmax(x) − e[c]"),
    ((y.T * layer_norm(x))[0], "x", None),
    (total(layer_norm(Y) * W), "Y", None),
    (Trace(S * S), "S", "2·S"),
    (log(Determinant(S)), "S", "S⁻¹"),
    ((x.T * S.I * x)[0], "S", "−S⁻¹·x·xᵀ·S⁻¹"),
    (Trace(A * S), "S", "(1/2)·(A + Aᵀ)"),
    (Trace(D * D), "D", "2·D"),
    (Trace(A * D), "D", "diag(diag(A))"),
    (Trace(L * L.T), "L", "2·L"),
    ((x.T * L * y)[0], "L", "tril(x·yᵀ)"),
    (log(Abs(Determinant(X))), "X", "X⁻ᵀ"),
    (Abs(Determinant(X)), "X", None),
    (Trace(KroneckerProduct(C, X)), "X", "tr(C)·I"),
    (total(KroneckerProduct(C, X)), "X", "total(C)·1"),
    (Trace(KroneckerProduct(C, X) * KroneckerProduct(C, B)), "X", None),
    (Determinant(KroneckerProduct(C, X)), "X", "m·det(C ⊗ X)·X⁻ᵀ"),
    (total(KroneckerProduct(x, y)), "x", "total(y)·1"),
    (total(KroneckerProduct(x.T, y)), "x", None),
    (norm(Y, 1), "Y", "sign∘(Y)"),
    (Sum(log(Abs(u[i])), (i, 0, n - 1)), "u", "[i] ↦ 1/u[i]"),
    (Sum(Abs(u[i]) ** 3, (i, 0, n - 1)), "u", "[i] ↦ 3·|u[i]|·u[i]"),
    (Product(u[i], (i, 0, n - 1)), "u", "[i] ↦ Π_{j≠i} u[j]"),
    (Sum(Product(M[i, j], (j, 0, m - 1)), (i, 0, n - 1)), "M", "[i, j] ↦ Π_{k≠j} M[i, k]"),
]


def arrays_for(program, exponent=3):
    """A point where square matrices are positive definite and far from singular, and nothing is 0."""
    generator = np.random.default_rng(5)
    arrays = {}
    for name, shape in program.inputs:
        sizes = [int(extent.subs({n: 3, m: 2})) for extent in shape]
        arrays[name] = generator.uniform(0.1, 0.6, sizes)
        if len(sizes) == 2 and sizes[0] == sizes[1]:
            arrays[name] += 2 * np.eye(sizes[0])
        elif name in ("k", "c"):
            arrays[name] = np.array(exponent if name == "k" else 1)
        if name.startswith("cotangent"):
            arrays[name] = np.ones(sizes)
    return arrays


def truth(formula, by, exponent=3):
    """The point, and the gradient there from the program of the definitions, with no word in it."""
    told = formula_of(formula)
    derivation = reverse(told.program, told.output, [by])
    arrays = arrays_for(derivation.adjoint, exponent)
    tensor = derivation.gradients[by]
    return arrays, evaluate(derivation.adjoint, arrays, [tensor], Float64())[tensor]


@pytest.mark.parametrize(("formula", "by", "written"), FORMS, ids=[f"{row[0]} by {row[1]}"[:60] for row in FORMS])
def test_a_form_reads_as_people_write_it_and_is_worth_what_the_program_is(formula, by, written):
    form = derive(formula, by)
    if written is not None:
        assert render(form).plain == written
    arrays, expected = truth(formula, by)
    found = value(form, EXTENTS | arrays)
    np.testing.assert_allclose(np.reshape(found, expected.shape), expected, rtol=1e-9, atol=1e-11)
    if not isinstance(form, Entries):
        read = formula_of(form, formula_of(formula).symbols)
        inputs = {name: arrays[name] for name, _ in read.program.inputs}
        again = evaluate(read.program, inputs, [read.output], Float64())[read.output]
        np.testing.assert_allclose(np.reshape(again, expected.shape), expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("exponent", [-2, -1, 0, 1, 4])
@pytest.mark.parametrize("formula", [Trace(A * X**k), Trace(X**k), Trace(X * X**k)], ids=str)
def test_powers_with_any_whole_exponent(formula, exponent):
    arrays, expected = truth(formula, "X", exponent)
    found = value(derive(formula, "X"), EXTENTS | arrays)
    np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-11)


def test_the_second_derivative_of_a_form_with_words():
    form = hvp(Trace(matrix_exp(X)), "X")
    assert render(form).plain == "∫_{0}^{1} exp(t·Xᵀ)·Vᵀ·exp((1 − t)·Xᵀ) dt"
    assert render(hvp(logsumexp(x), "x")).plain == "v ∘ softmax(x) − (vᵀ·softmax(x))·softmax(x)"
    assert str(direction_for(formula_of(Trace(matrix_exp(X))), "X")) == "V"


def test_symbols_that_are_no_integers_have_no_power():
    with pytest.raises(Exception, match="whole numbers and halves"):
        derive(Trace(X ** Symbol("q")), "X")
