"""Formulas that blow up stop with a sentence."""

import pytest
from sympy import Matrix, MatrixSymbol, Symbol, Trace, exp, sin

from verifier import growth_limits
from verifier.errors import FormulaTooLargeError
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of

X, x = MatrixSymbol("X", 3, 3), Symbol("x", real=True)


def nested(depth):
    expression = x
    for _ in range(depth):
        expression = sin(expression) * exp(expression)
    return expression


def test_a_large_expression_is_refused_by_name():
    with pytest.raises(FormulaTooLargeError) as caught:
        formula_of(nested(13))
    assert str(caught.value) == (
        "the step value of the formula's program grew to an expression of 32765 nodes, and the limit is 20000: write "
        "that part with matrices or sums instead of components, or allow more inside of growth_limits(nodes=...)"
    )


def test_a_derivative_that_grows_is_refused():
    formula = formula_of(nested(5))
    with growth_limits(nodes=250), pytest.raises(FormulaTooLargeError, match="the step adjoint_x of"):
        reverse(formula.program, formula.output, ["x"])


def test_a_long_program_is_refused():
    written_out = Trace(Matrix(3, 3, lambda i, k: X[i, k] ** (i + 2)) * X)
    with growth_limits(definitions=5), pytest.raises(FormulaTooLargeError) as caught:
        formula_of(written_out)
    assert "grew to definition number 6, and the limit is 5" in str(caught.value)
    assert str(caught.value).endswith("growth_limits(definitions=...)")
    formula_of(written_out)


def test_limits_end_with_their_context():
    with growth_limits(nodes=2), pytest.raises(FormulaTooLargeError):
        formula_of(sin(x) * x)
    with growth_limits(nodes=10**9):
        formula_of(nested(10))
    formula_of(sin(x) * x)
