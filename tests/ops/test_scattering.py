"""What is written to one place more than once: the last entry stays, and only it has a derivative."""

import pytest
import torch

import verifier
from verifier.coverage.database import DatabaseSample
from verifier.coverage.examination import examine

TARGET = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], dtype=torch.float64)
ROW = torch.tensor([[0.5, -1.5, 2.5]], dtype=torch.float64)
TWICE = torch.tensor([[1, 0, 1]])

WRITES = {
    "scatter": lambda x, s: x.scatter(1, TWICE, s),
    "index_put": lambda x, s: x.index_put((torch.tensor([0]), TWICE), s),
    "index_copy": lambda x, s: x.index_copy(1, TWICE[0], s.expand(2, 3)),
    "put": lambda x, s: x.put(TWICE, s),
}


class LastStays(torch.autograd.Function):
    """A scatter along the rows whose gradient goes to the entry that stays."""

    @staticmethod
    def forward(ctx, x, s):
        return x.scatter(1, TWICE, s)

    @staticmethod
    def backward(ctx, g):
        kept = g.clone()
        kept[0, :2] = 0
        return kept, torch.stack([torch.zeros_like(g[0, 0]), g[0, 0], g[0, 1]])[None]


class FirstStays(LastStays):
    """The same with the gradient at the entry that is written over."""

    @staticmethod
    def backward(ctx, g):
        kept, _ = LastStays.backward(ctx, g)
        return kept, torch.stack([g[0, 1], g[0, 0], torch.zeros_like(g[0, 0])])[None]


def tensors():
    return {"x": TARGET.clone().requires_grad_(), "s": ROW.clone().requires_grad_()}


@pytest.mark.parametrize("name", WRITES)
def test_torch_gives_the_whole_gradient_to_what_is_written_over(name):
    found = examine(DatabaseSample(name, 0, tensors(), lambda given: [WRITES[name](given["x"], given["s"])]))
    assert found.faults == {"reverse"} and found.agrees("values") and found.agrees("forward") is not False
    assert found.detail.startswith("by s at (0, 0): 0, and torch ")


def test_the_gradient_of_what_stays_is_right():
    assert verifier.check(LastStays.apply, tensors()).ok


def test_the_gradient_of_what_is_written_over_is_wrong():
    finding = verifier.check(FirstStays.apply, tensors()).findings[0]
    assert (finding.outcome, finding.blamed, finding.input) == ("wrong", "reverse mode", "s")


def test_numbers_that_are_not_finite_may_be_written_over():
    def function(x, s):
        return x.scatter(1, TWICE, torch.cat([s[:, :1] / 0, s[:, 1:]], 1))

    inputs = tensors()
    found = examine(DatabaseSample("scatter", 0, inputs, lambda given: [function(given["x"], given["s"])]))
    assert found.agrees("values")
