"""Mistakes of some entries alone, and those of a narrower dtype."""

import numpy as np
import pytest
import torch
from accused import cause, mixed, with_backward
from sympy import IndexedBase, sin, sqrt, symbols

from verifier import check
from verifier.verdict.accusation import Exhibit
from verifier.verdict.causes._bad_entries import in_common

i, j, n, m = symbols("i j n m", integer=True)
x, X = IndexedBase("x", shape=(n,)), IndexedBase("X", shape=(n, m))
NUMBERS = mixed(30).detach()


def square(x):
    return x * x


def spoiled(spoil):
    def backward(g, x):
        return spoil(2 * g * x, x)

    return cause(square, backward, {"x": NUMBERS.clone().requires_grad_()}, x[i] ** 2)


def off_where(condition, spoil):
    return spoiled(lambda gradient, x: torch.where(condition(x), spoil(gradient), gradient))


def between(*borders):
    """The two numbers next to a border, at its two sides, as they are written."""
    ordered = np.sort(NUMBERS.abs().numpy() if borders[0] == "||" else NUMBERS.numpy())
    above = int(np.searchsorted(ordered, borders[-1]))
    return f"{ordered[above]:.4g}", f"{ordered[above - 1]:.4g}"


RANGES = {
    "x < 0, and 0 there": (lambda x: x < 0, lambda g: 0 * g),
    "x > 0, and minus the true one there": (lambda x: x > 0, lambda g: -g),
    "x < 0, and NaN there": (lambda x: x < 0, lambda g: g * float("nan")),
    "x > 0, and 1/2 times the true one there": (lambda x: x > 0, lambda g: g / 2),
    "x < 0": (lambda x: x < 0, lambda g: g + torch.sin(50 * g) + 2),
}


@pytest.mark.parametrize("said", RANGES)
def test_half_of_the_range(said):
    assert off_where(*RANGES[said]) == f"a range: it is wrong exactly where {said}"


def test_a_tail_on_one_side_and_on_both():
    inside, outside = between(2.0)
    assert off_where(lambda x: x > 2, lambda g: 0 * g) == (
        f"a range: it is wrong exactly where x ≥ {inside} (and right up to {outside}), and 0 there"
    )
    inside, outside = between("||", 3.0)
    assert off_where(lambda x: x.abs() > 3, lambda g: 0 * g) == (
        f"a range: it is wrong exactly where |x| ≥ {inside} (and right up to {outside}), and 0 there"
    )


def test_where_the_input_is_zero():
    numbers = NUMBERS.clone()
    numbers[4:9] = 0.0
    found = cause(lambda x: x + 1, lambda g, x: g * (x != 0), {"x": numbers.requires_grad_()}, x[i] + 1)
    assert found == "a range: it is wrong exactly where x = 0, and 0 there"


def test_a_range_of_another_input():
    y = IndexedBase("y", shape=(n,))
    tensors = {"x": mixed(30), "y": mixed(30, seed=7)}
    found = cause(lambda x, y: x * y, lambda g, x, y: (g * y * (y > 0), g * x), tensors, x[i] * y[i], "x")
    assert found == "a range: it is wrong exactly where y < 0, and 0 there"


def test_one_entry_on_the_wrong_side_is_no_range():
    found = spoiled(lambda gradient, x: torch.where((x < 0) | (x == x.max()), 0.0, gradient))
    assert found == "the bad entries alone are off, and 0 there, as if never written"


def test_few_entries_lie_in_a_range_by_chance():
    found = cause(square, lambda g, x: 2 * g * x * (x > 0), {"x": mixed(5)}, x[i] ** 2)
    assert "range" not in found


def entry(place, spoil):
    def change(gradient, x):
        gradient[place] = spoil(gradient[place])
        return gradient

    return spoiled(change)


def test_one_entry():
    place = int(NUMBERS.abs().argsort()[15])
    assert entry(place, lambda g: 0.0) == "one entry alone is off, and 0 there, as if never written"
    assert entry(place, lambda g: g * (1 + 1e-6)) == "one entry alone is off, and 1.000001 times the true one there"
    assert entry(place, lambda g: -g) == "one entry alone is off, and minus the true one there"
    assert entry(place, lambda g: float("inf")) == "one entry alone is off, and infinite there"


def test_several_entries():
    places = NUMBERS.abs().argsort()[[10, 15]]
    assert entry(places, lambda g: 2 * g) == "the bad entries alone are off, and 2 times the true one there"
    assert entry(places, lambda g: g + torch.tensor([0.1, 0.2])) is None


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16, torch.float32])
def test_a_narrower_dtype(dtype):
    name = str(dtype).removeprefix("torch.")
    said = f"a narrower dtype: every entry is a {name} number, as if it had been computed in {name}"
    assert spoiled(lambda gradient, x: gradient.to(dtype).double()) == said


def test_whole_numbers_are_no_sign_of_a_narrower_dtype():
    assert spoiled(lambda gradient, x: gradient.round() * 3) is None


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_its_own_dtype_is_no_narrower_one(dtype):
    numbers = torch.tensor([0.5, -0.25, 1.5, -0.75, 1.0], dtype=dtype, requires_grad=True)
    found = cause(torch.sin, lambda g, x: g * (1 - x * x / 4), {"x": numbers}, sin(x[i]))
    assert "narrower" not in str(found)


def test_where_every_entry_is_off_none_is_off_alone():
    assert spoiled(lambda gradient, x: gradient * float("inf")) is None


@pytest.mark.parametrize(("function", "formula", "slope"), [(square, x[i] ** 2, 0.0), (torch.sqrt, sqrt(x[i]), np.inf)])
def test_what_is_no_multiple_is_not_told_as_one(function, formula, slope):
    """The true slope at 0 is 0, or infinite, and nothing is so many times that."""

    def backward(g, x):
        gradient = torch.autograd.functional.vjp(function, x, g)[1]
        gradient[2] = 7.0
        return gradient

    numbers = NUMBERS[:6].abs()
    numbers[2] = 0.0
    verdict = check(with_backward(function, backward), {"x": numbers.requires_grad_()}, formula=formula)
    (finding,) = verdict.findings
    assert (abs(finding.values["symbolic"]), finding.index, finding.cause) == (slope, (2,), None)


def told(given, true, allowed, share=1.0):
    """What the bad entries have in common."""
    exhibit = Exhibit({}, np.ones(()), {"x": np.array(given)}, {"x": np.array(true)}, {"x": np.array(allowed)}, share)
    return in_common(exhibit, "x")


def test_what_bad_entries_have_in_common_they_all_have():
    right, exact = [1.0, 1.0, 1.0, 1.0], [1e-9] * 4
    assert told([2.0, 2.0, 2.0, 1.0], right, exact) == "and 2 times the true one there"
    assert told([2.0, 2.0, 3.0, 1.0], right, exact) is None
    assert told([0.0, 0.0, 3.0, 1.0], right, exact) is None
    # of what is hardly known the quotient is hardly known
    assert told([2.0, 2.0, 3e-9], [1.0, 1.0, 1e-9], [1e-9, 1e-9, 1.5e-9]) == "and 2 times the true one there"
    assert told([np.nan, np.inf, np.nan, 1.0], right, exact) is None


def test_the_factor_of_bad_entries_is_as_plain_as_what_is_allowed_demands():
    assert told([10 / 7, 10 / 7], [1.0, 1.0], [1e-9, 1e-9]) == "and 10/7 times the true one there"
    assert told([10 / 7, 10 / 7], [1.0, 1.0], [1e-2, 1e-2]) is None
    assert told([1.51, 1.49], [1.0, 1.0], [1e-2, 1e-2]) == "and 3/2 times the true one there"
    assert told([-1.005, -1.0], [1.0, 1.0], [1e-2, 1e-2]) == "and minus the true one there"


def test_a_large_factor_of_bad_entries_is_rounded_in_proportion():
    assert told([5.04, 4.96], [1.0, 1.0], [1e-2, 1e-2]) == "and 5 times the true one there"
    assert told([5.06, 4.96], [1.0, 1.0], [1e-2, 1e-2]) is None
    assert told([5.04, 4.96], [1.0, 1.0], [1e-2, 1e-2], share=0.25) is None
