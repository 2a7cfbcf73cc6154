"""Formulas of which nothing is left to round: honest code is agreed, and what is wrong or loses digits is found."""

import pytest
import torch
from cancelling import BF16, CANCELLING, F32, F64, A, X, i, leaking, over, unseen, x, y
from sympy import Inverse, MatrixSymbol, Max, Trace, sqrt, sympify

from verifier import check, total

R, FUNCTION = "reverse mode", "the function"

#: Mistakes in a gradient that is zero: those in the narrower dtypes are far below what rounding does in bfloat16.
LEAKS = {F64: 1e-9, F32: 1e-3, BF16: 1e-3}

ALL = [
    pytest.param(sample, dtype, id=f"{name}, {str(dtype).removeprefix('torch.')}")
    for name, sample in CANCELLING.items()
    for dtype in sample.dtypes
]


@pytest.mark.parametrize(("sample", "dtype"), ALL)
def test_what_rounds_beside_a_formula_that_does_not_is_agreed(sample, dtype):
    verdict = check(sample.function, sample.tensors(dtype), formula=sample.formula)
    assert (verdict.outcome, verdict.findings) == ("agreed", ()), str(verdict)


@pytest.mark.parametrize(("sample", "dtype"), ALL)
def test_a_gradient_that_is_more_than_rounding_is_wrong(sample, dtype):
    verdict = check(leaking(sample, LEAKS[dtype]), sample.tensors(dtype), formula=sample.formula)
    assert {(f.outcome, f.blamed, f.input) for f in verdict.findings} >= {("wrong", R, sample.gone)}, str(verdict)


@pytest.mark.parametrize(("sample", "dtype"), ALL)
def test_code_that_cannot_be_followed_is_agreed_too(sample, dtype):
    verdict = check(unseen(sample), sample.tensors(dtype), formula=sample.formula)
    assert (verdict.outcome, verdict.findings) == ("agreed", ()), str(verdict)


@pytest.mark.parametrize(("sample", "dtype"), [p for p in ALL if p.values[1] == F64])
def test_a_gradient_of_code_that_cannot_be_followed_is_wrong_where_it_does_not_flicker(sample, dtype):
    verdict = check(unseen(sample, LEAKS[dtype]), sample.tensors(dtype), formula=sample.formula)
    assert {(f.outcome, f.blamed, f.input) for f in verdict.findings} >= {("wrong", R, sample.gone)}, str(verdict)


def test_the_note_on_rounding_that_has_no_measure():
    sample = CANCELLING["x·x/x − x"]
    verdict = check(unseen(sample), sample.tensors(F32), formula=sample.formula)
    assert (
        "the gradient by x from reverse mode is up to 6e-08 off, where the formula is zero at all inputs: that is "
        "rounding, and how much of it is honest is not known, for the code cannot be followed"
    ) in verdict.notes


def vectors(dtype, size):
    generator = torch.Generator().manual_seed(2)
    large, small = (scale * (0.5 + torch.rand(5, generator=generator, dtype=F64)) for scale in (size, 1.0))
    return {"x": large.to(dtype).requires_grad_(), "y": small.to(dtype).requires_grad_()}


@pytest.mark.parametrize("dtype", [F64, F32])
def test_a_value_that_cancels_what_the_formula_does_not_hold_is_inaccurate(dtype):
    """(x + y) − x is y, and x is swallowed: a formula that has lost x forgives no more than 8 bits of that."""
    verdict = check(lambda x, y: ((x + y) - x).sum(), vectors(dtype, 1e6), formula=over((x[i] + y[i]) - x[i]))
    assert (verdict.outcome, verdict.findings[0].blamed) == ("inaccurate", FUNCTION), str(verdict)


@pytest.mark.parametrize("dtype", [F64, F32])
def test_a_gradient_that_has_digits_keeps_them_beside_one_that_is_gone(dtype):
    """The gradient by x is zero whatever is computed; that by y is 1, and is told from 1 plus rounding of 1e6."""

    class Lossy(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x, y)
            return (x + y - x).sum()

        @staticmethod
        def backward(ctx, g):
            x, y = ctx.saved_tensors
            return g * torch.zeros_like(x), g * ((1e6 + y) - 1e6) / y

    verdict = check(Lossy.apply, vectors(dtype, 1.0), formula=over((x[i] + y[i]) - x[i]))
    assert {(f.outcome, f.input) for f in verdict.findings} == {("inaccurate", "y")}, str(verdict)


@pytest.mark.parametrize("dtype", [F64, F32, BF16])
def test_what_computes_a_good_formula_badly_is_inaccurate(dtype):
    """Nothing cancels in the formula; its own trace would forgive the code."""

    def naive(x):
        var = x.square().mean() - x.mean().square()
        return (x - x.mean()) * torch.rsqrt(var + 1e-5)

    generator = torch.Generator().manual_seed(3)
    size = {F64: 1e4, F32: 300.0, BF16: 8.0}[dtype]
    given = (size + torch.randn(5, generator=generator, dtype=F64)).to(dtype).requires_grad_()
    mean = over(x[i]) / 5
    good = (x[i] - mean) / sqrt(over((x[i] - mean) ** 2) / 5 + sympify("1/100000"))
    verdict = check(naive, {"x": given}, formula=good)
    assert verdict.outcome == "inaccurate", str(verdict)


def ill_conditioned(dtype, number):
    generator = torch.Generator().manual_seed(4)
    left, right = (torch.linalg.qr(torch.randn(4, 4, generator=generator, dtype=F64))[0] for _ in range(2))
    return (left @ torch.diag(torch.logspace(0, -number, 4, dtype=F64)) @ right).to(dtype).requires_grad_()


@pytest.mark.parametrize(("dtype", "number"), [(F64, 8), (F64, 5), (F32, 3)])
def test_a_gradient_that_is_zero_at_an_ill_conditioned_point_is_agreed(dtype, number):
    verdict = check(
        lambda X: torch.trace(X @ torch.linalg.inv(X)), ill_conditioned(dtype, number), formula=Trace(X * Inverse(X))
    )
    assert not [f for f in verdict.findings if f.input], str(verdict)


@pytest.mark.parametrize(("dtype", "number"), [(F64, 8), (F32, 4)])
def test_a_product_that_is_lost_in_an_ill_conditioned_inverse_is_inaccurate(dtype, number):
    tensors = {"X": ill_conditioned(dtype, number), "A": torch.eye(4, dtype=dtype).requires_grad_()}
    verdict = check(lambda X, A: X @ torch.linalg.inv(X) @ A, tensors, formula=X * Inverse(X) * A)
    assert verdict.outcome == "inaccurate" and {f.input for f in verdict.findings} <= {None, "A"}, str(verdict)


@pytest.mark.parametrize("dtype", [F64, F32, BF16])
def test_a_large_input_that_cancels(dtype):
    """Along directions and at contested entries."""
    given = torch.linspace(-2, 2, 200, dtype=F64).to(dtype)
    sample = CANCELLING["torch's softmax, summed"]
    formula = sample.formula.subs(4, 199).replace(x, type(x)("x", shape=(200,)))
    right = check(lambda x: torch.softmax(x, 0).sum(), {"x": given.clone().requires_grad_()}, formula=formula)
    assert right.ok, str(right)
    wrong = leaking(sample, LEAKS[dtype])
    assert check(wrong, {"x": given.clone().requires_grad_()}, formula=formula).outcome == "wrong"


def test_what_cancels_may_stand_beside_a_kink():
    kinked, lost = MatrixSymbol("x", 3, 1), MatrixSymbol("y", 3, 1)
    inputs = {
        "x": torch.tensor([[0.0], [1.0], [-2.0]], dtype=F64, requires_grad=True),
        "y": torch.tensor([[0.3], [1.7], [-2.1]], dtype=F64, requires_grad=True),
    }
    formula = total(kinked.applyfunc(lambda t: Max(t, 0))) + total(lost - lost)
    assert check(lambda x, y: (torch.relu(x) + (y.exp().log() - y)).sum(), inputs, formula=formula).outcome == "agreed"
    leaks = check(lambda x, y: (torch.relu(x) + (y.exp().log() - y) * 1.001 + y / 1e6).sum(), inputs, formula=formula)
    assert leaks.outcome == "wrong"
