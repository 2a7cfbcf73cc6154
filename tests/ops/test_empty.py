"""Means of nothing: NaN in torch and here, and the rest of the result is checked all the same."""

import pytest
import torch
from torch.nn import functional

from verifier import check

NUMBERS = torch.tensor([0.5, -1.5, 2.0, 0.25], dtype=torch.float64)

OF_NOTHING = {
    "mean": lambda x: torch.stack([x[:0].mean(), x.square().mean()]),
    "loss": lambda x: torch.stack([functional.mse_loss(x[:0], x[:0]), x.square().mean()]),
    "segment": lambda x: torch.segment_reduce(x, "mean", lengths=torch.tensor([1, 0, 3]), unsafe=True),
}


@pytest.mark.parametrize("name", OF_NOTHING)
def test_the_mean_of_nothing_is_nan(name):
    function = OF_NOTHING[name]
    x = NUMBERS.clone().requires_grad_()
    assert function(x).isnan().sum() == 1
    verdict = check(function, {"x": x})
    assert verdict.ok, str(verdict)
    assert any(c.input == "x" and c.entries == 4 for c in verdict.comparisons)
