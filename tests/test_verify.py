"""The library's calls: reports instead of exceptions, runs that keep what was finished, processes."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from liars import BACKWARD, Product
from sympy import IndexedBase, MatrixSymbol, OneMatrix, Symbol

import verifier
from verifier import Case, assert_gradients, derive, total, verify_all
from verifier.discover import load_cases
from verifier.errors import NothingToDifferentiateError, VerifierError

n, m, k = (Symbol(name) for name in "nmk")
X, W = MatrixSymbol("X", n, m), MatrixSymbol("W", m, k)


def factors():
    return [torch.rand(2, 3, dtype=torch.float64, requires_grad=True), torch.ones(3, 2).double().requires_grad_()]


def test_the_shortest_test():
    verdict = assert_gradients(Product.apply, {"X": factors()[0], "W": factors()[1]})
    assert verdict.ok and verdict.outcome == "agreed"


def test_a_wrong_gradient_is_an_assertion_error_with_the_report_as_its_text():
    lie = BACKWARD["sign"][0]
    with pytest.raises(AssertionError) as caught:
        assert_gradients(lambda X, W: lie.apply(X, W), factors(), formula=X * W)
    assert "reverse mode" in str(caught.value) and "wrong" in str(caught.value)


def test_keywords_go_to_the_function():
    verdict = verifier.check(lambda X, power: (X**power).sum(), factors()[:1], kwargs={"power": 3})
    assert verdict.ok
    with pytest.raises(VerifierError, match="make it run on these inputs first"):
        verifier.check(lambda X, power: (X**power).sum(), factors()[:1])


CASES = [
    Case("first", total(X * W)),
    Case("refused", total(X) * Symbol("X")),
    Case("wrong", total(X * W), claims={X: 2 * OneMatrix(n, k) * W.T}),
    Case("crashes", total(X), inputs={X: [[1.0]]}, function=lambda X: (_ for _ in ()).throw(KeyboardInterrupt)),
    Case("never", total(X * W)),
]


def test_a_case_that_cannot_be_tried_is_undecided_with_the_reason():
    seen = []
    run = verify_all(CASES[:3], on_verdict=seen.append)
    assert [v.outcome for v in run.verdicts] == ["agreed", "undecided", "wrong"]
    assert list(run.verdicts) == seen
    assert "two different symbols in it have the same name" in run.verdicts[1].reason
    assert (run.planned, run.interrupted, run.ok, run.exit_code) == (3, False, False, 1)
    assert set(run.versions) >= {"sympy", "torch", "numpy", "python-flint"}


def test_an_interrupted_run_keeps_what_was_finished():
    run = verify_all(CASES)
    assert [v.name for v in run.verdicts] == ["first", "refused", "wrong"]
    assert (run.planned, run.interrupted, run.ok) == (5, True, False)


def test_a_failure_of_the_verifier_is_told_as_such(monkeypatch):
    def fails(case):
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr("verifier.trial.trial.trial_of_case", fails)
    (verdict,) = verify_all(CASES[:1]).verdicts
    assert verdict.outcome == "undecided"
    assert verdict.reason.startswith("verifier itself failed with ZeroDivisionError: by nothing")


def test_verdicts_come_in_the_order_of_the_cases():
    cases = [Case(str(number), total(X * W), seed=number) for number in range(6)]
    with ThreadPoolExecutor(3) as executor:
        run = verify_all(cases, executor=executor)
    assert [v.name for v in run.verdicts] == [case.name for case in cases] and run.ok


def test_cases_travel_to_other_processes():
    cases = load_cases(Path(__file__).parent.parent / "cases" / "autograd_basics.py")[:2]
    with ProcessPoolExecutor(1) as executor:
        run = verify_all(cases, executor=executor)
    assert [v.outcome for v in run.verdicts] == ["agreed", "agreed"]


def test_no_cases_at_all():
    run = verify_all([])
    assert (run.verdicts, run.planned, run.ok) == ((), 0, True)


def test_derive_by_symbol_or_name():
    assert str(derive(total(X * W), X)) == str(derive(total(X * W), "X"))
    assert derive(total(X * W), W).shape == (m, k)
    with pytest.raises(NothingToDifferentiateError):
        derive(total(X * W), "Q")
    with pytest.raises(NothingToDifferentiateError):
        derive(total(X), IndexedBase("Q"))
