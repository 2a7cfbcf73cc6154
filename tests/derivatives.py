"""What must hold of the derivatives of a comprehension, and the tensors that tests read."""

from __future__ import annotations

import numpy as np
import torch
from loops import assert_near, loops, program_of, slopes
from sympy import Integer

from verifier.numeric.balls import Balls, estimate
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.in_torch import InTorch
from verifier.numeric.rationals import Rationals, nearest
from verifier.symbolic.comprehension import Read, index, pointer, value
from verifier.symbolic.derivative import forward, reverse

I0, I1, I2 = (index(k) for k in range(3))
A0, A1, A2 = (value(k) for k in range(3))
P0, P1 = pointer(0), pointer(1)


def whole(*numbers):
    return tuple(Integer(n) for n in numbers)


def at_once(program, inputs, wanted):
    """A tensor in all three arithmetics, which must agree; the float64 value."""
    (plain,) = evaluate(program, inputs, [wanted], Float64()).values()
    balls = estimate(evaluate(program, inputs, [wanted], Balls(113))[wanted])
    tensors = {name: torch.as_tensor(array) for name, array in inputs.items()}
    in_torch = evaluate(program, tensors, [wanted], InTorch(torch.float64))[wanted]
    assert np.all(balls.error <= 2.0**-50 * np.maximum(np.abs(balls.value), 1e-12))
    assert_near(plain, balls.value, 1e-12)
    assert_near(in_torch.numpy(), balls.value, 1e-12)
    return np.asarray(plain)


def at_once_and_exactly(program, inputs, wanted):
    """The same, and in exact fractions too: for programs that hold no function but rational ones."""
    plain = at_once(program, inputs, wanted)
    assert_near(nearest(evaluate(program, inputs, [wanted], Rationals())[wanted]).value, plain, 1e-12)
    return plain


def check(definition, inputs, wrt, *, second=True):
    """Everything that must hold of the derivatives of one comprehension."""
    program = program_of(definition, **inputs)
    out = at_once(program, inputs, "out")
    assert_near(out, loops(program, inputs, "out"), 1e-12)
    generator = np.random.default_rng(5)
    cotangent = generator.normal(size=out.shape)
    derivation = reverse(program, "out", wrt)
    told = {**inputs, derivation.cotangent: cotangent}
    tangents = {name: generator.normal(size=np.shape(inputs[name])) for name in wrt}
    inner = 0.0
    for name in wrt:
        tensor = derivation.gradients[name]
        gradient = at_once(derivation.adjoint, told, tensor) if tensor else np.zeros(np.shape(inputs[name]))

        def scalar(moved, name=name):
            return (cotangent * loops(program, {**inputs, name: moved}, "out")).sum()

        assert_near(gradient, slopes(scalar, inputs[name]))
        inner += (gradient * tangents[name]).sum()
    pushed, tangent = forward(program, "out", {name: f"v_{name}" for name in wrt})
    along = {**inputs, **{f"v_{name}": v for name, v in tangents.items()}}
    jvp = at_once(pushed, along, tangent) if tangent else np.zeros(out.shape)
    assert_near((cotangent * jvp).sum(), inner, 1e-11)
    if second:
        check_second(derivation, told, wrt[0])


def check_second(derivation, told, name):
    """Forward over reverse and reverse over reverse are the same Hessian times a vector, and so are differences."""
    tensor = derivation.gradients[name]
    if tensor is None:
        return
    vector = np.random.default_rng(6).normal(size=np.shape(told[name]))
    pushed, tangent = forward(derivation.adjoint, tensor, {name: "direction"})
    again = reverse(derivation.adjoint, tensor, [name])
    backward = again.gradients[name]
    by_forward = at_once(pushed, {**told, "direction": vector}, tangent) if tangent else np.zeros(vector.shape)
    by_reverse = (
        at_once(again.adjoint, {**told, again.cotangent: vector}, backward) if backward else np.zeros(vector.shape)
    )
    assert_near(by_forward, by_reverse, 1e-11)

    def directional(moved):
        return (vector * loops(derivation.adjoint, {**told, name: moved}, tensor)).sum()

    assert_near(by_forward, slopes(directional, told[name]))


def draw(*shape, seed=1):
    return np.random.default_rng(seed).uniform(0.3, 1.7, shape)


X, V, W = draw(3, 4), draw(4, seed=2), draw(4, 2, seed=3)
x_at, v_at = (lambda *at, **more: Read("x", tuple(map(_whole, at)), **more)), lambda *at, **more: Read("v", at, **more)


def _whole(number):
    return Integer(number) if isinstance(number, int) else number
