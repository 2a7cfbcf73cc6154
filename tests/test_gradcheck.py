"""The drop-in replacements: torch's signature, torch's answers, and better ones."""

import inspect

import pytest
import torch
from accused import with_backward
from torch.autograd.gradcheck import GradcheckError

import verifier
from verifier.gradcheck import IGNORED, IgnoredOptionWarning

halved = with_backward(torch.exp, lambda g, x: g * x.exp() / 2)


def point(dtype=torch.float64):
    return torch.tensor([0.3, -1.2, 2.0], dtype=dtype, requires_grad=True)


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (verifier.gradcheck, torch.autograd.gradcheck),
        (verifier.gradgradcheck, torch.autograd.gradgradcheck),
    ],
)
def test_the_signature_is_torchs(ours, theirs):
    assert list(inspect.signature(ours).parameters) == list(inspect.signature(theirs).parameters)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_a_right_gradient_passes_in_every_dtype(dtype):
    assert verifier.gradcheck(lambda x: x.exp() * x, (point(dtype),)) is True


def test_a_wrong_gradient_raises_the_report():
    with pytest.raises(GradcheckError, match=r"the gradient by x0 from reverse mode is wrong at x0\["):
        verifier.gradcheck(halved, (point(),))


def test_a_wrong_gradient_is_false_where_nothing_may_be_raised():
    assert verifier.gradcheck(halved, (point(),), raise_exception=False) is False


def test_a_wrong_gradient_of_a_closed_over_parameter_is_found():
    weight = point()
    assert verifier.gradcheck(lambda x: x * halved(weight), (point(),), raise_exception=False) is False
    assert torch.autograd.gradcheck(lambda x: x * halved(weight), (point(),)) is True


def test_second_gradients():
    assert verifier.gradgradcheck(lambda x: x.exp() * x, (point(),)) is True


@pytest.mark.parametrize("option", [{"eps": 1e-4}, {"nondet_tol": 1.0}, {"fast_mode": True}, {"masked": True}])
def test_an_ignored_option_says_why(option):
    (name,) = option
    with pytest.warns(IgnoredOptionWarning, match=f"{name} is ignored: {IGNORED[name]}"):
        verifier.gradcheck(torch.exp, (point(),), **option)


def test_batched_gradients_are_torchs_own_check():
    assert verifier.gradcheck(torch.exp, (point(),), check_batched_grad=True, check_forward_ad=True) is True
