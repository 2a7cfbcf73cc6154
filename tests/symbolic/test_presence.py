"""NaN told from numbers: what takes its place has the value, and NaN has no influence on the derivative."""

import numpy as np
import pytest
from sympy import Integer

from verifier.numeric.enclose import enclose
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.symbolic.derivative import reverse
from verifier.symbolic.lowering import Lowering
from verifier.symbolic.presence import present
from verifier.symbolic.program import Builder
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor, named

GIVEN = np.array([1.5, np.nan, -np.inf, 0.0])


@pytest.fixture
def program():
    builder = Builder()
    builder.give("x", (Integer(4),))
    x = named("x", (4,))
    name = Scope(Lowering(builder)).name(Tensor((4,), lambda k: 3 * present(x[k], Integer(7))))
    return builder.build(), name


def test_nan_is_replaced_and_infinity_is_not(program):
    built, name = program
    assert evaluate(built, {"x": GIVEN}, [name], Float64())[name].tolist() == [4.5, 21.0, -np.inf, 0.0]


def test_in_balls(program):
    built, name = program
    finite = np.array([1.5, np.nan, 2.0, 0.0])
    assert enclose(built, {"x": finite}, [name]).estimates[name].value.tolist() == [4.5, 21.0, 6.0, 0.0]


def test_nothing_flows_to_nan(program):
    derivation = reverse(*program, ["x"])
    given = {"x": GIVEN, derivation.cotangent: np.ones(4)}
    gradient = derivation.gradients["x"]
    assert evaluate(derivation.adjoint, given, [gradient], Float64())[gradient].tolist() == [3.0, 0.0, 3.0, 3.0]
