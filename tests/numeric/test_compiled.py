"""Bodies compiled for NumPy: blocks change nothing, pieces need no warnings, and the cost is NumPy's own."""

import time
import warnings

import numpy as np
import pytest
from derivatives import A0, A1, I0, I1, whole
from loops import program_of
from sympy import Eq, Function, Ne, Piecewise, cos, exp, log, sqrt, symbols, tanh

from verifier.errors import FunctionNotEvaluatedError
from verifier.numeric.compiled import BLOCK, compiled
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.symbolic.comprehension import Read, comprehension
from verifier.symbolic.derivative import reverse

BODIES = [
    exp(A0) * tanh(A1) + A0,
    Piecewise((A0 * A1, A0 > 0), (cos(A1) + 1, True)),
    Piecewise((A0, (A0 > 0) & (A1 > 0) & (A0 > A1)), (2, Ne(A0, A1) | (A1 < 3)), (A1**2, True)),
    A0 / (1 + A1**2) ** 2,
]
NUMBERS = np.random.default_rng(0).normal(size=4 * BLOCK + 12)


@pytest.mark.parametrize("body", BODIES, ids=str)
@pytest.mark.parametrize(
    ("left", "right"),
    [
        ((4 * BLOCK,), (4 * BLOCK,)),
        ((4 * BLOCK + 3,), (1,)),
        ((2, 2 * BLOCK), (2, 1)),
        ((2, 2 * BLOCK), (1, 2 * BLOCK)),
        ((BLOCK // 8, 1, 32), (1, 3, 1)),
        ((), (3 * BLOCK,)),
        ((3,), (3,)),
        ((0, 3), (0, 3)),
    ],
    ids=str,
)
def test_blocks_change_nothing(body, left, right):
    a, b = (NUMBERS[: int(np.prod(shape))].reshape(shape) for shape in (left, right))
    found = compiled(body, (A0, A1))(a, b)
    one_by_one = np.vectorize(lambda x, y: float(compiled(body, (A0, A1))(x, y)), otypes=[float])
    shape = np.broadcast_shapes(left, right)
    assert np.shape(found) == shape
    some = np.random.default_rng(1).integers(0, max(1, np.size(found)), 200 if np.size(found) else 0)
    a, b = (np.broadcast_to(x, shape).reshape(-1)[some] for x in (a, b))
    assert np.allclose(np.reshape(found, -1)[some], one_by_one(a, b) if some.size else [], rtol=1e-14, atol=0)


def test_whole_numbers_beside_large_arrays():
    n = symbols("n", integer=True)
    x = NUMBERS[: 3 * BLOCK]
    assert np.allclose(compiled(A0 * n + exp(A0), (A0, n))(x, 3), 3 * x + np.exp(x))


def test_pieces():
    """Every branch is computed everywhere; what is not chosen, and what no condition chooses, does no harm."""
    body = Piecewise((0, A0 < 0), (sqrt(A0), A0 < 4), (-2, Eq(A0, 4)), (7, A0 > 5))
    with warnings.catch_warnings(), Float64().context():
        warnings.simplefilter("error")
        found = compiled(body, (A0,))(np.array([-1.0, 1.0, 4.0, 6.0, 4.5, np.nan]))
    assert found.dtype == np.float64
    assert np.array_equal(found, [0, 1, -2, 7, np.nan, np.nan], equal_nan=True)


def test_a_function_that_nobody_knows_is_named():
    with pytest.raises(FunctionNotEvaluatedError, match="mystery"):
        compiled(Function("mystery")(A0), (A0,))


COSTS = {
    "relu": (
        Piecewise((A0, A0 > 0), (0, True)),
        lambda x: np.where(x > 0, x, 0.0),
        lambda x, g: g * np.where(x > 0, 1.0, 0.0),
    ),
    "exponential": (exp(A0), np.exp, lambda x, g: g * np.exp(x)),
    "softplus": (log(1 + exp(A0)), lambda x: np.log(1 + np.exp(x)), lambda x, g: g * np.exp(x) / (1 + np.exp(x))),
    "identity": (A0, lambda x: x.copy(), lambda x, g: g.copy()),
    "square": (A0**2, lambda x: x**2, lambda x, g: 2 * g * x),
}


@pytest.mark.parametrize("name", COSTS)
def test_an_elementwise_body_costs_what_numpy_takes(name):
    body, value, gradient = COSTS[name]
    x, g = NUMBERS[: 4 * BLOCK].reshape(-1, 256), NUMBERS[12 : 4 * BLOCK + 12].reshape(-1, 256)
    shape = whole(*x.shape)
    program = program_of(comprehension(shape, (I0, I1), body, [Read("x", (I0, I1))], shape), x=x)
    derivation = reverse(program, "out", ["x"])
    told = {"x": x, derivation.cotangent: g}
    pairs = [
        (lambda: evaluate(program, {"x": x}, ["out"], Float64()), lambda: value(x)),
        (lambda: evaluate(derivation.adjoint, told, [derivation.gradients["x"]], Float64()), lambda: gradient(x, g)),
    ]
    for ours, theirs in pairs:
        best = np.min([[_seconds(ours), _seconds(theirs)] for _ in range(15)], axis=0)
        assert best[0] < 4 * best[1] + 3e-4


def _seconds(function):
    started = time.perf_counter()
    function()
    return time.perf_counter() - started
