"""Second derivatives through what is defined by an equation: how they read, and their values against three others.

The others are the program of the definitions, in which no word of closed forms occurs, torch's double backward, and
finite differences of the program's gradient.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from by_definition import value
from forms_through_equations import SCALARS, TENSORS, m, n
from torch.func import hessian as torch_hessian
from torch.func import jacrev

import verifier
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.symbolic.derivative import forward, reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.notation import render

EXTENTS = {"n": 3, "m": 2, "k": 4}
SMALLER = EXTENTS | {"n": 2}


def point(by, extents=EXTENTS):
    """Numbers for all symbols: matrices that are far from singular, and whose eigenvalues lie apart."""
    generator, size = np.random.default_rng(5), extents["n"]
    arrays = {name: generator.uniform(0.1, 0.6, (size, size)) + np.diag([2.0, 3.0, 4.5][:size]) for name in "XAB"}
    arrays |= {"Y": generator.uniform(0.1, 1.6, (size, 2)), "x": generator.uniform(0.1, 0.6, (size, 1))}
    return arrays | {"V": generator.uniform(-1, 1, arrays[by.name].shape), "k": np.array(4)}


def scalar_of(function, arrays, by):
    """The torch function of one tensor alone."""
    others = {name: torch.tensor(array) for name, array in arrays.items() if name not in (by.name, "V", "k")}
    return lambda moved: function(**{by.name: moved}, **others)


def gradient_program(formula, by):
    """The program of the gradient, from definitions without words, and the tensor that holds it."""
    told = formula_of(formula)
    derivation = reverse(told.program, told.output, [by.name])
    return told, derivation, derivation.gradients[by.name]


def numbers(program, arrays, tensor):
    known = {name: np.reshape(arrays.get(name, 1.0), _sizes(shape)) for name, shape in program.inputs}
    return evaluate(program, known, [tensor], Float64())[tensor]


def _sizes(shape):
    return [int(extent.subs({n: 3, m: 2})) for extent in shape]


def close(actual, expected, relative=1e-9):
    allowed = relative * abs(expected).max() + 1e-13
    np.testing.assert_allclose(np.reshape(actual, expected.shape), expected, rtol=0, atol=allowed)


@pytest.mark.parametrize("name", SCALARS)
def test_products_with_a_direction(name):
    formula, by, function, written = SCALARS[name]
    form, arrays = verifier.hvp(formula, by), point(by)
    assert written in (None, render(form).plain)
    found = value(form, EXTENTS | arrays)
    _, derivation, gradient = gradient_program(formula, by)
    program, moved = forward(derivation.adjoint, gradient, {by.name: "V"})
    close(found, numbers(program, arrays, moved))
    close(found, _double_backward(scalar_of(function, arrays, by), arrays, by))
    step = 1e-5
    beside = [
        numbers(derivation.adjoint, arrays | {by.name: arrays[by.name] + side * step * arrays["V"]}, gradient)
        for side in (1, -1)
    ]
    close(found, (beside[0] - beside[1]) / (2 * step), 1e-6)


def _double_backward(function, arrays, by):
    leaf = torch.tensor(arrays[by.name], requires_grad=True)
    (first,) = torch.autograd.grad(function(leaf), leaf, create_graph=True)
    (second,) = torch.autograd.grad((first * torch.tensor(arrays["V"])).sum(), leaf)
    return second.numpy()


@pytest.mark.parametrize("name", SCALARS)
def test_hessians(name):
    formula, by, function, _ = SCALARS[name]
    arrays = point(by, SMALLER)
    found = value(verifier.hessian(formula, by), SMALLER | arrays)
    close(found, torch_hessian(scalar_of(function, arrays, by))(torch.tensor(arrays[by.name])).numpy())


@pytest.mark.parametrize("name", TENSORS)
def test_jacobians(name):
    formula, by, function, written = TENSORS[name]
    form, arrays = verifier.jacobian(formula, by), point(by)
    assert written in (None, render(form).plain)
    close(
        value(form, EXTENTS | arrays),
        jacrev(scalar_of(function, arrays, by))(torch.tensor(arrays[by.name])).numpy(),
    )


@pytest.mark.parametrize("name", SCALARS)
def test_a_printed_form_can_be_read_and_differentiated_again(name):
    """The derivative of the written product along another direction, against the program of the definitions."""
    formula, by, _, _ = SCALARS[name]
    arrays = point(by)
    other = np.random.default_rng(8).uniform(-1, 1, arrays["V"].shape)
    written = formula_of(verifier.hvp(formula, by))
    program, output = forward(written.program, written.output, {by.name: "other"})
    found = numbers(program, arrays | {"other": other}, output)
    _, derivation, gradient = gradient_program(formula, by)
    program, moved = forward(derivation.adjoint, gradient, {by.name: "V"})
    program, twice = forward(program, moved, {by.name: "other"})
    close(found, numbers(program, arrays | {"other": other}, twice))


def test_another_number_is_another_form():
    """What the comparison is worth: a direction that is a little off is told."""
    formula, by, _, _ = SCALARS["Cholesky factor"]
    arrays = point(by)
    _, derivation, gradient = gradient_program(formula, by)
    program, moved = forward(derivation.adjoint, gradient, {by.name: "V"})
    off = arrays | {"V": arrays["V"] * (1 + 1e-8)}
    with pytest.raises(AssertionError):
        close(value(verifier.hvp(formula, by), EXTENTS | off), numbers(program, arrays, moved))
