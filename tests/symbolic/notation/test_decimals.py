"""What was typed as a decimal is read as one; what was typed as a fraction stays one."""

import pytest
from sympy import IndexedBase, Rational, symbols

from verifier.symbolic.formula import formula_of
from verifier.symbolic.notation import closed_form, render
from verifier.symbolic.notation.decimals import with_decimals

i, n = symbols("i n", integer=True)
x = IndexedBase("x", shape=(n,))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        (Rational(0.1), "0.1·x"),
        (-Rational(1.702), "−1.702·x"),
        (Rational(1e-5), "1e-05·x"),
        (Rational(1, 10**5), "(1/100000)·x"),
        (Rational(3, 8), "(3/8)·x"),
        (Rational(7), "7·x"),
    ],
)
def test_numbers(number, said):
    understood = formula_of(number * x[i])
    form = closed_form(with_decimals(understood.program), understood.output, {"x": x})
    assert render(form).plain == said
