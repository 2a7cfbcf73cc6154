"""Gradients of another function that may be meant: straight-through estimators, slopes where there are none."""

import pytest
import torch
from accused import mixed, with_backward

from verifier import check

STRAIGHT = (
    "straight through: it is the incoming gradient itself; if that is meant, say so: "
    "formula=lambda x: x + (f(x) - x).detach()"
)
FLAT = "a surrogate: the function is flat here; if meant, declare s in formula=lambda x: s(x) + (f(x) - s(x)).detach()"
rounded = with_backward(torch.round, lambda g, x: g)
clipped = with_backward(torch.sign, lambda g, x: g * (x.abs() < 1))


def verdict(fn, dtype=torch.float64, **options):
    return check(fn, {"x": mixed(6, dtype=dtype)}, **options)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
def test_an_estimator_is_told_how_it_is_declared(dtype):
    found = verdict(rounded, dtype)
    assert (found.outcome, found.findings[0].cause) == ("wrong", STRAIGHT)
    assert len(str(found).splitlines()) <= 12


def test_any_slope_where_the_function_is_flat():
    assert verdict(clipped).findings[0].cause == FLAT


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16, torch.float16])
@pytest.mark.parametrize(
    ("estimator", "formula"),
    [
        (rounded, lambda x: x + (x.round() - x).detach()),
        (rounded, lambda x: x + (rounded(x) - x).detach()),
        (clipped, lambda x: x.clamp(-1, 1) + (x.sign() - x.clamp(-1, 1)).detach()),
    ],
)
def test_declared_it_is_right(dtype, estimator, formula):
    assert verdict(estimator, dtype, formula=formula).outcome == "agreed"


def test_declared_as_another_it_is_wrong():
    found = verdict(rounded, formula=lambda x: 2 * x + (x.round() - 2 * x).detach())
    assert (found.outcome, found.findings[0].input) == ("wrong", "x")


def test_what_has_a_slope_is_no_surrogate():
    wrong = with_backward(torch.sin, lambda g, x: g * x)
    assert verdict(wrong).findings[0].cause not in (STRAIGHT, FLAT)


def test_one_flat_input_beside_a_wrong_one_is_not_told_to_be_another():
    both = with_backward(lambda x, y: x.round() * y, lambda g, x, y: (g * y, g * y))
    causes = {f.input: f.cause for f in check(both, {"x": mixed(6), "y": mixed(6, seed=1)}).findings}
    assert causes["x"] == FLAT
    assert causes["y"] != FLAT
