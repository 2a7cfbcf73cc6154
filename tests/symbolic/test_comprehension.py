"""Derivatives of comprehensions against loops and differences, against each other, and of second order."""

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loops import assert_near, loops, program_of, slopes
from sympy import Abs, Eq, Integer, Max, Ne, Piecewise, Symbol, cos, exp, floor, log, sin, sqrt, tanh

from verifier.numeric.balls import Balls, estimate
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.in_torch import InTorch
from verifier.symbolic.comprehension import Comprehension, Read, comprehension, index, pointer, value
from verifier.symbolic.derivative import forward, reverse
from verifier.symbolic.kinks import spelled_out
from verifier.symbolic.program import Builder

I0, I1, I2 = (index(k) for k in range(3))
A0, A1, A2 = (value(k) for k in range(3))
P0, P1 = pointer(0), pointer(1)


ZERO_TIMES_INFINITY = pytest.mark.xfail(
    strict=True, reason="where the body has an infinite slope, the zero outside of a tensor times infinity is NaN"
)


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
            return (cotangent * loops(program, held(definition, inputs, name, moved), "out")).sum()

        assert_near(gradient, slopes(scalar, inputs[name]))
        inner += (gradient * tangents[name]).sum()
    pushed, tangent = forward(program, "out", {name: f"v_{name}" for name in wrt})
    along = {**inputs, **{f"v_{name}": v for name, v in tangents.items()}}
    jvp = at_once(pushed, along, tangent) if tangent else np.zeros(out.shape)
    assert_near((cotangent * jvp).sum(), inner, 1e-11)
    if second:
        check_second(derivation, told, wrt[0])


def held(definition, inputs, name, moved):
    """Inputs with one of them moved; detached reads keep reading what it was, under another name (see `split`)."""
    return {**inputs, name: moved}


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


@ZERO_TIMES_INFINITY
def test_a_dropped_target_carries_no_infinite_slope():
    v = np.array([0.0, 1.0, 4.0, 9.0])
    program = program_of(comprehension(whole(4), (I0 - 1,), sqrt(A0), [v_at(I0)], whole(4)), v=v)
    derivation = reverse(program, "out", ["v"])
    told = {"v": v, derivation.cotangent: np.ones(4)}
    for arithmetic in (Float64(), Balls(113)):
        found = evaluate(derivation.adjoint, told, [derivation.gradients["v"]], arithmetic)
        values = estimate(found[derivation.gradients["v"]]).value
        assert_near(values, [0, 1 / 2, 1 / 4, 1 / 6])


@ZERO_TIMES_INFINITY
def test_padding_carries_no_infinite_tangent():
    v = np.array([1.0, 4.0])
    read = v_at(I0 - 1, fill=Integer(0))
    program = program_of(comprehension(whole(3), (I0,), sqrt(A0), [read], whole(3)), v=v)
    pushed, tangent = forward(program, "out", {"v": "t"})
    for arithmetic in (Float64(), Balls(113)):
        found = evaluate(pushed, {"v": v, "t": np.ones(2)}, [tangent], arithmetic)[tangent]
        assert_near(estimate(found).value, [0, 1 / 2, 1 / 4])


# Canonical form


def test_equal_reads_are_one():
    built = comprehension(whole(4), (), A0 * A1, [v_at(I0), v_at(I0)], ())
    assert built.reads == (v_at(I0),) and built.body == A0**2


def test_unused_reads_and_pointers_are_gone():
    built = comprehension(whole(4), (), A1, [v_at(P0), v_at(I0)], (), [Read("k", (I0,))])
    assert built.reads == (v_at(I0),) and built.pointers == () and built.body == A0


def test_an_unused_index_becomes_a_factor():
    n = Symbol("n")
    built = comprehension((n, Integer(4)), (I1,), A0, [v_at(I1)], whole(4))
    assert built.domain == whole(4) and built.target == (I0,) and built.body == n * A0


def test_the_order_of_reads_does_not_matter():
    one = comprehension(whole(3, 4), (I0,), A0 * exp(A1), [x_at(I0, I1), v_at(I1)], whole(3))
    other = comprehension(whole(3, 4), (I0,), A1 * exp(A0), [v_at(I1), x_at(I0, I1)], whole(3))
    assert one == other


def test_the_same_definition_twice_is_one_tensor():
    builder = Builder()
    builder.give("v", (4,))
    definition = comprehension(whole(4), (I0,), A0**2, [v_at(I0)], whole(4))
    again = comprehension(whole(4), (I0,), A0**2, [v_at(I0)], whole(4))
    assert builder.define(definition, "p") == builder.define(again, "q") == "p"


def test_two_equal_contributions_both_count():
    builder = Builder()
    builder.give("v", (4,))
    square = builder.define(comprehension(whole(4), (I0,), A0**2, [v_at(I0)], whole(4)), "square")
    both = [Read(square, (I0,)), Read(square, (I0,))]
    builder.define(comprehension(whole(4), (), A0 + A1, both, ()), "out")
    program = builder.build()
    derivation = reverse(program, "out", ["v"])
    told = {"v": V, derivation.cotangent: np.array(1.0)}
    assert_near(at_once(derivation.adjoint, told, derivation.gradients["v"]), 4 * V)


def test_a_tensor_used_in_several_places_gets_the_sum():
    builder = Builder()
    builder.give("v", (4,))
    e = builder.define(comprehension(whole(4), (I0,), exp(A0), [v_at(I0)], whole(4)), "e")
    s = builder.define(comprehension(whole(4), (), A0, [Read(e, (I0,))], ()), "s")
    softmax = comprehension(whole(4), (I0,), A0 / A1, [Read(e, (I0,)), Read(s, ())], whole(4))
    builder.define(softmax, "out")
    program = builder.build()
    derivation = reverse(program, "out", ["v"])
    cotangent = np.array([1.0, -2.0, 0.5, 3.0])
    told = {"v": V, derivation.cotangent: cotangent}
    p = np.exp(V) / np.exp(V).sum()
    assert_near(at_once(derivation.adjoint, told, derivation.gradients["v"]), p * (cotangent - (p * cotangent).sum()))
    check_second(derivation, told, "v")


def test_an_input_without_a_path_has_no_gradient():
    program = program_of(comprehension(whole(4), (), A0, [v_at(I0)], ()), v=V, x=X)
    assert reverse(program, "out", ["x", "v"]).gradients["x"] is None
    assert forward(program, "out", {"x": "t"})[1] is None


def test_the_output_may_be_an_input_itself():
    builder = Builder()
    builder.give("v", (4,))
    derivation = reverse(builder.build(), "v", ["v"])
    assert derivation.gradients == {"v": derivation.cotangent}


def test_the_cotangent_finds_a_free_name():
    program = program_of(comprehension(whole(4), (), A0, [Read("cotangent", (I0,))], ()), cotangent=V)
    derivation = reverse(program, "out", ["cotangent"])
    assert derivation.cotangent == "cotangent_2"
    told = {"cotangent": V, "cotangent_2": np.array(3.0)}
    assert_near(at_once(derivation.adjoint, told, derivation.gradients["cotangent"]), np.full(4, 3.0))


# Anything at all

BODIES = [
    A0 * A1,
    A0**2 * A1,
    A0 * A1 * A2,
    A0 + A1 * A2,
    exp(A0 / 2) * A1,
    sin(A0 + A1),
    A0 / (2 + A1**2),
    A0 * (I0 + 1) + A1,
    Piecewise((A0**2, I0 > 1), (A0 * A1, True)),
    Piecewise((A0 * A2, Ne(I0, 1)), (cos(A1), True)),
    log(3 + A0**2) * A1 * 3 / 7,
    2 * A0,
]


@st.composite
def places(draw, order, axes):
    """Affine index expressions, one for each axis."""
    indices = [index(k) for k in range(order)]
    small = st.integers(-2, 2)
    return tuple(
        sum((draw(small) * i for i in indices), Integer(draw(st.integers(-1, 3))))
        if draw(st.booleans())
        # What programs mostly hold: a bare index, or a constant.
        else draw(st.sampled_from([*indices, Integer(0)]))
        for _ in range(axes)
    )


@st.composite
def comprehensions(draw):
    order = draw(st.integers(1, 3))
    domain = whole(*(draw(st.integers(1, 4)) for _ in range(order)))
    tensors = [("x", 2), ("v", 1), ("x", 2)]
    reads = [
        Read(name, draw(places(order, axes)), Integer(draw(st.sampled_from([0, 1]))))
        for name, axes in (draw(st.sampled_from(tensors)) for _ in range(3))
    ]
    axes = draw(st.integers(0, 2))
    target = draw(places(order, axes))
    shape = whole(*(draw(st.integers(1, 5)) for _ in range(axes)))
    body = draw(st.sampled_from(BODIES))
    return comprehension(domain, target, body, reads, shape)


@settings(max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(comprehensions())
def test_derivatives_at_random(definition):
    needed = [name for name in ("x", "v") if name in definition.operands] or ["v"]
    check(definition, {name: {"x": X, "v": V}[name] for name in needed}, tuple(needed))


def test_the_oracle_itself_sees_a_wrong_gradient():
    wrong = Comprehension(whole(4), (I0,), 2 * A0, (v_at(I0),), whole(4))
    assert_near(loops(program_of(wrong, v=V), {"v": V}, "out"), 2 * V)
    with pytest.raises(AssertionError):
        assert_near(slopes(lambda v: (v**2).sum(), V), 2.0001 * V)
