"""The words of `verifier.symbolic.language`, against torch."""

import numpy as np
import pytest
import torch
from formulas import gradients_of, value_of
from loops import assert_near
from sympy import (
    Abs,
    Determinant,
    Identity,
    IndexedBase,
    Inverse,
    MatrixSymbol,
    Rational,
    Symbol,
    Trace,
    Transpose,
    exp,
    oo,
    symbols,
)
from sympy.matrices.expressions.factorizations import LofCholesky, UofCholesky
from torch_oracle import against_torch, draw

import verifier
from verifier.errors import FormulaNotUnderstoodError, ShapesDoNotFitError
from verifier.symbolic.formula import formula_of
from verifier.symbolic.language import (
    adjugate,
    cholesky,
    conventions,
    diag,
    diagonal,
    eigenvalues,
    layer_norm,
    logdet,
    logsumexp,
    lower_triangular,
    matrix_exp,
    norm,
    nuclear_norm,
    singular_values,
    softmax,
    solve,
    symmetric,
    total,
)

X, Y, W = MatrixSymbol("X", 3, 3), MatrixSymbol("Y", 2, 3), MatrixSymbol("W", 4, 2)
x, y, b = MatrixSymbol("x", 4, 1), MatrixSymbol("y", 1, 4), MatrixSymbol("b", 3, 1)
AT = {
    "X": draw(3, 3),
    "Y": draw(2, 3, seed=1),
    "W": draw(4, 2, seed=4),
    "x": draw(4, 1, seed=2),
    "y": draw(1, 4, seed=3),
    "b": draw(3, 1, seed=5),
}
S, D, L = symmetric("X", 3), diagonal("X", 3), lower_triangular("X", 3)
EYE = torch.eye(3, dtype=torch.float64)


def _symmetric(matrix):
    return (matrix + matrix.T) / 2


FORMULAS = {
    "norm of a matrix": (norm(X * X), lambda X: torch.linalg.norm(X @ X)),
    "norm of a vector": (norm(x), lambda x: torch.linalg.norm(x)),
    "norm of order 1": (norm(Y, 1), lambda Y: Y.abs().sum()),
    "norm of order 3": (norm(Y, 3), lambda Y: torch.linalg.vector_norm(Y, 3)),
    "norm of order 4": (norm(Y, 4), lambda Y: torch.linalg.vector_norm(Y, 4)),
    "norm of order 5/2": (norm(Y, Rational(5, 2)), lambda Y: torch.linalg.vector_norm(Y, 2.5)),
    "softmax of rows": (softmax(Y), lambda Y: torch.softmax(Y, 1)),
    "softmax of a column": (softmax(x), lambda x: torch.softmax(x, 0)),
    "softmax of a row": (softmax(y), lambda y: torch.softmax(y, 1)),
    "cross entropy": (
        logsumexp(x) - (y * x)[0],
        lambda x, y: torch.nn.functional.cross_entropy(x.T, y, reduction="sum") + (y.sum() - 1) * -_lse(x),
    ),
    "logsumexp of a product": (logsumexp(W * Y[:, 1]), lambda W, Y: _lse(W @ Y[:, 1:2])),
    "logsumexp of rows": (logsumexp(Y), lambda Y: torch.logsumexp(Y, 1, keepdim=True)),
    "layer norm": (layer_norm(Y), lambda Y: torch.nn.functional.layer_norm(Y, (3,))),
    "layer norm of a column": (
        layer_norm(x, Rational(1, 10)),
        lambda x: torch.nn.functional.layer_norm(x.T, (4,), eps=0.1).T,
    ),
    "logdet": (logdet(X * X.T), lambda X: torch.logdet(X @ X.T)),
    "adjugate": (adjugate(X), lambda X: torch.linalg.det(X) * torch.linalg.inv(X)),
    "solve": (solve(X, b), lambda X, b: torch.linalg.solve(X, b)),
    "diagonal of a product": (diag(X * X), lambda X: torch.diag(X @ X)),
    "diagonal matrix": (diag(b) * X, lambda X, b: b * X),
    "matrix exponential": (matrix_exp(X * X), lambda X: torch.linalg.matrix_exp(X @ X)),
    "SymPy's exponential": (exp(X), lambda X: torch.linalg.matrix_exp(X)),
    "exponential of one entry": (exp(b.T * X * b), lambda b, X: (b.T @ X @ b).exp()),
    "trace of an exponential": (Trace(matrix_exp(X) * X), lambda X: (torch.linalg.matrix_exp(X) @ X).trace()),
    "symmetric": (Determinant(S) * S, lambda X: torch.linalg.det(_symmetric(X)) * _symmetric(X)),
    "diagonal": (D * D + total(D) * D, lambda X: (EYE * X) @ (EYE * X) + (EYE * X).sum() * EYE * X),
    "lower triangular": (L * Transpose(L), lambda X: X.tril() @ X.tril().T),
}

FACTORIZATIONS = {
    "cholesky": (cholesky(X * X.T + Identity(3)), lambda X: torch.linalg.cholesky(X @ X.T + EYE)),
    "SymPy's cholesky": (
        LofCholesky(X * X.T + Identity(3)) * UofCholesky(X * X.T + Identity(3)),
        lambda X: X @ X.T + EYE,
    ),
    "eigenvalues": (eigenvalues(X), lambda X: torch.linalg.eigvalsh(_symmetric(X))),
    "singular values": (singular_values(Y), lambda Y: torch.linalg.svdvals(Y).flip(0)),
    "singular values of a tall matrix": (singular_values(W), lambda W: torch.linalg.svdvals(W).flip(0)),
    "nuclear norm": (nuclear_norm(Y), lambda Y: torch.linalg.matrix_norm(Y, "nuc")),
    "nuclear norm of a tall matrix": (nuclear_norm(W), lambda W: torch.linalg.matrix_norm(W, "nuc")),
    "inverse root": ((Y * Y.T) ** Rational(-1, 2), lambda Y: _root_of_two(torch.linalg.inv(Y @ Y.T))),
    "root": ((Y * Y.T) ** Rational(3, 2), lambda Y: _root_of_two(Y @ Y.T) @ (Y @ Y.T)),
}


def _lse(column):
    return torch.logsumexp(column, 0).squeeze()


def _root_of_two(matrix):
    """The square root of a positive definite 2×2 matrix, by Cayley and Hamilton."""
    root = matrix.det().sqrt()
    return (matrix + root * torch.eye(2, dtype=matrix.dtype)) / (matrix.trace() + 2 * root).sqrt()


@pytest.mark.parametrize("name", FORMULAS)
def test_against_torch(name):
    expression, function = FORMULAS[name]
    against_torch(expression, function, **{n: AT[n] for n in formula_of(expression).symbols})


@pytest.mark.parametrize("name", FACTORIZATIONS)
def test_factorizations_against_torch(name):
    expression, function = FACTORIZATIONS[name]
    against_torch(expression, function, second=name != "singular values of a tall matrix", **_inputs(expression))


def _inputs(expression):
    return {n: AT[n] for n in formula_of(expression).symbols}


def test_every_word_is_public():
    words = "adjugate cholesky diag diagonal eigenvalues layer_norm logdet logsumexp lower_triangular matrix_exp norm"
    words += " nuclear_norm singular_values softmax solve symmetric"
    for word in words.split():
        assert getattr(verifier, word) is globals()[word]


def test_nothing_overflows():
    large = np.array([[1000.0], [-1000.0], [999.0], [0.0]])
    assert_near(value_of(softmax(x), x=large), np.exp(large - 1000) / np.exp(large - 1000).sum())
    assert_near(value_of(logsumexp(x), x=large), 1000 + np.log1p(np.exp(-1.0)))
    share = np.exp(large - 1000) / np.exp(large - 1000).sum()
    assert_near(gradients_of(logsumexp(x), x=large)["x"], share)


def test_ties_for_the_largest_entry_do_not_matter():
    equal = np.array([[2.0], [2.0], [1.0], [2.0]])
    share = np.exp(equal) / np.exp(equal).sum()
    assert_near(gradients_of(logsumexp(x), x=equal)["x"], share)
    jacobian = np.stack([gradients_of(softmax(x), row[:, None], x=equal)["x"].ravel() for row in np.eye(4)])
    assert_near(jacobian, np.diag(share.ravel()) - share @ share.T)


def test_the_nuclear_norm_where_singular_values_are_equal():
    assert_near(gradients_of(nuclear_norm(X), X=2 * np.eye(3))["X"], np.eye(3))


def test_the_adjugate_of_a_singular_matrix():
    singular = np.outer([1.0, 2.0, 3.0], [1.0, -1.0, 0.5]) + np.diag([1.0, 0.0, 0.0])
    matrix = torch.tensor(singular, requires_grad=True)
    truth = torch.func.jacrev(lambda X: torch.stack([_cofactor(X, i, k) for k in range(3) for i in range(3)]))(matrix)
    weights = draw(3, 3, seed=9)
    expected = np.einsum("e,eij->ij", weights.ravel(), truth.detach().numpy())
    assert_near(gradients_of(adjugate(X), weights, X=singular)["X"], expected)


def _cofactor(X, i, k):
    rows, columns = [[j for j in range(3) if j != gone] for gone in (i, k)]
    minor = X[rows][:, columns]
    return (-1) ** (i + k) * (minor[0, 0] * minor[1, 1] - minor[0, 1] * minor[1, 0])


def test_structured_gradients_lie_in_the_structure():
    gradient = gradients_of(logdet(S), X=np.eye(3) + AT["X"] / 4)["X"]
    assert_near(gradient, gradient.T)
    weights = np.arange(9.0).reshape(3, 3)
    assert_near(gradients_of(D, weights, X=AT["X"])["X"], np.diag(np.diag(weights)))
    assert_near(gradients_of(L, weights, X=AT["X"])["X"], np.tril(weights))
    assert_near(gradients_of(S, weights, X=AT["X"])["X"], (weights + weights.T) / 2)


def test_the_cookbooks_convention_from_ours():
    """By the free entries alone, s[i, j] for i ≤ j, the derivatives are G + Gᵀ - diag(G)."""
    at = torch.tensor(np.eye(3) + 0.2, requires_grad=True)
    free = at.triu()
    torch.logdet(free + free.T - torch.diag(free.diagonal())).backward()
    gradient = gradients_of(logdet(S), X=at.detach().numpy())["X"]
    assert_near(np.triu(gradient + gradient.T - np.diag(np.diag(gradient))), at.grad.numpy())


def test_conventions_are_told():
    expression = Trace(symmetric("A", 2) * lower_triangular("B", 2) * diagonal("C", 2) * symmetric("A", 2))
    assert conventions(expression) == (
        "A is symmetric: its gradient is the symmetric part (G + Gᵀ)/2 of the gradient G by all entries",
        "B is lower triangular: its gradient is that by all entries, with those above the diagonal set to 0",
        "C is diagonal: its gradient is that by all entries, with those off the diagonal set to 0",
    )
    assert conventions(Trace(X)) == ()


def test_structured_variables_print_as_their_names():
    assert str(S) == "X" and str(Inverse(S) * b) == "X**(-1)*b"
    assert S.T.doit() == S and D.T.doit() == D


def test_symbolic_extents():
    n, m = symbols("n m", integer=True, positive=True)
    A = MatrixSymbol("A", n, m)
    assert_near(value_of(softmax(A), A=AT["Y"]), torch.softmax(torch.tensor(AT["Y"]), 1).numpy())
    assert_near(value_of(norm(A), A=AT["Y"]), np.linalg.norm(AT["Y"]))
    B = MatrixSymbol("B", n, n)
    assert_near(value_of(eigenvalues(B), B=AT["X"])[:, 0], np.linalg.eigvalsh((AT["X"] + AT["X"].T) / 2))
    assert_near(value_of(nuclear_norm(A), A=AT["W"]), np.linalg.norm(AT["W"], "nuc"))


def test_integer_symbols_as_powers():
    p, n = Symbol("p", integer=True), Symbol("n", integer=True, positive=True)
    A = MatrixSymbol("A", n, n)
    for power in (0, 1, 3, -2):
        assert_near(value_of(X**p, X=AT["X"], p=np.array(power)), np.linalg.matrix_power(AT["X"], power))
    tensor = torch.tensor(AT["X"], requires_grad=True)
    torch.linalg.matrix_power(tensor, 4).trace().backward()
    assert_near(gradients_of(Trace(X ** (p + 1)), X=AT["X"], p=np.array(3))["X"], tensor.grad.numpy())
    assert_near(gradients_of(Trace(A**n * A), A=AT["X"])["A"], tensor.grad.numpy())


def refused(kind, build):
    with pytest.raises(kind) as caught:
        build()
    return str(caught.value)


def test_powers_that_are_not_whole():
    p = Symbol("p", integer=True)
    message = refused(verifier.VerifierError, lambda: value_of(X**p, X=AT["X"], p=np.array(2.5)))
    assert message == (
        "a matrix is raised to the power p, which is no whole number from -10000 to 10000: give p as an integer"
    )
    message = refused(verifier.VerifierError, lambda: value_of(X**p, X=AT["X"], p=np.array(20_000)))
    assert message == (
        "a matrix is raised to the power 20000, which is no whole number from -10000 to 10000: give p as an integer"
    )
    assert "the exponent of a matrix is made of numbers, extents and integer inputs" in refused(
        FormulaNotUnderstoodError, lambda: formula_of(X ** IndexedBase("k", shape=(2,), integer=True)[0])
    )


def test_what_the_words_refuse():
    assert refused(FormulaNotUnderstoodError, lambda: norm(x, oo)) == (
        "norm(x, oo) in the formula is not understood: "
        "p is at least 1 and finite; the largest entry is Max(Abs(x[0, 0]), ...)"
    )
    assert "p is at least 1" in refused(FormulaNotUnderstoodError, lambda: norm(x, Rational(1, 2)))
    assert refused(FormulaNotUnderstoodError, lambda: softmax(Abs(Symbol("s")))) == (
        "Abs(s) in the formula is not understood: softmax takes a matrix, of which a vector is one column or row"
    )
    assert refused(ShapesDoNotFitError, lambda: cholesky(Y)) == (
        "the shapes 2×3 and 2×3 do not fit in cholesky(Y): transpose a factor, or mend the shape of a symbol"
    )
    assert "do not fit in solve(X, x)" in refused(ShapesDoNotFitError, lambda: solve(X, x))
