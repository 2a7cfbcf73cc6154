"""Directions are relative, exact and the same for everybody; a gradient implies a slope along each."""

import numpy as np
import pytest

from verifier.numeric.directions import (
    DIRECTIONS,
    ENTRIES,
    JOINT,
    LEAST_SHARE,
    along,
    along_all,
    asked_along,
    drawn_directions,
    joint_directions,
)
from verifier.witness import Estimate

RANDOM = np.random.default_rng(3)


def test_small_inputs_are_asked_entry_by_entry_while_they_are_few():
    inputs = {"W": np.ones((5, 4)), "b": np.ones(4), "x": np.ones(8), "scale": np.ones(())}
    assert ENTRIES == 32
    assert set(drawn_directions(inputs, list(inputs))) == {"W"}
    assert set(drawn_directions(inputs, ["W", "b", "x"])) == set()
    assert set(drawn_directions({"x": np.ones(33)}, ["x"])) == {"x"}


def test_every_entry_moves_in_proportion_to_itself_and_its_points_are_exact():
    x = RANDOM.standard_normal(100) * 10.0 ** RANDOM.uniform(-300, 300, 100)
    directions = drawn_directions({"x": x}, ["x"])["x"]
    assert len(directions) == DIRECTIONS
    for direction in directions:
        share = np.abs(direction / x)
        assert (share > 0.2).all() and (share < 1).all()
        for t in (1447 / 2**14, 1447 / 2**30):
            there = x + t * direction
            # The difference of two floats so close is exact, so this tells what the sum was rounded by.
            assert (np.abs((there - x) - t * direction) <= 2.0**-52 * np.abs(x)).all()
            assert ((there - x) == t * direction).mean() > 0.9
    assert abs((np.sign(directions[0]) * np.sign(x)).sum()) < 40 and not np.array_equal(directions[0], directions[1])


def test_zeros_move_along_every_second_direction_only():
    x = RANDOM.standard_normal(50)
    x[[3, 7]] = 0.0, -0.0
    moved = [set(np.flatnonzero(d[[3, 7]])) for d in drawn_directions({"x": x}, ["x"])["x"]]
    assert moved == [{0, 1}, set(), {0, 1}, set()]
    assert all((d != 0).all() for d in drawn_directions({"x": np.zeros(50)}, ["x"])["x"])


def test_directions_depend_on_the_seed_alone():
    x = RANDOM.standard_normal(50)
    one, again, other = (drawn_directions({"x": x}, ["x"], seed)["x"] for seed in (0, 0, 1))
    assert all(np.array_equal(a, b) for a, b in zip(one, again, strict=True))
    assert not any(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_a_slope_and_its_error():
    gradient = Estimate(np.array([1.0, -2.0, 3.0]), np.array([0.1, 0.2, 0.0]))
    slopes = along(gradient, (np.array([1.0, 1.0, 0.0]), np.array([0.0, -4.0, 1.0])))
    np.testing.assert_allclose(slopes.value, [-1.0, 11.0])
    np.testing.assert_allclose(slopes.error, [0.3, 0.8])


@pytest.mark.parametrize("size", [10, 10_000])
def test_the_error_covers_the_rounding_of_the_sum(size):
    gradient = Estimate(RANDOM.standard_normal(size), np.zeros(size))
    direction = RANDOM.standard_normal(size)
    exact = float(sum((np.longdouble(a) * np.longdouble(b) for a, b in zip(gradient.value, direction, strict=True))))
    slopes = along(gradient, (direction,))
    assert abs(slopes.value[0] - exact) <= slopes.error[0] < 1e-10


def test_what_is_unknown_or_no_number_stays_so():
    direction, zero_there = np.array([1.0, 1.0]), np.array([1.0, 0.0])
    silent = along(Estimate(np.array([1.0, np.nan]), np.array([0.0, np.inf])), (direction, zero_there))
    assert silent.speaks.tolist() == [False, True] and silent.value[1] == 1.0
    wrong = along(Estimate(np.array([1.0, np.nan]), np.zeros(2)), (direction, zero_there))
    assert wrong.speaks.tolist() == [True, True] and np.isnan(wrong.value[0])


def test_the_sentence():
    assert asked_along("x", 90, 0, 4, "forward mode") == (
        "forward mode: 90 entries of x were compared along 4 random directions"
    )
    assert asked_along("x", 90, 2, 4, "D") == (
        "D: 90 entries of x were compared along 4 random directions, and at 2 contested entries"
    )


def test_directions_are_drawn_when_they_are_asked_for_and_for_large_inputs_only():
    drawn = drawn_directions({"x": np.ones(40), "b": np.ones(2)}, ["x", "b"])
    assert list(drawn) == ["x"] and len(drawn) == 1 and "b" not in drawn and drawn.get("b") is None
    assert drawn["x"] is drawn["x"]
    with pytest.raises(KeyError):
        drawn["b"]


def test_joint_directions_move_every_input_and_let_none_drown_another():
    inputs = {"loud": np.full(50, 3.0), "quiet": np.full(50, 1e-6), "zero": np.zeros(4), "scalar": np.array(2.0)}
    allowance = {"loud": np.full(50, 1e-3), "quiet": np.full(50, 30.0)}
    directions = joint_directions(inputs, list(inputs), allowance)
    assert len(directions) == JOINT
    for direction in directions:
        errors = [float(np.vdot(np.abs(direction[name]), allowance[name])) for name in allowance]
        assert all(isinstance(moves, np.ndarray) for moves in direction.values())
        assert 0.5 <= errors[0] / errors[1] <= 2
        assert (np.abs(direction["loud"]) <= 3).all() and (direction["zero"] != 0).all()
    deaf = joint_directions(inputs, ["loud", "quiet"], {"loud": np.full(50, 1e30), "quiet": np.zeros(50)})
    assert all((np.abs(direction["loud"]) >= 3 * LEAST_SHARE / 2).all() for direction in deaf)


def test_slopes_along_joint_directions_are_those_of_all_inputs():
    gradients = {name: Estimate(RANDOM.standard_normal(9), np.full(9, 0.1)) for name in "xy"}
    direction = {name: RANDOM.standard_normal(9) for name in "xy"}
    found = along_all(gradients, (direction, {"x": direction["x"]}))
    by_hand = {name: float(gradients[name].value @ direction[name]) for name in "xy"}
    assert np.allclose(found.value, [sum(by_hand.values()), by_hand["x"]])
    assert np.allclose(found.error[0], 0.1 * sum(np.abs(direction[name]).sum() for name in "xy"))
    silent = along_all({**gradients, "y": Estimate.nothing((9,))}, (direction,))
    assert not silent.speaks.any()
