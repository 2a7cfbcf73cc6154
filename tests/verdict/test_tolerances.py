"""Tolerances that a user sets are obeyed, and what they let pass is said."""

import math

import numpy as np
import pytest
from accused import mixed, with_backward
from sympy import IndexedBase, MatrixSymbol, symbols

from verifier import Case, check, total, verify
from verifier.errors import ToleranceError, TolerancesTwiceError
from verifier.numeric.spread import BUDGET
from verifier.verdict.tolerances import looseness, tolerances
from verifier.witness import Estimate

i, n = symbols("i n", integer=True)
x = IndexedBase("x", shape=(n,))


def off_by(relative, **options):
    square = with_backward(lambda x: x * x, lambda g, x: 2 * g * x * (1 + relative))
    return check(square, {"x": mixed(5)}, formula=x[i] ** 2, **options)


@pytest.mark.parametrize(
    ("options", "outcome", "said"),
    [
        ({}, "wrong", None),
        ({"rtol": 1e-5}, "agreed", "atol=0, rtol=1e-05"),
        ({"rtol": 1e-7}, "wrong", "atol=0, rtol=1e-07"),
        ({"atol": 1e-4}, "agreed", "atol=0.0001, rtol=0"),
        ({"atol": 1e-8}, "wrong", "atol=1e-08, rtol=0"),
        ({"atol": 1e-8, "rtol": 1e-5}, "agreed", "atol=1e-08, rtol=1e-05"),
        ({"max_bits_lost": 40}, "agreed", "max_bits_lost=40"),
        ({"max_bits_lost": 20}, "wrong", "max_bits_lost=20"),
    ],
)
def test_they_are_obeyed(options, outcome, said):
    verdict = off_by(1e-6, **options)
    assert (verdict.outcome, verdict.tolerance) == (outcome, said)


def test_zero_tolerance_is_obeyed_too():
    verdict = off_by(2.0**-52, atol=0)
    assert verdict.outcome == "wrong" and verdict.findings[0].allowed < 1e-17


def test_bits_lost_are_counted_from_an_honest_error_all_the_same():
    assert off_by(1e-6, max_bits_lost=20).findings[0].bits_lost == pytest.approx(
        off_by(1e-6).findings[0].bits_lost, 0.01
    )
    assert off_by(1e-6, atol=1e-9).findings[0].bits_lost == pytest.approx(off_by(1e-6).findings[0].bits_lost, 0.01)


def test_the_value_is_judged_by_them_too():
    nearly = lambda x: x * x + 1e-9
    assert not check(nearly, {"x": mixed(5)}, formula=x[i] ** 2).ok
    assert check(nearly, {"x": mixed(5)}, formula=x[i] ** 2, atol=1e-8).ok


def test_without_a_formula_they_are_obeyed_as_well():
    square = with_backward(lambda x: x * x, lambda g, x: 2 * g * x * (1 + 1e-6))
    assert not check(square, {"x": mixed(5)}).ok
    verdict = check(square, {"x": mixed(5)}, rtol=1e-4)
    assert verdict.ok and verdict.looseness[0].tried and not verdict.looseness[0].passing


def test_a_case_has_them_too():
    X = MatrixSymbol("X", 2, 2)
    square = with_backward(lambda X: (X * X).sum(), lambda g, X: 2 * g * X * (1 + 1e-6))
    case = Case("nearly", formula=total(X.applyfunc(lambda t: t**2)), function=square)
    assert [verify(case).outcome] == ["wrong"]
    loose = Case("nearly", formula=case.formula, function=square, rtol=1e-5)
    assert verify(loose).ok and verify(loose).tolerance == "atol=0, rtol=1e-05"


def test_what_would_have_passed_is_said():
    verdict = off_by(0, atol=1000)
    assert verdict.looseness[0].passing == verdict.looseness[0].tried
    assert (
        "too loose for x: a zero gradient, half of it, twice it, its negative or one entry zeroed would pass too"
        in (" ".join(str(verdict).split()))
    )
    verdict = off_by(0, rtol=0.6)
    assert verdict.looseness[0].passing == ("half of it",)
    verdict = off_by(0, rtol=1e-3)
    assert verdict.looseness[0].passing == ()
    assert "would not pass" in str(verdict)


def test_computed_tolerances_are_not_put_to_that_test():
    assert off_by(0).looseness[0].tried == () and off_by(0).tolerance is None


TRUE = np.array([[1.0, 5.0], [2.0, 1e-3]])
HONEST = np.full((2, 2), 1e-12)


@pytest.mark.parametrize(
    ("allowed", "passing"),
    [
        (1e-6, ()),
        (1e-2, ("one entry zeroed",)),
        (2.5, ("half of it", "one entry zeroed")),
        (3, ("half of it", "its transpose", "one entry zeroed")),
        (5, ("a zero gradient", "half of it", "twice it", "its transpose", "one entry zeroed")),
    ],
)
def test_wrong_answers_are_tried(allowed, passing):
    found = looseness("X", TRUE, np.full((2, 2), allowed), HONEST)
    assert found.passing == passing
    assert found.tried == (
        "a zero gradient",
        "half of it",
        "twice it",
        "its negative",
        "its transpose",
        "one entry zeroed",
    )


def test_answers_that_are_right_are_no_sign_of_looseness():
    symmetric = np.array([[1.0, 2.0], [2.0, 3.0]])
    assert "its transpose" not in looseness("X", symmetric, np.full((2, 2), 1e-6), HONEST).tried
    assert looseness("X", np.zeros((2, 2)), np.ones((2, 2)), HONEST).tried == ()
    # an entry that is zero anyway does not count as one that could be zeroed
    assert looseness("x", np.array([0.0, 1.0]), np.full(2, 1e-3), np.full(2, 1e-12)).passing == ()
    assert "one entry zeroed" in looseness("x", np.array([0.0, 1.0]), np.full(2, 2.0), np.full(2, 1e-12)).passing
    # and the only entry is the whole gradient
    assert "one entry zeroed" not in looseness("x", np.ones(1), np.full(1, 2.0), np.full(1, 1e-12)).tried


def test_entries_that_nobody_knows_are_left_out():
    found = looseness("x", np.array([np.nan, 1.0]), np.full(2, 2.0), np.full(2, 1e-12))
    assert "a zero gradient" in found.passing


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ((-1, None, None), "atol is -1: give a number that is not negative, or leave it out for tolerances that are "),
        ((None, float("nan"), None), "rtol is nan: give a number that is not negative, or leave it out for "),
        ((None, "1", None), "rtol is '1': give a number that is not negative, or leave it out for tolerances that "),
        ((True, None, None), "atol is True: give a number that is not negative, or leave it out for tolerances that "),
        ((None, None, float("inf")), "max_bits_lost is inf: give a number, or leave it out for tolerances that are "),
    ],
)
def test_what_is_no_tolerance(given, sentence):
    with pytest.raises(ToleranceError) as error:
        tolerances(*given)
    assert str(error.value).startswith(sentence) and str(error.value).endswith("that are computed")


def test_two_ways_at_once():
    with pytest.raises(TolerancesTwiceError) as error:
        check(lambda x: x * x, {"x": mixed(5)}, atol=1e-3, max_bits_lost=3)
    assert str(error.value) == "max_bits_lost is given together with atol or rtol: give the one or the others"


def test_as_many_bits_as_the_budget_has_change_nothing():
    honest = np.array([1e-9, 0.0])
    assert tolerances(None, None, math.log2(BUDGET)).allowed(honest, np.ones(2), BUDGET).tolist() == honest.tolist()
    assert tolerances(None, None, -1).allowed(honest, np.ones(2), BUDGET).max() < 1e-9


def test_an_infinite_entry_allows_for_nothing_else():
    assert tolerances(None, 1e-3, None).allowed(np.ones(3), np.array([np.inf, np.nan, 2.0]), BUDGET).tolist() == [
        0,
        0,
        2e-3,
    ]


def test_who_says_nothing_of_an_entry_says_nothing_whatever_is_tolerated():
    said = {"reverse mode": Estimate(np.ones(2), np.array([np.inf, 1e-12]))}
    assert tolerances(1e-3, None, None).applied(said, ("reverse mode",), BUDGET)["reverse mode"].error.tolist() == [
        np.inf,
        1e-3,
    ]


def test_the_true_entries_are_those_of_the_first_who_speaks():
    values = {"symbolic": [2.0, np.nan], "reverse mode": [8.0, 8.0], "finite differences": [4.0, 4.0]}
    said = {name: Estimate(np.array(v), np.where(np.isnan(v), np.inf, 0.0)) for name, v in values.items()}
    assert tolerances(None, 0.5, None).applied(said, ("reverse mode",), BUDGET)["reverse mode"].error.tolist() == [
        1.0,
        2.0,
    ]
