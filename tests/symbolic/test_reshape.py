"""Reshapes against torch, in every arithmetic and to second order."""

import numpy as np
import pytest
from derivatives import at_once_and_exactly
from loops import assert_near
from sympy import Integer, Symbol
from torch_oracle import cubed, draw, program_against_torch

from verifier.symbolic.derivative import reverse
from verifier.symbolic.program import Builder
from verifier.symbolic.reshape import Reshape

SHAPES = {
    "flat": ((2, 3), (6,)),
    "split": ((6,), (3, 2)),
    "regrouped": ((2, 3, 4), (4, 6)),
    "a unit axis": ((3,), (1, 3, 1)),
    "a scalar": ((1, 1), ()),
    "from a scalar": ((), (1,)),
    "nothing": ((0, 3), (3, 0)),
}


@pytest.mark.parametrize("name", SHAPES)
def test_reshapes(name):
    shape, after = SHAPES[name]
    program = cubed(Reshape("cube", tuple(map(Integer, after))), shape)
    function = lambda x: (x**3).reshape(after) ** 2
    program_against_torch(program, "out", function, {"x": draw(*shape)}, evaluated=at_once_and_exactly)


def test_a_reshape_to_symbolic_extents():
    n = Symbol("n", integer=True, positive=True)
    builder = Builder()
    builder.give("x", (n, 2))
    builder.define(Reshape("x", (2 * n,)), "out")
    derivation = reverse(builder.build(), "out", ["x"])
    told = {"x": draw(3, 2), derivation.cotangent: np.arange(6.0)}
    assert_near(at_once_and_exactly(derivation.adjoint, told, derivation.gradients["x"]), np.arange(6.0).reshape(3, 2))
