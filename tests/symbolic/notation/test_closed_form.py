"""Gradients in closed form, word for word; `gradients` compares each with its program as well."""

from __future__ import annotations

import time

import pytest
from gradients import cases_of, gradients, k, m, n, plain_gradients
from sympy import (
    BlockMatrix,
    Determinant,
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    IndexedBase,
    Integer,
    Lambda,
    MatrixSymbol,
    Max,
    OneMatrix,
    Sum,
    Symbol,
    Trace,
    exp,
    log,
    sin,
    sqrt,
    symbols,
    tanh,
)

from verifier.errors import NoClosedFormError
from verifier.symbolic.assembly import Part, assembly
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.language import Detached, mean, total
from verifier.symbolic.notation import closed_form, render
from verifier.symbolic.notation.nodes import Entries
from verifier.symbolic.program import Builder
from verifier.symbolic.recurrence import Recurrence
from verifier.symbolic.region import whole
from verifier.symbolic.reshape import Reshape
from verifier.symbolic.strided import Accumulated, Strided

X = MatrixSymbol("X", n, m)
Y = MatrixSymbol("Y", n, m)
W = MatrixSymbol("W", m, k)
A = MatrixSymbol("A", n, n)
B = MatrixSymbol("B", m, m)
C = MatrixSymbol("C", n, n)
a, b, x = (MatrixSymbol(name, n, 1) for name in "abx")
z = MatrixSymbol("z", m, 1)
r = MatrixSymbol("r", 1, m)
s = Symbol("s", positive=True)
u, v = (IndexedBase(name, shape=(n,)) for name in "uv")
w = IndexedBase("w", shape=(m,))
M = IndexedBase("M", shape=(n, m))
T = IndexedBase("T", shape=(n, m, k))
i, j, l = symbols("i j l", integer=True)
over_i, over_j, over_l = (i, 0, n - 1), (j, 0, m - 1), (l, 0, k - 1)
t = Symbol("t")

MATRIX_NOTATION = [
    (total(X * W), {"X": "1·Wᵀ", "W": "Xᵀ·1"}),
    (mean(X * W), {"X": "(1/(k·n))·1·Wᵀ", "W": "(1/(k·n))·Xᵀ·1"}),
    (((X * z - b).T * (X * z - b))[0], {"z": "2·Xᵀ·(X·z − b)", "b": "2·(b − X·z)", "X": "2·(X·z − b)·zᵀ"}),
    (total(HadamardPower(X * z - b, 2)), {"z": "2·Xᵀ·(X·z − b)"}),
    (Trace((X * z - b).T * (X * z - b)), {"z": "2·Xᵀ·(X·z − b)"}),
    ((x.T * A * x)[0], {"x": "A·x + Aᵀ·x", "A": "x·xᵀ"}),
    (Trace(A * X * B * X.T), {"X": "Aᵀ·X·Bᵀ + A·X·B", "A": "X·Bᵀ·Xᵀ", "B": "Xᵀ·Aᵀ·X"}),
    (Trace(A), {"A": "I"}),
    (Trace(BlockMatrix([[A, C], [C, A]]) ** 2), {"A": "4·Aᵀ", "C": "4·Cᵀ"}),
    (Trace(BlockMatrix([[A, X], [Y.T, B]]) ** 2), {"A": "2·Aᵀ", "X": "2·Y", "Y": "2·X", "B": "2·Bᵀ"}),
    (Trace(A * A * A), {"A": "3·(Aᵀ)²"}),
    ((a.T * X * z)[0], {"X": "a·zᵀ", "a": "X·z", "z": "Xᵀ·a"}),
    ((a.T * A.T * A * b)[0], {"A": "A·b·aᵀ + A·a·bᵀ", "a": "Aᵀ·A·b", "b": "Aᵀ·A·a"}),
    (total(X.applyfunc(exp)), {"X": "exp∘(X)"}),
    (total(HadamardProduct(X, Y)), {"X": "Y", "Y": "X"}),
    (total(HadamardProduct(X, Y, Y)), {"X": "Y∘²", "Y": "2·(X ∘ Y)"}),
    (total(HadamardProduct(X, X * B)), {"X": "X·Bᵀ + X·B", "B": "Xᵀ·X"}),
    (total((X * W).applyfunc(tanh)), {"X": "(1 − tanh∘(X·W)∘²)·Wᵀ", "W": "Xᵀ·(1 − tanh∘(X·W)∘²)"}),
    (total((X * W).applyfunc(lambda e: Max(e, 0))), {"X": "[X·W > 0]·Wᵀ", "W": "Xᵀ·[X·W > 0]"}),
    (
        total((X * W).applyfunc(Lambda(t, 1 / (1 + exp(-t))))),
        {"W": "Xᵀ·((1 + exp∘(−X·W))∘⁻² ∘ exp∘(−X·W))"},
    ),
    (s * total(X), {"X": "s·1", "s": "total(X)"}),
    (total(X) * Trace(A), {"A": "total(X)·I", "X": "tr(A)·1"}),
    (total(X) ** 2, {"X": "2·total(X)·1"}),
    (sqrt(total(HadamardPower(X, 2))), {"X": "(1/√tr(Xᵀ·X))·X"}),
    (log((x.T * A * x)[0]), {"x": "(1/(xᵀ·A·x))·(A·x + Aᵀ·x)"}),
    (total(Detached(X) * W), {"X": None, "W": "Detached(X)ᵀ·1"}),
    (total(HadamardProduct(X, Detached(X))), {"X": "Detached(X)"}),
    (Detached(total(X)) * total(X), {"X": "Detached(total(X))·1"}),
    (Trace(DiagMatrix(x) * A), {"x": "diag(A)", "A": "diag(x)"}),
    (total(DiagMatrix(x) * X), {"x": "X·1", "X": "x·1"}),
    (A[0, 1] ** 2, {"A": "2·A[0, 1]·e[0]·e[1]ᵀ"}),
    (X * W, {"X": "cotangent·Wᵀ", "W": "Xᵀ·cotangent"}),
    (X.applyfunc(sin), {"X": "cotangent ∘ cos∘(X)"}),
    ((r * z)[0], {"r": "zᵀ", "z": "rᵀ"}),
    (total(r.applyfunc(exp)), {"r": "exp∘(r)"}),
    (total(OneMatrix(k, n) * X), {"X": "k·1"}),
    (Sum(u[i] * M[i, j] * w[j], over_i, over_j), {"u": "M·w", "w": "Mᵀ·u", "M": "u·wᵀ"}),
    (Sum(u[i] ** 2, over_i), {"u": "2·u"}),
    (sqrt(Sum(u[i] ** 2, over_i)), {"u": "(1/√(uᵀ·u))·u"}),
]

EQUATIONS = [
    (log(Determinant(A)), {"A": "A⁻ᵀ"}),
    (Determinant(A), {"A": "det(A)·A⁻ᵀ"}),
    (Determinant(A.T * A), {"A": "2·det(Aᵀ·A)·A·(Aᵀ·A)⁻¹"}),
    (Trace(A.inv()), {"A": "−(Aᵀ)⁻²"}),
    ((a.T * A.inv() * b)[0], {"A": "−A⁻ᵀ·a·bᵀ·A⁻ᵀ", "a": "A⁻¹·b", "b": "A⁻ᵀ·a"}),
    (total(A.inv()), {"A": "−A⁻ᵀ·1·A⁻ᵀ"}),
    (Trace((A + Identity(n)).inv() * X * Y.T), {"A": "−(I + A)⁻ᵀ·Y·Xᵀ·(I + A)⁻ᵀ"}),
]

INDEX_NOTATION = [
    (log(Sum(exp(u[i]), over_i)), {"u": "[i] ↦ exp(u[i])/Σ_j exp(u[j])"}),
    (Sum(u[i] ** 3, over_i), {"u": "[i] ↦ 3·u[i]²"}),
    (Sum(i * u[i], over_i), {"u": "[i] ↦ i"}),
    (
        Sum((u[i + 1] - u[i]) ** 2, (i, 0, n - 2)),
        {"u": "[i] ↦ {2·u[i] − 2·u[i + 1] if i < n − 1; 0 otherwise} + {2·u[i] − 2·u[i − 1] if i ≥ 1; 0 otherwise}"},
    ),
    (
        Sum(T[i, j, l] * u[i] * w[j], over_l, over_j, over_i),
        {"T": "[i, j, l] ↦ u[i]·w[j]", "u": "[i] ↦ Σ_j Σ_l T[i, j, l]·w[j]"},
    ),
]


FORMULAS = MATRIX_NOTATION + EQUATIONS + INDEX_NOTATION


@pytest.mark.parametrize(
    ("formula", "expected"),
    FORMULAS,
    ids=[str(formula)[:60] for formula, _ in FORMULAS],
)
def test_a_gradient_reads_as_a_person_would_have_written_it(formula, expected):
    found = plain_gradients(formula)
    assert {name: found[name] for name in expected} == expected


def test_the_result_is_sympy():
    assert gradients(total(X * W))["X"] == OneMatrix(n, k) * W.T
    assert isinstance(gradients(log(Sum(exp(u[i]), over_i)))["u"], Entries)


def test_what_has_no_closed_form_says_so():
    formula = formula_of(Determinant(A))
    first = reverse(formula.program, formula.output, ["A"])
    second = reverse(first.adjoint, first.gradients["A"], ["A"])
    inputs = {**formula.symbols, first.cotangent: Integer(1), second.cotangent: MatrixSymbol("G", n, n)}
    with pytest.raises(NoClosedFormError) as raised:
        closed_form(second.adjoint, second.gradients["A"], inputs)
    assert str(raised.value) == (
        "cofactors_A_2, which a Determinant defines, has no closed form here: "
        "its values are known all the same, so check the formula instead of deriving it"
    )


@pytest.mark.parametrize("name", ["i", "j", "k", "x"])
def test_bound_letters_are_not_the_users(name):
    own = IndexedBase(name, shape=(n,))
    (form,) = gradients(log(Sum(exp(own[l]), (l, 0, n - 1)))).values()
    bound = {index.name for index, _ in form.axes} | {limit[0].name for s in form.atoms(Sum) for limit in s.limits}
    assert name not in bound
    assert len(bound) == 2


def test_a_form_is_found_in_tens_of_milliseconds():
    hidden = (X * W).applyfunc(lambda e: Max(e, 0))
    formula = total(HadamardPower(hidden * MatrixSymbol("V", k, n) - A, 2))
    cases = cases_of(formula).values()
    began = time.process_time()
    for case in cases:
        render(closed_form(*case))
    assert time.process_time() - began < 0.1 * len(cases)


MOVED = {
    "Reshape": Reshape("X", (Integer(3), Integer(2))),
    "Strided": Strided("X", whole((2, 3))),
    "Accumulated": Accumulated("X", whole((2, 3)), (Integer(2), Integer(3))),
    "Assembly": assembly((2, 3), [Part(whole((2, 3)), "X")]),
    "Recurrence": Recurrence("X", (Integer(2), Integer(3))),
}


@pytest.mark.parametrize("kind", MOVED)
def test_definitions_without_a_notation_say_so(kind):
    builder = Builder()
    builder.give("X", (2, 3))
    builder.define(MOVED[kind], "moved")
    for symbol in (MatrixSymbol("X", 2, 3), IndexedBase("X", shape=(2, 3))):
        with pytest.raises(NoClosedFormError, match=f"moved, which (a|an) {kind} defines, has no closed form here"):
            closed_form(builder.build(), "moved", {"X": symbol})
