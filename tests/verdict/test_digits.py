"""Bits lost: against the budget, and against an entry's own size."""

import math

import numpy as np
import pytest

from verifier.numeric.spread import BUDGET
from verifier.verdict.digits import bits_lost, digits_lost, note, significand
from verifier.witness import Estimate

U = 2.0**-24


def lost(errors, truth, spread=0.0, radius=0.0):
    """What is lost where the bracket is spread + U·largest."""
    truth = np.asarray(truth, dtype=float)
    bracket = spread + U * np.abs(truth).max() + np.zeros(truth.shape)
    return digits_lost("x", Estimate(truth + errors, BUDGET * bracket), Estimate(truth, truth * 0 + radius), U)


def test_bits_are_counted_from_what_one_roundoff_does():
    found = bits_lost(np.array([0.0, 1.0, 8.0, 0.25, np.inf]), np.ones(5))
    assert list(found) == [-math.inf, 0.0, 3.0, -2.0, math.inf]


def test_worst_and_median():
    found = lost([U, 4 * U, -16 * U], [1.0, 1.0, 1.0])
    assert (found.worst, found.median, found.index, found.significand) == (4.0, 2.0, (2,), 24)


def test_the_spread_is_part_of_an_honest_error():
    assert lost([16 * U, 0, 0], [1.0, 1.0, 1.0], spread=15 * U).worst == 0.0


def test_a_small_entry_is_measured_by_its_own_size():
    found = lost([0.0, 2.0**-30], [1.0, 2.0**-20])
    assert (found.worst, found.index) == (-6.0, (1,))
    assert (found.small, found.small_index) == (14.0, (1,))
    assert note(found) == "small entries of the gradient by x lose digits: 14 of 24 bits at [1]"


def test_no_more_bits_are_lost_than_there_are():
    assert "24 of 24 bits" in note(lost([0.0, 2.0**-25], [1.0, 2.0**-60]))


def test_there_is_no_note_where_the_spread_explains_the_error_or_the_budget_is_exceeded():
    assert note(lost([0.0, 2.0**-30], [1.0, 2.0**-20], spread=2.0**-30)) is None
    assert note(lost([0.0, 2.0**-10], [1.0, 2.0**-20])) is None
    assert note(lost([0.0, 0.0], [1.0, 2.0**-20])) is None
    few = lost([0.0, 4 * U * 2.0**-20], [1.0, 2.0**-20])
    assert few.small == 2.0 and note(few) is None


def test_what_is_exact_or_not_known_has_no_bits():
    found = lost([0.0, 0.0], [1.0, 2.0])
    assert (found.worst, found.median, found.small, found.index) == (None, None, None, None)
    unknown = digits_lost("x", Estimate.nothing((2,)), Estimate(np.ones(2), np.zeros(2)), U)
    assert (unknown.worst, unknown.median) == (None, None)
    assert digits_lost("x", Estimate(np.ones(0), np.ones(0)), Estimate(np.ones(0), np.ones(0)), U).worst is None


def test_the_radius_of_the_truth_is_no_error():
    assert lost([0.4, 0.0], [1.0, 1.0], radius=0.5).worst is None


def test_a_zero_entry_has_no_digits_of_its_own_to_lose():
    assert lost([0.0, U], [1.0, 0.0]).small is None
    assert lost([0.0, U], [1.0, 0.0], spread=U).small is None


@pytest.mark.parametrize(("roundoff", "bits"), [(2.0**-53, 53), (2.0**-24, 24), (2.0**-11, 11), (2.0**-8, 8)])
def test_significands(roundoff, bits):
    assert significand(roundoff) == bits
