"""What is said along directions where entries were not asked for, and what entries say better."""

import numpy as np

from verifier.verdict.blame import DIFFERENCES, FORWARD, REVERSE, SYMBOLIC
from verifier.verdict.findings import Subject
from verifier.verdict.slopes import examine_gradient
from verifier.verdict.wording import charge, coverage, extent
from verifier.witness import Estimate, Question
from verifier.witness import Testimony as Said

TRUTH = np.array([1.0, 2.0, -1.0])
DIRECTIONS = (np.array([1.0, 1.0, 1.0]), np.array([1.0, -1.0, 1.0]))
QUESTION = Question({"x": np.ones(3)}, ("x",), np.ones(1), None, None, directions={"x": DIRECTIONS})
NOTHING = Estimate.nothing((3,))


def everywhere(values):
    return Said({"x": Estimate(np.array(values, float), np.full(3, 1e-12))})


def along(slopes, at_entries=NOTHING):
    return Said({"x": at_entries}, slopes={"x": Estimate(np.array(slopes, float), np.full(2, 1e-12))})


def examined(**said):
    names = {"S": SYMBOLIC, "R": REVERSE, "F": FORWARD, "D": DIFFERENCES}
    return examine_gradient(Subject("x", 0, np.ones(3)), QUESTION, {names[k]: v for k, v in said.items()}, {})


def test_agreement_is_compared_along_directions_with_those_who_were_asked_so():
    findings, comparisons = examined(S=everywhere(TRUTH), R=everywhere(TRUTH), F=along([2, -2]), D=along([2, -2]))
    assert findings == []
    assert {(c.left, c.right, c.direction is None, c.entries, c.size, c.agrees) for c in comparisons} == {
        (SYMBOLIC, REVERSE, True, 3, 3, True),
        *((left, right, False, 2, 2, True) for left in (SYMBOLIC, REVERSE) for right in (FORWARD, DIFFERENCES)),
        (FORWARD, DIFFERENCES, False, 2, 2, True),
    }
    assert coverage(2, 2, 0) == "all 2 directions" and coverage(3, 3) == "all 3"


def test_forward_mode_that_is_wrong_along_a_direction_is_blamed_there():
    findings, _ = examined(S=everywhere(TRUTH), R=everywhere(TRUTH), F=along([2, -3]), D=along([2, -2]))
    (finding,) = findings
    assert (finding.blamed, finding.outcome, finding.index, finding.direction) == (FORWARD, "wrong", None, 1)
    assert finding.values[FORWARD] == -3 and finding.values[SYMBOLIC] == -2 and finding.input_value is None
    assert charge(finding) == "the gradient by x from forward mode is wrong along the random direction 2"
    assert extent(finding) == "1 of 2 directions beyond what is allowed"


def test_directions_convict_where_no_finite_difference_could_be_had_at_the_entry():
    findings, _ = examined(S=everywhere(TRUTH), R=everywhere([1, 2, 5]), D=along([2, -2]))
    (finding,) = findings
    assert (finding.blamed, finding.outcome, finding.index, finding.direction) == (REVERSE, "wrong", (2,), None)


def test_a_formula_that_finite_differences_refute_along_directions_convicts_nobody():
    findings, _ = examined(S=everywhere([1, 2, 5]), R=everywhere(TRUTH), D=along([2, -2]))
    assert {(f.blamed, f.outcome) for f in findings} >= {(SYMBOLIC, "wrong")}
    assert REVERSE not in {f.blamed for f in findings}


def test_what_an_entry_shows_is_not_said_again_along_a_direction():
    asked = Estimate(np.array([np.nan, np.nan, 7.0]), np.array([np.inf, np.inf, 1e-12]))
    findings, _ = examined(S=everywhere(TRUTH), R=everywhere(TRUTH), F=along([10, 6], asked), D=along([2, -2]))
    (finding,) = findings
    assert (finding.blamed, finding.index, finding.direction) == (FORWARD, (2,), None)
    assert (finding.entries, finding.size) == (1, 1)


def test_what_nobody_can_tell_along_a_direction_says_nothing_beside_an_entry_that_tells():
    asked = Estimate(np.array([np.nan, np.nan, 7.0]), np.array([np.inf, np.inf, 1e-12]))
    one_sides_with_each = {"F": along([2, -3], asked), "D": along([2, -3])}
    findings, _ = examined(S=everywhere(TRUTH), R=everywhere(TRUTH), **one_sides_with_each)
    assert [(f.blamed, f.index, f.direction) for f in findings] == [(FORWARD, (2,), None)]
    findings, _ = examined(S=everywhere(TRUTH), R=everywhere(TRUTH), F=along([2, -3]), D=along([2, -3]))
    assert [(f.blamed, f.outcome, f.direction) for f in findings] == [(None, "undecided", 1)]


def test_joint_slopes_are_compared_too():
    joint = {SYMBOLIC: Estimate(np.ones(2), np.zeros(2)), FORWARD: Estimate(np.array([1.0, 2.0]), np.zeros(2))}
    said = {SYMBOLIC: everywhere(TRUTH), REVERSE: everywhere(TRUTH)}
    findings, comparisons = examine_gradient(Subject("x", 0, np.ones(3)), QUESTION, said, {}, joint)
    assert findings == []
    assert [(c.left, c.right, c.direction, c.agrees) for c in comparisons] == [
        (SYMBOLIC, REVERSE, None, True),
        (SYMBOLIC, FORWARD, 1, False),
    ]
