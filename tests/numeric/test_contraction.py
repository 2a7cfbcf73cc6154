"""Contractions against einsum, for float64 and for balls, and the views that BLAS cannot read."""

import string

import numpy as np
import pytest
from derivatives import draw
from hypothesis import given, settings
from hypothesis import strategies as st
from loops import assert_near
from numpy.lib.stride_tricks import as_strided

from verifier.numeric.arithmetic import Labelled
from verifier.numeric.balls import Balls, estimate
from verifier.numeric.contraction import contraction, stacked_products
from verifier.numeric.float64 import Float64


def by_einsum(operands, output):
    letters = string.ascii_letters
    words = ",".join("".join(letters[k] for k in operand.axes) for operand in operands)
    return np.einsum(f"{words}->{''.join(letters[k] for k in output)}", *(operand.values for operand in operands))


def everywhere(operands, output):
    balls = Balls(113)
    with balls.context():
        inexact = [Labelled(balls.array(operand.values), operand.axes) for operand in operands]
        in_balls = estimate(balls.contract(inexact, output))
    found = Float64().contract(operands, output)
    assert_near(found, in_balls.value, 1e-13)
    assert np.all(in_balls.error <= 1e-13 * (1 + np.abs(in_balls.value)))
    return found


@st.composite
def contractions(draw_one):
    """Up to four operands over up to five indices, and some of the indices that occur as the output."""
    extents = [draw_one(st.integers(1, 4)) for _ in range(5)]
    operands = []
    for number in range(draw_one(st.integers(1, 4))):
        axes = tuple(draw_one(st.permutations(range(5)))[: draw_one(st.integers(0, 3))])
        operands.append(Labelled(draw(*(extents[k] for k in axes), seed=number), axes))
    occurring = sorted({k for operand in operands for k in operand.axes})
    output = tuple(k for k in draw_one(st.permutations(occurring)) if draw_one(st.booleans()))
    return operands, output


@settings(max_examples=150, deadline=None, derandomize=True)
@given(contractions())
def test_contractions_at_random(case):
    operands, output = case
    assert_near(everywhere(operands, output), by_einsum(operands, output), 1e-12)


X = draw(6, 8)
VIEWS = {
    "transposed": X.T,
    "every other column": X[:, ::2],
    "every other row": X[::2],
    "backwards": X[::-1, ::-1],
    "overlapping windows": as_strided(X.ravel(), (7, 5), (16, 8)),
    "a repeated row": np.broadcast_to(X[0], (4, 8)),
    "a repeated column": np.broadcast_to(X[:, :1], (6, 4)),
    "one row": X[:1],
    "one column": X[:, 3:4],
}


@pytest.mark.parametrize("left", VIEWS)
def test_views(left):
    one = Labelled(VIEWS[left], (0, 1))
    columns = draw(VIEWS[left].shape[1], 3, seed=4)
    assert_near(everywhere([one, Labelled(columns, (1, 2))], (0, 2)), VIEWS[left] @ columns, 1e-13)
    assert_near(everywhere([Labelled(columns, (1, 2)), one], (2, 0)), (VIEWS[left] @ columns).T, 1e-13)
    assert_near(everywhere([one, one], ()), (VIEWS[left] ** 2).sum(), 1e-13)
    batch = draw(VIEWS[left].shape[0], VIEWS[left].shape[1], 3, seed=5)
    expected = np.einsum("ij,ijk->ik", VIEWS[left], batch)
    assert_near(everywhere([one, Labelled(batch, (0, 1, 2))], (0, 2)), expected, 1e-13)


def test_the_order_of_products_is_a_good_one():
    """A row times two matrices: never the two matrices first."""
    seen = []

    def multiply(left, right):
        seen.append((left.shape, right.shape))
        return stacked_products(left, right)

    row, square = Labelled(draw(1, 50), (0, 1)), draw(50, 50)
    operands = [Labelled(square, (1, 2)), Labelled(square, (2, 3)), row]
    found = contraction(operands, (0, 3), multiply)
    assert_near(found, row.values @ square @ square, 1e-13)
    assert all(1 in (*left, *right) and np.prod(left) * right[2] < 50 * 50 * 50 for left, right in seen)


def test_infinities_stay_where_they_are():
    values = np.array([[np.inf, 1.0], [2.0, np.nan]])
    found = Float64().contract([Labelled(values, (0, 1)), Labelled(np.ones((2, 2)), (0, 1))], (0, 1))
    assert np.array_equal(found, values, equal_nan=True)
