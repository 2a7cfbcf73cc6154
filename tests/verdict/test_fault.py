"""Cases that are wrong on purpose."""

import pytest

from verifier.case import Fault
from verifier.verdict.fault import with_fault
from verifier.verdict.findings import FORMULA
from verifier.verdict.verdict import Finding, Verdict

R, F, S, D = "reverse mode", "forward mode", "symbolic", "finite differences"


def verdict(*findings):
    return Verdict("liar", "wrong" if findings else "agreed", tuple(findings), reason="as it was")


def finding(blamed, outcome="wrong", input="X", index=(0, 1)):
    return Finding(outcome, blamed, "because", input=input, index=index)


def test_without_a_fault_nothing_changes():
    plain = verdict(finding(R))
    assert with_fault(plain, None) is plain


@pytest.mark.parametrize(
    ("fault", "findings"),
    [
        (Fault(R), [finding(R)]),
        (Fault(R), [finding(R, "inaccurate")]),
        (Fault(R), [finding(R), finding(D, "agreed")]),
        (Fault(R, "X"), [finding(R, input="W"), finding(R)]),
        (Fault(R, "X", (0, 1)), [finding(R)]),
        (Fault(R, index=(0, 1)), [finding(R)]),
        (Fault("formula"), [finding(FORMULA, input=None, index=None)]),
        (Fault(S), [finding(S)]),
        (Fault("claim", "X"), [finding("claim")]),
    ],
)
def test_a_fault_that_is_found_counts_as_agreed(fault, findings):
    found = with_fault(verdict(*findings), fault)
    assert (found.outcome, found.reason) == ("agreed", None)
    assert found.expected_blame == (FORMULA if fault.blames == "formula" else fault.blames)
    assert found.findings == tuple(findings)


@pytest.mark.parametrize(
    ("fault", "findings", "reason"),
    [
        (Fault(R), [], "reverse mode was to be blamed and nobody was"),
        (Fault(R), [finding(R, "agreed")], "reverse mode was to be blamed and nobody was"),
        (Fault(R), [finding(R, "undecided")], "reverse mode was to be blamed and nobody was"),
        (Fault(R), [finding(None, "undecided")], "reverse mode was to be blamed and nobody was"),
        (Fault(R), [finding(F)], "reverse mode was to be blamed and forward mode was"),
        (Fault(R), [finding(S), finding(F)], "reverse mode was to be blamed and forward mode and symbolic was"),
        (Fault(R), [finding(R), finding(F)], "reverse mode was to be blamed alone and forward mode was blamed too"),
        (Fault(R, "W"), [finding(R)], "reverse mode was rightly blamed, but not at W"),
        (Fault(R, "X", (1, 1)), [finding(R)], "reverse mode was rightly blamed, but not at X[1, 1]"),
        (Fault("formula"), [finding(S)], "the formula was to be blamed and symbolic was"),
        (Fault(S), [finding(FORMULA)], "symbolic was to be blamed and the formula was"),
    ],
)
def test_a_fault_that_is_missed_is_wrong(fault, findings, reason):
    found = with_fault(verdict(*findings), fault)
    assert (found.outcome, found.reason) == ("wrong", reason)
