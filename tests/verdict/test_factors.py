"""By which factor one array is a multiple of another, as far as what is allowed lets anybody tell."""

import numpy as np
import pytest

from verifier.verdict.accusation import Accusation, Exhibit
from verifier.verdict.factors import multiple

TRUE = np.array([1.0, -0.5, 0.25, -0.75, 0.125, 0.5])


def exhibit(given, true=TRUE, allowed=1e-12, **inputs):
    """What was given for a true gradient; `allowed` is the same for all entries."""
    arrays = {name: np.asarray(value, dtype=float) for name, value in inputs.items()}
    return Exhibit(arrays, np.ones(()), {"x": given}, {"x": true}, {"x": np.full(true.shape, allowed)})


def factor_of(*exhibits):
    found = multiple(Accusation("x", exhibits), lambda exhibit: exhibit.true["x"])
    return None if found is None else (found.name, found.remark)


@pytest.mark.parametrize(("value", "name"), [(2.02, "2"), (0.49, "1/2"), (-1.01, "−1"), (1.7, None), (12.0, None)])
def test_only_the_plainest_are_named_where_much_is_allowed(value, name):
    found = factor_of(exhibit(value * TRUE, allowed=0.05))
    assert found == (None if name is None else (name, ""))


def test_entries_that_any_factor_fits_tell_nothing():
    true = np.array([1.0, 0.01, -0.01])
    assert factor_of(exhibit(2 * true, true, allowed=0.05)) is None
    assert factor_of(exhibit(2 * true, true, allowed=0.005)) == ("2", "")


def test_nothing_is_a_multiple_of_zero():
    assert factor_of(exhibit(TRUE, 0 * TRUE)) is None


@pytest.mark.parametrize(("allowed", "name"), [(1e-9, "617/500"), (1e-3, "1.234")])
def test_large_denominators_need_many_digits(allowed, name):
    assert factor_of(exhibit(1.234 * TRUE, allowed=allowed)) == (name, "")


@pytest.mark.parametrize("number", [1.0, -1.0, 0.0])
def test_an_input_that_is_one_or_zero_is_no_factor(number):
    with np.errstate(all="raise"):
        assert factor_of(exhibit(TRUE, s=number)) == ("1", "")


def test_a_plain_number_is_preferred_to_an_input_that_may_be_it_by_chance():
    assert factor_of(exhibit(2 * TRUE, s=2.0)) == ("2", "")
    assert factor_of(exhibit(2 * TRUE, s=2.0), exhibit(3 * TRUE, s=3.0)) == ("s", "")


def test_a_factor_has_to_fit_everywhere():
    assert factor_of(exhibit(2 * TRUE), exhibit(2 * TRUE)) == ("2", "")
    assert factor_of(exhibit(2 * TRUE), exhibit(2.5 * TRUE)) is None


@pytest.mark.parametrize(
    ("value", "extent", "found"),
    [
        (2.0, 2, ("2", "")),  # for many a reason
        (5.0, 5, ("5", "5 is the length of w")),
        (1 / 5, 5, ("1/5", "5 is the length of w")),
        (5.0, 25, ("5", "")),
        (np.sqrt(5), 5, ("√5", "5 is the length of w")),
    ],
)
def test_a_factor_that_is_an_extent_or_its_root(value, extent, found):
    assert factor_of(exhibit(value * TRUE, w=np.linspace(0.1, 0.7, extent))) == found


def test_a_large_factor_is_rounded_in_proportion():
    given = 49 * TRUE
    given[0] += 0.02
    assert factor_of(exhibit(given, allowed=1e-3)) == ("49", "")
    given[0] += 0.2
    assert factor_of(exhibit(given, allowed=1e-3)) is None
