"""The words of linear algebra in formulas given as text."""

import pytest
from sympy import Determinant, Inverse, KroneckerProduct, MatrixSymbol, Symbol, Trace

from verifier.errors import FormulaTextError
from verifier.symbolic.language import logsumexp, matrix_exp, norm, softmax, solve
from verifier.symbolic.parse import parse_formula

X, x = MatrixSymbol("X", 3, 3), MatrixSymbol("x", 3, 1)
SHAPES = {"X": (3, 3), "x": (3,)}


@pytest.mark.parametrize(
    ("text", "expression"),
    [
        ("det(X)", Determinant(X)),
        ("inv(X) * x", Inverse(X) * x),
        ("kron(X, x)", KroneckerProduct(X, x)),
        ("norm(X, 3)", norm(X, 3)),
        ("solve(X, softmax(x))", solve(X, softmax(x))),
        ("logsumexp(matrix_exp(X) * x)", logsumexp(matrix_exp(X) * x)),
    ],
)
def test_words(text, expression):
    assert parse_formula(text, SHAPES) == expression


def test_words_need_what_they_take():
    with pytest.raises(FormulaTextError):
        parse_formula("softmax(X, X, X)", SHAPES)


def test_a_name_in_the_exponent_of_a_matrix_is_a_whole_number():
    n, k = Symbol("n", integer=True, positive=True), Symbol("k", integer=True)
    assert parse_formula("tr(X**k)/k", {"X": ("n", "n")}) == Trace(MatrixSymbol("X", n, n) ** k) / k
