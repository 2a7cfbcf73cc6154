"""One factor for the whole gradient: it is found, and named for what it is."""

import math

import pytest
import torch
from accused import cause, mixed, positive, with_backward
from sympy import IndexedBase, Sum, symbols

from verifier import check

i, j, n = symbols("i j n", integer=True)
x, s = IndexedBase("x", shape=(n,)), symbols("s")


def square(x):
    return x * x


FACTORS = {
    2: "a factor: it is 2 times the true gradient",
    1 / 2: "a factor: it is 1/2 times the true gradient",
    -1: "the sign: it is minus the true gradient",
    -1 / 2: "a factor: it is −1/2 times the true gradient",
    2 / 3: "a factor: it is 2/3 times the true gradient",
    7: "a factor: it is 7 times the true gradient (7 is the length of x)",
    1 / 7: "a factor: it is 1/7 times the true gradient (7 is the length of x)",
    49: "a factor: it is 49 times the true gradient",
    math.sqrt(7): "a factor: it is √7 times the true gradient (7 is the length of x)",
    1 / math.sqrt(7): "a factor: it is 1/√7 times the true gradient (7 is the length of x)",
    math.pi: "a factor: it is π times the true gradient",
    math.log(2): "a factor: it is ln 2 times the true gradient",
    1 / math.log(10): "a factor: it is 1/ln 10 times the true gradient",
    math.sqrt(2 / math.pi): "a factor: it is √(2/π) times the true gradient",
    1.00005: "a factor: it is 1.00005 times the true gradient",
}


@pytest.mark.parametrize("factor", FACTORS)
def test_a_constant_factor_has_its_name(factor):
    assert cause(square, lambda g, x: 2 * factor * g * x, {"x": mixed(7)}, x[i] ** 2) == FACTORS[factor]


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("factor", [2, 1 / 2, -1])
def test_plain_factors_are_found_in_narrow_dtypes_too(factor, dtype):
    tensors = {"x": mixed(7, dtype=dtype)}
    assert cause(square, lambda g, x: 2 * factor * g * x, tensors, x[i] ** 2) == FACTORS[factor]


def test_a_sum_for_a_mean():
    found = cause(lambda x: (x * x).mean(), lambda g, x: 2 * g * x, {"x": mixed(6)}, Sum(x[j] ** 2, (j, 0, n - 1)) / n)
    assert found == "a factor: it is 6 times the true gradient (6 is the length of x)"


@pytest.mark.parametrize(
    ("power", "name"), [(0, "1/s"), (2, "s"), (3, "s²"), (-1, "1/s²")], ids=["inverse", "itself", "square", "too often"]
)
def test_an_input_as_a_factor(power, name):
    tensors = {"x": mixed(6), "s": positive(seed=3)}
    backward = lambda g, x, s: (2 * g * x * s**power, (g * x * x).sum())
    found = cause(lambda x, s: x * x * s, backward, tensors, x[i] ** 2 * s, "x")
    assert found == f"a factor: it is {name} times the true gradient"


def test_an_input_that_is_2_is_told_from_the_number_2():
    tensors = {"x": mixed(6), "s": torch.tensor(2.0, dtype=torch.float64, requires_grad=True)}
    backward = lambda g, x, s: (2 * g * x * s**2, (g * x * x).sum())
    assert cause(lambda x, s: x * x * s, backward, tensors, x[i] ** 2 * s, "x").startswith("a factor: it is s times")


# What is no factor


def test_a_factor_that_depends_on_the_entry_is_none():
    found = cause(square, lambda g, x: 2 * g * x * (1 + torch.sin(37 * x)), {"x": mixed(7)}, x[i] ** 2)
    assert found is None


def test_one_entry_that_does_not_fit_refutes_a_factor():
    def backward(g, x):
        gradient = 4 * g * x
        gradient[3] *= 1 + 1e-9
        return gradient

    assert "factor" not in (cause(square, backward, {"x": mixed(7)}, x[i] ** 2) or "")


def test_one_number_alone_is_no_evidence_for_a_factor():
    """x³ with the gradient x at x = 2: a quarter of the true 3·x² only there, as another point shows."""
    number = {"x": torch.tensor([1.5], dtype=torch.float64, requires_grad=True)}
    assert cause(lambda x: x**3, lambda g, x: g * x, number, x[i] ** 3) is None
    assert cause(lambda x: x**3, lambda g, x: g * x * x, number, x[i] ** 3) == (
        "a factor: it is 1/3 times the true gradient"
    )


def test_without_a_formula_there_is_no_second_point_and_one_number_says_nothing():
    number = {"x": torch.tensor([2.0], dtype=torch.float64, requires_grad=True)}
    asked = ["reverse mode", "finite differences"]
    (finding,) = check(with_backward(lambda x: x**3, lambda g, x: 3 * g * x), number, witnesses=asked).findings
    assert finding.outcome == "undecided" and finding.cause is None
    (finding,) = check(with_backward(square, lambda g, x: g * x), {"x": mixed(7)}, witnesses=asked).findings
    assert finding.cause == "a factor: what reverse mode says is 1/2 times what finite differences say"


def test_a_lying_forward_mode_has_a_cause_too():
    class Forward(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            ctx.save_for_forward(x)
            return x * x

        @staticmethod
        def backward(ctx, g):
            return 2 * g * ctx.saved_tensors[0]

        @staticmethod
        def jvp(ctx, tangent):
            return -2 * tangent * ctx.saved_tensors[0]

    (finding,) = check(Forward.apply, {"x": mixed(7)}, formula=x[i] ** 2).findings
    assert (finding.blamed, finding.cause) == ("forward mode", FACTORS[-1])


def test_the_same_mistake_twice_is_found_in_the_second_gradient():
    class Second(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**3

        @staticmethod
        def backward(ctx, g):
            return with_backward(lambda g, x: 3 * g * x**2, lambda h, g, x: (3 * h * x**2, 3 * h * g * x))(
                g, ctx.saved_tensors[0]
            )

    verdict = check(Second.apply, {"x": mixed(7)}, formula=x[i] ** 3, order=2)
    (finding,) = verdict.findings
    assert (finding.order, finding.input, finding.cause) == (2, "x", FACTORS[1 / 2])
