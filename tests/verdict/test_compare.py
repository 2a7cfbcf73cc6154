"""How far two estimates are apart, entry by entry."""

import numpy as np
import pytest

from verifier.verdict.compare import as_held, comparison, furthest, gap, gaps
from verifier.witness import Estimate

NAN, INF = float("nan"), float("inf")


def estimate(values, errors=0.0):
    value = np.asarray(values, dtype=float)
    return Estimate(value, np.broadcast_to(np.asarray(errors, dtype=float), value.shape).copy())


@pytest.mark.parametrize(
    ("left", "right", "distance", "beyond", "said"),
    [
        ((1.0, 0.0), (1.0, 0.0), 0.0, False, True),
        ((1.0, 0.0), (1.5, 0.0), 0.5, True, True),
        ((1.0, 0.25), (1.5, 0.25), 0.5, False, True),  # exactly what is allowed
        ((1.0, 0.25), (1.5, 0.2499), 0.5, True, True),
        ((1.0, 0.5), (1.5, 0.0), 0.5, False, True),
        ((1.0, 0.0), (1.5, 0.5), 0.5, False, True),
        ((-1.0, 0.0), (1.0, 1.0), 2.0, True, True),
        ((NAN, 0.0), (1.0, 1e300), INF, True, True),
        ((1.0, 1e300), (NAN, 0.0), INF, True, True),
        ((NAN, 0.0), (NAN, 0.0), 0.0, False, True),
        ((INF, 0.0), (INF, 0.0), 0.0, False, True),
        ((-INF, 0.0), (INF, 1.0), INF, True, True),
        ((INF, 1.0), (1.0, 1.0), INF, True, True),
        ((INF, 0.0), (NAN, 0.0), INF, True, True),
        ((1.0, INF), (5.0, 0.0), 4.0, False, False),
        ((1.0, 0.0), (5.0, INF), 4.0, False, False),
        ((NAN, INF), (5.0, 0.0), INF, False, False),
        ((1.0, NAN), (5.0, 0.0), 4.0, False, False),
        ((0.0, 0.0), (-0.0, 0.0), 0.0, False, True),
        ((1e308, 0.0), (-1e308, 0.0), INF, True, True),
    ],
)
def test_one_entry(left, right, distance, beyond, said):
    found = gap(estimate(*left), estimate(*right))
    assert (found.distance[()], found.beyond[()], found.said[()]) == (distance, beyond, said)


def test_excess_is_the_distance_in_units_of_what_is_allowed():
    left = estimate([0.0, 0.0, 0.0, 0.0, NAN, 0.0, 0.0, NAN], [1.0, 0.0, 0.0, INF, 1.0, 0.5, 0.0, INF])
    right = estimate([3.0, 2.0, 0.0, 9.0, 0.0, 0.75, 1.0, 1.0], [1.0, 0.0, 0.0, 0.0, 1.0, 0.25, 2.0, 0.0])
    assert np.array_equal(gap(left, right).excess, [1.5, INF, 0.0, 0.0, INF, 1.0, 0.5, 0.0])


def test_the_order_of_the_two_does_not_matter():
    left, right = estimate([1.0, NAN, 3.0], [0.5, 1.0, INF]), estimate([2.0, 1.0, 4.0], 0.25)
    one, other = gap(left, right), gap(right, left)
    for part in ("distance", "allowed", "said", "beyond", "excess"):
        assert np.array_equal(getattr(one, part), getattr(other, part))


def test_every_pair_in_order():
    three = {name: estimate([1.0]) for name in ("a", "b", "c")}
    assert list(gaps(three)) == [("a", "b"), ("a", "c"), ("b", "c")]
    assert gaps({"a": estimate([1.0])}) == {}


def test_a_pair_may_have_an_answer_of_its_own():
    three = {name: estimate([value]) for name, value in (("a", 1.0), ("b", 2.0), ("c", 1.0))}
    found = gaps(three, {("a", "b"): estimate([2.0])})
    assert [bool(g.beyond.any()) for g in found.values()] == [False, False, True]


@pytest.mark.parametrize(
    ("truth", "given", "allowed", "held"),
    [
        (7e4, INF, 1.0, INF),
        (-7e4, -INF, 1.0, -INF),
        (-7e4, INF, 1.0, -7e4),  # the other sign
        (-7e4, INF, 2e5, -7e4),
        (7e4, 6e4, 1.0, 7e4),
        (6e4, INF, 1.0, 6e4),
        (65500.0, INF, 50.0, INF),  # rounding may carry it beyond
        (7e4, NAN, 1.0, 7e4),
        (NAN, INF, 1.0, NAN),
        (INF, INF, 1.0, INF),
    ],
)
def test_what_a_dtype_can_hold(truth, given, allowed, held):
    found = as_held(estimate(truth, 0.5), estimate(given, allowed), 65504.0)
    assert np.array_equal(found.value, held, equal_nan=True)
    assert found.error == (0.0 if np.isinf(held) else 0.5) or np.isinf(truth)


def test_furthest_entry():
    assert furthest(np.array([[0.0, 3.0], [INF, 1.0]])) == (1, 0)
    assert furthest(np.array(2.0)) == ()


def test_a_comparison_is_told_at_the_largest_excess_not_the_largest_distance():
    pair = {"l": estimate([[0.0, 0.0]], [[10.0, 0.1]]), "r": estimate([[9.0, 1.0]], 0.0)}
    found = comparison("x", ("l", "r"), pair, gap(pair["l"], pair["r"]))
    assert (found.index, found.difference, found.allowed) == ((0, 1), 1.0, 0.1)
    assert (found.left, found.right, found.left_value, found.right_value) == ("l", "r", 0.0, 1.0)
    assert (found.entries, found.size, found.agrees, found.input) == (2, 2, False, "x")


def test_a_comparison_counts_the_entries_that_both_speak_of():
    pair = {"l": estimate([1.0, 2.0, 3.0], [0.0, INF, 0.0]), "r": estimate([1.0, 5.0, 3.0], [0.0, 0.0, 0.0])}
    found = comparison(None, ("l", "r"), pair, gap(pair["l"], pair["r"]))
    assert (found.entries, found.size, found.agrees) == (2, 3, True)


def test_a_comparison_without_a_common_entry_says_so():
    pair = {"l": Estimate.nothing((2,)), "r": estimate([1.0, 5.0])}
    found = comparison("x", ("l", "r"), pair, gap(pair["l"], pair["r"]))
    assert (found.index, found.entries, found.size, found.agrees) == (None, 0, 2, True)
    assert np.isnan([found.left_value, found.right_value, found.difference, found.allowed]).all()


def test_a_single_contradiction_is_a_disagreement():
    pair = {"l": estimate(np.zeros((4, 5)), 1e-9), "r": estimate(np.zeros((4, 5)), 1e-9)}
    pair["r"].value[2, 3] = 3e-9
    found = comparison("x", ("l", "r"), pair, gap(pair["l"], pair["r"]))
    assert not found.agrees and found.index == (2, 3)
