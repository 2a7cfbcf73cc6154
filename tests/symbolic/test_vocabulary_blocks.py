"""Blocks, Kronecker products, slices and explicit matrices, against torch and against SymPy's components."""

import numpy as np
import pytest
import torch
from formulas import check_formula, value_of
from loops import assert_near
from sympy import (
    Adjoint,
    BlockDiagMatrix,
    BlockMatrix,
    DotProduct,
    FunctionMatrix,
    Identity,
    ImmutableMatrix,
    KroneckerProduct,
    Lambda,
    Matrix,
    MatrixSymbol,
    Trace,
    exp,
    pi,
    sin,
    sqrt,
    symbols,
)
from torch_oracle import against_torch, draw

from verifier.errors import FormulaNotUnderstoodError
from verifier.symbolic.formula import formula_of

X, Y, x, y = MatrixSymbol("X", 3, 3), MatrixSymbol("Y", 2, 3), MatrixSymbol("x", 4, 1), MatrixSymbol("y", 1, 4)
AT = {"X": draw(3, 3), "Y": draw(2, 3, seed=1), "x": draw(4, 1, seed=2), "y": draw(1, 4, seed=3)}
EYE = torch.eye(2, dtype=torch.float64)
NUMBERS = torch.tensor([[1.0, 0.0, 3.0], [0.5, 5.0, -6.0]], dtype=torch.float64)


def _rows(*rows):
    return torch.cat([torch.cat(row, 1) for row in rows], 0)


FORMULAS = {
    "kronecker": (KroneckerProduct(X, Y), lambda X, Y: torch.kron(X, Y)),
    "kronecker of three": (
        KroneckerProduct(Y, x, Y.T),
        lambda Y, x: torch.kron(torch.kron(Y, x), Y.T.contiguous()),
    ),
    "kronecker of functions": (KroneckerProduct(X * X, Y.applyfunc(sin)), lambda X, Y: torch.kron(X @ X, Y.sin())),
    "blocks": (
        BlockMatrix([[X * X, Y.T], [Y, Identity(2)]]),
        lambda X, Y: _rows([X @ X, Y.T], [Y, EYE]),
    ),
    "blocks in a product": (
        Trace(BlockMatrix([[X, Y.T], [Y, Identity(2)]]) ** 2),
        lambda X, Y: (_rows([X, Y.T], [Y, EYE]) @ _rows([X, Y.T], [Y, EYE])).trace(),
    ),
    "diagonal blocks": (BlockDiagMatrix(X, Y, x), lambda X, Y, x: torch.block_diag(X, Y, x)),
    "slice": (X[0:2, 1:3] * Y[:, 0:2].T, lambda X, Y: X[:2, 1:] @ Y[:, :2].T),
    "slice in steps": (X[1:3:2, :] * (X * X)[:, 2], lambda X: X[1:3:2] @ (X @ X)[:, 2:]),
    "adjoint": (Adjoint(X) * X, lambda X: X.T @ X),
    "dot product": (DotProduct(x, y) * DotProduct(x, x), lambda x, y: (x.T @ y.T) * (x.T @ x)),
    "explicit": (
        Matrix([[X[0, 0] ** 2, 2], [X[1, 2] * X[0, 1], 0]]),
        lambda X: _rows([X[:1, :1] ** 2, 2 * EYE[:1, :1]], [X[1:2, 2:] * X[:1, 1:2], 0 * EYE[:1, :1]]),
    ),
    "explicit factor": (Matrix([[1, 0, 3], [0.5, 5, -6]]) * X * X, lambda X: NUMBERS @ X @ X),
    "components": (Trace(X.as_explicit() ** 2), lambda X: (X @ X).trace()),
    "one entry": ((x.T * y.T)[0], lambda x, y: (x * y.T).sum()),
    "root of one entry": (sqrt(x.T * x), lambda x: x.norm()),
    "inverse of one entry": ((x.T * x) ** -1, lambda x: 1 / (x * x).sum()),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_against_torch(name):
    expression, function = FORMULAS[name]
    against_torch(expression, function, **{n: AT[n] for n in formula_of(expression).symbols})


def test_kronecker_products_against_components():
    explicit = {True: lambda A, B: Matrix(KroneckerProduct(A, B).doit()), False: KroneckerProduct}
    check_formula(lambda X, Y: explicit[isinstance(X, Matrix)](X, Y), X=(2, 2), Y=(1, 2))


def test_symbolic_extents():
    m, n, p, q = symbols("m n p q", integer=True, positive=True)
    A, B = MatrixSymbol("A", m, n), MatrixSymbol("B", p, q)
    a, b = draw(2, 3), draw(4, 2)
    assert_near(value_of(KroneckerProduct(A, B), A=a, B=b), np.kron(a, b))
    assert_near(value_of(BlockDiagMatrix(A, B), A=a, B=b), np.block([[a, np.zeros((2, 2))], [np.zeros((4, 3)), b]]))
    assert_near(value_of(A[0 : m - 1, :], A=a), a[:1])


def test_matrices_of_numbers():
    numbers = ImmutableMatrix([[1, 0, pi], [-2, 0.25, 0]])
    truth = np.array([[1, 0, np.pi], [-2, 0.25, 0]])
    assert_near(value_of(numbers + Y, Y=AT["Y"]), truth + AT["Y"])
    assert_near(value_of(numbers * X, X=AT["X"]), truth @ AT["X"])
    assert_near(value_of(Matrix([[0, 0], [0, 0]]) * Y, Y=AT["Y"]), np.zeros((2, 3)))


def test_a_function_of_the_indices():
    i, k = symbols("i k", integer=True)
    matrix = FunctionMatrix(2, 3, Lambda((i, k), exp(i) + k * X[0, 0]))
    truth = np.exp(np.arange(2))[:, None] + np.arange(3) * AT["X"][0, 0]
    assert_near(value_of(matrix, X=AT["X"]), truth)


def test_slices_whose_step_leaves_a_rest():
    with pytest.raises(FormulaNotUnderstoodError) as caught:
        formula_of(X[0:3:2, :])
    assert str(caught.value) == (
        "X[::2, :] in the formula is not understood: the step of a slice must divide its length"
    )
