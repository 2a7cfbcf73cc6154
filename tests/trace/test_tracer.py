"""What is traced is the function that autograd differentiates: same values, same gradients."""

import numpy as np
import pytest
import torch
from functions import FOLLOWED, OPAQUE

from verifier.candidate.candidate import SEED, drawing_from
from verifier.coverage.database import DatabaseSample
from verifier.coverage.examination import examine
from verifier.trace.traced import Opaque, trace


def point(scale=1.0):
    return torch.tensor([0.3, 0.7, -0.2], dtype=torch.float64).mul(scale).requires_grad_()


def traced(function, x):
    def run(tensors):
        with drawing_from(SEED):
            return [function(tensors["x"])]

    return trace(run, {"x": x})


@pytest.mark.parametrize("name", FOLLOWED)
def test_values_and_gradients_are_autograds(name):
    def run(tensors):
        with drawing_from(SEED):
            return [FOLLOWED[name](tensors["x"])]

    found = examine(DatabaseSample(name, 0, {"x": point()}, run))
    assert found.status == "verified", found.detail


@pytest.mark.parametrize("name", FOLLOWED)
def test_the_callers_tensor_is_left_alone(name):
    x = point()
    before = x.detach().clone()
    traced(FOLLOWED[name], x)
    assert torch.equal(x.detach(), before)
    assert x.grad is None


@pytest.mark.parametrize("name", ["item", "numpy"])
def test_what_cannot_be_seen_is_opaque(name):
    with pytest.raises(Opaque):
        traced(OPAQUE[name], point())


def test_a_number_that_moves_without_a_call_shows_at_a_second_point():
    here, there = (traced(OPAQUE["a factor by numpy"], point(scale)) for scale in (1.0, 1.01))
    assert here.escaped(there) == (
        "a number that NumPyFactor gives to aten::mul.Tensor moves with the inputs, and no call says how"
    )


@pytest.mark.parametrize("name", FOLLOWED)
def test_what_is_followed_does_not_escape(name):
    here, there = (traced(FOLLOWED[name], point(scale)) for scale in (1.0, 1.01))
    assert here.escaped(there) is None


def test_a_tensor_that_the_function_holds_is_found():
    weight = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)
    found = traced(lambda x: x * weight.flip(0)[0], point())
    assert list(found.closed_over.values()) == [weight]


def test_a_result_of_a_draw_is_not_taken_for_one_that_the_function_holds():
    found = traced(lambda x: torch.normal(x, 1.0) * x, point())
    assert not found.closed_over


def test_equal_runs_have_equal_records_whatever_the_numbers():
    here, there = (traced(FOLLOWED["detach"], point(scale)) for scale in (1.0, 2.0))
    assert here.record == there.record
    assert here.program is there.program
    assert not np.array_equal(here.constants["constant 0"], there.constants["constant 0"])


def test_a_custom_operator_is_followed_through_its_python_body():
    @torch.library.custom_op("verifier_tests::scaled_sine", mutates_args=())
    def scaled_sine(x: torch.Tensor, k: float) -> torch.Tensor:
        return (x * k).sin()

    scaled_sine.register_autograd(
        lambda ctx, g: (g * (ctx.saved_tensors[0] * 2).cos() * 2, None),
        setup_context=lambda ctx, inputs, output: ctx.save_for_backward(inputs[0]),
    )
    found = traced(lambda x: scaled_sine(x, 2.0) * x, point())
    assert [s.name for s in found.record.statements] == ["aten::mul.Tensor", "aten::sin.default", "aten::mul.Tensor"]
