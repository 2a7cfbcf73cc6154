"""Every way to lie, on small and large inputs: who is blamed, at which entry, and what is only a note."""

import pytest
import torch
from squares import (
    OVERWRITES_COTANGENT,
    OVERWRITES_INPUT,
    SPOILS_WHAT_WAS_SAVED,
    WORKS_ONCE,
    at,
    noisy,
    scaled,
    squares,
)
from sympy import HadamardPower, MatrixSymbol

from verifier import Detached, check
from verifier.verdict import wording

S, R, F, D = "symbolic", "reverse mode", "forward mode", "finite differences"
SIZES = [5, 1000]


def point(size, dtype=torch.float64):
    generator = torch.Generator().manual_seed(1)
    return torch.randn(size, 1, generator=generator, dtype=torch.float64).to(dtype).requires_grad_()


def heard(function, size, *, formula=True, dtype=torch.float64, **options):
    x = MatrixSymbol("x", size, 1)
    given = {"formula": HadamardPower(x, 2)} if formula is True else {"formula": formula(x)} if formula else {}
    return check(function, {"x": point(size, dtype)}, **given, **options)


def blamed(verdict):
    return {(f.blamed, f.input) for f in verdict.findings if f.outcome in ("wrong", "inaccurate")}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("formula", [True, False])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_honest_squares_are_agreed(size, formula, dtype):
    verdict = heard(squares(), size, formula=formula, dtype=dtype)
    assert verdict.ok and not verdict.findings, str(verdict)


# A wrong entry, in one mode or in both


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("formula", [True, False])
@pytest.mark.parametrize("factor", [0.0, -1.0, 1 + 1e-6, float("nan"), float("inf")])
def test_one_wrong_entry_of_a_backward_is_named(size, formula, factor):
    verdict = heard(squares(at(3, factor)), size, formula=formula)
    assert (verdict.outcome, blamed(verdict)) == ("wrong", {(R, "x")})
    finding = verdict.findings[0]
    assert finding.index == (3, 0) and finding.entries == 1
    assert set(finding.values) == {S, R, F, D}


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("formula", [True, False])
@pytest.mark.parametrize("factor", [0.0, -1.0, 1 + 1e-6])
def test_one_wrong_entry_of_a_forward_mode_is_named(size, formula, factor):
    verdict = heard(squares(jvp=at(3, factor)), size, formula=formula)
    assert (verdict.outcome, blamed(verdict)) == ("wrong", {(F, "x")})
    assert verdict.findings[0].index == (3, 0)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("factor", [float("nan"), float("inf")])
def test_a_forward_mode_that_is_no_number_is_wrong(size, factor):
    verdict = heard(squares(jvp=scaled(factor)), size)
    assert (verdict.outcome, blamed(verdict)) == ("wrong", {(F, "x")})


@pytest.mark.parametrize("size", SIZES)
def test_two_liars_at_once(size):
    """The same mistake in both modes, different ones at different entries, and one that no entry is free of."""
    verdict = heard(squares(at(3, 0.0), at(3, 0.0)), size)
    assert blamed(verdict) == {(R, "x"), (F, "x")} and {f.index for f in verdict.findings} == {(3, 0)}
    verdict = heard(squares(at(3, 0.0), at(1, 0.0)), size)
    assert blamed(verdict) == {(R, "x"), (F, "x")}
    assert {f.blamed: f.index for f in verdict.findings} == {R: (3, 0), F: (1, 0)}
    verdict = heard(squares(scaled(2), scaled(0.5)), size)
    assert blamed(verdict) == {(R, "x"), (F, "x")}
    assert next(f for f in verdict.findings if f.blamed == R).entries == size


@pytest.mark.parametrize("size", SIZES)
def test_the_same_mistake_in_both_modes_without_a_formula_is_undecided_and_named(size):
    verdict = heard(squares(at(3, 0.0), at(3, 0.0)), size, formula=False, witnesses=[R, F, D])
    assert (verdict.outcome, verdict.findings[0].blamed, verdict.findings[0].index) == ("undecided", None, (3, 0))


@pytest.mark.parametrize("size", SIZES)
def test_the_same_mistake_in_both_modes_is_wrong_by_the_formula_that_the_forward_says(size):
    verdict = heard(squares(at(3, 0.0), at(3, 0.0)), size, formula=False)
    assert blamed(verdict) == {(R, "x"), (F, "x")} and {f.index for f in verdict.findings} == {(3, 0)}


# The formula


@pytest.mark.parametrize("size", SIZES)
def test_a_formula_that_describes_another_function(size):
    verdict = heard(squares(), size, formula=lambda x: HadamardPower(x, 2) * (1 + 1e-9))
    assert (verdict.outcome, blamed(verdict)) == ("wrong", {("the formula", None)})


@pytest.mark.parametrize("size", SIZES)
def test_a_formula_right_in_value_and_wrong_in_derivative(size):
    verdict = heard(squares(), size, formula=lambda x: HadamardPower(Detached(x), 2))
    assert (verdict.outcome, blamed(verdict)) == ("wrong", {(S, "x")})


@pytest.mark.parametrize("size", SIZES)
def test_a_wrong_formula_beside_a_wrong_backward_condemns_nobody_rashly(size):
    verdict = heard(squares(scaled(3), scaled(3)), size, formula=lambda x: HadamardPower(Detached(x), 2))
    assert verdict.outcome == "undecided" and not blamed(verdict)


# Finite differences


@pytest.mark.parametrize("size", SIZES)
def test_finite_differences_that_are_fooled_do_not_harm_a_proven_gradient(size):
    """The function knows the point that it is asked at, and has other slopes around it."""
    asked = point(size).detach()

    class Knowing(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x**2 + 3 * torch.sin(x - asked)

        @staticmethod
        def backward(ctx, cotangent):
            return 2 * ctx.saved_tensors[0] * cotangent

    verdict = heard(Knowing.apply, size)
    assert verdict.ok, str(verdict)
    (finding,) = verdict.findings
    assert (finding.blamed, finding.outcome) == (D, "agreed")
    assert finding.reason.endswith("its own error estimate should have said so")
    assert (finding.direction is None) == (size == 5)
    assert ("along the random direction" in wording.charge(finding)) == (size > 5)


# What backward does


@pytest.mark.parametrize("formula", [True, False])
@pytest.mark.parametrize(
    ("function", "said", "input"),
    [
        (OVERWRITES_COTANGENT, "overwrites its cotangent", "x"),
        (OVERWRITES_INPUT, "overwrites the input x", "x"),
        (SPOILS_WHAT_WAS_SAVED, "gives another gradient by x when it is called again", "x"),
    ],
)
def test_a_backward_that_writes_where_it_should_not(function, said, input, formula):
    verdict = heard(function, 5, formula=formula)
    (finding,) = verdict.findings
    assert (verdict.outcome, finding.blamed, finding.deed, finding.input) == ("wrong", R, said, input)
    assert finding.error > 0 and f"reverse mode {said}" in str(verdict)


def test_a_backward_that_works_once_is_a_note():
    verdict = heard(WORKS_ONCE, 5)
    assert verdict.ok
    note = "backward works only once on a graph, which `retain_graph` should allow: RuntimeError (already freed)"
    assert note in verdict.notes


# Answers that differ from call to call


@pytest.mark.parametrize("formula", [True, False])
@pytest.mark.parametrize(("size", "dtype"), [(4e-16, torch.float64), (1e-7, torch.float32)])
def test_a_backward_whose_rounding_differs_is_agreed_with_a_note(formula, size, dtype):
    verdict = heard(squares(noisy(size)), 5, formula=formula, dtype=dtype)
    assert verdict.ok, str(verdict)
    assert any("differs from call to call by up to" in note and "which is rounding" in note for note in verdict.notes)


@pytest.mark.parametrize("formula", [True, False])
def test_a_backward_that_draws_is_wrong_with_the_size(formula):
    verdict = heard(squares(noisy(1e-6)), 5, formula=formula)
    (finding,) = verdict.findings
    assert (verdict.outcome, finding.blamed, finding.deed) == (
        "wrong",
        R,
        "gives another gradient by x at each call",
    )
    assert 1e-8 < finding.error < 1e-5


def test_what_is_wrong_beyond_its_noise_is_wrong():
    assert blamed(heard(squares(noisy(1e-6, share=0.1)), 5)) == {(R, "x")}


@pytest.mark.parametrize("formula", [True, False])
def test_a_function_whose_rounding_differs_is_agreed_with_a_note(formula):
    generator = torch.Generator().manual_seed(0)

    def restless(x):
        return squares()(x) * (1 + 4e-16 * (torch.rand(x.shape, generator=generator, dtype=x.dtype) - 0.5).sign())

    verdict = heard(restless, 5, formula=formula)
    assert verdict.ok, str(verdict)
    assert any(note.startswith("the function differs from call to call by up to") for note in verdict.notes)


@pytest.mark.parametrize("formula", [True, False])
def test_a_function_that_differs_by_more_is_undecided_with_the_size(formula):
    generator = torch.Generator().manual_seed(0)
    verdict = heard(lambda x: x**2 + 1e-9 * torch.rand(x.shape, generator=generator), 5, formula=formula)
    assert verdict.outcome == "undecided" and "e-1" in verdict.reason
    assert verdict.reason.startswith("the function returned something else when it was called again")


# Several inputs at once


@pytest.mark.parametrize("which", ["x", "y", "b"])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_a_lie_about_one_of_several_inputs_is_told_of_that_input(which, dtype):
    """They are moved together at first, and what one of them contradicts is looked for in each."""
    inputs = {"x": point(3000, dtype), "y": (1e-3 * point(500, dtype)).detach().requires_grad_(), "b": point(3, dtype)}
    lying, honest = squares(jvp=at(2, -1.0)), squares()

    def function(x, y, b):
        square = {name: lying if name == which else honest for name in inputs}
        return square["x"](x).sum() * square["y"](y).sum() + square["b"](b).sum()

    verdict = check(function, inputs)
    assert blamed(verdict) == {(F, which)}, str(verdict)
    assert verdict.findings[0].index == (2, 0)


def test_several_honest_inputs_are_compared_along_directions_of_all_of_them():
    inputs = {"x": point(3000), "y": point(500), "b": point(3)}
    verdict = check(lambda x, y, b: (x**2).sum() * (y**2).sum() + (b**2).sum(), inputs)
    assert verdict.ok and not verdict.findings, str(verdict)
    along = {(c.input, c.left, c.right) for c in verdict.comparisons if c.direction is not None}
    assert along == {(name, *pair) for name in inputs for pair in [(S, F), (S, D), (R, F), (R, D), (F, D)]}
    said = "finite differences: 3503 entries of 3 inputs were compared along 2 random directions of all inputs together"
    assert said in verdict.notes
