"""Derivatives of comprehensions against loops and differences, against each other, and of second order."""

import numpy as np
import pytest
from derivatives import A0, A1, I0, I1, I2, P0, P1, V, W, X, at_once, check, draw, v_at, whole, x_at
from loops import assert_near, program_of
from sympy import Abs, Eq, Integer, Max, Piecewise, cos, exp, floor, log, sin, sqrt, tanh

from verifier.numeric.balls import Balls, estimate
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.symbolic.comprehension import Read, comprehension
from verifier.symbolic.derivative import forward, reverse
from verifier.symbolic.kinks import spelled_out

PROGRAMS = {
    "product": (whole(3, 4), (I0,), A0 * A1, [x_at(I0, I1), v_at(I1)], whole(3)),
    "matrix product": (whole(3, 2, 4), (I0, I1), A0 * A1, [x_at(I0, I2), Read("w", (I2, I1))], whole(3, 2)),
    "power of one read": (whole(3, 4), (), A0**3, [x_at(I0, I1)], ()),
    "one read twice": (whole(3, 3), (I0,), A0 * A1, [x_at(I0, I1), x_at(I1, I0)], whole(3)),
    "negative power": (whole(4, 3), (I1,), A0 / A1**2, [x_at(I1, I0), v_at(I0)], whole(3)),
    "transcendental": (whole(3, 4), (I1,), exp(A0 * A1) + log(A0) * sqrt(A1), [x_at(I0, I1), v_at(I1)], whole(4)),
    "softplus": (whole(3, 4), (I0, I1), log(1 + exp(A0)) * tanh(A1), [x_at(I0, I1), v_at(I1)], whole(3, 4)),
    "index in the body": (whole(3, 4), (I0,), A0 ** (I1 + 1) / (I0 + 2) + I1, [x_at(I0, I1)], whole(3)),
    "powers of an index": (whole(3, 4), (I0,), A0 * (I1 + 1) ** -2 * log(I0 + 3), [x_at(I0, I1)], whole(3)),
    "index without a read": (whole(3, 4, 5), (I0,), A0 * A1, [x_at(I0, I1), v_at(I1)], whole(3)),
    "target without a read": (whole(3, 4), (I0, I1), A0**2, [v_at(I1)], whole(3, 4)),
    "diagonal": (whole(3), (), A0 * A1, [x_at(I0, I0), v_at(I0)], ()),
    "written diagonal": (whole(3), (I0, I0), A0**2, [x_at(I0, I0)], whole(3, 3)),
    "shifted": (whole(3, 3), (I0,), A0 * A1, [x_at(I0, I1 + 1), v_at(I1)], whole(3)),
    "backwards": (whole(3, 4), (I0, I1), A0 * A1, [x_at(2 - I0, 3 - I1), v_at(I1)], whole(3, 4)),
    "strided read": (whole(2), (I0,), A0 * A1, [v_at(2 * I0), v_at(2 * I0 + 1)], whole(2)),
    "convolution": (
        whole(4, 3),
        (I0,),
        A0 * A1,
        [v_at(I0 + I1 - 1, fill=Integer(0)), x_at(0, I1)],
        whole(4),
    ),
    "padding with a number": (
        whole(6, 3),
        (I0,),
        exp(A0) * A1,
        [v_at(I0 + I1 - 2, fill=Integer(2)), x_at(I1, 1)],
        whole(6),
    ),
    "transposed convolution": (whole(4, 3), (I0 - I1 + 1,), A0 * A1, [v_at(I0), x_at(I1, 0)], whole(4)),
    "full transposed convolution": (whole(4, 3), (I0 + I1,), A0 * A1, [v_at(I0), x_at(I1, 0)], whole(6)),
    "strided target": (whole(4, 3), (2 * I0 + I1 - 1,), A0 * sin(A1), [v_at(I0), x_at(I1, 0)], whole(7)),
    "backward target": (whole(4, 2), (3 - I0,), A0 * A1, [v_at(I0), Read("w", (I0, I1))], whole(4)),
    "downward strided target": (whole(4, 2), (7 - 2 * I0 - I1,), A0 * A1, [v_at(I0), Read("w", (I0, I1))], whole(8)),
    "target that leaves": (whole(3, 4), (I0 - 1, I1 + 2), A0**2, [x_at(I0, I1)], whole(3, 4)),
    "constant target": (whole(3, 4), (Integer(1), I0), A0**2, [x_at(I0, I1)], whole(2, 3)),
    "target outside": (whole(3, 4), (Integer(2), I0), A0**2, [x_at(I0, I1)], whole(2, 3)),
    "crossing target": (whole(3, 4), (I0 + I1, I0 - I1 + 3), A0**2, [x_at(I0, I1)], whole(6, 6)),
    "reshape": (whole(12), (I0,), A0**2, [x_at(floor(I0 / 4), I0 - 4 * floor(I0 / 4))], whole(12)),
    "target by floor": (whole(12), (floor(I0 / 5),), A0**2, [x_at(floor(I0 / 4), I0 % 4)], whole(3)),
    "square of an index": (whole(3), (I0**2,), A0**2, [v_at(I0)], whole(5)),
    "read by square": (whole(2), (I0,), A0**2, [v_at(I0**2 + I0)], whole(2)),
    "gathered with fill": (whole(4), (I0,), A0**2 + cos(A0), [v_at(I0**2 - 1, fill=Integer(3))], whole(4)),
    "pieces of the index": (
        whole(3, 4),
        (I0,),
        Piecewise((A0**2, I0 > I1), (A0 * A1, Eq(I0, I1)), (sin(A1), True)),
        [x_at(I0, I1), v_at(I1)],
        whole(3),
    ),
    "pieces of the value": (
        whole(3, 4),
        (I0,),
        Piecewise((A0**2, A0 > 1), (A0**3 * A1, A0 > 0.52), (sin(A1 * A0), True)),
        [x_at(I0, I1), v_at(I1)],
        whole(3),
    ),
    "kinks": (
        whole(3, 4),
        (I0,),
        spelled_out(Max(A0, A1) + Abs(A0 - A1) ** 2 * A0),
        [x_at(I0, I1), v_at(I1)],
        whole(3),
    ),
    "no read": (whole(3, 4), (I0,), I0 * I1 + 1, [], whole(3)),
    "a repeated constant": (whole(3, 4), (I0,), Integer(2), [], whole(3)),
    "scalar": ((), (), A0**2 * A1, [Read("s", ()), x_at(1, 2)], ()),
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_derivatives(name):
    domain, target, body, reads, shape = PROGRAMS[name]
    inputs = {"x": X, "v": V, "w": W, "s": np.array(1.3)}
    read = {r.tensor for r in reads}
    inputs = {n: array for n, array in inputs.items() if n in read} or {"x": X}
    check(comprehension(domain, target, body, reads, shape), inputs, tuple(inputs))


POINTED = {
    "gather": (whole(5), (I0,), A0**2 * A1, [x_at(P0, I0 - I0 + 1), v_at(P0)], whole(5), [Read("k", (I0,))]),
    "embedding": (whole(5, 4), (I0,), exp(A0) * A1, [x_at(P0, I1), v_at(I1)], whole(5), [Read("k", (I0,))]),
    "scatter": (whole(5), (P0,), A0**2, [Read("u", (I0,))], whole(3), [Read("k", (I0,))]),
    "scatter of rows": (whole(5, 4), (P0, I1), A0 * A1, [Read("u", (I0,)), v_at(I1)], whole(3, 4), [Read("k", (I0,))]),
    "both ways": (
        whole(5),
        (P0,),
        A0 * A1**2,
        [x_at(P0, P1), v_at(P1)],
        whole(3),
        [Read("k", (I0,)), Read("m", (I0,))],
    ),
    "shifted pointer": (whole(5), (I0,), A0**3, [v_at(P0 + 2, fill=Integer(1))], whole(5), [Read("k", (I0,))]),
    "target dropped": (whole(5), (P0 - 1,), A0**3, [Read("u", (I0,))], whole(3), [Read("k", (I0,))]),
    "strided pointer": (whole(3), (I0,), A0**2, [v_at(P0)], whole(3), [Read("k", (2 * I0,))]),
}
PLACES = {"k": np.array([2, 0, 2, 1, 2]), "m": np.array([0, 3, 0, 1, 2])}


@pytest.mark.parametrize("name", POINTED)
def test_derivatives_through_pointers(name):
    domain, target, body, reads, shape, pointers = POINTED[name]
    inputs = {"x": X, "v": V, "u": draw(5, seed=9), **PLACES}
    needed = {r.tensor for r in (*reads, *pointers)}
    inputs = {n: array for n, array in inputs.items() if n in needed}
    wrt = tuple(n for n, array in inputs.items() if array.dtype.kind == "f")
    check(comprehension(domain, target, body, reads, shape, pointers), inputs, wrt)


def test_an_index_that_only_a_pointer_uses_stays_in_the_domain():
    built = comprehension(whole(5), (), A0, [v_at(P0)], (), [Read("k", (I0,))])
    program = program_of(built, v=V, k=PLACES["k"])
    assert_near(at_once(program, {"v": V, "k": PLACES["k"]}, "out"), V[PLACES["k"]].sum())


def test_no_derivative_passes_a_detached_read():
    reads = [x_at(I0, I1), x_at(I0, I1, detached=True)]
    definition = comprehension(whole(3, 4), (I0,), A0 * A1, reads, whole(3))
    program = program_of(definition, x=X)
    derivation = reverse(program, "out", ["x"])
    told = {"x": X, derivation.cotangent: np.array([1.0, 2.0, 3.0])}
    assert_near(at_once(derivation.adjoint, told, derivation.gradients["x"]), X * np.array([[1.0], [2.0], [3.0]]))
    pushed, tangent = forward(program, "out", {"x": "v"})
    assert_near(at_once(pushed, {"x": X, "v": np.ones(X.shape)}, tangent), X.sum(1))
    # The Hessian of x·detach(x): the factor that is left is itself detached.
    assert reverse(derivation.adjoint, derivation.gradients["x"], ["x"]).gradients["x"] is None


def test_what_is_wholly_detached_has_no_derivative_at_all():
    program = program_of(comprehension(whole(4), (I0,), A0**2, [v_at(I0, detached=True)], whole(4)), v=V)
    assert reverse(program, "out", ["v"]).gradients["v"] is None
    assert forward(program, "out", {"v": "t"})[1] is None


def test_a_dropped_target_carries_no_infinite_slope():
    v = np.array([0.0, 1.0, 4.0, 9.0])
    program = program_of(comprehension(whole(4), (I0 - 1,), sqrt(A0), [v_at(I0)], whole(4)), v=v)
    derivation = reverse(program, "out", ["v"])
    told = {"v": v, derivation.cotangent: np.ones(4)}
    for arithmetic in (Float64(), Balls(113)):
        found = evaluate(derivation.adjoint, told, [derivation.gradients["v"]], arithmetic)
        values = estimate(found[derivation.gradients["v"]]).value
        assert_near(values, [0, 1 / 2, 1 / 4, 1 / 6])


def test_padding_carries_no_infinite_tangent():
    v = np.array([1.0, 4.0])
    read = v_at(I0 - 1, fill=Integer(0))
    program = program_of(comprehension(whole(3), (I0,), sqrt(A0), [read], whole(3)), v=v)
    pushed, tangent = forward(program, "out", {"v": "t"})
    for arithmetic in (Float64(), Balls(113)):
        found = evaluate(pushed, {"v": v, "t": np.ones(2)}, [tangent], arithmetic)[tangent]
        assert_near(estimate(found).value, [0, 1 / 2, 1 / 4])
