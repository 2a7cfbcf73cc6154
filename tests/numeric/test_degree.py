"""Bounds on degrees: never below the true degree, and not far above it for what people write."""

from __future__ import annotations

import numpy as np
import pytest
from sympy import (
    Determinant,
    HadamardPower,
    IndexedBase,
    Lambda,
    Matrix,
    MatrixSymbol,
    Max,
    Poly,
    Product,
    Rational,
    Sum,
    Trace,
    cancel,
    exp,
    fraction,
    log,
    sqrt,
    symbols,
)

from verifier import cholesky, total
from verifier.numeric.degree import degree
from verifier.numeric.rational_nodes import NotRational
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of

A, B, x = MatrixSymbol("A", 2, 2), MatrixSymbol("B", 2, 2), MatrixSymbol("x", 2, 1)
s, t = symbols("s t", real=True)
v = IndexedBase("v", shape=(3,))
i, k, n = symbols("i k n", integer=True)


def bound(expression, extents=None, **constant):
    formula = formula_of(expression)
    return degree(formula.program, formula.output, extents or {}, constant)


def true_degree(entry):
    """The larger degree of numerator and denominator of an explicit rational function."""
    parts = [part for part in fraction(cancel(entry)) if part.free_symbols]
    return max((Poly(part, *sorted(part.free_symbols, key=str)).total_degree() for part in parts), default=0)


ENTRIES = (Matrix(2, 2, symbols("a:4")), Matrix(2, 2, symbols("b:4")), Matrix(2, 1, symbols("c:2")))
RATIONAL = [
    (A * B, lambda a, b, c: a * b),
    (A.inv(), lambda a, b, c: a.inv()),
    (A.inv() * B * A.inv(), lambda a, b, c: a.inv() * b * a.inv()),
    (Determinant(A) * A.inv(), lambda a, b, c: a.det() * a.inv()),
    (x.T * A * x, lambda a, b, c: c.T * a * c),
    (Trace(A**3) / Trace(B), lambda a, b, c: Matrix([(a**3).trace() / b.trace()])),
    ((A + B) ** -2, lambda a, b, c: (a + b).inv() ** 2),
    (total(HadamardPower(A, -1)), lambda a, b, c: Matrix([sum(1 / entry for entry in a)])),
    (total(HadamardPower(A, -2)) * A, lambda a, b, c: sum(entry**-2 for entry in a) * a),
    (A / (1 + Trace(A)), lambda a, b, c: a / (1 + a.trace())),
]


@pytest.mark.parametrize(("expression", "explicit"), RATIONAL, ids=[str(expression) for expression, _ in RATIONAL])
def test_the_bound_is_not_below_the_true_degree(expression, explicit):
    true = max(true_degree(entry) for entry in explicit(*ENTRIES))
    assert 0 < true <= bound(expression).tensor <= 8 * true


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (A * B, 2),
        (Determinant(A), 2),
        (Determinant(A) ** 3, 6),
        (Sum(v[i] ** 2, (i, 0, 2)), 2),
        (Sum(1 / v[i], (i, 0, 2)), 3),
        (Product(v[i], (i, 0, 2)), 3),
        (s**-2 * t, 3),
        (3 + 0 * s, 0),
    ],
    ids=str,
)
def test_bounds(expression, expected):
    assert bound(expression).tensor == expected


def test_bounds_follow_the_extents():
    X = MatrixSymbol("X", n, n)
    assert [bound(Determinant(X), {n: size}).tensor for size in (1, 2, 5)] == [1, 2, 5]


def test_bounds_follow_exponents():
    power = Trace(A**k)
    assert bound(power, k=np.array(5)).tensor == 5
    assert bound(power, k=np.array(-3)).tensor == 6
    with pytest.raises(NotRational):
        bound(power)


def test_what_is_constant_has_no_degree():
    formula = formula_of(Trace(A * B))
    derivation = reverse(formula.program, formula.output, ["A"])
    gradient = derivation.gradients["A"]
    with_cotangent = degree(derivation.adjoint, gradient, {}, {})
    without = degree(derivation.adjoint, gradient, {}, {derivation.cotangent: None})
    assert (with_cotangent.tensor, without.tensor) == (2, 1)


def test_opaque_functions_count_and_so_do_their_arguments():
    assert bound(log(s * t) * s).tensor == 2
    assert bound(log(s * t) * s).arguments == 2
    assert bound(sqrt(s**2 + s)).arguments == 2
    assert bound(s ** Rational(5, 2)).tensor == 3
    assert bound(total(A.applyfunc(Lambda(t, exp(t))))).arguments == 1
    assert bound(s * t).arguments == 0


@pytest.mark.parametrize("expression", [total(cholesky(A)), Sum(v[i] ** i, (i, 0, 2))], ids=str)
def test_what_has_no_bound_is_refused(expression):
    with pytest.raises(NotRational):
        bound(expression)


def test_pieces_have_the_larger_degree():
    assert bound(Max(s**3, s)).tensor == 3
