"""The set of gradients at kinks: which choices are one, what they are called, and when they are too many."""

import numpy as np
import pytest
from sympy import Abs, Heaviside, IndexedBase, MatrixSymbol, Max, Min, Piecewise, Symbol, exp, sqrt, symbols

from verifier.numeric.enclose import enclose
from verifier.numeric.spread import Measured
from verifier.numeric.subdifferential import jumps, subdifferential
from verifier.numeric.widths import widths
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.language import total

A, B, C, D = symbols("a b c d", real=True)
n = Symbol("n", integer=True, positive=True)
x = MatrixSymbol("x", n, 1)
X = IndexedBase("X", shape=(5,))


def enclosed(expression, cotangent=1.0, roundoff=None, **point):
    formula = formula_of(expression)
    point = {name: np.asarray(value, dtype=float) for name, value in point.items()}
    derivation = reverse(formula.program, formula.output, point)
    told = {**point, derivation.cotangent: np.asarray(cotangent, dtype=float)}
    tensors = {name: tensor for name, tensor in derivation.gradients.items() if tensor}
    wanted = [derivation.output, *tensors.values()]
    wide = None if roundoff is None else widths(Measured(derivation.adjoint, told, wanted), roundoff)
    found = enclose(derivation.adjoint, told, wanted, wide=wide)
    shapes = {name: array.shape for name, array in point.items()}
    return found, {name: found.balls[tensor] for name, tensor in tensors.items()}, shapes, derivation.output


def right(expression, cotangent=1.0, roundoff=None, **point):
    _, gradients, shapes, _ = enclosed(expression, cotangent, roundoff, **point)
    return subdifferential(gradients, shapes)


def vertices(found, kink):
    """The gradients at a kink, as a set of rows over all entries."""
    whole = np.tile(found.base, (len(kink.vertices), 1))
    whole[:, kink.entries] += kink.vertices
    return {tuple(np.round(row, 12) + 0.0) for row in whole}


def relu(t):
    return Max(t, 0)


def test_independent_kinks_choose_by_themselves():
    found = right(total(x.applyfunc(relu)), x=[[0.0], [1.0], [0.0]])
    assert [kink.place for kink in found.kinks] == ["x[0, 0] = 0", "x[2, 0] = 0"]
    assert [kink.entries.tolist() for kink in found.kinks] == [[0], [2]]
    assert all(np.ptp(kink.vertices) == 1 for kink in found.kinks) and found.sharp
    assert (found.error <= 1e-15).all()


def test_where_everything_is_decided_there_is_no_set():
    assert right(total(x.applyfunc(relu)), x=[[5e-324], [-1.0]]) is None
    assert right(A * 2, a=0.0) is None


@pytest.mark.parametrize(
    ("function", "point", "expected"),
    [
        (Max(A, B), (2.0, 2.0), {(1, 0), (0, 1)}),
        (Min(A, B), (2.0, 2.0), {(1, 0), (0, 1)}),
        (Max(A, B) ** 2, (2.0, 2.0), {(4, 0), (0, 4)}),
        (Max(A, B) + 3 * B, (2.0, 2.0), {(1, 3), (0, 4)}),
        (Max(A, B, C), (2.0, 2.0, 2.0), {(1, 0, 0), (0, 1, 0), (0, 0, 1)}),
        (Max(A, B, C), (2.0, 2.0, 1.0), {(1, 0, 0), (0, 1, 0)}),
        (Min(A, B, C), (0.0, 1.0, 0.0), {(1, 0, 0), (0, 0, 1)}),
        (Max(A, B, C, D), (1.0, 1.0, 1.0, 1.0), {tuple(row) for row in np.eye(4)}),
        (Abs(A - B), (2.0, 2.0), {(1, -1), (-1, 1)}),
        (Max(A, 0) * exp(B), (0.0, 0.0), {(0, 0), (1, 0)}),
        (Max(A, 0) * B + Abs(A), (0.0, 3.0), {(4, 0), (-1, 0)}),
        (Max(Max(A, 0), B), (0.0, 0.0), {(0, 0), (1, 0), (0, 1)}),
        (Piecewise((A, A > 0), (7 * A, A <= 0)) * Max(A, 0), (0.0,), {(0,)}),
    ],
)
def test_the_vertices_are_the_gradients_beside_the_point(function, point, expected):
    found = right(function, **dict(zip("abcd", point, strict=False)))
    if len(expected) == 1:
        assert found is None or all(vertices(found, kink) == expected for kink in found.kinks)
    else:
        (kink,) = found.kinks
        assert vertices(found, kink) == expected


def test_a_piece_that_is_a_single_point_is_no_choice():
    found = right(Heaviside(A, 5) * B, a=0.0, b=2.0)
    (kink,) = found.kinks
    assert vertices(found, kink) == {(0,), (1,)} if len(found.base) == 1 else {(0, 0), (0, 1)}


def test_one_kink_in_several_inputs_is_one_choice():
    found = right(Max(A * B - C, 0), a=2.0, b=3.0, c=6.0)
    (kink,) = found.kinks
    assert vertices(found, kink) == {(0, 0, 0), (3, 2, -1)} and kink.place == "a*b - c = 0" and kink.tied == ()


def test_kinks_within_kinks_are_enumerated_together():
    found = right(Max(Max(A, 0) - Max(B, 0) + C, 0), a=0.0, b=0.0, c=0.0)
    (kink,) = found.kinks
    assert vertices(found, kink) == {(0, 0, 0), (1, 0, 1), (0, -1, 1), (1, -1, 1), (0, 0, 1)}
    assert kink.place == "a = b = c + Max(0, a) - Max(0, b) = 0"


def test_ties_are_named_in_order():
    found = right(Max(X[3], X[1], X[4]), X=[0.0, 2.0, 0.0, 2.0, 2.0])
    (kink,) = found.kinks
    assert kink.place == "X[1] = X[3] = X[4]" and kink.tied == (1, 3, 4)


def test_the_cotangent_is_part_of_the_gradient():
    found = right(x.applyfunc(relu), [[2.0], [-3.0]], x=[[0.0], [0.0]])
    assert [vertices(found, kink) for kink in found.kinks] == [{(2, -3), (0, -3)}, {(2, -3), (2, 0)}]


def test_a_sum_of_many_kinks_is_sharp():
    found = right(total(x.applyfunc(relu)) ** 2 + total(x.applyfunc(relu)), x=np.zeros((300, 1)))
    assert len(found.kinks) == 300 and found.sharp


@pytest.mark.parametrize(("count", "sharp"), [(9, True), (12, False)])
def test_more_than_can_be_enumerated_is_said_to_be_blunt(count, sharp):
    found = right(relu(total(x.applyfunc(relu))), x=np.zeros((count, 1)))
    (kink,) = found.kinks
    assert (kink.sharp, found.sharp) == (sharp, sharp)
    low, high = np.zeros(count), np.zeros(count)
    low[kink.entries], high[kink.entries] = kink.vertices.min(axis=0), kink.vertices.max(axis=0)
    np.testing.assert_allclose(found.base + low - found.error, 0.0, atol=1e-8)
    np.testing.assert_allclose(found.base + high + found.error, 1.0, atol=1e-8)


def test_ties_of_many_are_sampled_and_sharp():
    found = right(Max(*(X[k] for k in range(5))) ** 2, X=np.full(5, 3.0))
    (kink,) = found.kinks
    assert vertices(found, kink) == {tuple(row) for row in 6 * np.eye(5)} and kink.sharp


def test_where_the_derivative_of_a_branch_is_not_finite_nothing_is_known():
    found = right(sqrt(Max(A, 0)) + Max(B, 0), a=0.0, b=0.0)
    assert np.isinf(found.error[0]) and np.isfinite(found.error[1])


def test_jumps_are_named_once_and_counted():
    many = x.applyfunc(lambda t: Heaviside(t, 0) * 2)
    found, _, shapes, output = enclosed(many, np.ones((5, 1)), x=np.zeros((5, 1)))
    said = jumps(found.balls[output], shapes)
    assert said[0] == "the function jumps at x[0, 0] = 0, from 0 to 2"
    assert said[3] == "the function jumps at 2 more places" and len(said) == 4
    found, _, shapes, output = enclosed(x.applyfunc(relu), np.ones((5, 1)), x=np.zeros((5, 1)))
    assert jumps(found.balls[output], shapes) == []
