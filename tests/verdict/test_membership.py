"""The nearest right gradient at kinks: members are met, and what is outside stays away."""

import numpy as np
import pytest

from verifier.subdifferential import Kink, Subdifferential
from verifier.verdict.membership import nearest
from verifier.witness import Estimate

TINY = 1e-14


def joint(size, *kinks, base=None):
    vertices = [Kink(np.array(entries), np.array(rows, dtype=float)) for entries, rows in kinks]
    start = np.zeros(size) if base is None else np.array(base, dtype=float)
    return Subdifferential({"x": (size,)}, start, np.zeros(size), tuple(vertices))


def distance(right, *gradient, error=TINY):
    value = np.array(gradient, dtype=float)
    element = nearest(right, {"x": Estimate(value, np.broadcast_to(error, value.shape).copy())})
    return float(np.max(np.abs(element.gradients["x"].value - value)))


TIE = joint(3, ([0, 1, 2], np.eye(3)))
RELUS = joint(2, ([0], [[0], [1]]), ([1], [[0], [-2]]))
SHARED = joint(3, ([0, 1], [[0, 0], [1, 1]]), ([1, 2], [[0, 0], [3, 1]]), base=[0, 0, 5])


@pytest.mark.parametrize(
    ("right", "gradient"),
    [
        (TIE, (1, 0, 0)),
        (TIE, (1 / 3, 1 / 3, 1 / 3)),
        (TIE, (0.25, 0.25, 0.5)),
        (TIE, (0.0, 0.5, 0.5)),
        (RELUS, (0, 0)),
        (RELUS, (1, -2)),
        (RELUS, (0.5, -0.1)),
        (SHARED, (0, 0, 5)),
        (SHARED, (1, 4, 6)),
        (SHARED, (0.5, 2, 5.5)),
    ],
)
def test_members(right, gradient):
    assert distance(right, *gradient) <= 4e-15


@pytest.mark.parametrize(
    ("right", "gradient", "least"),
    [
        (TIE, (1, 1, 1), 0.6),  # the undivided mask
        (TIE, (0, 0, 0), 0.3),  # the zero gradient
        (TIE, (1.5, -0.5, 0), 0.4),
        (TIE, (0.5, 0.5, 0.5), 0.1),
        (RELUS, (1.5, 0), 0.4),
        (RELUS, (-0.5, 0), 0.4),
        (RELUS, (0, 0.001), 0.0009),
        (SHARED, (1, 0, 5), 0.2),  # both entries choose together
        (SHARED, (0, 3, 5), 0.2),
    ],
)
def test_what_is_outside(right, gradient, least):
    assert distance(right, *gradient) >= least


def test_weights_are_those_of_the_means():
    element = nearest(TIE, {"x": Estimate(np.array([0.25, 0.25, 0.5]), np.full(3, TINY))})
    np.testing.assert_allclose(element.weights[0], [0.25, 0.25, 0.5], atol=1e-12)


def test_an_entry_of_which_nothing_is_said_does_not_count():
    for unsaid in (np.nan, 7.0):
        value, error = np.array([1.0, unsaid, 0.0]), np.array([TINY, np.inf, TINY])
        element = nearest(TIE, {"x": Estimate(value, error)})
        np.testing.assert_allclose(element.gradients["x"].value, [1.0, 0.0, 0.0], atol=1e-12)
    silent = Estimate.nothing((3,)), Estimate(np.ones(3), np.full(3, np.inf))
    for nothing in (*(nearest(TIE, {"x": unsaid}) for unsaid in silent), nearest(TIE, {})):
        assert nothing.weights == (None,)
        np.testing.assert_allclose(nothing.gradients["x"].value, 1 / 3)


@pytest.mark.parametrize("unknown", [np.nan, 0.0])
def test_an_entry_of_the_set_that_is_unknown_does_not_count(unknown):
    right = Subdifferential({"x": (2,)}, np.array([unknown, 0.0]), np.array([np.inf, 0.0]), RELUS.kinks)
    element = nearest(right, {"x": Estimate(np.array([7.0, -1.0]), np.full(2, TINY))})
    assert element.gradients["x"].speaks.tolist() == [False, True] and element.gradients["x"].value[1] == -1.0
    assert element.weights[0] is None and element.weights[1] is not None


def test_entries_count_by_how_well_they_are_known():
    right = joint(2, ([0, 1], [[0, 0], [1, 1]]))
    for errors, met in (((TINY, 1e-2), 0.25), ((1e-2, TINY), 0.75)):
        element = nearest(right, {"x": Estimate(np.array([0.25, 0.75]), np.array(errors))})
        np.testing.assert_allclose(element.gradients["x"].value, met, rtol=1e-6)


def test_an_element_is_as_far_off_as_the_rounding_of_what_it_is_summed_from():
    right = joint(1, ([0], [[0], [-1]]), ([0], [[0], [1]]), base=[1e-3])
    said = nearest(right, {"x": Estimate(np.array([1e-3]), np.array([TINY]))}).gradients["x"]
    assert said.value == pytest.approx(1e-3) and 2.0**-53 < said.error < 2.0**-48


def test_several_inputs_are_one_gradient():
    kink = Kink(np.array([0, 1]), np.array([[1.0, 0.0], [0.0, 1.0]]))
    right = Subdifferential({"a": (), "b": (1, 1)}, np.zeros(2), np.zeros(2), (kink,))

    def say(a, b):
        given = {"a": Estimate(np.array(a), np.array(TINY)), "b": Estimate(np.array([[b]]), np.array([[TINY]]))}
        return nearest(right, given).gradients

    assert say(0.5, 0.5)["b"].value == pytest.approx(0.5, abs=1e-14) and say(0.5, 0.5)["b"].value.shape == (1, 1)
    assert abs(say(1.0, 1.0)["a"].value - 1) > 0.4


@pytest.mark.parametrize("seed", range(20))
def test_random_members_are_met_to_rounding(seed):
    generator = np.random.default_rng(seed)
    size, count = int(generator.integers(1, 12)), int(generator.integers(1, 9))
    kinks = []
    for _ in range(count):
        entries = np.sort(generator.choice(size, int(generator.integers(1, size + 1)), replace=False))
        kinks.append((entries, generator.normal(size=(int(generator.integers(2, 5)), entries.size))))
    right = joint(size, *kinks, base=generator.normal(size=size))
    member = right.base.copy()
    for kink in right.kinks:
        rows = len(kink.vertices)
        weights = np.eye(rows)[generator.integers(rows)] if seed % 2 else generator.dirichlet(np.ones(rows))
        member[kink.entries] += weights @ kink.vertices
    assert distance(right, *member) <= 1e-13


def test_a_thousand_kinks_are_quick_and_exact():
    right = joint(1000, *(([k], [[0], [1.3]]) for k in range(1000)))
    gradient = np.random.default_rng(0).choice([0.0, 1.3, 0.65], 1000)
    assert distance(right, *gradient) <= 3e-16
    gradient[617] = 1.4
    assert distance(right, *gradient) == pytest.approx(0.1)


def test_a_thousand_kinks_at_one_entry_are_quick_and_exact():
    right = joint(1, *(([0], [[0], [1.0]]) for _ in range(1000)))
    assert distance(right, 617.25) <= 1e-12
    assert distance(right, 1000.5) == pytest.approx(0.5)
