"""Selections, and what is read through them: cumulative maxima, logarithms of sums shifted by them, against torch."""

import numpy as np
import pytest
import torch
from derivatives import at_once
from loops import assert_near
from sympy import Integer, exp, log
from torch_oracle import draw, program_against_torch

from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.rational_nodes import NotRational
from verifier.numeric.rationals import Rationals
from verifier.symbolic.comprehension import Read, comprehension, index, pointer, value
from verifier.symbolic.derivative import forward, reverse
from verifier.symbolic.program import Builder
from verifier.symbolic.recurrence import Recurrence
from verifier.symbolic.selection import Argmax, Argsort, Floor, Latest, RunningArgmax

I, K = index(0), index(1)


def built(shape):
    builder = Builder()
    extents = tuple(map(Integer, shape))
    builder.give("x", shape)
    return builder, extents, builder.define(RunningArgmax("x", extents), "place")


def largest(place, *, before=0, detached=False):
    """The largest entry so far of a row, or that of the entry before."""
    fill = Integer(0) if before else None
    return Read(place, (I, K - before), fill), Read("x", (I, pointer(before)), detached=detached)


def cumulative_maximum(shape):
    builder, extents, place = built(shape)
    at, read = largest(place)
    builder.define(comprehension(extents, (I, K), value(0), [read], extents, [at]), "out")
    return builder.build()


@pytest.mark.parametrize("shape", [(3, 5), (2, 1), (0, 3), (2, 0)])
def test_cumulative_maxima(shape):
    function = lambda x: torch.cummax(x, 1).values if x.numel() else x * 1
    program_against_torch(cumulative_maximum(shape), "out", function, {"x": draw(*shape)})


@pytest.mark.parametrize(
    "row", [[1.0, 3.0, 3.0, 2.0, 3.0], [0.0, -1.0, 0.0], [2.0, 2.0], [1.0, np.nan, 3.0, 2.0], [-np.inf, -np.inf, 1.0]]
)
def test_places_are_torchs(row):
    x = np.array([row])
    builder, _, place = built(x.shape)
    found = evaluate(builder.build(), {"x": x}, [place], Float64())[place]
    assert np.array_equal(found, torch.cummax(torch.tensor(x), 1).indices.numpy())


def logarithms_of_sums(shape):
    """log Σ exp(x), shifted by the largest entry so far: the sums before are scaled to each new one."""
    builder, extents, place = built(shape)
    (at, now), (earlier, before) = largest(place, detached=True), largest(place, before=1, detached=True)
    terms = comprehension(extents, (I, K), exp(value(0) - value(1)), [Read("x", (I, K)), now], extents, [at])
    scales = comprehension(extents, (I, K), exp(value(1) - value(0)), [now, before], extents, [at, earlier])
    names = [builder.define(terms, "terms"), builder.define(scales, "scales")]
    sums = builder.define(Recurrence(names[0], extents, names[1]), "sums")
    body = log(value(0)) + value(1)
    builder.define(comprehension(extents, (I, K), body, [Read(sums, (I, K)), now], extents, [at]), "out")
    return builder.build()


def test_cumulative_logarithms_of_sums():
    program_against_torch(logarithms_of_sums((3, 5)), "out", lambda x: torch.logcumsumexp(x, 1), {"x": draw(3, 5)})


def test_nothing_overflows_or_vanishes():
    x = np.array([[-2000.0, -1999.0, 0.0, 2000.0, 1999.0], [3000.0, 0.0, -3000.0, 3000.0, 1.0]])
    program = logarithms_of_sums(x.shape)
    assert_near(at_once(program, {"x": x}, "out"), torch.logcumsumexp(torch.tensor(x), 1).numpy(), 1e-14)
    derivation = reverse(program, "out", ["x"])
    tensor = torch.tensor(x, requires_grad=True)
    cotangent = draw(2, 5)
    (expected,) = torch.autograd.grad(torch.logcumsumexp(tensor, 1), tensor, torch.tensor(cotangent))
    gradient = derivation.gradients["x"]
    found = evaluate(derivation.adjoint, {"x": x, derivation.cotangent: cotangent}, [gradient], Float64())[gradient]
    assert_near(found, expected.numpy(), 1e-12)


def test_integers_have_no_derivative():
    builder, _, place = built((2, 3))
    assert reverse(builder.build(), place, ["x"]).gradients["x"] is None
    assert forward(builder.build(), place, {"x": "v"})[1] is None
    assert RunningArgmax("x", ()).renamed({"x": "y"}) == RunningArgmax("y", ())


def test_an_order_is_not_rational():
    with pytest.raises(NotRational):
        evaluate(cumulative_maximum((2, 3)), {"x": draw(2, 3)}, ["out"], Rationals())


@pytest.mark.parametrize(
    ("kind", "values", "integers"),
    [
        (Argmax, [[1.0, 3.0, 3.0], [2.0, -1.0, 0.0]], [1, 0]),
        (Argsort, [[1.0, 3.0, 2.0], [np.nan, -1.0, 0.0]], [[0, 2, 1], [1, 2, 0]]),
        (RunningArgmax, [[1.0, 3.0, 2.0], [2.0, -1.0, 2.0]], [[0, 1, 1], [0, 0, 2]]),
        (Floor, [[1.5, -0.5, 2.0]], [[1, -1, 2]]),
        (Latest, [[1.0, 3.0, 1.0], [3.0, 2.0, 1.0]], [[0, 0, 0], [1, 1, 1]]),
    ],
)
def test_what_is_chosen(kind, values, integers):
    values = np.array(values)
    builder = Builder()
    shape = tuple(map(Integer, values.shape))
    builder.give("x", shape)
    name = builder.define(kind("x", shape[: np.ndim(integers)]), "chosen")
    assert evaluate(builder.build(), {"x": values}, [name], Float64())[name].tolist() == integers
