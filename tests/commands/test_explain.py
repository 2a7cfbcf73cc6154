"""`verifier explain`."""

import pytest
from samples import BASICS, ONE, said


@pytest.mark.parametrize("name", ["mean", "MEAN", "cases/basics.py::mean", "basics.py::mea"])
def test_a_case_is_explained_by_its_name_or_part_of_it(files, call, name):
    files(basics=BASICS)
    result = call("explain", name)
    assert result.exit_code == 0
    assert result.stdout.startswith("✓ agreed: mean (cases/basics.py, float64)")


def test_an_explanation_has_the_exit_code_of_its_verdict(files, call):
    files(a=ONE.format(name="one", outcome="wrong"), b=ONE.format(name="two", outcome="raises"))
    assert call("explain", "one").exit_code == 1
    assert said(call("explain", "two")) == "verifier: X holds NaN at [0]: give finite numbers"


def test_a_case_that_there_is_none_of(files, call):
    files(basics=BASICS)
    assert said(call("explain", "meen")) == "verifier: no case is named 'meen': did you mean 'mean'?"
    assert said(call("explain", "zzzz")) == ("verifier: no case is named 'zzzz': `verifier list` shows all cases")


def test_a_case_that_there_are_two_of(files, call):
    files(a=ONE.format(name="one", outcome="wrong"), b=ONE.format(name="one", outcome="agreed"))
    assert said(call("explain", "one")) == (
        "verifier: 'one' may be cases/a.py::one or cases/b.py::one: give one of these names in full"
    )
    assert call("explain", "cases/b.py::one").exit_code == 0


def test_an_exact_name_comes_before_a_part_of_others(files, call):
    files(
        a="from verifier.case import Case\n"
        "CASES = [Case('mean', formula='agreed'), Case('mean of rows', formula='wrong')]"
    )
    assert call("explain", "mean").exit_code == 0
