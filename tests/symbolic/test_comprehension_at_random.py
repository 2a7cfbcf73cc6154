"""Derivatives of comprehensions that nobody thought of."""

import pytest
from derivatives import A0, A1, A2, I0, V, X, check, v_at, whole
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loops import assert_near, loops, program_of, slopes
from sympy import Integer, Ne, Piecewise, cos, exp, log, sin

from verifier.symbolic.comprehension import Comprehension, Read, comprehension, index

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
