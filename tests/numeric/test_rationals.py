"""Exact fractions: what they compute, what they refuse, and what opaque functions keep."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq
from formulas import value_of
from sympy import (
    Abs,
    Determinant,
    HadamardPower,
    IndexedBase,
    KroneckerDelta,
    Lambda,
    MatrixSymbol,
    Rational,
    Sum,
    Trace,
    cos,
    cosh,
    erf,
    exp,
    log,
    pi,
    sin,
    sinh,
    sqrt,
    symbols,
    tan,
    tanh,
)

from verifier import total
from verifier.numeric.evaluate import evaluate
from verifier.numeric.rational_nodes import NotRational
from verifier.numeric.rationals import NoValue, Rationals, as_fraction, nearest, random_rationals
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of

A, B, x = MatrixSymbol("A", 3, 3), MatrixSymbol("B", 3, 3), MatrixSymbol("x", 3, 1)
s, t = symbols("s t", real=True)
i, j, n = symbols("i j n", integer=True)
v = IndexedBase("v", shape=(3,))
NUMBERS = {
    "A": np.array([[2.0, -1.0, 0.5], [0.0, 3.0, 1.0], [1.0, 1.0, -2.0]]),
    "B": np.array([[1.0, 0.0, 2.0], [0.25, -1.0, 0.0], [3.0, 1.0, 1.0]]),
    "x": np.array([[1.0], [-2.0], [0.5]]),
    "v": np.array([1.0, -2.0, 0.5]),
    "s": np.array(3.0),
    "t": np.array(-0.75),
}


def exactly(expression, rationals=None, **inputs):
    formula = formula_of(expression)
    inputs = inputs or {name: NUMBERS[name] for name in formula.symbols}
    arithmetic = rationals or Rationals()
    return evaluate(formula.program, inputs, [formula.output], arithmetic)[formula.output]


@pytest.mark.parametrize(
    "expression",
    [
        A * B - 3 * A.T,
        A.inv() * x,
        (A + B) ** -2,
        Determinant(A) * B,
        total(HadamardPower(A, 2)) / 7,
        Trace(A * B) ** 3 / Determinant(B) ** 2,
        Sum(v[i] * v[j] * KroneckerDelta(i, j) * (i + 1), (i, 0, 2), (j, 0, 2)),
        Sum(v[i] / (i + 1), (i, 0, 2)),
        s**-2 + t / 3,
    ],
    ids=str,
)
def test_values_are_those_of_the_other_arithmetics(expression):
    inputs = {name: NUMBERS[name] for name in formula_of(expression).symbols}
    found = exactly(expression)
    assert all(isinstance(number, fmpq) for number in found.ravel())
    np.testing.assert_allclose(nearest(found).value, value_of(expression, **inputs), rtol=1e-14)


def test_nothing_is_rounded():
    assert exactly(s / 3 + t, s=np.array(1.0), t=np.array(0.1))[()] == fmpq(1, 3) + fmpq(*(0.1).as_integer_ratio())
    inverse = exactly(A.inv() * A)
    assert (inverse == np.array([[1, 0, 0], [0, 1, 0], [0, 0, 1]])).all()
    assert exactly(s + Rational(1, 10**40) - s)[()] == fmpq(1, 10**40)


@pytest.mark.parametrize("expression", [1 / s, A.inv(), Determinant(A) ** -1], ids=str)
def test_a_division_by_zero_has_no_value(expression):
    shapes = {"s": (), "A": (3, 3)}
    with pytest.raises(NoValue):
        exactly(expression, **{name: np.zeros(shapes[name]) for name in formula_of(expression).symbols})


@pytest.mark.parametrize("expression", [Abs(s), total(A.applyfunc(Lambda(t, Abs(t))))], ids=str)
def test_choices_by_value_are_refused(expression):
    with pytest.raises(NotRational, match="a choice that depends on values"):
        exactly(expression)


def test_derivatives_of_a_determinant_exist_where_it_is_zero():
    formula = formula_of(Determinant(A))
    derivation = reverse(formula.program, formula.output, ["A"])
    singular = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 1.0, 1.0]])
    told = {"A": singular, derivation.cotangent: np.array(1.0)}
    gradient = derivation.gradients["A"]
    found = evaluate(derivation.adjoint, told, [gradient], Rationals())[gradient]
    assert (found == np.array([[-2, -2, 2], [1, 1, -1], [0, 0, 0]])).all()


# Opaque functions


def same(left, right):
    rationals = Rationals()
    return exactly(left, rationals)[()] == exactly(right, rationals)[()]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (exp(-s), 1 / exp(s)),
        (1 / (1 + exp(-s)), exp(s) / (1 + exp(s))),
        (tanh(s), (exp(s) - exp(-s)) / (exp(s) + exp(-s))),
        (cosh(t) ** 2 - sinh(t) ** 2, 1 + 0 * s),
        (sin(s) ** 2 + cos(s) ** 2, 1 + 0 * s),
        (sin(t), -sin(-t)),
        (tan(s), sin(s) / cos(s)),
        (s ** Rational(3, 2), s * sqrt(s)),
        (erf(s) * pi, pi * erf(s)),
        (exp(s - s), 1 + 0 * t),
    ],
    ids=str,
)
def test_opaque_functions_keep_what_people_use_without_a_word(left, right):
    assert same(left + 0 * s, right)


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (s ** Rational(1, 3), s ** Rational(2, 3)),
        (exp(s), exp(t)),
        (exp(s), sin(s)),
        (erf(s), erf(-s)),
        (sqrt(s), s),
        (sin(s), cos(s)),
        (log(s), log(2 * s)),
    ],
    ids=str,
)
def test_opaque_functions_keep_nothing_else(left, right):
    assert not same(left, right)


def test_an_opaque_function_has_one_value_for_each_argument():
    rationals = Rationals()
    first, second = exactly(log(s), rationals)[()], exactly(2 * log(s), rationals)[()]
    assert second == 2 * first and len(rationals.opaque) == 1
    assert exactly(log(s), Rationals(seed=1))[()] != first


# Numbers


def test_random_rationals_are_whole_and_large():
    drawn = random_rationals((50,), "seed")
    assert all(number.q == 1 and abs(int(number.p)) <= 2**127 for number in drawn)
    assert sum(abs(int(number.p)) > 2**120 for number in drawn) > 45 and len({str(number) for number in drawn}) == 50
    assert (drawn == random_rationals((50,), "seed")).all() and (drawn != random_rationals((50,), "other")).all()
    assert {int(number.p) > 0 for number in drawn} == {True, False}


def test_nearest_states_its_error():
    found = nearest(np.array([fmpq(1, 3), fmpq(1, 4), fmpq(10**400, 10**399 + 1)], dtype=object))
    assert found.value.tolist() == [1 / 3, 0.25, 10.0]
    assert found.error[1] == 0 and 0 < found.error[0] < 1e-16


def test_as_fraction():
    assert as_fraction(fmpq(2, 4)) == Fraction(1, 2)
    assert as_fraction(0.5) is None
