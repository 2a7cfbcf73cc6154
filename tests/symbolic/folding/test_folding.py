"""What SymPy writes out entry by entry is found again, and nothing is folded that is another function."""

import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    Abs,
    BlockDiagMatrix,
    BlockMatrix,
    Determinant,
    FunctionMatrix,
    HadamardProduct,
    Identity,
    IndexedBase,
    Integer,
    Inverse,
    Matrix,
    MatrixSymbol,
    OneMatrix,
    Piecewise,
    Product,
    Sum,
    Symbol,
    cos,
    diag,
    exp,
    expand,
    eye,
    lambdify,
    log,
    sqrt,
    symbols,
    tanh,
)

from verifier import derive
from verifier.symbolic.closed_forms import rendered_formula
from verifier.symbolic.folding import folded
from verifier.symbolic.formula import formula_of
from verifier.symbolic.notation import render

A, B, X, Y = (MatrixSymbol(name, 3, 3) for name in "ABXY")
Z = MatrixSymbol("Z", 2, 2)
W = MatrixSymbol("W", 2, 4)
a, b, x, y = (MatrixSymbol(name, 3, 1) for name in "abxy")
p, q = MatrixSymbol("p", 2, 1), MatrixSymbol("q", 4, 1)
u, M = IndexedBase("u", shape=(3,)), IndexedBase("M", shape=(3, 3))
one = OneMatrix(3, 1)
Xe, xe = X.as_explicit(), x.as_explicit()

#: Formulas that SymPy has written out, the input, and the closed form of the gradient by it.
FORMS = [
    ((x.T * A * x)[0], "x", "A·x + Aᵀ·x"),
    (expand((x.T * A * x)[0]), "x", "A·x + Aᵀ·x"),
    ((a.T * X.I * b)[0], "X", "−X⁻ᵀ·a·bᵀ·X⁻ᵀ"),
    ((p.T * Z.I * p)[0], "Z", "−Z⁻ᵀ·p·pᵀ·Z⁻ᵀ"),
    (X.I[0, 1], "X", "−X⁻ᵀ·e[0]·e[1]ᵀ·X⁻ᵀ"),
    ((one.T * x.applyfunc(exp))[0], "x", "exp∘(x)"),
    (((A * x - b).T * (A * x - b))[0], "x", "2·Aᵀ·(A·x − b)"),
    (expand(((A * x - b).T * (A * x - b))[0]), "x", "2·(Aᵀ·A·x − Aᵀ·b)"),
    ((p.T * W * q)[0], "W", "p·qᵀ"),
    ((a.T * X * X.T * b)[0], "X", "a·bᵀ·X + b·aᵀ·X"),
    ((one.T * (A * x).applyfunc(tanh))[0], "x", "Aᵀ·(1 − tanh∘(A·x)∘²)"),
    ((a.T * HadamardProduct(X, A) * b)[0], "X", "diag(a)·A·diag(b)"),
    (log((one.T * x.applyfunc(exp))[0]), "x", "softmax(x)"),
    (Xe.trace(), "X", "I"),
    ((Xe * Xe).trace(), "X", "2·Xᵀ"),
    (Xe.det(), "X", "det(X)·X⁻ᵀ"),
    (log(Xe.det()), "X", "X⁻ᵀ"),
    (xe.norm(), "x", "(1/√(xᵀ·x))·x"),
    (Xe.norm(), "X", "(1/√tr(X·Xᵀ))·X"),
    (xe.dot(y.as_explicit()), "x", "y"),
    ((X**2)[0, 1], "X", "Xᵀ·e[0]·e[1]ᵀ + e[0]·e[1]ᵀ·Xᵀ"),
    (A.as_explicit() * Xe, "X", "Aᵀ·G"),
    (u[0] ** 2 + u[1] ** 2 + u[2] ** 2, "u", "2·u"),
    (sum(M[i, i] for i in range(3)), "M", "I"),
]


C = Matrix([[2, 1, 0], [1, 3, -1], [0, -1, 4]])
D = diag(1, 2, 3)
c = Matrix([1, 2, 3])
g, h = MatrixSymbol("g", 6, 1), MatrixSymbol("h", 5, 1)
S, U = MatrixSymbol("S", 3, 2), MatrixSymbol("U", 2, 2)
two_by_two = BlockMatrix([[A, B], [B.T, X]])

#: The same with matrices of numbers.
FORMS_WITH_NUMBERS = [
    ((x.T * D * x)[0], "x", "2·diag(1, 2, 3)·x"),
    ((x.T * D * y)[0], "x", "diag(1, 2, 3)·y"),
    ((x.T * C * x)[0], "x", "2·[2, 1, 0; 1, 3, −1; 0, −1, 4]·x"),
    ((x.T * Matrix([[1, 1, 2], [2, 3, 4], [1, 1, 4]]) * x)[0], "x", "[2, 3, 3; 3, 6, 5; 3, 5, 8]·x"),
    (((x - y).T * C * (x - y))[0], "x", "2·[2, 1, 0; 1, 3, −1; 0, −1, 4]·(x − y)"),
    (exp(-((x - y).T * D * (x - y))[0] / 2), "x", "−exp(−(x − y)ᵀ·diag(1, 2, 3)·(x − y)/2)·diag(1, 2, 3)·(x − y)"),
    (((A * x - b).T * D * (A * x - b))[0], "x", "2·Aᵀ·diag(1, 2, 3)·(A·x − b)"),
    (((x - c).T * (x - c))[0, 0], "x", "2·(x − [1; 2; 3])"),
    (((x - c).T * A * (x - c))[0, 0], "A", "(x − [1; 2; 3])·(x − [1; 2; 3])ᵀ"),
    ((Matrix([[1, -1, 2]]) * x)[0], "x", "[1; −1; 2]"),
    (u[0] ** 2 + u[1] ** 2 + 2 * u[2] ** 2, "u", "2·diag(1, 1, 2)·u"),
    (u[0] * u[1] + u[1] * u[2] + u[2] * u[1], "u", "[0, 1, 0; 1, 0, 2; 0, 2, 0]·u"),
    (X[0, 0] + X[1, 1] - X[2, 2], "X", "diag(1, 1, −1)"),
]

#: The same where a matrix meets a part of a longer vector.
FORMS_OF_PARTS = [
    ((g.T * two_by_two * g)[0], "g", "[A·g[:3] + Aᵀ·g[:3] + 2·B·g[3:]; 2·Bᵀ·g[:3] + X·g[3:] + Xᵀ·g[3:]]"),
    ((g.T * two_by_two * g)[0], "B", "2·g[:3]·g[3:]ᵀ"),
    ((g.T * BlockDiagMatrix(A, B) * g)[0], "g", "[A·g[:3] + Aᵀ·g[:3]; B·g[3:] + Bᵀ·g[3:]]"),
    ((h.T * BlockMatrix([[A, S], [S.T, U]]) * h)[0], "S", "2·h[:3]·h[3:]ᵀ"),
    ((x.T * BlockMatrix([[A, B]]) * g)[0], "x", "B·g[3:] + A·g[:3]"),
    ((h[:3, :].T * A * h[:3, :])[0], "h", "[A·h[:3] + Aᵀ·h[:3]; 0]"),
]

Ze, one_of_two = Z.as_explicit(), Identity(2)
v = Symbol("v", real=True)

#: Determinants and inverses of sums of matrices.
FORMS_OF_SHIFTED = [
    ((Xe + v * eye(3)).det(), "v", "det(v·I + X)·tr((v·I + X)⁻¹)"),
    (log((Xe + eye(3)).det()), "X", "(I + X)⁻ᵀ"),
    ((Xe + A.as_explicit()).det(), "X", "det(X + A)·(X + A)⁻ᵀ"),
    ((Xe + D).det(), "X", "det(diag(1, 2, 3) + X)·(diag(1, 2, 3) + X)⁻ᵀ"),
    ((v * eye(3) - Xe).det(), "X", "−det(X − v·I)·(X − v·I)⁻ᵀ"),
    (Inverse(Z + v * one_of_two)[0, 1], "Z", "−(v·I + Z)⁻ᵀ·e[0]·e[1]ᵀ·(v·I + Z)⁻ᵀ"),
    (Inverse(Z + v * one_of_two)[0, 1], "v", "−((v·I + Z)⁻²)[0, 1]"),
    (Inverse(Z + U)[0, 0], "U", "−(Z + U)⁻ᵀ·e[0]·e[0]ᵀ·(Z + U)⁻ᵀ"),
]
FORMS += FORMS_WITH_NUMBERS + FORMS_OF_PARTS + FORMS_OF_SHIFTED


@pytest.mark.parametrize(("formula", "by", "written"), FORMS, ids=[str(row[0])[:50] for row in FORMS])
def test_the_closed_form_is_that_of_the_matrix_expression(formula, by, written):
    assert render(derive(formula, by)).plain == written


i0, j0 = symbols("i j", integer=True)

#: Formulas that are nearly complete sums, or look like them.
OTHERS = [
    u[0] ** 2 + u[1] ** 2,
    X[0, 0] * x[0] + X[1, 1] * x[1] + X[2, 2] * y[2],
    X[0, 0] + X[0, 1] + 2 * X[1, 1],
    (x[0] - 1) ** 2 + (x[1] - 2) ** 2 + (x[2] - 3) ** 3,
    (x[0] - 1) ** 2 + (x[1] - 2) ** 2,
    x[0] ** 2 + 2 * x[1] ** 2 + x[0] * y[1],
    Ze.det() + v**2,
    X[0, 0] * x[1] + X[1, 1] * x[0] + X[2, 2] * x[2],
    X[0, 0] * X[1, 1] * X[2, 2] + X[0, 1] * X[1, 2] * X[2, 0] + X[0, 2] * X[1, 0] * X[2, 1],
    Z[0, 0] * Z[1, 1] + Z[0, 1] * Z[1, 0],
    Z[1, 1] / (Z[0, 0] * Z[1, 1] + Z[0, 1] * Z[1, 0]),
]


@pytest.mark.parametrize("formula", OTHERS, ids=str)
def test_what_is_no_complete_sum_is_left_alone(formula):
    assert folded(formula) == formula


WRITTEN_OUT = [row[0] for row in FORMS] + [
    expand((x.T * x)[0] ** 2),
    expand((x.T * A * x)[0]) + x[0] * x[1] * A[0, 1],
    expand((x.T * A * x)[0] ** 2),
    u[0] + sum(u[k] ** 2 for k in range(3)),
    X[0, 0] + X[0, 1] + X[0, 2] + X[1, 1],
    sum(X[k, k] for k in range(3)) + X[0, 1],
    Piecewise(((x.T * y)[0], (x.T * x)[0] > 1), (Xe.det(), True)),
    exp(-(x.T * A * x)[0]) * cos(Xe.trace()),
    Sum(u[i0] * (M[i0, 0] + M[i0, 1] + M[i0, 2]), (i0, 0, 2)),
    Product(1 + M[i0, 0] ** 2 + M[i0, 1] ** 2 + M[i0, 2] ** 2, (i0, 0, 2)),
    X[0, 1] * X[1, 0] / Xe.det(),
    -Xe.det() * X.I[1, 2] ** 2,
    (-X[0, 1] * X[1, 0] + X[0, 0] * X[1, 1]) / Xe.det(),
    sqrt(Abs(u[0]) ** 2 + Abs(u[1]) ** 2 + Abs(u[2]) ** 2),
]


@pytest.mark.parametrize("formula", WRITTEN_OUT, ids=lambda formula: str(formula)[:50])
def test_what_is_folded_is_the_same_function(formula):
    assert same_at_a_random_point(formula, folded(formula))


def same_at_a_random_point(one, other):
    """Both written out again, with SymPy's own means, at random fractions; entries of matrices are commuting reals."""
    generator = np.random.default_rng(7)
    entries = {}
    for tensor in (A, B, X, Y, Z, W, S, U, a, b, x, y, p, q, g, h):
        for i in range(tensor.rows):
            for k in range(tensor.cols):
                entries[tensor[i, k]] = Integer(generator.integers(1, 50)) / 7
    entries[v] = Integer(3) / 11
    for i in range(3):
        entries[u[i]] = Integer(generator.integers(1, 50)) / 7
        entries |= {M[i, k]: Integer(generator.integers(1, 50)) / 7 for k in range(3)}
    return bool(abs(_number(one, entries) - _number(other, entries)) < 1e-9)


def _number(expression, entries):
    """The sum of all entries of what an expression is worth."""
    explicit = expression.as_explicit() if hasattr(expression, "as_explicit") else expression
    cells = list(explicit) if getattr(explicit, "is_Matrix", False) else [explicit]
    total = Integer(0)
    for cell in cells:
        cell = cell.replace(Determinant, lambda m: m.as_explicit().det())
        cell = cell.doit().replace(
            lambda node: getattr(node, "parent", None) is not None and isinstance(node.parent, Inverse),
            lambda node: node.parent.arg.as_explicit().inv()[node.i, node.j],
        )
        total += cell.xreplace(entries).doit().xreplace(entries)
    return complex(total.evalf(30)).real


SMALL = MatrixSymbol("S", 2, 2)
ENTRIES = [SMALL[i, k] for i in range(2) for k in range(2)] + [p[0, 0], p[1, 0]]


@st.composite
def polynomials(draw):
    """Sums of few small products of entries: many of them are complete by chance, or nearly."""
    terms = draw(st.lists(st.lists(st.sampled_from(ENTRIES), min_size=1, max_size=3), min_size=1, max_size=6))
    total = Integer(0)
    for factors in terms:
        term = draw(st.sampled_from([1, 1, 1, 2, -1])) * Integer(1)
        for factor in factors:
            term = term * factor
        total += draw(st.sampled_from([term, term, term, exp(term)]))
    return total


@given(polynomials())
@settings(max_examples=200, deadline=None)
def test_nothing_that_is_folded_is_another_function(formula):
    written = folded(formula).replace(Determinant, lambda m: m.as_explicit().det()).doit()
    names = symbols("v:6")
    numbers = dict(zip(ENTRIES, names, strict=True))
    assert expand(written.xreplace(numbers) - formula.xreplace(numbers)) == 0


def test_a_whole_matrix_is_a_function_of_row_and_column():
    form = folded((A * X).as_explicit())
    assert isinstance(form, FunctionMatrix)
    assert same_at_a_random_point(form, (A * X).as_explicit())


def test_a_matrix_with_one_entry_that_differs_is_left_alone():
    matrix = X.as_explicit().as_mutable()
    matrix[1, 1] = X[0, 0]
    matrix = matrix.as_immutable()
    assert folded(matrix) == matrix


def test_the_formula_is_shown_as_it_was_before_it_was_written_out():
    assert rendered_formula(formula_of((x.T * A * x)[0])).plain == "xᵀ·A·x"
    assert rendered_formula(formula_of(X[0, 1] ** 2)).plain == "X[0, 1]²"


def test_many_terms_are_folded_in_a_moment():
    large, vector = MatrixSymbol("A", 20, 20), MatrixSymbol("x", 20, 1)
    formula = (vector.T * large * vector)[0]
    began = time.process_time()
    assert str(folded(formula)).count("Sum") == 2
    assert time.process_time() - began < 1


def test_the_numbers_are_those_of_the_written_out_formula():
    formula = (a.T * X.I * b)[0]
    entries = [*X.as_explicit(), *a.as_explicit(), *b.as_explicit()]
    point = np.random.default_rng(0).uniform(0.5, 1.5, len(entries)) + [2 if k in (0, 4, 8) else 0 for k in range(15)]
    direct = lambdify(entries, formula.xreplace({e: e for e in entries}))(*point)
    matrix, left, right = point[:9].reshape(3, 3), point[9:12], point[12:]
    assert direct == pytest.approx(left @ np.linalg.inv(matrix) @ right)
