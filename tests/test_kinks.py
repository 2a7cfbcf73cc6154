"""Whole trials at kinks, ties, poles and beyond the range of the dtype: liars are caught, conventions are accepted."""

import pytest
import torch
from accused import with_backward
from sympy import (
    Abs,
    Eq,
    Heaviside,
    IndexedBase,
    MatrixSymbol,
    Max,
    Piecewise,
    Rational,
    exp,
    log,
    pi,
    sin,
    sqrt,
    symbols,
)

from verifier import check, total

pytestmark = pytest.mark.filterwarnings("error::RuntimeWarning")

X = IndexedBase("x", shape=(3,))
x = MatrixSymbol("x", 3, 1)
a, b, c = symbols("a b c", real=True)
R = "reverse mode"
DTYPES = (torch.float64, torch.float32, torch.float16, torch.bfloat16)


def tensor(*values, dtype=torch.float64):
    return torch.tensor(values[0] if len(values) == 1 else values, dtype=dtype, requires_grad=True)


def relu_with(slope):
    return with_backward(torch.relu, lambda g, x: g * torch.where(x == 0, slope, (x > 0).to(x.dtype)))


def abs_with(slope):
    return with_backward(torch.abs, lambda g, x: g * torch.where(x == 0, slope, x.sign()))


def largest_with(backward):
    return with_backward(lambda x: x.amax(), backward)


RELU = x.applyfunc(lambda t: Max(t, 0))
LARGEST = Max(X[0], X[1], X[2])
KINKED = [0.0, 1.0, 0.0]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("slope", [0.0, 0.25, 0.5, 1.0])
def test_every_slope_of_the_subdifferential_is_right(slope, dtype):
    verdict = check(relu_with(slope), {"x": tensor(*KINKED, dtype=dtype)}, formula=RELU)
    assert verdict.outcome == "agreed", str(verdict)
    assert any("at the kink x[0] = 0; the subdifferential is [" in note for note in verdict.notes)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("slope", [-0.5, 1.5, 2.0])
def test_a_slope_outside_of_it_is_wrong(slope, dtype):
    verdict = check(relu_with(slope), {"x": tensor(*KINKED, dtype=dtype)}, formula=RELU)
    (finding,) = [f for f in verdict.findings if f.outcome == "wrong"]
    assert (verdict.outcome, finding.blamed, finding.entries) == ("wrong", R, 2)
    assert finding.reason.startswith("no choice at the kink x[")


@pytest.mark.parametrize(("slope", "outcome"), [(-1.0, "agreed"), (0.3, "agreed"), (1.5, "wrong"), (-1.5, "wrong")])
def test_absolute_values(slope, outcome):
    assert check(abs_with(slope), {"a": tensor(0.0)}, formula=Abs(a)).outcome == outcome


TIES = {
    "amax": (lambda x: x.amax(), "autograd divides the gradient of the tie x[0] = x[1] = x[2] evenly"),
    "max along an axis": (lambda x: x.max(0).values, "autograd gives all of the gradient of the tie"),
    "maximum, one after the other": (
        lambda x: torch.maximum(torch.maximum(x[0], x[1]), x[2]),
        "autograd gives 0.25, 0.25, 0.5 at the tie",
    ),
    "the last": (largest_with(lambda g, x: g * torch.tensor([0, 0, 1]).to(x)), "gradient of the tie"),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", TIES)
def test_every_way_of_dividing_a_tie_is_right(name, dtype):
    function, note = TIES[name]
    verdict = check(function, {"x": tensor(2.0, 2.0, 2.0, dtype=dtype)}, formula=LARGEST)
    assert verdict.outcome == "agreed", str(verdict)
    assert any(note in said for said in verdict.notes), verdict.notes


#: The classic mistakes: each entry by itself lies between the branches' gradients.
TIE_LIARS = {
    "the undivided mask": lambda g, x: g * (x == x.amax()).to(x.dtype),
    "nothing at a tie": lambda g, x: g * ((x == x.amax()) & ((x == x.amax()).sum() == 1)).to(x.dtype),
    "divided by one too many": lambda g, x: g * (x == x.amax()).to(x.dtype) / ((x == x.amax()).sum() + 1),
    "divided by the size": lambda g, x: g * (x == x.amax()).to(x.dtype) / (x.numel() + 1),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", TIE_LIARS)
def test_a_wrong_way_of_dividing_a_tie_is_wrong(name, dtype):
    verdict = check(largest_with(TIE_LIARS[name]), {"x": tensor(2.0, 2.0, 2.0, dtype=dtype)}, formula=LARGEST)
    assert (verdict.outcome, verdict.findings[0].blamed) == ("wrong", R), str(verdict)
    assert verdict.findings[0].reason.startswith("no choice at the tie x[0] = x[1] = x[2] gives it")


def test_a_tie_between_two_inputs_is_judged_together():
    class Both(torch.autograd.Function):
        @staticmethod
        def forward(ctx, a, b):
            return torch.maximum(a, b)

        @staticmethod
        def backward(ctx, cotangent):
            return cotangent, cotangent

    point = {"a": tensor(2.0), "b": tensor(2.0)}
    assert check(lambda a, b: Both.apply(a, b), point, formula=Max(a, b)).outcome == "wrong"
    assert check(torch.maximum, point, formula=Max(a, b)).outcome == "agreed"


def test_a_wrong_entry_beside_kinks_is_found_all_the_same():
    spoiled = with_backward(torch.relu, lambda g, x: g * (x > 0).to(x.dtype) * torch.tensor([1, 1 + 1e-6, 1]).to(x))
    finding = check(spoiled, {"x": tensor(*KINKED)}, formula=RELU).findings[0]
    assert (finding.outcome, finding.index, finding.entries) == ("wrong", (1,), 1)


def test_in_float32_rounding_may_choose_the_branch():
    point = {"a": 1 + 2.0**-23, "b": 1 - 2.0**-24, "c": -1.0}
    formula = Max(a * b + c, 0)

    def function(a, b, c):
        return torch.relu(a * b + c)

    narrow = check(function, {n: tensor(v, dtype=torch.float32) for n, v in point.items()}, formula=formula)
    assert narrow.outcome == "agreed", str(narrow)
    assert any("at the kink a*b + c ≈ 0" in note for note in narrow.notes)
    off = {n: tensor(v, dtype=torch.float32) for n, v in {**point, "c": -1.001}.items()}
    one_sided = with_backward(lambda v: function(*v), lambda g, v: g * torch.stack([v[1], v[0], torch.ones_like(v[0])]))
    stacked = torch.stack(list(off.values())).detach().requires_grad_()
    verdict = check(one_sided, {"x": stacked}, formula=Max(X[0] * X[1] + X[2], 0))
    assert verdict.outcome == "wrong"


INFINITE = {
    "sqrt": (torch.sqrt, sqrt(a)),
    "log": (torch.log, log(a)),
    "minus sqrt": (lambda a: -torch.sqrt(a), -sqrt(a)),
}


@pytest.mark.parametrize("name", INFINITE)
def test_an_infinite_derivative_is_agreed(name):
    function, formula = INFINITE[name]
    verdict = check(function, {"a": tensor(0.0)}, formula=formula)
    assert verdict.outcome == "agreed", str(verdict)
    assert "the derivative by a is infinite at a = 0" in verdict.notes


@pytest.mark.parametrize("value", [float("-inf"), float("nan"), 0.0, 1e30])
def test_anything_else_where_the_derivative_is_infinite_is_wrong(value):
    verdict = check(with_backward(torch.sqrt, lambda g, a: g * value), {"a": tensor(0.0)}, formula=sqrt(a))
    finding = verdict.findings[0]
    assert (verdict.outcome, finding.blamed) == ("wrong", R)
    assert finding.reason == "the formula's derivative is infinite here"


def test_nan_where_the_derivative_is_finite_is_wrong():
    verdict = check(lambda a: a * torch.sqrt(a), {"a": tensor(0.0)}, formula=a ** Rational(3, 2))
    assert (verdict.outcome, verdict.findings[0].blamed) == ("wrong", R)
    assert check(lambda a: a**1.5, {"a": tensor(0.0)}, formula=a ** Rational(3, 2)).outcome == "agreed"


def test_nan_where_the_derivative_depends_on_the_side_is_wrong_and_zero_is_right():
    length = sqrt(X[0] ** 2 + X[1] ** 2 + X[2] ** 2)
    assert check(lambda x: x.norm(), {"x": tensor(0.0, 0.0, 0.0)}, formula=length).outcome == "agreed"
    assert check(lambda x: (x * x).sum().sqrt(), {"x": tensor(0.0, 0.0, 0.0)}, formula=length).outcome == "wrong"


@pytest.mark.parametrize(("function", "formula"), [(lambda a: a * torch.log(a), a * log(a)), (lambda a: 1 / a, 1 / a)])
def test_where_the_function_has_no_value_its_derivative_is_not_judged(function, formula):
    verdict = check(function, {"a": tensor(0.0)}, formula=formula)
    assert verdict.outcome == "undecided"
    assert any("has no value at a = 0" in note for note in verdict.notes)


@pytest.mark.parametrize(
    ("dtype", "points"),
    [
        (torch.float64, [1000.0, 1.0, -1000.0]),
        (torch.float32, [89.0, 1.0, -110.0]),
        (torch.float16, [12.0, 1.0, -18.0]),
        (torch.bfloat16, [90.0, 1.0, -100.0]),
    ],
)
def test_what_the_dtype_cannot_hold_is_no_mistake(dtype, points):
    verdict = check(torch.exp, {"x": tensor(*points, dtype=dtype)}, formula=x.applyfunc(exp))
    assert verdict.outcome == "agreed" and not verdict.findings, str(verdict)
    spoiled = with_backward(torch.exp, lambda g, x: g * torch.tensor([1, torch.inf, 1]).to(x) * x.exp())
    found = check(spoiled, {"x": tensor(*points, dtype=dtype)}, formula=x.applyfunc(exp))
    assert found.findings[0].index == (1,)
    # Without a finite value in float64 there is no finite difference that could tell who is wrong.
    assert found.outcome == ("undecided" if dtype == torch.float64 else "wrong")
    opposite = with_backward(torch.exp, lambda g, x: -g * x.exp())
    verdict = check(opposite, {"x": tensor(*points, dtype=dtype)}, formula=x.applyfunc(exp))
    assert verdict.outcome in ("wrong", "inaccurate")  # bfloat16 has no digit left at 90


def test_jumps_are_reported():
    verdict = check(lambda a, b: (a > 0) * b, {"a": tensor(0.0), "b": tensor(2.0)}, formula=Heaviside(a, 0) * b)
    assert verdict.outcome == "agreed"
    assert "the function jumps at a = 0, from 0 to 2" in verdict.notes


@pytest.mark.parametrize(
    ("function", "formula", "outcome"),
    [
        (torch.sinc, Piecewise((1, Eq(a, 0)), (sin(pi * a) / (pi * a), True)), "agreed"),
        (
            lambda a: torch.where(a == 0, 1.0, torch.expm1(a) / torch.where(a == 0, 1.0, a)),
            Piecewise((1, Eq(a, 0)), ((exp(a) - 1) / a, True)),
            "wrong",  # the branch that is a single point has slope 0 in torch; the function's is 1/2
        ),
    ],
)
def test_single_points_have_the_slope_of_their_neighbours(function, formula, outcome):
    assert check(function, {"a": tensor(0.0)}, formula=formula).outcome == outcome


def test_a_thousand_kinks_are_judged_together():
    many = MatrixSymbol("x", 1000, 1)
    inputs = {"x": torch.zeros(1000, dtype=torch.float64, requires_grad=True)}
    formula = total(many.applyfunc(lambda t: Max(t, 0)))
    verdict = check(lambda x: torch.relu(x).sum(), inputs, formula=formula)
    assert verdict.outcome == "agreed" and any("999 more are like this" in note for note in verdict.notes)
    steep = with_backward(
        lambda x: torch.relu(x).sum(), lambda g, x: g * torch.where(torch.arange(1000) == 617, 1.1, 0)
    )
    finding = check(steep, inputs, formula=formula).findings[0]
    assert (finding.outcome, finding.index, finding.entries) == ("wrong", (617,), 1)


def test_rounding_on_either_side_of_a_clamp_is_allowed():
    rows = tensor([[1.0, 2.0], [0.3, 0.9], [4.0, -1.0]])  # two points each: all correlations are 1 or -1
    clamped = with_backward(torch.corrcoef, lambda g, x: torch.zeros_like(x))
    tilted = with_backward(torch.corrcoef, lambda g, x: torch.full_like(x, 1e-9))
    assert check(torch.corrcoef, rows).outcome == "agreed"
    assert check(clamped, rows).outcome == "agreed"
    assert check(tilted, rows).outcome == "wrong"


def masked(g, x):
    return g * (x == x.amax())


@pytest.mark.parametrize("values", [[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
def test_a_tie_that_is_not_divided(values):
    """A mask of the largest entries gives each of them the whole gradient; divided by their number it is right."""
    cause = "a tie that is not divided: each of the tied entries has the whole gradient"
    assert [f.cause for f in check(largest_with(masked), {"x": tensor(*values)}, formula=LARGEST).findings] == [cause]
    assert [f.cause for f in check(largest_with(masked), {"x": tensor(*values)}).findings] == [cause]
    divided = largest_with(lambda g, x: masked(g, x) / (x == x.amax()).sum())
    assert check(divided, {"x": tensor(*values)}, formula=LARGEST).ok
