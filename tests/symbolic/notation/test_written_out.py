"""Explicit matrices in closed forms: word for word, compared with the program of the definitions, and read again."""

import numpy as np
import pytest
from by_definition import value
from sympy import (
    Abs,
    Array,
    Determinant,
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    ImmutableMatrix,
    IndexedBase,
    KroneckerProduct,
    MatAdd,
    MatMul,
    MatPow,
    Matrix,
    MatrixPermute,
    MatrixSymbol,
    OneMatrix,
    PermutationMatrix,
    Rational,
    Sum,
    Symbol,
    Trace,
    Transpose,
    cos,
    diag,
    exp,
    log,
    sin,
    symbols,
)
from sympy.combinatorics import Permutation
from sympy.tensor.array import tensorproduct
from sympy.tensor.array.expressions import ArrayTensorProduct, Reshape

from verifier import derive, hessian
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.language import Explicit, softmax, total
from verifier.symbolic.notation import algebra, render
from verifier.symbolic.notation.inverses import inverse
from verifier.symbolic.notation.nodes import Entries, UnitVector
from verifier.symbolic.notation.terms import in_any_order

X, A, B = (MatrixSymbol(name, 3, 3) for name in "XAB")
P, Q = MatrixSymbol("P", 2, 2), MatrixSymbol("Q", 2, 2)
x, y = MatrixSymbol("x", 3, 1), MatrixSymbol("y", 3, 1)
s, t = symbols("s t", real=True)
p = Symbol("p", positive=True)
u = IndexedBase("u", shape=(3,))
i = Symbol("i", integer=True)
n = Symbol("n", integer=True, positive=True)
xn, An = MatrixSymbol("x", n, 1), MatrixSymbol("A", n, n)
M = ImmutableMatrix([[1, 2], [3, 4]])
J = ImmutableMatrix([[0, 1], [-1, 0]])
turn = ImmutableMatrix([[cos(s), -sin(s)], [sin(s), cos(s)]])
cycle = Permutation([1, 2, 0])

#: Formulas, the input, and the closed form of the gradient by it; G is the cotangent of a formula with more entries.
FORMS = [
    (Trace(ImmutableMatrix([[1, 2, 0], [3, 4, 1], [0, 1, 1]]) * X), "X", "[1, 3, 0; 2, 4, 1; 0, 1, 1]"),
    (Trace(M * P.T * P), "P", "P·[2, 5; 5, 8]"),
    (Trace(M * P.T * P) - Trace(M.T * P.T * P), "P", "0"),
    (Trace(diag(1, 2, 3) * X.T * X), "X", "2·X·diag(1, 2, 3)"),
    (log(Determinant(M.T * M + P * P.T)), "P", "2·(P·Pᵀ + [10, 14; 14, 20])⁻¹·P"),
    (X * Matrix([1, 2, 3]), "X", "G·[1, 2, 3]"),
    (Matrix([[1, 2, 3]]) * X, "X", "[1; 2; 3]·G"),
    (HadamardProduct(M, P) * Q, "Q", "(Pᵀ ∘ [1, 3; 2, 4])·G"),
    (Trace(J * P * J * P), "P", "2·[0, −1; 1, 0]·Pᵀ·[0, −1; 1, 0]"),
    (Determinant(ImmutableMatrix([[s, t], [1, p]])), "s", "p"),
    (Determinant(ImmutableMatrix([[s, t], [1, p]])), "t", "−1"),
    (Trace(ImmutableMatrix([[s, 0], [0, t]]) * P), "P", "diag(s, t)"),
    (Trace(ImmutableMatrix([[s, 0], [0, t]]) * P), "t", "P[1, 1]"),
    (turn * P, "P", "[cos(s), sin(s); −sin(s), cos(s)]·G"),
    (ImmutableMatrix([s, t, p]).T * X * ImmutableMatrix([s, t, p]), "X", "[s; t; p]·[s, t, p]"),
    (diag(s, t, p) * x, "x", "diag(s, t, p)·G"),
    (diag(*[x[k] for k in range(3)]) * y, "x", "G ∘ y"),
    (ImmutableMatrix([[x[0], 1], [0, x[1]]]) * P, "P", "[x[0], 0; 1, x[1]]·G"),
    (total(KroneckerProduct(M, P)), "P", "10·1"),
    (PermutationMatrix(cycle) * x, "x", "[0, 0, 1; 1, 0, 0; 0, 1, 0]·G"),
    (Trace(A * MatrixPermute(X, cycle)), "X", "[0, 0, 1; 1, 0, 0; 0, 1, 0]·Aᵀ"),
    (Array([[s, t], [t, p]]), "t", "G[0, 1] + G[1, 0]"),
    (Array([x[k] ** 2 for k in range(3)]), "x", "2·(G ∘ x)"),
    (Reshape(X, (9,)), "X", "[i, j] ↦ G[3·i + j]"),
    (Reshape(x, (3,)), "x", "G"),
    (tensorproduct(X.as_explicit(), P.as_explicit())[0, 0, 0, 1], "X", "P[0, 1]·e[0]·e[0]ᵀ"),
]

#: The same of what else was not written as a person would.
OTHER_FORMS = [
    (ArrayTensorProduct(x, y), "x", "[i] ↦ Σ_k G[i, 0, k, 0]·y[k]"),
    (X.applyfunc(lambda e: Abs(e) ** Rational(3, 2)), "X", "(3/2)·(abs∘(X)∘^(1/2) ∘ G ∘ sign∘(X))"),
    (Sum(exp(-Abs(u[i])), (i, 0, 2)), "u", "[i] ↦ −exp(−|u[i]|)·sign(u[i])"),
    ((An + s * Identity(n)).I[0, 1], "s", "−((s·I + A)⁻²)[0, 1]"),
    (
        xn.applyfunc(lambda e: exp(e / p)) / (OneMatrix(1, n) * xn.applyfunc(lambda e: exp(e / p)))[0],
        "x",
        "(1/p)·(G ∘ softmax((1/p)·x) − (Gᵀ·softmax((1/p)·x))·softmax((1/p)·x))",
    ),
]


def derived_and_true(formula, by):
    """The closed form of a gradient, its value, and that of the program of the definitions, at a random point."""
    told = formula_of(formula)
    derivation = reverse(told.program, told.output, [by])
    generator, sizes = np.random.default_rng(5), {"n": 3}
    arrays = {
        name: np.asarray(generator.uniform(0.5, 1.5, [int(e.subs(n, 3)) for e in shape]))
        for name, shape in derivation.adjoint.inputs
    }
    shape = told.program.shapes[told.output]
    if all(extent == 1 for extent in shape):
        arrays[derivation.cotangent] = np.ones([1] * len(shape))
    form = derive(formula, by)
    names = sizes | arrays | {"G": arrays[derivation.cotangent]}
    tensor = derivation.gradients[by]
    expected = (
        np.zeros(arrays[by].shape)
        if tensor is None
        else evaluate(derivation.adjoint, arrays, [tensor], Float64())[tensor]
    )
    return form, np.asarray(value(form, names)), expected


@pytest.mark.parametrize(("formula", "by", "written"), FORMS + OTHER_FORMS, ids=lambda part: str(part)[:50])
def test_a_form_reads_as_people_write_it_and_is_worth_what_the_program_is(formula, by, written):
    form, found, expected = derived_and_true(formula, by)
    assert render(form).plain == written
    found = np.broadcast_to(found, expected.shape) if found.size == 1 else found.reshape(expected.shape)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-12)


def test_what_was_written_can_be_read_again():
    form = derive(Trace(M * P.T * P), "P")
    assert render(derive(Trace(form * Q), "P")).plain == "Qᵀ·[2, 5; 5, 8]"
    assert render(hessian((x.T * diag(1, 2, 3) * x)[0], "x")).plain == "2·diag(1, 2, 3)"


def test_an_explicit_matrix_is_sympys_own_when_it_is_asked_to_be():
    matrix = Explicit(2, 3, [1, 2, 3, 4, 5, 6])
    assert matrix.doit() == ImmutableMatrix([[1, 2, 3], [4, 5, 6]])
    assert Transpose(matrix).doit() == matrix.doit().T
    assert matrix[1, 2] == 6
    assert "[1, 2, 3]" in str(matrix)
    assert not matrix.is_diagonal
    assert algebra.transposed(matrix).shape == (3, 2)


def test_the_inverse_of_a_diagonal_is_written_out_unless_there_is_none():
    assert render(inverse(Explicit(2, 2, [2, 0, 0, 4]))).plain == "diag(1/2, 1/4)"
    assert render(inverse(Explicit(2, 2, [2, 0, 0, 0]))).plain == "diag(2, 0)⁻¹"


def test_numbers_on_a_diagonal_and_the_entries_that_they_weigh():
    weights = Explicit(3, 1, [1, 2, 3])
    assert render(algebra.hadamard(weights, x)).plain == "diag(1, 2, 3)·x"
    assert render(algebra.diagonal(weights)).plain == "diag(1, 2, 3)"
    assert algebra.hadamard(weights) == weights
    assert render(algebra.hadamard(weights, UnitVector(3, 1))).plain == "2·e[1]"


def test_the_order_of_sums_and_entrywise_products_does_not_matter():
    assert in_any_order(X * (A + B)) == in_any_order(X * (B + A))
    assert in_any_order(HadamardProduct(A, B)) == in_any_order(HadamardProduct(B, A))
    assert in_any_order(A * B) != in_any_order(B * A)
    assert in_any_order(HadamardPower(A + B, 2)) != in_any_order(HadamardPower(A - B, 2))
    one, other = MatAdd(A, B), MatAdd(B, A)
    assert one != other
    assert algebra.added(MatMul(X, one), MatMul(X, other)) == MatMul(2, X, one)
    assert algebra.product(one, other) == MatPow(one, 2)


def test_explicit_matrices_in_latex_and_mathml():
    written = render(derive(Trace(M * P.T * P), "P"))
    assert written.latex == r"P \begin{bmatrix} 2 & 5 \\ 5 & 8 \end{bmatrix}"
    assert "<mtable>" in written.mathml
    assert not isinstance(derive(Trace(DiagMatrix(softmax(x)) * A), "A"), Entries)
