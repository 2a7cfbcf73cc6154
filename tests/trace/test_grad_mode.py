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


def test_hears_what_torchs_functions_in_python_call():
    """`gumbel_softmax` hands itself over as one call; its own `detach` is the straight-through estimator in it."""
    heard = []

    class Hearing(GradSwitches):
        def __torch_function__(self, func, types, args=(), kwargs=None):
            heard.append(func)
            return super().__torch_function__(func, types, args, kwargs)

    with Hearing(lambda _: None):
        result = torch.nn.functional.gumbel_softmax(torch.ones(2, 3), tau=2.0, hard=True)
        assert torch.ones(4).unflatten(0, (2, 2)).shape == (2, 2)
    assert torch.equal(result.sum(-1), torch.ones(2))
    assert torch.Tensor.detach in heard
