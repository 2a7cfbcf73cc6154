"""Formulas against torch code in float64: values, gradients, tangents, and second derivatives."""

from __future__ import annotations

import numpy as np
import torch
from derivatives import at_once
from loops import assert_near
from sympy import Integer

from verifier.symbolic.comprehension import Read, comprehension, index, value
from verifier.symbolic.derivative import forward, reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.program import Builder


def against_torch(expression, function, *, second=True, relative=1e-9, **inputs):
    """All that torch and the program of a formula must agree on; the program runs in all three arithmetics."""
    formula = formula_of(expression)
    assert set(formula.symbols) == set(inputs)
    program_against_torch(formula.program, formula.output, function, inputs, second=second, relative=relative)


def program_against_torch(program, output, function, inputs, *, second=True, relative=1e-9, evaluated=at_once):
    """All that torch and a program must agree on; `evaluated` runs the program in several arithmetics at once."""
    generator = np.random.default_rng(11)
    inputs = {name: np.asarray(value, dtype=float) for name, value in inputs.items()}
    tensors = {name: torch.tensor(value, requires_grad=True) for name, value in inputs.items()}
    answer = function(**tensors)
    value = evaluated(program, inputs, output)
    assert_near(value, answer.detach().numpy().reshape(value.shape), relative)

    cotangent = generator.normal(size=value.shape)
    directions = {name: generator.normal(size=array.shape) for name, array in inputs.items()}
    derivation = reverse(program, output, list(inputs))
    told = {**inputs, derivation.cotangent: cotangent}
    weighted = (answer.reshape(value.shape) * torch.tensor(cotangent)).sum()
    expected = dict(zip(inputs, torch.autograd.grad(weighted, tensors.values(), create_graph=True), strict=True))
    along = 0.0
    for name, tensor in derivation.gradients.items():
        assert_near(evaluated(derivation.adjoint, told, tensor), expected[name].detach().numpy(), relative)
        along += (expected[name].detach().numpy() * directions[name]).sum()

    pushed, tangent = forward(program, output, {name: f"d_{name}" for name in inputs})
    moved = {**inputs, **{f"d_{name}": direction for name, direction in directions.items()}}
    assert_near((evaluated(pushed, moved, tangent) * cotangent).sum(), along, relative)
    if second:
        _second(derivation, told, tensors, expected, directions, relative, evaluated)


def _second(derivation, told, tensors, expected, directions, relative, evaluated):
    """Reverse over reverse and forward over reverse of the first input's gradient, against double backward."""
    first = next(iter(tensors))
    curved = expected[first].requires_grad
    product = (expected[first] * torch.tensor(directions[first])).sum()
    hessian = torch.autograd.grad(product, tensors.values(), allow_unused=True) if curved else [None] * len(tensors)
    truth = {
        name: np.zeros(tensor.shape) if found is None else found.numpy(force=True)
        for (name, tensor), found in zip(tensors.items(), hessian, strict=True)
    }
    gradient = derivation.gradients[first]
    again = reverse(derivation.adjoint, gradient, list(tensors))
    known = {**told, again.cotangent: directions[first]}
    for name, tensor in again.gradients.items():
        found = evaluated(again.adjoint, known, tensor) if tensor else np.zeros(truth[name].shape)
        assert_near(found, truth[name], relative)
    pushed, tangent = forward(derivation.adjoint, gradient, {first: "direction"})
    found = evaluated(pushed, {**told, "direction": directions[first]}, tangent) if tangent else 0 * truth[first]
    assert_near(found, truth[first], relative)


def cubed(definition, shape):
    """The program x³, moved by a definition, and squared after it: so that second derivatives do not vanish."""
    builder = Builder()
    builder.give("x", shape)
    at = tuple(index(k) for k in range(len(shape)))
    extents = tuple(map(Integer, shape))
    builder.define(comprehension(extents, at, value(0) ** 3, [Read("x", at)], extents), "cube")
    moved = builder.define(definition, "moved")
    out = tuple(index(k) for k in range(len(definition.shape)))
    last = comprehension(definition.shape, out, value(0) ** 2, [Read(moved, out)], definition.shape)
    builder.define(last, "out")
    return builder.build()


def draw(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape)
