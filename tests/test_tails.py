"""Where nothing of a gradient is left to tell a mistake from cancellation: points with more of it tell."""

import pytest
import torch
from accused import with_backward
from sympy import MatrixSymbol, erf, exp, log, sin, tanh

from verifier import check

F64, F32 = torch.float64, torch.float32

x = MatrixSymbol("x", 3, 1)


def logistic(t):
    return 1 / (1 + exp(-t))


def softplus(t):
    return log(1 + exp(t))


TAILS = {
    "tanh": (torch.tanh, tanh, [25.0, 26.0, 24.0]),
    "sigmoid": (torch.sigmoid, logistic, [40.0, 42.0, 45.0]),
    "erf": (torch.erf, erf, [7.0, 7.5, 6.5]),
    "softplus": (torch.nn.functional.softplus, softplus, [-40.0, -42.0, -45.0]),
    "x − sin x": (lambda x: x - torch.sin(x), lambda t: t - sin(t), [1e-9, 2e-9, 3e-9]),
}

CANCELS = {
    "tanh": lambda x: 1 - torch.tanh(x) ** 2,
    "sigmoid": lambda x: torch.sigmoid(x) * (1 - torch.sigmoid(x)),
    "softplus": lambda x: 1 - 1 / (1 + torch.exp(x)),
    "x − sin x": lambda x: 1 - torch.cos(x),
}

WRONG = {
    "nothing": ("tanh", lambda x: 0 * x),
    "nothing, of a sigmoid": ("sigmoid", lambda x: 0 * x),
    "nothing, of erf": ("erf", lambda x: 0 * x),
    "nothing, of a softplus": ("softplus", lambda x: torch.where(x < 0, 0, torch.sigmoid(x))),
    "nothing, near zero": ("x − sin x", lambda x: 0 * x),
    "half": ("tanh", lambda x: 0.5 / torch.cosh(x) ** 2),
    "the sign": ("sigmoid", lambda x: -torch.exp(-x) / (1 + torch.exp(-x)) ** 2),
    "the sign, near zero": ("x − sin x", lambda x: -2 * torch.sin(x / 2) ** 2),
    "a constant": ("erf", lambda x: torch.exp(-x * x)),
}


def heard(name, slope, dtype):
    value, formula, numbers = TAILS[name]
    tensor = torch.tensor(numbers, dtype=F64).reshape(3, 1).to(dtype).requires_grad_()
    return check(with_backward(value, lambda g, x: g * slope(x)), tensor, formula=x.applyfunc(formula))


def of_gradient(verdict):
    return {finding.outcome for finding in verdict.findings if finding.input}


@pytest.mark.parametrize("dtype", [F64, F32])
@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_in_a_tail_is_wrong(name, dtype):
    verdict = heard(*WRONG[name], dtype)
    assert (verdict.outcome, of_gradient(verdict)) == ("wrong", {"wrong"})
    if dtype == F64:
        assert any("where rounding does not hide it" in str(finding.nature) for finding in verdict.findings)


@pytest.mark.parametrize("dtype", [F64, F32])
@pytest.mark.parametrize("name", CANCELS)
def test_what_cancels_in_a_tail_is_inaccurate(name, dtype):
    verdict = heard(name, CANCELS[name], dtype)
    assert (verdict.outcome, of_gradient(verdict)) == ("inaccurate", {"inaccurate"})


def test_what_is_right_wherever_it_counts_is_inaccurate():
    """Zero beyond 20 is what cancellation gives, too."""
    verdict = heard("tanh", lambda x: torch.where(x.abs() > 20, 0, 1 / torch.cosh(x) ** 2), F64)
    assert of_gradient(verdict) == {"inaccurate"}
