"""Numbers that depend on undecided conditions: sums, products and functions for every choice, and hulls."""

import itertools

import numpy as np
import pytest
from flint import arb
from sympy import Symbol

from verifier.numeric import branched
from verifier.numeric.borders import Border, Borders, identity
from verifier.numeric.branched import (
    Branched,
    anything_in,
    at,
    choices,
    depends,
    hull,
    lifted,
    linearly,
    some_branch,
    unknown,
)

A, B = Symbol("a"), Symbol("b")
BORDERS = [Border(k, A, B, {}, {}) for k in range(12)]
P, Q, R = (unknown(border) for border in BORDERS[:3])

EXPRESSIONS = {
    "sum": lambda p, q, r: p + 2 * q - r + 3,
    "product": lambda p, q, r: (p + 1) * (q - 2) * (r + p),
    "one unknown twice": lambda p, q, r: p * p * p + q * (1 - q),
    "differences": lambda p, q, r: 1 - (p - q) - (arb(2) - r),
    "quotient": lambda p, q, r: (1 + r) / (2 + p + q),
    "of a number": lambda p, q, r: arb(6) / (1 + p + r) - -q,
    "floats": lambda p, q, r: 0.5 * p + q * 1.25 - 2.0 + (r + 0.75) / 0.5,
    "function": lambda p, q, r: lifted(lambda x, y: arb(x).exp() * y)(p - q, r + 5),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
def test_a_polynomial_is_the_expression_for_every_choice(name):
    whole = EXPRESSIONS[name](P, Q, R)
    values = []
    for holding in choices(BORDERS[:3]):
        plain = EXPRESSIONS[name](*(arb(int(border in holding)) for border in BORDERS[:3]))
        assert abs(arb(at(whole, holding)) - plain) < 1e-12
        values.append(plain)
    ball = hull(whole)
    assert all(ball.contains(v.mid()) for v in values)
    assert float(ball.rad()) <= float(max(values) - min(values)) / 2 * (1 + 1e-7)  # flint's radii have 30 bits


def test_what_depends_on_nothing_is_a_plain_number():
    assert not isinstance(P - P, Branched) and P - P == 0
    assert not isinstance(P * (1 - P), Branched)
    assert not isinstance(P + 3 - P, Branched) and P + 3 - P == 3
    assert (P - P + arb(0.5)) == arb(0.5)
    assert P * 0 == 0


def test_numbers_on_the_left_and_arrays():
    array = np.array([arb(2), P], dtype=object)
    doubled, added = array * P, array.sum()
    assert at(doubled[0], BORDERS[:1]) == 2 and at(doubled[1], ()) == 0
    assert at(added, BORDERS[:1]) == 3 and at(arb(5) - P, BORDERS[:1]) == 4
    assert depends(array) and not depends(np.array([arb(1)], dtype=object))
    with pytest.raises(TypeError):
        P + "text"


def test_a_sum_of_many_has_its_sharp_hull():
    many = sum((unknown(border) * (k + 1) for k, border in enumerate(BORDERS)), arb(0))
    ball = many.hull()
    assert float(ball.lower()) == pytest.approx(0, abs=1e-6) and float(ball.upper()) == pytest.approx(78, abs=1e-6)


def test_too_many_conditions_at_once_give_any_number_of_the_range():
    many = sum((unknown(border) for border in BORDERS), arb(0))
    root = lifted(lambda x: arb(x).sqrt() if x.lower() >= 0 else arb(0).union(arb(x.upper()).sqrt()))(many)
    (border,) = root.borders
    assert border.number == -1
    assert hull(root).contains(arb(0.5)) and float(hull(root).upper()) == pytest.approx(12**0.5, rel=1e-6)


def test_too_many_terms_give_any_number_of_the_range(monkeypatch):
    monkeypatch.setattr(branched, "MOST_TERMS", 3)
    found = (P + 1) * (Q + 1) * (R + 1)
    assert {border.number for border in found.borders} == {-1}
    assert hull(found).contains(arb(1)) and hull(found).contains(arb(8))


def test_any_number_of_an_exact_ball_is_that_number():
    assert anything_in(arb(2)) == 2 and not isinstance(anything_in(arb(2)), Branched)
    assert not anything_in(arb("nan")).is_finite()


def test_a_linear_function_keeps_the_choices():
    values = np.array([P, arb(2), 3 * Q], dtype=object)
    found = linearly(lambda part: np.array([part.sum(), part[0] - part[2]], dtype=object), values)
    for p, q in itertools.product((0, 1), repeat=2):
        holding = [border for border, holds in zip(BORDERS, (p, q), strict=False) if holds]
        assert [at(number, holding) for number in found] == [p + 2 + 3 * q, p - 3 * q]


def test_one_of_the_branches():
    assert some_branch(2 * P + Q) == 3 and some_branch(arb(7)) == 7


# Which condition it is


def test_a_condition_is_known_again_by_what_it_reads():
    x, y, borders = arb(1), arb(1), Borders()
    a0, a1 = Symbol("a0"), Symbol("a1")
    first, _ = borders.between(a0, a1, {a0: x, a1: y}, touched=True, equality=False)
    renamed, swapped = borders.between(a1, a0, {a1: x, a0: y}, touched=True, equality=False)
    assert renamed is first and not swapped
    turned, swapped = borders.between(a0, a1, {a0: y, a1: x}, touched=True, equality=False)
    assert turned is first and swapped
    other, _ = borders.between(a0, a1, {a0: x, a1: arb(1)}, touched=True, equality=False)
    assert other is not first and len(borders) == 2


def test_sums_are_the_same_in_any_order():
    x, y, (a0, a1) = arb(1), arb(2), (Symbol("a0"), Symbol("a1"))
    assert identity(a0 + 2 * a1, {a0: x, a1: y}) == identity(2 * a0 + a1, {a0: y, a1: x})
    assert identity(a0 - a1, {a0: x, a1: y}) != identity(a0 - a1, {a0: y, a1: x})


def test_only_inputs_and_numbers_are_untouched_by_rounding():
    x, borders, a0, a1 = np.array([arb(1)], dtype=object), Borders(), Symbol("a0"), Symbol("a1")
    borders.give("x", x)
    meaning = {a0: x[0], a1: arb(2)}
    assert borders.is_given(a0, meaning) and borders.is_given(a0 * 0 + 3, meaning)
    assert not borders.is_given(a1, meaning) and not borders.is_given(a0 + 1, meaning)
