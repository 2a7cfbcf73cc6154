"""Whole trials: liars are caught, with the right witness, input and entry; honest functions are left alone."""

import itertools

import pytest
import torch
from accused import with_backward
from liars import BACKWARD, FORWARD, OffByEverything, Product, Rounded, SwappedBranches
from sympy import Determinant, HadamardPower, MatrixSymbol, Max, exp, log

from verifier import Detached, check, eigenvalues, mean, symmetric, total

X, W, x = MatrixSymbol("X", 2, 3), MatrixSymbol("W", 3, 2), MatrixSymbol("x", 3, 1)
R, F, S, D, FORMULA = "reverse mode", "forward mode", "symbolic", "finite differences", "the formula"


def drawn(*shape, dtype=torch.float64, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return (torch.rand(*shape, generator=generator, dtype=torch.float64) + 0.3).to(dtype).requires_grad_()


def factors(dtype=torch.float64):
    return drawn(2, 3, dtype=dtype), drawn(3, 2, dtype=dtype, seed=1)


def named(function):
    return lambda X, W: function.apply(X, W)


def blamed(verdict):
    return {(f.blamed, f.input) for f in verdict.findings if f.outcome in ("wrong", "inaccurate")}


# Liars


#: What passes through float16 is rounding, and a relative 1e-6 is that of float32.
ROUNDING = "float16 inside"
PLAIN = [lie for lie in BACKWARD if lie != "one entry by a millionth"]


@pytest.mark.parametrize(
    ("lie", "dtype"), [*((lie, torch.float64) for lie in BACKWARD), *((lie, torch.float32) for lie in PLAIN)]
)
def test_a_lying_backward_is_caught(lie, dtype):
    function, input, entry = BACKWARD[lie]
    verdict = check(named(function), factors(dtype), formula=X * W)
    outcome = "inaccurate" if lie == ROUNDING else "wrong"
    assert verdict.outcome == outcome and not verdict.ok
    assert blamed(verdict) == {(R, input)}
    finding = verdict.findings[0]
    assert finding.outcome == outcome and finding.position == "XW".index(input)
    assert finding.reason == "the formula's derivative and finite differences agree against it"
    assert set(finding.values) == {S, R, F, D}
    if entry is not None:
        assert (finding.index, finding.entries) == (entry, 1)


@pytest.mark.parametrize("lie", FORWARD)
def test_a_lying_forward_mode_is_caught(lie):
    verdict = check(named(FORWARD[lie]), factors(), formula=X * W)
    assert verdict.outcome == "wrong"
    assert blamed(verdict) == {(F, "X"), (F, "W")}


@pytest.mark.parametrize("lie", BACKWARD)
def test_liars_are_caught_without_a_formula_too(lie):
    function, input, entry = BACKWARD[lie]
    verdict = check(named(function), factors())
    assert verdict.outcome == ("inaccurate" if lie == "float16 inside" else "wrong")
    assert blamed(verdict) == {(R, input)}
    assert entry is None or verdict.findings[0].index == entry


def test_the_finding_holds_the_numbers():
    inputs = factors()
    finding = check(named(BACKWARD["one zeroed entry"][0]), inputs, formula=X * W).findings[0]
    assert finding.values[R] == 0.0 and finding.values[S] == pytest.approx(finding.values[D], rel=1e-9)
    assert finding.error == abs(finding.values[S]) and finding.error > finding.allowed > 0
    assert finding.input_value == inputs[0][1, 2].item()
    assert finding.size == 6


def test_a_mistake_that_both_modes_make():
    verdict = check(OffByEverything.apply, [drawn(3, 1)], formula=HadamardPower(x, 2))
    assert blamed(verdict) == {(R, "x"), (F, "x")}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_a_mask_on_the_wrong_side(dtype):
    verdict = check(SwappedBranches.apply, [drawn(3, 1, dtype=dtype)], formula=x.applyfunc(lambda t: Max(t, 0)))
    assert (verdict.outcome, blamed(verdict)) == ("wrong", {(R, "x")})


def test_lost_digits_are_inaccurate_and_not_wrong():
    verdict = check(Rounded.apply, [drawn(3, 1, dtype=torch.float32)], formula=HadamardPower(x, 3))
    assert verdict.outcome == "inaccurate"
    assert blamed(verdict) == {(R, "x")} and verdict.findings[0].bits_lost > 4


def test_a_lie_that_the_sum_of_the_entries_hides():
    flat = with_backward(lambda x: torch.softmax(x, 0), lambda g, _: torch.zeros_like(g))
    verdict = check(flat, [drawn(3, 1)], formula=x.applyfunc(exp) / total(x.applyfunc(exp)))
    assert (verdict.outcome, blamed(verdict)) == ("wrong", {(R, "x")})


def test_one_wrong_entry_among_many_is_where_finite_differences_are_asked():
    def needle(cotangent, x):
        gradient = 2 * x * cotangent
        gradient[31, 17] *= 1.01
        return gradient

    verdict = check(
        with_backward(torch.square, needle), [drawn(40, 40)], formula=HadamardPower(MatrixSymbol("x", 40, 40), 2)
    )
    assert (verdict.outcome, blamed(verdict)) == ("wrong", {(R, "x")})
    assert (verdict.findings[0].index, verdict.findings[0].entries) == ((31, 17), 1)
    assert verdict.findings[0].values[D] == pytest.approx(verdict.findings[0].values[S])


def test_of_many_wrong_entries_finite_differences_are_asked_at_the_worst():
    def growing(cotangent, x):
        return 2 * x * cotangent * torch.linspace(1, 2, 1600, dtype=x.dtype).reshape(40, 40)

    verdict = check(
        with_backward(torch.square, growing), [drawn(40, 40)], formula=HadamardPower(MatrixSymbol("x", 40, 40), 2)
    )
    finding = verdict.findings[0]
    assert (finding.blamed, finding.outcome) == (R, "wrong") and D in finding.values
    assert finding.error > 0.5 * max(abs(finding.values[S]), abs(finding.values[D]))


# The formula


@pytest.mark.parametrize("formula", [total(X * W) * 1.0001, total(X * W) + 1e-9, total(X * W.T.T) / 2, mean(X * W)])
def test_a_formula_of_another_function_is_blamed_before_any_gradient(formula):
    verdict = check(lambda X, W: (X @ W).sum(), factors(), formula=formula)
    assert verdict.outcome == "wrong" and blamed(verdict) == {(FORMULA, None)}
    (finding,) = verdict.findings
    assert finding.reason == "its values are not the function's: it describes another function"
    assert all(comparison.input is None for comparison in verdict.comparisons)


@pytest.mark.parametrize(("formula", "input"), [(total(X * Detached(W)), "W"), (total(Detached(X) * W), "X")])
def test_a_formula_right_in_value_and_detached_in_derivative(formula, input):
    verdict = check(lambda X, W: (X @ W).sum(), factors(), formula=formula)
    assert verdict.outcome == "wrong" and blamed(verdict) == {(S, input)}
    assert verdict.findings[0].reason == (
        "reverse mode and forward mode and finite differences agree against the formula's derivative"
    )


def test_a_detach_that_the_formula_does_not_know():
    verdict = check(lambda X, W: (X @ W.detach()).sum(), factors(), formula=total(X * W))
    assert blamed(verdict) == {(S, "W")}
    assert check(lambda X, W: (X @ W.detach()).sum(), factors(), formula=total(X * Detached(W))).ok


def test_a_value_of_another_shape():
    verdict = check(lambda X, W: X @ W, factors(), formula=total(X * W))
    (finding,) = verdict.findings
    assert (verdict.outcome, finding.blamed) == ("wrong", FORMULA)
    assert finding.reason == "the formula has a value of shape () and the function returned one of shape (2, 2)"


# Honest functions

HONEST = {
    "product": (lambda X, W: X @ W, X * W),
    "own Function": (lambda X, W: Product.apply(X, W), X * W),
    "logarithm of sums": (
        lambda X, W: torch.logsumexp((X @ W).reshape(-1), 0),
        log(total((X * W).applyfunc(exp))),
    ),
    "mean of squares": (lambda X, W: (X @ W).square().mean(), mean(HadamardPower(X * W, 2))),
}


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("name", HONEST)
def test_honest_functions_agree_in_every_dtype(name, dtype):
    function, formula = HONEST[name]
    verdict = check(function, factors(dtype), formula=formula)
    assert (verdict.outcome, verdict.findings, verdict.dtype) == ("agreed", (), str(dtype).removeprefix("torch."))
    assert set(verdict.witnesses) == {S, R, F, D}
    assert {c.input for c in verdict.comparisons} == {None, "X", "W"} and all(c.agrees for c in verdict.comparisons)


def test_the_coarsest_dtype_counts():
    verdict = check(lambda x: x.double().exp(), [drawn(3, 1, dtype=torch.float32)], formula=x.applyfunc(exp))
    assert (verdict.outcome, verdict.dtype) == ("agreed", "float32")
    verdict = check(lambda x: x.bfloat16().exp(), [drawn(3, 1, dtype=torch.float32)], formula=x.applyfunc(exp))
    assert (verdict.outcome, verdict.dtype) == ("agreed", "bfloat16")


def test_the_inputs_are_not_changed():
    inputs = factors()
    before = [tensor.detach().clone() for tensor in inputs]
    check(lambda X, W: (X @ W).sum(), inputs, formula=total(X * W))
    assert all(torch.equal(a, b) for a, b in zip(inputs, before, strict=True))
    assert all(tensor.grad is None and tensor.requires_grad for tensor in inputs)


@pytest.mark.parametrize("point", [[0.0, 1.0, -1.0], [0.0, 0.0, 0.0], [-0.0, 2.0, 3.0]])
def test_torchs_relu_is_right_at_its_kink(point):
    inputs = [torch.tensor(point, dtype=torch.float64).reshape(3, 1).requires_grad_()]
    verdict = check(lambda x: torch.relu(x).sum(), inputs, formula=total(x.applyfunc(lambda t: Max(t, 0))))
    assert verdict.outcome == "agreed"
    assert any("the subdifferential is [0, 1]" in note for note in verdict.notes)


def test_a_slope_outside_of_the_hull_is_wrong_at_the_kink_too():
    steep = with_backward(torch.relu, lambda g, x: g * torch.where(x == 0, 1.5, (x > 0).to(x.dtype)))
    inputs = [torch.tensor([[0.0], [1.0], [-1.0]], dtype=torch.float64, requires_grad=True)]
    verdict = check(steep, inputs, formula=x.applyfunc(lambda t: Max(t, 0)))
    assert (verdict.outcome, blamed(verdict), verdict.findings[0].index) == ("wrong", {(R, "x")}, (0, 0))


# Functions that cannot be tried


def test_a_function_that_returns_something_else_at_each_call():
    calls = itertools.count()
    verdict = check(lambda X: (X * next(calls)).sum(), [drawn(2, 3)], formula=total(X))
    assert verdict.outcome == "undecided" and verdict.findings == ()
    assert verdict.reason.startswith(
        "the function returned something else when it was called again with the same inputs (off by "
    )


def test_a_function_that_writes_into_its_input_is_told():
    def writes(X):
        X.detach().mul_(2)
        return X.sum()

    verdict = check(writes, [drawn(2, 3)], formula=2 * total(X))
    assert "the function writes into its input X, which was put back as it was" in verdict.notes and not verdict.ok


def test_a_backward_that_raises_is_not_agreed():
    class Raising(Product):
        @staticmethod
        def backward(ctx, cotangent):
            raise RuntimeError("no gradient today\nnor tomorrow")

    verdict = check(named(Raising), factors(), formula=X * W)
    reason = "reverse mode says nothing: backward raised RuntimeError (no gradient today)"
    assert (verdict.outcome, verdict.reason) == ("undecided", reason)
    assert reason in verdict.notes


def test_too_few_witnesses_cannot_agree():
    verdict = check(lambda X: X.sum(), [drawn(2, 3)], formula=total(X), witnesses=[S])
    assert (verdict.outcome, verdict.reason) == ("undecided", "fewer than two witnesses could speak of the gradient")
    assert list(verdict.witnesses) == [S]


def test_an_empty_input():
    verdict = check(lambda X: X.sum(), [torch.zeros(0, 3, dtype=torch.float64, requires_grad=True)])
    assert verdict.ok and verdict.notes[-1].startswith("the inputs in question have no entries")


def test_only_the_witnesses_asked_for_are_heard():
    verdict = check(lambda X, W: (X @ W).sum(), factors(), formula=total(X * W), witnesses=[R, S])
    assert verdict.ok and set(verdict.witnesses) == {S, R}


def test_without_any_formula_the_missing_witness_is_noted():
    verdict = check(lambda X, W: (X @ W).sum(), factors(), witnesses=[R, F, D])
    assert verdict.ok and S not in verdict.witnesses


def test_an_input_that_the_formula_does_not_hold_has_gradient_zero():
    assert check(lambda X, q: X.sum() + 0 * q, [drawn(2, 3), drawn(1)], formula=total(X)).ok
    verdict = check(lambda X, q: X.sum() + q - q.detach(), [drawn(2, 3), drawn(1)], formula=total(X))
    assert blamed(verdict) == {(S, "q")}


def test_the_curves_are_measured_from_the_symbolic_gradient():
    verdict = check(lambda X, W: torch.exp(X @ W).sum(), factors(), formula=total((X * W).applyfunc(exp)))
    assert {curve.input for curve in verdict.curves} == {"X", "W"}
    for curve in verdict.curves:
        assert len(curve.steps) == len(curve.errors) == len(curve.estimated_errors) > 3
        assert curve.errors[curve.chosen] <= 10 * curve.estimated_errors[curve.chosen]
        assert curve.errors[curve.chosen] < curve.errors[0]


def test_where_the_formula_cannot_tell_nobody_can():
    A = MatrixSymbol("A", 3, 3)
    twice = torch.eye(3, dtype=torch.float64, requires_grad=True)
    verdict = check(torch.linalg.eigvalsh, {"A": twice}, formula=eigenvalues(A))
    assert verdict.outcome == "undecided"
    assert verdict.reason == "the symbolic derivative by A is not finite here, or cannot be enclosed"
    assert "the symbolic derivative by A is not known at 9 entries" in verdict.notes


def test_the_convention_of_a_structured_variable_is_a_note():
    S = symmetric("S", 2)
    given = torch.tensor([[3.0, 0.5], [0.5, 2.0]], dtype=torch.float64, requires_grad=True)
    verdict = check(lambda S: torch.logdet((S + S.T) / 2), given, formula=log(Determinant(S)))
    assert verdict.ok
    assert any(note.startswith("S ") for note in verdict.notes)
