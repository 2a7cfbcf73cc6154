"""What SymPy users write is understood, and torch's gradient of the same function agrees."""

import inspect

import pytest
import torch
from further_spellings import FURTHER_SPELLINGS
from known_formulas import KNOWN_FORMULAS
from spellings import SHAPES, SPELLINGS
from spellings_of_parts import SPELLINGS_OF_PARTS
from sympy import MatrixSymbol, Symbol

from verifier import check


def inputs_for(function, positive):
    generator = torch.Generator().manual_seed(3)
    tensors = {}
    for name in inspect.signature(function).parameters:
        shape = SHAPES.get(name, (3, 3))
        tensor = torch.randn(shape, dtype=torch.float64, generator=generator)
        if name in positive or shape == ():
            tensor = tensor.abs() / 2 + 0.2
        if name in positive and shape == (3, 3):
            tensor = tensor + 3 * torch.eye(3, dtype=torch.float64)
        tensors[name] = tensor.requires_grad_()
    return tensors


ALL = SPELLINGS + FURTHER_SPELLINGS + KNOWN_FORMULAS + SPELLINGS_OF_PARTS


@pytest.mark.parametrize(("formula", "function", "positive"), ALL, ids=[str(row[0])[:60] for row in ALL])
def test_a_spelling(formula, function, positive):
    verdict = check(function, inputs_for(function, positive), formula=formula)
    assert verdict.ok, str(verdict)


def test_the_table_tells_right_from_wrong():
    formula, function, positive = SPELLINGS[1]
    assert not check(lambda A, X: function(A, X.T), inputs_for(function, positive), formula=formula).ok


def test_an_integer_input_chooses_a_row():
    X, k = MatrixSymbol("X", 3, 2), Symbol("k", integer=True)
    rows = torch.tensor([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], dtype=torch.float64, requires_grad=True)
    verdict = check(lambda X, k: X[k, 0] ** 2, (rows, torch.tensor(1)), formula=X[k, 0] ** 2)
    assert verdict.ok, str(verdict)
    assert not check(lambda X, k: X[k, 1] ** 2, (rows, torch.tensor(1)), formula=X[k, 0] ** 2).ok
