"""Right functions that were taken for wrong, or could not be judged."""

from __future__ import annotations

import torch

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
