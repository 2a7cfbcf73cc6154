"""Float64 that keeps its decisions, the widths of borders, and branches that meet at a point."""

import numpy as np
import pytest
from sympy import IndexedBase, Inverse, MatrixSymbol, Max, Piecewise, exp, symbols

from verifier import cholesky, softmax
from verifier.numeric.decided import Decided
from verifier.numeric.evaluate import evaluate
from verifier.numeric.spread import Measured, allowance
from verifier.numeric.widths import branches, decides, spread_of_sides, widths
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.language import total

x = MatrixSymbol("x", 3, 1)
X = IndexedBase("X", shape=(3,))
A, B, C = symbols("a b c", real=True)
Y, i = MatrixSymbol("Y", 3, 3), symbols("i", integer=True)
U32 = 2.0**-24


def program(expression, **point):
    formula = formula_of(expression)
    point = {name: np.asarray(value, dtype=float) for name, value in point.items()}
    derivation = reverse(formula.program, formula.output, point)
    told = {**point, derivation.cotangent: np.ones(())}
    return derivation.adjoint, told, [formula.output, *filter(None, derivation.gradients.values())]


def test_later_evaluations_repeat_the_first_decisions():
    body, told, wanted = program(total(x.applyfunc(lambda t: Max(t, 0))), x=[[1.0], [-1.0], [2.0]])
    arithmetic = Decided()
    first = evaluate(body, told, wanted, arithmetic)
    again = evaluate(body, {**told, "x": -told["x"]}, wanted, arithmetic)
    assert first[wanted[1]].ravel().tolist() == again[wanted[1]].ravel().tolist() == [1.0, 0.0, 1.0]
    assert (first[wanted[0]], again[wanted[0]]) == (3.0, -3.0)


def test_the_gaps_are_those_of_the_latest_evaluation():
    body, told, wanted = program(Max(A, B), a=3.0, b=1.0)
    arithmetic = Decided()
    evaluate(body, told, wanted, arithmetic)
    evaluate(body, {**told, "a": np.array(7.0)}, wanted, arithmetic)
    gaps = [abs(float(gap)) for calls in arithmetic.gaps.values() for gaps in calls for gap in gaps.values()]
    assert set(gaps) == {6.0}


def test_a_flip_is_no_spread():
    body, told, wanted = program(Max(X[0], X[1], X[2]), X=[2.0, 2.0, 2.0])
    for roundoff in (2.0**-53, U32, 2.0**-8):
        allowed = allowance(body, told, wanted, roundoff, 0.0)
        assert all((allowed[name] <= 60 * roundoff).all() for name in wanted)


@pytest.mark.parametrize(("roundoff", "factor"), [(2.0**-53, 1.0), (U32, 1.0), (2.0**-8, 1.0)])
def test_the_width_of_a_border_is_the_rounding_of_its_sides(roundoff, factor):
    body, told, wanted = program(Max(A * B + C, 0), a=1.0, b=1.0, c=-1.0)
    found = [
        float(width)
        for calls in widths(Measured(body, told, wanted), roundoff).values()
        for c in calls
        for width in c.values()
    ]
    assert found and all(2 * roundoff <= width / factor <= 40 * roundoff for width in found)


def test_without_conditions_there_are_no_widths():
    body, told, wanted = program(exp(A), a=1.0)
    assert not decides(body, wanted) and widths(Measured(body, told, wanted), U32) == {}
    assert len(branches(Measured(body, told, wanted), U32)) == 1


@pytest.mark.parametrize(
    ("formula", "decided"),
    [
        (total(Y.applyfunc(exp)), False),
        (total(Inverse(Y)), False),
        (total(cholesky(Y)), False),  # its equation is put together piece by piece, by indices alone
        (total(Y.applyfunc(lambda t: Max(t, 0))), True),
        (total(softmax(Y)), False),  # it looks for the largest entry, though nothing depends on which one is found
        (Piecewise((X[i], X[i] > 1), (0, True)), True),
        (Piecewise((X[i], i > 1), (2 * X[i], True)), False),
    ],
)
def test_comparisons_of_values_decide(formula, decided):
    understood = formula_of(formula)
    derivation = reverse(understood.program, understood.output, understood.symbols)
    assert decides(derivation.adjoint, [understood.output, *derivation.gradients.values()]) == decided


def test_branches_that_meet():
    body, told, wanted = program(Max(X[0], X[1], X[2]), X=[2.0, 2.0, 2.0])
    found = {tuple(np.round(values[wanted[1]], 6)) for values in branches(Measured(body, told, wanted), 2.0**-53)}
    assert found == {(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)}
    apart = {**told, "X": np.array([2.0, 2.0 + 1e-9, 1.0])}
    assert (
        len(branches(Measured(body, apart, wanted), 2.0**-53)) == 1
        and len(branches(Measured(body, apart, wanted), U32)) > 1
    )


def test_rounding_on_either_side_of_a_border_counts():
    body, told, wanted = program(Max(A * B * C, 0), a=3.0, b=1.0, c=0.0)
    measured = Measured(body, told, wanted)
    beside, both = measured.moves(U32).spread, spread_of_sides(measured, U32)
    by_c = wanted[-1]  # it is a·b on one side, and 0, which nothing rounds, on the other
    assert beside[by_c] == 0 and U32 < both[by_c] < 30 * U32
    apart = Measured(body, {**told, "c": np.array(-1.0)}, wanted)
    assert spread_of_sides(apart, U32)[by_c] == 0
