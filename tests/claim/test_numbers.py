"""When two sides count as equal, as different, and when nothing is told."""

from fractions import Fraction

import numpy as np
import pytest
from flint import arb

from verifier.claim.numbers import AGREEMENT, Enclosed, Exact, Pair


@pytest.mark.parametrize(
    ("differ", "apart", "same"),
    [
        ([False, False], 0.0, True),
        ([False, False], AGREEMENT, True),
        ([False, False], 1e-50, None),  # neither proven to differ nor near enough
        ([False, False], np.inf, None),
        ([True, False], 1e-70, False),  # one entry is enough
        ([True, True], 1.0, False),
    ],
)
def test_two_sides_are_equal_different_or_neither(differ, apart, same):
    sides = np.zeros(2)
    assert Pair(sides, sides, np.array(differ), apart).same is same


def balls(*numbers):
    return np.array([arb(*number) if isinstance(number, tuple) else arb(number) for number in numbers], dtype=object)


def test_balls_differ_where_they_are_disjoint():
    one = Enclosed().compared(balls((1, 1e-9), 2), balls((1, 1e-9), 3))
    assert one.differ.tolist() == [False, True] and one.same is False


def test_balls_that_meet_are_as_far_apart_as_their_radii_may_carry_them():
    found = Enclosed().compared(balls((1, 1e-9), 4), balls((1, 1e-9), 4))
    assert found.same is None and found.apart == pytest.approx(2e-9 / 4)
    assert Enclosed().compared(balls(1, 4), balls(1, 4)).same is True


def test_a_ball_without_a_number_tells_nothing():
    found = Enclosed().compared(balls(float("nan"), 1), balls(2, 1))
    assert (found.same, found.apart) == (None, np.inf)


def test_fractions_are_equal_or_not():
    third = np.array([Fraction(1, 3), Fraction(2)], dtype=object)
    assert Exact().compared(third, third).same is True
    found = Exact().compared(third, third + np.array([0, Fraction(1, 10**30)], dtype=object))
    assert found.differ.tolist() == [False, True] and found.same is False


def test_balls_that_meet_are_not_proven_to_differ_whatever_their_midpoints_are():
    found = Enclosed().compared(balls((1, 1e-9)), balls((1.0000000005, 1e-9)))
    assert found.differ.tolist() == [False] and found.same is None
