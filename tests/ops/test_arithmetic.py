"""Quotients by the number 0: infinite, or no number, as in floating point."""

import pytest
import torch

from verifier.coverage.database import DatabaseSample
from verifier.coverage.examination import examine

FUNCTIONS = {
    "div": lambda x: x / 0,
    "div with a rounding mode": lambda x: torch.div(x, 0, rounding_mode="trunc") + x * x,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_quotients_by_zero(name):
    point = torch.tensor([1.0, -2.0, 3.0], dtype=torch.float64, requires_grad=True)
    found = examine(DatabaseSample(name, 0, {"x": point}, lambda tensors: [FUNCTIONS[name](tensors["x"])]))
    assert found.status == "verified" and not found.heard, found.detail
