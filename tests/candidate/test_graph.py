"""Two backward passes compared: no gradient is zero, and no number is like none."""

import numpy as np
import pytest
import torch

from verifier.candidate.candidate import Candidate
from verifier.candidate.graph import Graph, apart, beyond
from verifier.witness import Question

NAN, INF = float("nan"), float("inf")


@pytest.mark.parametrize(
    ("left", "right", "distance"),
    [
        ([1.0, 2.0], [1.0, 2.5], 0.5),
        (None, [1.0, -2.0], 2.0),
        ([1.0, -2.0], None, 2.0),
        (None, None, 0.0),
        ([NAN, 1.0], [NAN, 1.0], 0.0),
        ([NAN, 1.0], [0.0, 1.0], INF),
    ],
)
def test_how_far_two_gradients_are_apart(left, right, distance):
    assert apart(*(None if found is None else np.array(found) for found in (left, right))) == distance


@pytest.mark.parametrize(
    ("left", "right", "allowed", "is_beyond"),
    [
        ([1.0, 2.0], [1.0, 2.5], [0.0, 0.5], False),
        ([1.0, 2.0], [1.0, 2.5], [0.5, 0.4], True),
        (None, [0.0, 0.0], [0.0, 0.0], False),
        ([1.0, 0.0], None, [0.5, 0.5], True),
        ([NAN, 1.0], [NAN, 1.0], [0.0, 0.0], False),
        ([NAN, 1.0], [0.0, 1.0], [9.0, 9.0], True),
        ([INF, 1.0], [INF, 1.0], [0.0, 0.0], False),
        ([INF, 1.0], [-INF, 1.0], [9.0, 9.0], True),
    ],
)
def test_what_is_more_than_is_allowed(left, right, allowed, is_beyond):
    found = (None if gradient is None else np.array(gradient) for gradient in (left, right))
    assert beyond(*found, np.array(allowed)) is is_beyond


def graph(function, *numbers):
    candidate = Candidate.of(function, ("x",), {"x": torch.float64})
    return Graph.of(Question({"x": np.array(numbers)}, ("x",), np.ones(()), None, candidate))


def test_a_sparse_gradient_is_a_gradient():
    def function(x):
        return torch.nn.functional.embedding(torch.tensor([1]), x, sparse=True).sum()

    assert graph(function, [1.0, 2.0], [3.0, 4.0]).backward()["x"].tolist() == [[0.0, 0.0], [1.0, 1.0]]


def test_reentrant_checkpoints_have_a_gradient():
    def function(x):
        return torch.utils.checkpoint.checkpoint(torch.sin, x, use_reentrant=True).sum()

    passes = graph(function, 0.0, 1.0)
    for _ in range(2):
        np.testing.assert_allclose(passes.backward(retain=True)["x"], np.cos([0.0, 1.0]))


def test_what_a_backward_raises_is_raised():
    def function(x):
        x = x.sum()
        x.register_hook(lambda gradient: gradient.nonsense)
        return x

    with pytest.raises(AttributeError, match="nonsense"):
        graph(function, 1.0).backward()
