"""Which definitions depend on comparisons of values."""

import pytest
from sympy import IndexedBase, Inverse, MatrixSymbol, Max, Piecewise, exp, symbols

from verifier import softmax, total
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.selection import decides

n = symbols("n", integer=True, positive=True)
i = symbols("i", integer=True)
X, x = MatrixSymbol("X", n, n), IndexedBase("x", shape=(n,))


@pytest.mark.parametrize(
    ("formula", "decided"),
    [
        (total(X.applyfunc(exp)), False),
        (Inverse(X), False),
        (X.applyfunc(lambda t: Max(t, 0)), True),
        (softmax(X), True),  # it looks for the largest entry, though nothing depends on which one is found
        (Piecewise((x[i], x[i] > 1), (0, True)), True),
        (Piecewise((x[i], i > 1), (2 * x[i], True)), False),
    ],
)
def test_comparisons_of_values_decide(formula, decided):
    understood = formula_of(formula)
    program = reverse(understood.program, understood.output, list(understood.symbols)).adjoint
    assert any(decides(definition) for _, definition in program.definitions) == decided
