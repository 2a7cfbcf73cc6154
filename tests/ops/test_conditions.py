"""Conditions are followed as such: what depends on them has its border in the program."""

import pytest
import torch
from sympy import Piecewise
from sympy.core.relational import Relational

from verifier.coverage.database import DatabaseSample
from verifier.coverage.examination import examine
from verifier.symbolic.comprehension import Comprehension
from verifier.trace.traced import trace

FUNCTIONS = {
    "gt": lambda x: torch.where(x > 0.5, x * x, -x),
    "ge": lambda x: x * (x >= 0.5),
    "lt and le": lambda x: torch.where((x < 1) & (x <= 0.7), x, x.exp()),
    "or, xor and not": lambda x: torch.where((x < -1) | ~(x < 1) ^ (x > 1.5), x, x * x * x),
    "eq and ne": lambda x: torch.where((x == 0.25) | (x != x), x, x * x),
    "masked_fill": lambda x: (x * x).masked_fill(x > 0.3, 2.0),
    "floor_divide": lambda x: x * x - x * (x // 0.5).detach(),
    "conversion": lambda x: x * (x > 0).to(x.dtype) * 3,
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_values_and_both_modes(name):
    point = torch.tensor([-1.5, -0.2, 0.25, 0.6, 0.8, 1.2, 1.7], dtype=torch.float64, requires_grad=True)
    sample = DatabaseSample(name, 0, {"x": point}, lambda tensors: [FUNCTIONS[name](tensors["x"])])
    found = examine(sample)
    assert found.status == "verified", found.detail


@pytest.mark.parametrize("name", sorted(FUNCTIONS.keys() - {"floor_divide"}))
def test_the_border_is_in_the_program(name):
    point = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    traced = trace(lambda tensors: [FUNCTIONS[name](tensors["x"])], {"x": point})
    bodies = [d.body for _, d in traced.program.definitions if isinstance(d, Comprehension)]
    assert any(body.has(Piecewise) and body.atoms(Relational) for body in bodies)


def test_who_needs_truth_values_gets_those_of_the_point():
    point = torch.tensor([-1.0, 2.0, 3.0], dtype=torch.float64, requires_grad=True)
    traced = trace(lambda tensors: [tensors["x"] * (tensors["x"] > 0).sum()], {"x": point})
    assert [array.tolist() for array in traced.constants.values()] == [2]
