"""Errors at other inputs: rounding flickers, a wrong formula does not, and an overflow goes away."""

import numpy as np
import pytest
import torch
from digits import own
from sympy import MatrixSymbol, exp, log, sin, symbols, tanh

from verifier.candidate.candidate import Candidate
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of
from verifier.trial.neighbours import Surroundings
from verifier.trial.rounding import with_allowance
from verifier.witness import Question
from verifier.witnesses.reverse_mode import WITNESS
from verifier.witnesses.symbolic import WITNESS as SYMBOLIC

n = symbols("n", integer=True, positive=True)
x = MatrixSymbol("x", n, 1)


def surroundings(function, formula, numbers, dtype="float64"):
    understood = formula_of(x.applyfunc(formula))
    numbers = np.array(numbers, dtype=float).reshape(-1, 1)
    candidate = Candidate.of(function, ("x",), {"x": getattr(torch, dtype)})
    derivation = reverse(understood.program, understood.output, ["x"])
    question = with_allowance(Question({"x": numbers}, ("x",), np.ones(numbers.shape), derivation, candidate), dtype)
    return Surroundings(question, dtype, SYMBOLIC.testify(question), WITNESS.testify(question), WITNESS)


POINT = np.linspace(0.3, 1.7, 12)

ROUNDING = {
    "cancellation": (own("A", torch.exp, lambda x: (x.exp() + 1e6) - 1e6), exp, POINT),
    "swallowed": (own("B", torch.log1p, lambda x: 1 / (1 + x + 1e9 - 1e9)), lambda t: log(1 + t), POINT),
    "through float32": (own("C", torch.exp, lambda x: x.float().exp().double()), exp, POINT),
    "through float16": (own("D", torch.exp, lambda x: x.half().exp().double()), exp, POINT),
    "tails": (own("E", torch.tanh, lambda x: 1 - torch.tanh(x) ** 2), tanh, 12 + POINT),
}

FORMULA = {
    "factor": (own("F", torch.exp, lambda x: x.exp() * (1 + 1e-9)), exp, POINT),
    "dropped": (own("G", torch.exp, lambda x: x.exp() - 1e-10 * x), exp, POINT),
    "constant": (own("H", torch.tanh, lambda x: 1 - torch.tanh(x) ** 2 + 1e-11), tanh, POINT),
    "fast": (
        own("I", lambda x: torch.sin(1e4 * x), lambda x: 1.0001e4 * torch.cos(1e4 * x)),
        lambda t: sin(10000 * t),
        POINT,
    ),
    "nothing": (own("J", torch.exp, torch.zeros_like), exp, POINT),
}


@pytest.mark.parametrize("name", ROUNDING)
def test_rounding_flickers_at_most_entries(name):
    found = surroundings(*ROUNDING[name]).rounding()
    assert found["x"].mean() > 0.7


@pytest.mark.parametrize("name", FORMULA)
def test_a_wrong_formula_does_not(name):
    found = surroundings(*FORMULA[name]).rounding()
    assert found["x"].mean() < 0.1


@pytest.mark.parametrize("name", ["cancellation", "factor"])
def test_the_same_in_float64_where_balls_are_too_expensive(name, monkeypatch):
    monkeypatch.setattr("verifier.trial.neighbours.MOST_BALLS", 0)
    found = surroundings(*(ROUNDING | FORMULA)[name]).rounding()["x"]
    assert found.mean() > 0.7 if name in ROUNDING else found.mean() < 0.1


def test_the_value_has_its_own_errors():
    found = surroundings(lambda x: torch.log(1 + x), lambda t: log(1 + t), 1e-7 * POINT).rounding()
    assert found[None].mean() > 0.7


def test_narrower_dtypes_are_moved_by_what_they_resolve():
    lossy = own("K", torch.exp, lambda x: (x.exp() + 1e3) - 1e3)
    numbers = torch.tensor(POINT).float().double().numpy()
    assert surroundings(lossy, exp, numbers, "float32").rounding()["x"].mean() > 0.7
    wrong = own("L", torch.exp, lambda x: x.exp() * 1.01)
    assert surroundings(wrong, exp, numbers, "float32").rounding()["x"].mean() < 0.1


def test_what_cancelled_altogether_is_rounding():
    """1 − tanh(25)² is 0 wherever one looks."""
    found = surroundings(own("M", torch.tanh, lambda x: 1 - torch.tanh(x) ** 2), tanh, [25.0, 26.0]).rounding()
    assert found["x"].all()
    assert not surroundings(own("N", torch.tanh, torch.zeros_like), tanh, [1.0, 2.0]).rounding()["x"].any()


def _quotient(x):
    return torch.exp(x) / (1 + torch.exp(x))


def test_an_overflow_goes_away_at_smaller_inputs():
    function = own("O", lambda x: torch.nn.functional.softplus(x), _quotient)
    found = surroundings(function, lambda t: log(1 + exp(t)), [800.0, 1.0]).overflow()
    assert found["x"].ravel().tolist() == [True, False]


@pytest.mark.parametrize("numbers", [[4.0, 1.0], [0.0, 4.0]])
def test_a_nan_among_small_numbers_is_no_overflow(numbers):
    function = own("P", torch.exp, lambda x: torch.where(x > 3, torch.nan, x.exp()))
    assert not surroundings(function, exp, numbers).overflow()["x"].any()


def test_a_nan_that_stays_is_no_overflow():
    function = own("Q", torch.tanh, lambda x: torch.full_like(x, torch.nan))
    assert not surroundings(function, tanh, [800.0]).overflow()["x"].any()


def test_an_error_that_equal_entries_switch_on_is_no_rounding():
    function = own("K", torch.exp, lambda x: x.exp() * (x != x.roll(1)))
    found = surroundings(function, exp, [0.5, 1.0, 1.0, 1.5, 0.7, 1.1]).rounding()
    assert not found["x"].any()
