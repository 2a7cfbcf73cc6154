"""Products over an index: right with any number of zeros, inside of sums, and to second order."""

import numpy as np
import pytest
import torch
from formulas import gradients_of, value_of
from loops import assert_near
from sympy import Abs, IndexedBase, MatrixSymbol, Max, Min, Piecewise, Product, Sum, Symbol, exp, log, sign, symbols
from torch_oracle import against_torch, draw

from verifier.errors import FormulaNotUnderstoodError
from verifier.symbolic.formula import formula_of

i, k, n = symbols("i k n", integer=True)
X, t = MatrixSymbol("X", 3, 4), IndexedBase("t", shape=(2, 3, 2))
AT = draw(3, 4)

FORMULAS = {
    "of entries": (Product(X[0, k], (k, 0, 3)), lambda X: X[0].prod()),
    "of functions": (Product(exp(X[1, k]) + k, (k, 0, 3)), lambda X: (X[1].exp() + torch.arange(4)).prod()),
    "inside of a sum": (Sum(Product(X[i, k], (k, 0, 3)), (i, 0, 2)), lambda X: X.prod(1).sum()),
    "a sum inside of a product": (Product(Sum(X[i, k] ** 2, (i, 0, 2)), (k, 0, 3)), lambda X: (X**2).sum(0).prod()),
    "over two indices": (Product(X[i, k], (i, 0, 2), (k, 1, 2)), lambda X: X[:, 1:3].prod()),
    "in a function": (
        Sum(log(1 + Product(X[i, k], (k, 0, 3)) ** 2) * X[i, 0], (i, 0, 2)),
        lambda X: ((1 + X.prod(1) ** 2).log() * X[:, 0]).sum(),
    ),
    "quotient": (X / Product(X[0, k], (k, 0, 3)), lambda X: X / X[0].prod()),
    "absolute values": (Sum(Abs(X[i, k]), (i, 0, 2), (k, 0, 3)), lambda X: X.abs().sum()),
    "maxima": (
        Sum(Max(X[i, k], 0) * sign(X[i, 0]) + Min(X[i, k], X[i, 0]), (i, 0, 2), (k, 1, 3)),
        lambda X: (X[:, 1:].relu() * X[:, :1].sign() + torch.minimum(X[:, 1:], X[:, :1])).sum(),
    ),
    "pieces": (
        X.applyfunc(lambda x: Piecewise((x**2, x > 0), (Abs(x) ** 3, True))),
        lambda X: torch.where(X > 0, X**2, X.abs() ** 3),
    ),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_against_torch(name):
    expression, function = FORMULAS[name]
    against_torch(expression, function, X=AT)


@pytest.mark.parametrize("zeros", [[0], [0, 2], [0, 1, 2]])
def test_zeros(zeros):
    at = AT.copy()
    at[0, zeros] = 0
    against_torch(FORMULAS["of entries"][0], FORMULAS["of entries"][1], X=at)
    against_torch(FORMULAS["inside of a sum"][0], FORMULAS["inside of a sum"][1], X=at)


def test_symbolic_extents_and_no_factors():
    x = IndexedBase("x", shape=(n,))
    product = Product(x[k], (k, 0, n - 1))
    assert_near(value_of(product, x=np.arange(1.0, 6.0)), 120.0)
    assert_near(gradients_of(product, x=np.arange(1.0, 6.0))["x"], 120 / np.arange(1.0, 6.0))
    assert_near(value_of(product, x=np.ones(0)), 1.0)


def test_the_same_index_outside_and_inside():
    x = IndexedBase("x", shape=(3,))
    nested = Sum(x[k] * Product(x[k] + 1, (k, 0, 2)), (k, 0, 2))
    at = np.array([1.0, 2.0, 0.5])
    assert_near(value_of(nested, x=at), at.sum() * (at + 1).prod())


def test_limits_that_depend_on_other_indices():
    with pytest.raises(FormulaNotUnderstoodError):
        formula_of(Sum(Product(X[i, k], (k, 0, i)), (i, 0, 2)))


def test_symbols_of_limits_are_extents():
    assert set(formula_of(Product(Symbol("s", real=True) + k, (k, 0, n))).symbols) == {"s"}
