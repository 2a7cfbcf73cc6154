"""The budget of a question: measured in float64, in balls where float64 is too coarse, and open beyond the range."""

import numpy as np
import pytest
import torch
from accused import with_backward
from sympy import MatrixSymbol, exp, symbols, tanh

from verifier import check
from verifier.numeric import spread
from verifier.numeric.spread import BUDGET, DRAWS, budget
from verifier.point import FLOATING
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of
from verifier.trial.rounding import Asked, drawn_in_full, refined, with_allowance
from verifier.witness import Question
from verifier.witnesses.symbolic import WITNESS

n = symbols("n", integer=True, positive=True)
x = MatrixSymbol("x", n, 1)


def question(function, numbers):
    formula = formula_of(x.applyfunc(function))
    numbers = np.array(numbers, dtype=float).reshape(-1, 1)
    derivation = reverse(formula.program, formula.output, ["x"])
    return Question({"x": numbers}, ("x",), np.ones(numbers.shape), derivation, None)


def budgets(function, numbers, dtype):
    """The question with its allowance, before and after the reference has spoken."""
    before = with_allowance(question(function, numbers), dtype)
    return before, refined(before, dtype, WITNESS.testify(before))


def test_without_a_derivation_there_is_no_allowance():
    bare = Question({"x": np.ones(2)}, ("x",), np.ones(()), None, None)
    assert with_allowance(bare, "float32") is bare


@pytest.mark.parametrize("dtype", FLOATING)
def test_the_allowance_is_the_budget_times_the_roundoff_at_an_ordinary_point(dtype):
    roundoff = FLOATING[dtype][0]
    before, after = budgets(exp, [0.5, 1.0], dtype)
    largest = np.exp(1.0)
    assert (before.allowance["x"] > budget(roundoff) * roundoff * largest).all()
    assert (before.allowance["x"] < 4 * budget(roundoff) * roundoff * largest).all()
    assert np.array_equal(after.allowance["x"], before.allowance["x"])


def test_where_float64_has_lost_the_gradient_it_is_measured_in_balls():
    """1 − tanh(20)² is 0 in float64, and so would be its spread: an honest 1/cosh² would be condemned."""
    before, after = budgets(tanh, [20.0, 21.0], "float64")
    roundoff, threshold = FLOATING["float64"]
    gradient = 1 / np.cosh([[20.0], [21.0]]) ** 2
    asked = Asked(before, before.derivation)
    assert asked.in_float64()[asked.gradients["x"]].max() == 0
    assert (before.allowance["x"] == BUDGET * threshold).all()
    # x is off by u, and the gradient by 2·x times that, drawn evenly.
    spread = 2 * 20 * roundoff * gradient / np.sqrt(3)
    assert (after.allowance["x"] > BUDGET * spread / 2).all()
    assert (after.allowance["x"] < BUDGET * (2 * spread + 2 * roundoff * gradient.max())).all()


def test_where_float64_overflows_it_is_measured_in_balls():
    before, after = budgets(lambda t: exp(t) / (1 + exp(t)), [800.0], "float64")
    assert np.isfinite(before.value_allowance).all()
    assert BUDGET * 2.0**-53 < after.value_allowance.item() < 2 * BUDGET * 2.0**-53


def test_nobody_is_accused_on_the_strength_of_few_draws(monkeypatch):
    """A program that is large by decree is measured with few draws, and with all of them once there is a dispute."""
    monkeypatch.setattr(spread, "LARGE", 0)
    few = with_allowance(question(exp, [0.5, 1.0]), "float64")
    in_full = drawn_in_full(few, "float64")
    assert few.measured.draws < in_full.measured.draws == DRAWS
    assert (in_full.allowance["x"] != few.allowance["x"]).all()
    assert drawn_in_full(in_full, "float64") is None
    asked = []

    def watched(question, dtype):
        asked.append(question)
        return drawn_in_full(question, dtype)

    monkeypatch.setattr("verifier.trial.hearing.drawn_in_full", watched)
    numbers = torch.linspace(-1, 1, 5, dtype=torch.float64, requires_grad=True)
    assert check(torch.exp, numbers).outcome == "agreed" and not asked
    wrong = with_backward(torch.exp, lambda g, x: g * x.exp() * 1.01)
    assert check(wrong, numbers).outcome == "wrong" and asked
