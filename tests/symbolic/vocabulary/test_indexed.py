"""Index notation: sums, limits, free indices, shapes that nobody gave."""

import numpy as np
import pytest
from formulas import gradients_of, value_of
from loops import assert_near
from sympy import Idx, IndexedBase, MatrixSymbol, Piecewise, Sum, Symbol, exp, log, symbols
from sympy.tensor.array.expressions import ArraySymbol

from verifier.errors import ExtentUnknownError, FormulaError, FormulaNotUnderstoodError, IndexOutsideError
from verifier.symbolic.formula import formula_of
from verifier.symbolic.language import Detached, mean, total

i, j, k, n, m = symbols("i j k n m", integer=True)
x, y, A = (IndexedBase(name) for name in ("x", "y", "A"))
X, Y = np.array([0.5, 1.5, 2.0, 0.25, 3.0]), np.array([1.0, -2.0, 0.5, 4.0, 1.25])
M = np.random.default_rng(0).normal(size=(5, 3))

SUMS = {
    "plain": (Sum(x[i] ** 2, (i, 0, n - 1)), (X**2).sum(), 2 * X),
    "shifted low limit": (Sum(x[i] ** 2, (i, 2, n - 1)), (X[2:] ** 2).sum(), [0, 0, *(2 * X[2:])]),
    "one-based": (Sum(x[i - 1] * i, (i, 1, n)), (X * [1, 2, 3, 4, 5]).sum(), [1, 2, 3, 4, 5]),
    "differences": (
        Sum((x[i + 1] - x[i]) ** 2, (i, 0, n - 2)),
        (np.diff(X) ** 2).sum(),
        [-1, *(2 * X[1:-1] - X[:-2] - X[2:]), 1.75] * np.array([2, 2, 2, 2, 2]) + [0, 0, 0, 0, 2],
    ),
    "reach beyond n": (
        Sum(x[i + 1] * x[i], (i, 0, n - 1)),
        (X[1:] * X[:-1]).sum(),
        [1.5, 2.5, 1.75, 5.0, 0.25],
    ),
    "every second": (Sum(x[2 * i], (i, 0, 2)), X[::2].sum(), [1, 0, 1, 0, 1]),
    "backwards": (Sum(x[4 - i] * i, (i, 0, 4)), (X[::-1] * np.arange(5)).sum(), [4, 3, 2, 1, 0]),
    "two entries of one sum": (Sum(x[i] * x[0], (i, 0, n - 1)), X.sum() * 0.5, [0.5 + X.sum(), *[0.5] * 4]),
    "several indices": (Sum(x[i] * x[j], (i, 0, n - 1), (j, 0, n - 1)), X.sum() ** 2, [2 * X.sum()] * 5),
    "nested": (
        Sum(x[i] * Sum(x[j] * i, (j, 0, n - 1)), (i, 0, n - 1)),
        (X * np.arange(5)).sum() * X.sum(),
        np.arange(5) * X.sum() + (X * np.arange(5)).sum(),
    ),
    "nested sums that reuse the index": (
        Sum(Sum(x[i] ** 2, (i, 0, n - 1)) * x[i], (i, 0, n - 1)),
        (X**2).sum() * X.sum(),
        2 * X * X.sum() + (X**2).sum(),
    ),
    "sum in a denominator": (
        Sum(x[i] / Sum(x[i], (i, 0, n - 1)) * i, (i, 0, n - 1)),
        (X * np.arange(5)).sum() / X.sum(),
        np.arange(5) / X.sum() - (X * np.arange(5)).sum() / X.sum() ** 2,
    ),
    "logarithm of a sum": (
        log(Sum(exp(x[i]), (i, 0, n - 1))),
        np.log(np.exp(X).sum()),
        np.exp(X) / np.exp(X).sum(),
    ),
    "extent in the body": (Sum(x[i] / n + n, (i, 0, n - 1)), X.mean() + 25, [0.2] * 5),
    "pieces by the index": (
        Sum(Piecewise((x[i] ** 2, i < 2), (x[i], True)), (i, 0, n - 1)),
        (X[:2] ** 2).sum() + X[2:].sum(),
        [1.0, 3.0, 1, 1, 1],
    ),
    "detached inside of a sum": (Sum(x[i] * Detached(x[i]), (i, 0, n - 1)), (X**2).sum(), X),
    "a detached sum inside of a sum": (
        Sum(x[i] * Detached(Sum(x[j], (j, 0, n - 1))), (i, 0, n - 1)),
        X.sum() ** 2,
        [X.sum()] * 5,
    ),
    "a detached row sum": (
        Sum(x[i] * Detached(Sum(x[i] * x[j], (j, 0, n - 1))), (i, 0, n - 1)),
        (X**2).sum() * X.sum(),
        X * X.sum(),
    ),
}


@pytest.mark.parametrize("name", SUMS)
def test_sums(name):
    expression, value, gradient = SUMS[name]
    assert_near(value_of(expression, x=X), value)
    assert_near(gradients_of(expression, x=X)["x"], gradient)


def test_bodies_with_entries_of_several_tensors():
    expression = Sum(A[i, j] * x[i] * Sum(y[k] ** 2, (k, 0, m - 1)), (j, 0, m - 1), (i, 0, n - 1))
    y3 = np.array([1.0, 2.0, -1.0])
    inputs = {"A": M, "x": X, "y": y3}
    assert_near(value_of(expression, **inputs), 6 * (M * X[:, None]).sum())
    gradients = gradients_of(expression, **inputs)
    assert_near(gradients["A"], 6 * np.repeat(X[:, None], 3, 1))
    assert_near(gradients["x"], 6 * M.sum(1))
    assert_near(gradients["y"], 2 * y3 * (M * X[:, None]).sum())


def test_free_indices_are_the_axes_in_the_order_of_their_names():
    row, column = Idx("r", n), Idx("c", m)
    matrix = IndexedBase("A", shape=(n, m))
    assert_near(value_of(matrix[row, column] ** 2, A=M), M.T**2)
    weights = np.random.default_rng(1).normal(size=(3, 5))
    assert_near(gradients_of(matrix[row, column] ** 2, weights, A=M)["A"], 2 * M * weights.T)


def test_a_plain_symbol_may_be_a_free_index():
    vector = IndexedBase("x", shape=(n,))
    softmax = exp(vector[i]) / Sum(exp(vector[j]), (j, 0, n - 1))
    p = np.exp(X) / np.exp(X).sum()
    assert_near(value_of(softmax, x=X), p)
    weights = np.array([1.0, 2.0, -1.0, 0.5, 3.0])
    assert_near(gradients_of(softmax, weights, x=X)["x"], p * (weights - (p * weights).sum()))


def test_free_indices_beside_a_sum_over_the_same_symbol():
    vector = IndexedBase("x", shape=(n,))
    expression = vector[i] * Sum(vector[i], (i, 0, n - 1))
    assert_near(value_of(expression, x=X), X * X.sum())


def test_entries_of_integer_tensors_may_be_indices():
    places, table = IndexedBase("p", shape=(n,), integer=True), IndexedBase("x", shape=(m,))
    expression = Sum(table[places[i]] ** 2 * (i + 1), (i, 0, n - 1))
    inputs = {"p": np.array([4, 1, 4]), "x": X}
    assert_near(value_of(expression, **inputs), 9.0 * 4 + 2 * 2.25)
    assert_near(gradients_of(expression, **inputs)["x"], [0, 4 * 1.5, 0, 0, 8 * 3.0])


def test_array_symbols():
    cube = ArraySymbol("C", (2, 3, 2))
    numbers = np.arange(12.0).reshape(2, 3, 2)
    expression = Sum(cube[i, j, k] ** 2, (i, 0, 1), (j, 0, 2), (k, 0, 1))
    assert_near(value_of(expression, C=numbers), (numbers**2).sum())
    assert_near(gradients_of(expression, C=numbers)["C"], 2 * numbers)


def test_entries_of_matrices_in_sums():
    matrix = MatrixSymbol("A", n, m)
    expression = Sum(matrix[i, j] ** 2 * i, (i, 0, n - 1), (j, 0, m - 1))
    assert_near(gradients_of(expression, A=M)["A"], 2 * M * np.arange(5)[:, None])


def test_total_and_mean_of_indexed_bases():
    matrix = IndexedBase("A", shape=(n, m))
    assert_near(value_of(total(matrix), A=M), M.sum())
    assert_near(gradients_of(mean(matrix), A=M)["A"], np.full((5, 3), 1 / 15))


def test_scalars_named_like_extents_and_indices_of_the_program():
    for name in ("i0", "a0", "p0", "n"):
        scalar = Symbol(name, real=True)
        expression = Sum(x[i] * scalar, (i, 0, 4))
        assert_near(gradients_of(expression, x=X, **{name: np.array(2.0)})[name], X.sum())


# What has no meaning here


def refused(kind, expression, **inputs):
    with pytest.raises(kind) as caught:
        value_of(expression, **inputs)
    assert isinstance(caught.value, FormulaError)
    return str(caught.value)


def test_an_index_that_leaves_the_tensor():
    vector = IndexedBase("x", shape=(n,))
    assert refused(IndexOutsideError, Sum(vector[i + 1], (i, 0, n - 1)), x=X) == (
        "x[i0 + 1] in the formula leaves x, which has shape 5: change the limits of the sum, or the shape"
    )
    assert "leaves x" in refused(IndexOutsideError, Sum(vector[i - 1], (i, 0, n - 1)), x=X)


def test_an_extent_that_no_input_has():
    assert refused(ExtentUnknownError, Sum(Symbol("s") ** i, (i, 0, n - 1)), s=np.array(0.5)) == (
        "the extent n of the formula is not determined by the shape of any input: use a number for it"
    )


def test_an_extent_that_is_left_of_an_input_that_cancels():
    assert refused(ExtentUnknownError, Sum(exp(x[i]) * exp(-x[i]), (i, 0, n - 1))) == (
        "the extent n of the formula is not determined by the shape of any input: use a number for it"
    )


@pytest.mark.parametrize(
    "expression",
    [Sum(x[j], (j, 0, i), (i, 0, n - 1)), Sum(Sum(x[j], (j, 0, i)), (i, 0, n - 1))],
)
def test_limits_that_depend_on_other_indices(expression):
    with pytest.raises(FormulaNotUnderstoodError) as caught:
        formula_of(expression)
    assert str(caught.value).endswith(
        " in the formula is not understood: the limits of a sum must not depend on other indices; "
        "sum over the whole range, with a Piecewise that is 0 outside"
    )


def test_different_numbers_of_indices():
    assert refused(FormulaNotUnderstoodError, Sum(x[i] * x[i, i], (i, 0, n - 1)), x=X) == (
        "x in the formula is not understood: it is used with different numbers of indices"
    )


def test_an_index_of_unknown_reach():
    with pytest.raises(FormulaNotUnderstoodError) as caught:
        formula_of(x[Idx("q")])
    assert "give the IndexedBase a shape: IndexedBase(name, shape=(n,))" in str(caught.value)


def test_two_symbols_of_one_name():
    with pytest.raises(FormulaNotUnderstoodError, match="two different symbols in it have the same name; rename one"):
        formula_of(total(MatrixSymbol("Q", 2, 2)) * Symbol("Q"))


def test_text_is_no_formula():
    with pytest.raises(FormulaNotUnderstoodError) as caught:
        formula_of("x**2")
    assert str(caught.value) == "'x**2' in the formula is not understood: give a SymPy expression, not text"
