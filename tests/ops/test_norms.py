"""Norms where all entries are 0: the gradient is 0, in torch and here."""

import pytest
import torch

from verifier.coverage.database import DatabaseSample
from verifier.coverage.examination import examine


@pytest.mark.parametrize("order", [2, 3.5, -0.5, -1, -2])
def test_the_gradient_at_zero_is_zero(order):
    rows = torch.tensor([[0.0, 0.0], [1.0, -2.0]], dtype=torch.float64, requires_grad=True)
    norms = DatabaseSample("norm", 0, {"x": rows}, lambda tensors: [torch.linalg.vector_norm(tensors["x"], order, 1)])
    found = examine(norms)
    assert found.status == "verified" and not found.heard, found.detail
