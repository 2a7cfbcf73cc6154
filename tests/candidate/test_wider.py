"""A candidate asked again in float64: where it can be, what it says, and what it computes in there."""

import dataclasses

import numpy as np
import pytest
import torch

from verifier.candidate.candidate import Candidate
from verifier.candidate.wider import widened
from verifier.witness import Question
from verifier.witnesses.reverse_mode import WITNESS


def question(function, dtype):
    numbers = np.linspace(0.25, 1.0, 4)
    candidate = Candidate.of(function, ("x",), {"x": dtype})
    return Question({"x": numbers}, ("x",), np.ones(4), None, candidate)


def name(dtype):
    return str(dtype).removeprefix("torch.")


@pytest.mark.parametrize("dtype", [torch.float32, torch.float16, torch.bfloat16])
def test_the_same_function_in_float64(dtype):
    asked = question(torch.exp, dtype)
    wide = widened(asked, name(dtype), WITNESS)
    assert wide.dtype == "float64" and wide.candidate.dtypes == {"x": torch.float64}
    np.testing.assert_allclose(wide.value, np.exp(asked.inputs["x"]), rtol=1e-15)
    np.testing.assert_allclose(wide.said.gradients["x"].value, np.exp(asked.inputs["x"]), rtol=1e-15)
    assert asked.candidate.dtypes == {"x": dtype}


def refuses(x):
    if x.dtype == torch.float64:
        raise TypeError("float32 only")
    return x.exp()


def answers_narrowly(x):
    return x.exp().float()


def raises_backward(x):
    x = x.exp()
    if x.dtype == torch.float64:
        x.register_hook(lambda gradient: gradient.nonsense)
    return x


@pytest.mark.parametrize(
    "function",
    [refuses, answers_narrowly, raises_backward, lambda x: x.float().exp(), lambda x: x.bfloat16().exp().to(x.dtype)],
)
def test_nothing_more_can_be_seen(function):
    assert widened(question(function, torch.float32), "float32", WITNESS) is None


def test_float64_has_nothing_wider():
    assert widened(question(torch.exp, torch.float64), "float64", WITNESS) is None


def test_without_a_candidate_there_is_nothing():
    asked = dataclasses.replace(question(torch.exp, torch.float32), candidate=None)
    assert widened(asked, "float32", WITNESS) is None


def test_what_it_computes_in_is_told():
    wide = widened(question(lambda x: x.float().exp().to(x.dtype), torch.bfloat16), "bfloat16", WITNESS)
    assert wide.dtype == "float32"
    assert widened(question(lambda x: x.float().exp().to(x.dtype), torch.float32), "float32", WITNESS) is None


def calls(steady):
    """How often backward was called in float64, and whether it was found steady there."""
    count = 0

    def heard(gradient):
        nonlocal count
        count += gradient.dtype == torch.float64

    def watched(x):
        x = x.exp()
        x.register_hook(heard)
        return x

    wide = widened(question(watched, torch.float32), "float32", WITNESS, steady=steady)
    return count, wide.said.steady


def test_what_is_known_to_be_steady_is_not_watched_again():
    assert calls(steady=False) == (3, True)
    assert calls(steady=True) == (1, False)
