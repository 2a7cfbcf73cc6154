"""Right functions that were taken for wrong, or could not be judged."""

from __future__ import annotations

import random

import pytest
import torch
from torch.utils.checkpoint import checkpoint

from verifier import check


def test_results_that_are_integers_are_left_out():
    x = torch.tensor([1.0, 3.0, 2.0], dtype=torch.float64, requires_grad=True)
    assert check(lambda x: x.max(0), x).ok and check(lambda x: x.topk(2), x).ok


def test_powers_of_zero():
    x = torch.tensor([2.0, 1.0, 3.0], dtype=torch.float64, requires_grad=True)
    assert check(lambda x: torch.pow(0.0, x), x).ok


def test_equal_points_have_no_distance():
    x = torch.tensor([1.0, 2.0], dtype=torch.float64, requires_grad=True)
    assert check(torch.dist, (x, x.detach().clone().requires_grad_())).ok
    assert check(lambda x: torch.cdist(x[:, None], x[:, None]), x).ok


def test_numbers_that_depend_on_the_dtype():
    x = torch.tensor([1.0, 2.0, -0.5], requires_grad=True)
    assert check(lambda x: torch.nn.functional.rms_norm(x, (3,)), x).ok


def test_forward_mode_that_overflows_in_a_narrow_dtype_is_not_heard():
    x = torch.tensor([1e-3, 1.0, -2.0], dtype=torch.float16, requires_grad=True)
    verdict = check(torch.reciprocal, x)
    assert verdict.ok
    assert any("overflows on the way where float64 does not" in note for note in verdict.notes)


def test_a_function_that_draws_random_numbers_is_checked_with_one_draw():
    verdict = check(
        lambda X: torch.dropout(X * torch.rand(2, 3, dtype=X.dtype), 0.5, True),
        [torch.ones(2, 3, dtype=torch.float64, requires_grad=True)],
    )
    assert verdict.ok
    assert "the function draws random numbers: it is checked with one draw of them, the same at each call" in (
        verdict.notes
    )


def test_random_numbers_that_are_not_those_of_torch_are_told():
    generator = random.Random(0)
    verdict = check(
        lambda X: (X * generator.random()).sum(), [torch.ones(2, 3, dtype=torch.float64, requires_grad=True)]
    )
    assert verdict.outcome == "undecided"
    assert verdict.reason.endswith("draw random numbers outside of it, or seed them inside")


def test_inputs_without_entries_agree():
    for function in (lambda x: x * 2, lambda x: x.sum() + 1):
        verdict = check(function, torch.zeros(0, dtype=torch.float64, requires_grad=True))
        assert (
            verdict.ok
            and verdict.notes[-1] == "the inputs in question have no entries, and so there is nothing to compare"
        )


@pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad")  # the first run is one without gradients
@pytest.mark.parametrize("reentrant", [True, False])
@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_checkpoints_run_a_module_again_in_the_backward(reentrant, dtype):
    layers = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Tanh()).to(dtype)
    x = torch.tensor([[0.5, -1.0, 2.0]], dtype=dtype, requires_grad=True)
    verdict = check(lambda x: checkpoint(layers, x, use_reentrant=reentrant), {"x": x})
    assert verdict.ok and {c.input for c in verdict.comparisons} >= {"x", "0.weight", "0.bias"}
    assert x.grad is None and all(parameter.grad is None for parameter in layers.parameters())


@pytest.mark.filterwarnings("ignore:None of the inputs have requires_grad")
def test_what_a_function_without_a_jvp_holds_is_not_told_by_forward_mode():
    w = torch.tensor([[0.5, 1.0], [-1.0, 2.0]], dtype=torch.float64, requires_grad=True)
    x = torch.tensor([[0.25, -0.5]], dtype=torch.float64, requires_grad=True)
    verdict = check(lambda x: checkpoint(lambda t: torch.tanh(t @ w), x, use_reentrant=True), {"x": x})
    assert verdict.ok and w.grad is None


def test_checkpoints_run_a_module_again_in_a_second_backward():
    layers = torch.nn.Sequential(torch.nn.Linear(3, 2), torch.nn.Tanh()).double()
    x = torch.tensor([[0.5, -1.0, 2.0]], dtype=torch.float64, requires_grad=True)
    verdict = check(lambda x: checkpoint(layers, x, use_reentrant=False), {"x": x}, order=2)
    assert verdict.ok and not verdict.findings  # nor is anybody's error estimate doubted
    heard = {c.right for c in verdict.comparisons if c.order == 2 and c.input == "0.weight"}
    assert {"reverse mode", "forward mode", "finite differences"} <= heard
