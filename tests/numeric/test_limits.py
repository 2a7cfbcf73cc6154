"""Limits at poles and at the borders of domains."""

import numpy as np
import pytest
from sympy import Abs, Max, Rational, acos, acosh, asin, atanh, exp, log, sin, sqrt, symbols, tan

from verifier.numeric.limits import limits
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of

A, B = symbols("a b", real=True)
INF, NAN = np.inf, np.nan


def limit(expression, **point):
    """The limits of the value and of the gradient by a."""
    formula = formula_of(expression)
    derivation = reverse(formula.program, formula.output, point)
    told = {name: np.array(number) for name, number in point.items()} | {derivation.cotangent: np.array(1.0)}
    tensors = [formula.output, derivation.gradients["a"]]
    found = limits(derivation.adjoint, told, tensors, formula.output, list(point))
    return tuple(found[tensor] for tensor in tensors) if found else None


@pytest.mark.parametrize(
    ("function", "point", "value", "gradient"),
    [
        (sqrt(A), 0.0, 0.0, INF),
        (-sqrt(A), 0.0, 0.0, -INF),
        (log(A), 0.0, -INF, INF),
        (log(A) ** 2, 0.0, INF, -INF),
        (A * log(A), 0.0, 0.0, -INF),
        (A ** Rational(1, 3), 0.0, 0.0, INF),
        (A ** Rational(3, 2), 0.0, 0.0, 0.0),
        (1 / A, 0.0, NAN, -INF),  # its values have another sign on either side
        (1 / A**2, 0.0, INF, NAN),
        (exp(-1 / A**2), 0.0, 0.0, 0.0),
        (asin(A), 1.0, np.pi / 2, INF),
        (asin(A), -1.0, -np.pi / 2, INF),
        (acos(A), 1.0, 0.0, -INF),
        (acosh(A), 1.0, 0.0, INF),
        (atanh(A), -1.0, -INF, INF),
        (sin(A) / A, 0.0, 1.0, 0.0),
        (tan(A), 1.5, np.tan(1.5), 1 + np.tan(1.5) ** 2),
        (sqrt(Abs(A)), 0.0, 0.0, NAN),
        (sqrt(Max(A, 0)), 0.0, 0.0, NAN),
        (log(Abs(A)), 0.0, -INF, NAN),
    ],
    ids=str,
)
def test_one_variable(function, point, value, gradient):
    for found, expected in zip(limit(function, a=point), (value, gradient), strict=True):
        estimate = found.estimate
        assert not found.several
        if np.isnan(expected):
            assert not estimate.speaks
        elif np.isinf(expected):
            assert estimate.value == expected and estimate.error == 0
        else:
            assert abs(estimate.value - expected) <= estimate.error + 2.0**-51 * abs(expected)
            assert estimate.error <= max(1e-12, 2.0**-40 * abs(expected))


def test_limits_that_depend_on_the_side_are_a_range():
    for function, other in ((sqrt(A**2 + 0 * B), 1.0), (sqrt(A**2 + B**2), 0.0)):
        found = limit(function, a=0.0, b=other)[1]
        assert found.several and abs(found.estimate.value) <= found.estimate.error / 2 <= 1.0
        assert found.estimate.error >= 1.0


def test_a_point_that_is_no_border_of_the_domain_has_no_limit():
    assert limit(log(A), a=-1.0) is None


def test_only_what_may_move_moves():
    formula = formula_of(sqrt(A * B))
    derivation = reverse(formula.program, formula.output, ["a"])
    told = {"a": np.array(0.0), "b": np.array(4.0), derivation.cotangent: np.array(-1.0)}
    tensor = derivation.gradients["a"]
    found = limits(derivation.adjoint, told, [tensor], formula.output, ["a"])
    assert found[tensor].estimate.value == -INF
