"""Determinants and their derivatives, where the matrix is regular and where it is not."""

import numpy as np
import pytest
import torch
from derivatives import at_once
from formulas import check_formula, gradients_of, value_of
from loops import assert_near, program_of
from sympy import Determinant, Identity, Integer, Matrix, MatrixSymbol, Trace, log, symbols
from torch_oracle import against_torch, draw

from verifier.symbolic import determinant as leibniz
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of

X, Y = MatrixSymbol("X", 3, 3), MatrixSymbol("Y", 3, 4)
AT = draw(3, 3)
RANK_ONE = np.outer([1.0, 2.0, -1.0], [3.0, 0.5, 1.0])

FORMULAS = {
    "determinant": (Determinant(X), lambda X: torch.linalg.det(X), {"X": AT}),
    "logarithm": (log(Determinant(X * X.T)), lambda X: torch.logdet(X @ X.T), {"X": AT}),
    "of a function": (
        Determinant(X.applyfunc(lambda x: x**3) + Trace(X) * Identity(3)),
        lambda X: torch.linalg.det(X**3 + X.trace() * torch.eye(3, dtype=X.dtype)),
        {"X": AT},
    ),
    "gram": (Determinant(Y * Y.T), lambda Y: torch.linalg.det(Y @ Y.T), {"Y": draw(3, 4)}),
    "squared": (Determinant(X) ** 2 * X, lambda X: torch.linalg.det(X) ** 2 * X, {"X": AT}),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_against_torch(name):
    expression, function, inputs = FORMULAS[name]
    against_torch(expression, function, **inputs)


@pytest.mark.parametrize("size", [1, 2, 3])
def test_against_components(size):
    def build(X):
        return X.det() if isinstance(X, Matrix) else Determinant(X)

    check_formula(build, X=(size, size))


@pytest.mark.parametrize("at", [RANK_ONE, np.zeros((3, 3)), np.diag([1.0, 2.0, 0.0]), np.eye(3)])
def test_singular_matrices(at):
    """Against the six terms of Sarrus, to second order."""

    def sarrus(X):
        a, b, c, d, e, f, g, h, i = X.reshape(9)
        return a * e * i + b * f * g + c * d * h - c * e * g - b * d * i - a * f * h

    against_torch(Determinant(X), sarrus, X=at)


@pytest.mark.parametrize("size", [5, 8])
def test_larger_matrices_take_the_way_by_the_inverse_and_by_minors(size):
    A = MatrixSymbol("A", size, size)
    at = draw(size, size)
    against_torch(Determinant(A), lambda A: torch.linalg.det(A), second=False, A=at)
    at[-1] = at[0]
    gradient = gradients_of(Determinant(A), A=at)["A"]
    cofactors = [
        (-1) ** (i + k) * np.linalg.det(np.delete(np.delete(at, i, 0), k, 1)) for i in range(size) for k in range(size)
    ]
    assert_near(gradient.ravel(), cofactors)


def test_third_derivatives_are_signs():
    """The third derivative of a 3×3 determinant is the sign of the permutation, whatever the matrix is."""
    definition = leibniz.Determinant("X", Integer(3), 3)
    for at in (AT, RANK_ONE):
        signs = at_once(program_of(definition, X=at), {"X": at}, "out")
        assert_near(signs[0, 0, 1, 1, 2, 2], 1.0)
        assert_near(signs[0, 1, 1, 0, 2, 2], -1.0)
        assert_near(signs[0, 1, 1, 1, 2, 2], 0.0)
        assert_near(abs(signs).sum(), 36.0)


def test_derivatives_beyond_the_extent_are_zero():
    definition = leibniz.Determinant("X", Integer(2), 3)
    assert_near(at_once(program_of(definition, X=AT[:2, :2]), {"X": AT[:2, :2]}, "out"), np.zeros((2,) * 6))


def test_symbolic_extents_and_no_rows():
    n = symbols("n", integer=True, positive=True)
    A = MatrixSymbol("A", n, n)
    assert_near(value_of(Determinant(A), A=AT), np.linalg.det(AT))
    assert_near(value_of(Determinant(A), A=np.ones((0, 0))), 1.0)


def test_the_same_determinant_is_defined_once():
    formula = formula_of(Determinant(X) * log(Determinant(X)))
    assert sum(isinstance(d, leibniz.Determinant) for _, d in formula.program.definitions) == 1
    derivation = reverse(formula.program, formula.output, ["X"])
    assert sum(isinstance(d, leibniz.Determinant) for _, d in derivation.adjoint.definitions) == 2
