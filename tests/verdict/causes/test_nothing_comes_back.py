"""Gradients that are nothing, that ignore what comes in, or that read what was overwritten."""

import pytest
import torch
from accused import cause, mixed
from sympy import IndexedBase, symbols

i, n = symbols("i n", integer=True)
x = IndexedBase("x", shape=(n,))


def square(x):
    return x * x


def test_zero():
    found = cause(square, lambda g, x: 0 * g, {"x": mixed(5)}, x[i] ** 2)
    assert found == "zero: it is 0 at every entry, and the true gradient is not"


def test_none():
    found = cause(square, lambda g, x: None, {"x": mixed(5)}, x[i] ** 2)
    said = "None: torch sees no path from x to the result, as after a detach or a backward that returns None"
    assert found == said


def test_nan():
    found = cause(square, lambda g, x: float("nan") * g, {"x": mixed(5)}, x[i] ** 2)
    assert found == "NaN: it is NaN at every entry"


def test_one_zero_is_not_a_zero_gradient():
    found = cause(square, lambda g, x: 2 * g * x * (x != x[2]), {"x": mixed(5)}, x[i] ** 2)
    assert found == "one entry alone is off, and 0 there, as if never written"


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_an_ignored_cotangent(dtype):
    found = cause(square, lambda g, x: 2 * x, {"x": mixed(5, dtype=dtype)}, x[i] ** 2)
    assert found == "the incoming gradient is ignored: it is the gradient for a cotangent of ones"


def test_another_use_of_the_cotangent_is_not_ignoring_it():
    found = cause(square, lambda g, x: 2 * x * g.abs(), {"x": mixed(5)}, x[i] ** 2)
    assert "ignored" not in found


def doubling(x):
    result = x * x
    x.data.mul_(2)
    return result


def test_a_saved_input_that_is_overwritten():
    found = cause(doubling, lambda g, x: 2 * g * x, {"x": mixed(5)}, x[i] ** 2)
    assert found == "overwritten: it is the gradient at what the function left in x"


def test_an_overwritten_input_is_not_the_cause_of_every_mistake():
    assert cause(doubling, lambda g, x: 3 * g * x, {"x": mixed(5)}, x[i] ** 2) == (
        "a factor: it is 3 times the true gradient"
    )
