import pytest
import torch

from verifier.trace.grad_mode import GradSwitches, forward_mode_follows_no_grad, inside_function


def test_hears_the_users_switches_and_not_those_within_a_function():
    class Switching(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            with torch.enable_grad():
                return x * 2

    heard = []
    with GradSwitches(heard.append):
        with torch.no_grad():
            torch.ones(1)
        torch.set_grad_enabled(True)
        Switching.apply(torch.ones(1, requires_grad=True))
    assert heard == [False, True, True]


def test_knows_that_a_function_is_running_even_where_apply_was_bound_before():
    seen = []

    class Seeing(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            seen.append(inside_function())
            return x * 2

    apply = Seeing.apply
    apply(torch.ones(1))
    seen.append(inside_function())
    assert seen == [True, False]


def test_forward_mode_is_as_it_was_even_after_an_exception():
    def left_open():
        torch.set_grad_enabled(False)
        raise ValueError

    try:
        with pytest.raises(ValueError), forward_mode_follows_no_grad():
            left_open()
    finally:
        torch.set_grad_enabled(True)
    assert torch._C._is_fwd_grad_enabled()
