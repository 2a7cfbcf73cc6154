"""Partitioned matrices in closed forms: word for word, compared with their programs, and read again."""

import numpy as np
import pytest
from by_definition import value
from gradients import gradients
from sympy import (
    BlockDiagMatrix,
    BlockMatrix,
    Determinant,
    Identity,
    IndexedBase,
    Integer,
    Inverse,
    MatAdd,
    MatMul,
    MatrixSymbol,
    OneMatrix,
    Sum,
    Symbol,
    Trace,
    ZeroMatrix,
    log,
    symbols,
)

from verifier import derive
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.symbolic.closed_forms import product_of
from verifier.symbolic.formula import formula_of
from verifier.symbolic.language import total
from verifier.symbolic.notation import render
from verifier.symbolic.notation.algebra import added
from verifier.symbolic.notation.nodes import UnitVector
from verifier.symbolic.notation.partitions import merged, placed

n, m = symbols("n m", integer=True, positive=True)
X, A, B = (MatrixSymbol(name, n, n) for name in "XAB")
Y, C = MatrixSymbol("Y", n, m), MatrixSymbol("C", m, m)
a, b, c = MatrixSymbol("a", 2 * n, 1), MatrixSymbol("b", n, 1), MatrixSymbol("c", n, 1)
w = MatrixSymbol("w", n + 1, 1)
s = Symbol("s", real=True)
M, both = BlockMatrix([[X, A], [B, X]]), BlockMatrix([[b], [c]])
diagonal, triangular = BlockDiagMatrix(X, C), BlockMatrix([[X, Y], [ZeroMatrix(m, n), C]])
bordered = BlockMatrix([[X, b], [c.T, Identity(1)]])

FORMS = [
    (log(Determinant(BlockMatrix([[X, A], [A, X]]))), "X", "([X, A; A, X]⁻ᵀ)[:n, :n] + ([X, A; A, X]⁻ᵀ)[n:, n:]"),
    (Determinant(M), "X", "det([X, A; B, X])·(([X, A; B, X]⁻ᵀ)[:n, :n] + ([X, A; B, X]⁻ᵀ)[n:, n:])"),
    (Determinant(M), "A", "det([X, A; B, X])·([X, A; B, X]⁻ᵀ)[:n, n:]"),
    (Determinant(diagonal), "X", "det(C)·det(X)·X⁻ᵀ"),
    (log(Determinant(diagonal)), "C", "C⁻ᵀ"),
    (Determinant(triangular), "X", "det(C)·det(X)·X⁻ᵀ"),
    (Trace(Inverse(diagonal)), "X", "−(Xᵀ)⁻²"),
    (total(Inverse(triangular)), "C", None),
    (total(Inverse(BlockMatrix([[X, ZeroMatrix(n, m)], [Y.T, C]]))), "Y", None),
    (total(Inverse(BlockDiagMatrix(X, C, A))), "C", "−C⁻ᵀ·1·C⁻ᵀ"),
    (Trace(Inverse(M)), "X", "−(([X, A; B, X]ᵀ)⁻²)[:n, :n] − (([X, A; B, X]ᵀ)⁻²)[n:, n:]"),
    (Trace(diagonal**3), "X", "3·(Xᵀ)²"),
    ((a.T * M * a)[0], "X", "a[:n]·a[:n]ᵀ + a[n:]·a[n:]ᵀ"),
    ((a.T * M * a)[0], "A", "a[:n]·a[n:]ᵀ"),
    ((a.T * M * a)[0], "a", "[X, A; B, X]·a + [X, A; B, X]ᵀ·a"),
    ((both.T * M * both)[0], "X", "b·bᵀ + c·cᵀ"),
    ((both.T * M * both)[0], "b", "X·b + A·c + Xᵀ·b + Bᵀ·c"),
    ((both.T * Inverse(M) * both)[0], "b", "([X, A; B, X]⁻¹·[b; c])[:n] + ([X, A; B, X]⁻ᵀ·[b; c])[:n]"),
    ((a.T * Inverse(M) * a)[0], "A", "−([X, A; B, X]⁻ᵀ·a·aᵀ·[X, A; B, X]⁻ᵀ)[:n, n:]"),
    ((a.T * both)[0], "a", "[b; c]"),
    ((a.T * both)[0], "b", "a[:n]"),
    (total(BlockMatrix([[X, Y]])), "Y", "1"),
    ((w.T * bordered * w)[0], "X", "w[:n]·w[:n]ᵀ"),
    ((w.T * bordered * w)[0], "b", "w[n]·w[:n]"),
    (log(Determinant(bordered)), "b", "([Xᵀ, c; bᵀ, 1]⁻¹)[:n, n:]"),
    (Determinant(BlockMatrix([[X, b], [c.T, s * Identity(1)]])), "s", None),
    (total(X[1:, :]), "X", "[0; 1]"),
    (total(X[: n - 1, 1:] * A[:, : n - 1].T), "X", None),
    (Sum((b[symbols("i") + 1, 0] - b[symbols("i"), 0]) ** 2, (symbols("i"), 0, n - 2)), "b", None),
]


@pytest.mark.parametrize(("formula", "by", "written"), FORMS, ids=[f"{row[0]} by {row[1]}"[:70] for row in FORMS])
def test_a_form_reads_as_people_write_it_and_is_worth_what_the_program_is(formula, by, written):
    form = gradients(formula)[by]
    if written is not None:
        assert render(form).plain == written
    read = formula_of(form, formula_of(formula).symbols)
    rng = np.random.default_rng(2)
    sizes = {name: [int(extent.subs({n: 3, m: 4})) for extent in shape] for name, shape in read.program.inputs}
    env = {name: rng.uniform(0.5, 1.5, size) for name, size in sizes.items()}
    again = evaluate(read.program, env, [read.output], Float64())[read.output]
    expected = value(form, env | {"n": 3, "m": 4})
    np.testing.assert_allclose(np.reshape(again, np.shape(expected)), expected, rtol=1e-9, atol=1e-11)


def test_a_second_derivative():
    formula = formula_of(log(Determinant(diagonal)))
    form = product_of(formula, "X", {"X": MatrixSymbol("V", n, n)})
    assert render(form).plain == "−X⁻ᵀ·Vᵀ·X⁻ᵀ"


def test_at_shapes_that_are_numbers():
    P, Q = MatrixSymbol("P", 2, 2), MatrixSymbol("Q", 2, 2)
    formula = log(Determinant(BlockMatrix([[P, Q], [Q, P]])))
    assert render(derive(formula, "P")).plain == "([P, Q; Q, P]⁻ᵀ)[:2, :2] + ([P, Q; Q, P]⁻ᵀ)[2:, 2:]"
    gradients(formula)
    gradients(Determinant(BlockDiagMatrix(P, MatrixSymbol("R", 3, 3))))
    d = MatrixSymbol("d", 2, 1)
    formula = Trace(Inverse(BlockMatrix([[P, d], [d.T, 2 * Identity(1)]])))
    assert "[Pᵀ, d; dᵀ, 2]" in render(gradients(formula)["P"]).plain


def test_what_is_written_with_indices_has_no_partitions():
    u = IndexedBase("u", shape=(n,))
    i = symbols("i", integer=True)
    (form,) = gradients(Sum(u[i + 1] * u[i], (i, 0, n - 2))).values()
    assert not form.has(BlockMatrix)


def test_latex_and_mathml():
    written = render(derive(log(Determinant(M)), "A"))
    assert written.latex == (r"\left( {\begin{bmatrix} X & A \\ B & X \end{bmatrix}}^{-\top} \right)_{:n, n:}")
    assert "<mtable>" in written.mathml


def test_where_the_order_of_cuts_is_not_known_nothing_is_placed():
    block = OneMatrix(n, m)
    assert placed(block, (m, m + n), (Integer(0), m), (2 * n, n + m)) is None
    assert placed(block, (n, 2 * n), (Integer(0), m), (2 * n, m)) == BlockMatrix([[ZeroMatrix(n, m)], [block]])


def test_what_overlaps_is_not_merged_unless_it_is_cut_alike():
    upper = BlockMatrix([[X], [ZeroMatrix(n, n)]])
    lower = BlockMatrix([[ZeroMatrix(n, n)], [A]])
    one = Integer(1)
    other = BlockMatrix([[A], [ZeroMatrix(n, n)]])
    assert merged([(one, upper), (one, other)], added) == [(one, BlockMatrix([[MatAdd(X, A)], [ZeroMatrix(n, n)]]))]
    assert merged([(one, upper), (Integer(2), lower)], added) == [(one, BlockMatrix([[X], [2 * A]]))]
    longer = BlockMatrix([[MatrixSymbol("Z", n + 1, n)], [ZeroMatrix(n - 1, n)]])
    assert merged([(one, longer), (one, lower)], added) == [(one, longer), (one, lower)]


def test_unit_vectors_join_only_partitioned_matrices():
    one, column = Integer(1), BlockMatrix([[MatrixSymbol("d", 2, 1)], [ZeroMatrix(1, 1)]])
    unit = (Integer(5), UnitVector(Integer(3), Integer(2)))
    assert merged([unit, (one, UnitVector(Integer(3), Integer(0)))], added)[0] == unit
    assert merged([unit, (one, column)], added) == [
        (one, BlockMatrix([[MatrixSymbol("d", 2, 1)], [MatMul(5, OneMatrix(1, 1))]]))
    ]
