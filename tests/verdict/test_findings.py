"""What is told of a blamed witness: where, how much, and whether it is rounding."""

import math

import numpy as np
import pytest

from verifier.numeric.spread import BUDGET
from verifier.verdict.blame import DIFFERENCES, FORWARD, REVERSE, SYMBOLIC
from verifier.verdict.findings import FORMULA, NOTHING, Subject, examine, value_finding, value_shape_finding
from verifier.witness import Estimate

NUMBERS = np.array([[10.0, 20.0, 30.0], [40.0, 50.0, 60.0]])
TRUTH = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
SUBJECT = Subject("X", 1, NUMBERS)


def estimate(values, error=1e-9):
    value = np.array(values, dtype=float)
    return Estimate(value, np.full(value.shape, float(error)))


def witnesses(**changed):
    named = {"S": SYMBOLIC, "R": REVERSE, "F": FORWARD, "D": DIFFERENCES}
    found = {name: estimate(TRUTH) for name in named.values()}
    for letter, changes in changed.items():
        for at, value in changes.items():
            found[named[letter]].value[at] = value
    return found


def test_agreement_has_no_finding_and_every_pair_is_compared():
    findings, comparisons = examine(SUBJECT, witnesses())
    assert findings == []
    assert len(comparisons) == 6 and all(c.agrees and c.entries == c.size == 6 and c.input == "X" for c in comparisons)


def test_if_nobody_says_anything_there_is_nothing_to_tell():
    assert examine(Subject("x"), {}) == ([], [])


def test_a_wrong_entry_is_told_with_everything_that_is_known_of_it():
    findings, comparisons = examine(SUBJECT, witnesses(R={(1, 2): 6.5, (0, 1): 2.125}))
    (finding,) = findings
    assert (finding.outcome, finding.blamed, finding.input, finding.position) == ("wrong", REVERSE, "X", 1)
    assert (finding.index, finding.input_value) == ((1, 2), 60.0)
    assert finding.values == {SYMBOLIC: 6.0, REVERSE: 6.5, FORWARD: 6.0, DIFFERENCES: 6.0}
    assert finding.errors == dict.fromkeys(finding.values, 1e-9)
    assert (finding.error, finding.allowed) == (0.5, 2e-9)
    assert (finding.entries, finding.size, finding.point) == (2, 6, "given")
    assert finding.bits_lost == pytest.approx(math.log2(0.5 / 2e-9 * BUDGET))
    assert sum(not c.agrees for c in comparisons) == 3


def test_the_worst_entry_is_the_one_furthest_beyond_what_is_allowed_there():
    found = witnesses(R={(0, 0): 1.1, (1, 1): 5.01})
    found[REVERSE].error[0, 0] = 0.05
    (finding,) = examine(SUBJECT, found)[0]
    assert (finding.index, finding.entries) == ((1, 1), 2)


def test_nan_is_the_worst_of_all():
    (finding,) = examine(SUBJECT, witnesses(R={(0, 0): 1e9, (0, 2): np.nan}))[0]
    assert (finding.outcome, finding.index, finding.error, finding.bits_lost) == ("wrong", (0, 2), math.inf, None)


@pytest.mark.parametrize(("small", "large"), [((0, 0), (1, 1)), ((1, 1), (0, 0))])
def test_every_finding_is_told_at_an_entry_of_its_own(small, large):
    # At `small` the formula and finite differences refute reverse mode, at `large` nobody agrees with anybody.
    found = witnesses(R={small: 9.0, large: 1e6}, D={large: 1e9})
    del found[FORWARD]
    findings, _ = examine(SUBJECT, found)
    assert {(f.blamed, f.index, f.entries) for f in findings} == {(REVERSE, small, 1), (None, large, 1)}
    found = witnesses(R={small: 1e9, large: 9.0}, D={large: 20.0})
    del found[FORWARD]
    findings, _ = examine(SUBJECT, found)
    assert {(f.blamed, f.index, f.entries) for f in findings} == {(REVERSE, small, 1), (None, large, 1)}


def test_two_culprits_are_two_findings():
    findings, _ = examine(SUBJECT, witnesses(R={(0, 0): 9.0}, F={(1, 0): 9.0}))
    assert {(f.blamed, f.index, f.entries) for f in findings} == {(REVERSE, (0, 0), 1), (FORWARD, (1, 0), 1)}


def test_the_worse_outcome_comes_first():
    findings, _ = examine(SUBJECT, witnesses(D={(0, 0): 9.0}, R={(1, 0): 9.0}))
    assert [(f.outcome, f.blamed) for f in findings] == [("wrong", REVERSE), ("agreed", DIFFERENCES)]


def test_without_a_culprit_the_entry_is_where_the_witnesses_are_furthest_apart():
    found = {SYMBOLIC: estimate(TRUTH), REVERSE: estimate(TRUTH)}
    found[REVERSE].value[0, 1], found[REVERSE].value[1, 1] = 2.5, 9.0
    (finding,) = examine(SUBJECT, found)[0]
    assert (finding.outcome, finding.blamed, finding.index, finding.entries) == ("undecided", None, (1, 1), 2)
    assert (finding.error, finding.allowed, finding.bits_lost) == (None, None, None)
    assert finding.values == {SYMBOLIC: 5.0, REVERSE: 9.0}


def test_the_witnesses_that_are_furthest_apart_tell_the_entry_where_nobody_is_blamed():
    found = witnesses(R={(0, 0): 9.0, (1, 1): 20.0}, D={(0, 0): -9.0, (1, 1): -5.0})
    del found[FORWARD]
    (finding,) = examine(SUBJECT, found)[0]
    assert (finding.blamed, finding.index, finding.entries) == (None, (1, 1), 2)
    found = witnesses(R={(0, 0): 5.0, (1, 1): 5.001}, D={(0, 0): 9.0, (1, 1): 500.0})
    del found[FORWARD]
    assert examine(SUBJECT, found)[0][0].index == (1, 1)


def test_a_finding_has_what_a_witness_with_several_answers_says_to_the_culprit():
    nearest = estimate(TRUTH + 1)
    (finding,) = examine(SUBJECT, witnesses(R={(1, 2): 9.0}), {(SYMBOLIC, REVERSE): nearest})[0]
    assert finding.values[SYMBOLIC] == 7.0


def test_witnesses_that_say_nothing_of_the_entry_have_no_value_there():
    found = witnesses(R={(1, 2): 7.0})
    found[FORWARD].error[1, 2] = np.inf
    (finding,) = examine(SUBJECT, found)[0]
    assert set(finding.values) == set(finding.errors) == {SYMBOLIC, REVERSE, DIFFERENCES}


def test_a_scalar_has_the_empty_index():
    estimates = {SYMBOLIC: estimate(1.0), REVERSE: estimate(2.0), DIFFERENCES: estimate(1.0)}
    (finding,) = examine(Subject("s", 0, np.array(5.0)), estimates)[0]
    assert (finding.index, finding.input_value, finding.entries, finding.size) == ((), 5.0, 1, 1)


def test_an_unreliable_difference_is_nobodys_fault():
    (finding,) = examine(SUBJECT, witnesses(D={(0, 0): 9.0}))[0]
    assert (finding.outcome, finding.blamed) == ("agreed", DIFFERENCES)


# Values


def test_values_that_agree():
    compared, finding = value_finding(estimate([1.0, 2.0]), estimate([1.0, 2.0 + 1e-9]))
    assert finding is None and compared.agrees and compared.input is None


def test_a_formula_with_other_values_describes_another_function():
    compared, finding = value_finding(estimate([1.0, 2.0, 3.0], 0.0), estimate([1.0, 2.5, 3.25], 1e-3))
    assert not compared.agrees
    assert (finding.outcome, finding.blamed, finding.input, finding.index) == ("wrong", FORMULA, None, (1,))
    assert finding.reason == "its values are not the function's: it describes another function"
    assert finding.values == {FORMULA: 2.0, "the function": 2.5}
    assert (finding.error, finding.allowed, finding.entries, finding.size) == (0.5, 1e-3, 2, 3)
    assert finding.bits_lost == pytest.approx(math.log2(500 * BUDGET))


def test_a_function_is_blamed_for_its_value_only_where_that_is_nan_everywhere():
    right = estimate([1.0, 2.0])
    _, finding = value_finding(right, estimate([np.nan, np.nan]))
    assert (finding.blamed, finding.reason) == ("the function", NOTHING)
    _, finding = value_finding(right, estimate([np.nan, 2.0]))
    assert (finding.blamed, finding.index) == (FORMULA, (0,))


@pytest.mark.parametrize(
    ("actual", "expected", "fits"),
    [
        ((), (), True),
        ((), (1, 1), True),
        ((3,), (3, 1), True),
        ((3,), (1, 3), True),
        ((3, 1), (3,), True),
        ((2, 3), (2, 3), True),
        ((2, 3), (3, 2), False),
        ((3, 2), (2, 3), False),
        ((3,), (), False),
        ((6,), (2, 3), False),
        ((0,), (), False),
    ],
)
def test_shapes_of_values(actual, expected, fits):
    finding = value_shape_finding(actual, expected)
    assert (finding is None) == fits
    if finding is not None:
        assert (finding.outcome, finding.blamed) == ("wrong", FORMULA)
        assert str(actual) in finding.reason and str(expected) in finding.reason
