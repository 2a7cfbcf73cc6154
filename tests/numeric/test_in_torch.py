"""Programs run in torch: autograd through them is the symbolic derivative."""

import numpy as np
import pytest
import torch
from formulas import gradients_of
from loops import assert_near, program_of
from sympy import HadamardPower, Integer, MatrixSymbol, Piecewise, Si, Symbol, exp, floor, log, sin

from verifier.errors import FunctionNotInTorchError
from verifier.numeric.evaluate import evaluate
from verifier.numeric.in_torch import InTorch, torch_function
from verifier.symbolic.comprehension import Read, comprehension, index, value
from verifier.symbolic.formula import formula_of
from verifier.symbolic.language import Detached, total

X, W = MatrixSymbol("X", 3, 3), MatrixSymbol("W", 3, 3)
NUMBERS = {n: np.random.default_rng(k).uniform(0.3, 1.7, (3, 3)) for k, n in enumerate("XW")}

FORMULAS = {
    "product": total(X * W),
    "detached product": total(X * Detached(W) * X) + total(W),
    "detached factor": total(X.applyfunc(lambda t: t * Detached(t))) + total(W),
    "softmax": total(HadamardPower(X.applyfunc(exp) / total(X.applyfunc(exp)), 2)) + total(W),
    "pieces": total((X * W).applyfunc(lambda t: Piecewise((t**2, t > 2), (sin(t), True)))),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_autograd_through_a_program(name):
    formula = formula_of(FORMULAS[name])
    tensors = {n: torch.tensor(a, requires_grad=True) for n, a in NUMBERS.items()}
    torch_function(formula.program, formula.output)(**tensors).backward()
    for input, gradient in gradients_of(FORMULAS[name], **NUMBERS).items():
        assert_near(tensors[input].grad.numpy(), gradient, 1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16, torch.float64])
def test_the_result_has_the_inputs_dtype(dtype):
    formula = formula_of(log(total((X * W).applyfunc(exp))))
    tensors = {n: torch.tensor(a).to(dtype) for n, a in NUMBERS.items()}
    assert torch_function(formula.program, formula.output)(**tensors).dtype == dtype


def test_indices_do_not_cost_digits():
    i, a = index(0), value(0)
    body = a * log(i + 2) / (i + 3) + (i + 1) ** -2
    numbers = np.array([0.1, 0.2, 0.3])
    definition = comprehension((Integer(3),), (i,), body, [Read("x", (i,))], (Integer(3),))
    program = program_of(definition, x=numbers)
    found = evaluate(program, {"x": torch.tensor(numbers)}, ["out"], InTorch(torch.float64))["out"]
    k = np.arange(3)
    assert_near(found.numpy(), numbers * np.log(k + 2) / (k + 3) + 1.0 / (k + 1) ** 2, 1e-15)


def test_inputs_stay_as_they_are():
    i, a = index(0), value(0)
    target = comprehension((Integer(4), Integer(2)), (floor(i / 2),), a, [Read("x", (i,))], (Integer(2),))
    tensor = torch.arange(4.0, dtype=torch.float64, requires_grad=True)
    program = program_of(target, x=np.zeros(4))
    out = evaluate(program, {"x": tensor}, ["out"], InTorch(torch.float64))["out"]
    out.sum().backward()
    assert tensor.tolist() == [0.0, 1.0, 2.0, 3.0] and tensor.grad.tolist() == [2.0] * 4


def test_what_torch_does_not_have_is_named():
    formula = formula_of(Si(Symbol("s", real=True)))
    with pytest.raises(FunctionNotInTorchError) as caught:
        torch_function(formula.program, formula.output)(s=torch.tensor(2.0))
    assert str(caught.value) == (
        "torch has no Si, so the formula cannot be run in torch: give the case a function= of its own"
    )
