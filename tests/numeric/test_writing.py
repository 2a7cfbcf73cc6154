"""Writes by strides against a loop over all terms, for targets that nobody thought of."""

import itertools

import numpy as np
import pytest
from derivatives import I0, I1, at_once, draw, whole
from hypothesis import given, settings
from hypothesis import strategies as st
from loops import assert_near, program_of
from sympy import Integer, floor

from verifier.numeric.affine import Affine
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.overlap import MOST_STEPS, fixing, pinned
from verifier.numeric.writing import write_for
from verifier.symbolic.comprehension import Read, comprehension, index, value
from verifier.symbolic.region import Region


def scattered(target, domain, terms, shape):
    """Every term added at its target, those outside dropped."""
    out = np.zeros(shape)
    for at in itertools.product(*map(range, domain)):
        place = tuple(p.offset + sum(s * i for s, i in zip(p.steps, at, strict=True)) for p in target)
        if all(0 <= k < n for k, n in zip(place, shape, strict=True)):
            out[place] += terms[at]
    return out


def written(target, domain, terms, shape):
    """The same by a comprehension, in all arithmetics."""
    expressions = [p.offset + sum((s * index(k) for k, s in enumerate(p.steps)), Integer(0)) for p in target]
    read = Read("x", tuple(index(k) for k in range(len(domain))))
    definition = comprehension(whole(*domain), expressions, value(0), [read], whole(*shape))
    return at_once(program_of(definition, x=terms), {"x": terms}, "out")


@st.composite
def targets(draw):
    order, axes = draw(st.integers(1, 4)), draw(st.integers(0, 3))
    domain = tuple(draw(st.integers(1, 4)) for _ in range(order))
    step = st.sampled_from([0, 0, 1, 1, -1, 2, 3, 4, -4, 12])
    target = [Affine(draw(st.integers(-3, 5)), tuple(draw(step) for _ in domain)) for _ in range(axes)]
    return target, domain, tuple(draw(st.integers(1, 12)) for _ in range(axes))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(targets())
def test_writes_are_scatters(case):
    target, domain, shape = case
    terms = draw(*domain)
    assert_near(written(target, domain, terms, shape), scattered(target, domain, terms, shape), 1e-12)


@pytest.mark.parametrize(
    ("target", "shape", "domain"),
    [
        ([(0, (4, 1))], (12,), (3, 4)),
        ([(0, (1, 3))], (12,), (3, 4)),
        ([(0, (12, 4, 1))], (24,), (2, 3, 4)),
        ([(0, (1, 0, 0)), (0, (0, 4, 1))], (2, 12), (2, 3, 4)),
        ([(0, (0, 0, 1)), (0, (3, 1, 0))], (4, 6), (2, 3, 4)),
        ([(0, (1, 0)), (0, (0, 1))], (3, 4), (3, 4)),
        ([], (), ()),
    ],
    ids=str,
)
def test_a_reshape_of_the_terms_needs_no_buffer(target, shape, domain):
    write = write_for([Affine(*place) for place in target], shape, domain)
    assert write.fixed == () and write.covering is not None


@pytest.mark.parametrize(
    ("target", "shape", "domain", "fixed"),
    [
        ([(0, (5, 1))], (15,), (3, 4), ()),
        ([(2, (-1, 0)), (0, (0, 2))], (3, 8), (3, 4), ()),
        ([(0, (1,)), (0, (1,))], (3, 3), (3,), ()),
        ([(-1, (1, 1))], (30,), (30, 3), (1,)),
        ([(0, (2, 1))], (30,), (12, 3), (1,)),
        ([(0, (1, 0, 1, 0)), (0, (0, 1, 0, 1))], (12, 12), (10, 10, 3, 3), (2, 3)),
    ],
    ids=str,
)
def test_few_indices_are_fixed(target, shape, domain, fixed):
    write = write_for([Affine(*place) for place in target], shape, domain)
    assert tuple(write.indices[axis] for axis in write.fixed) == fixed
    assert write.covering is None


def test_too_many_steps_and_too_large_a_box_are_left_to_a_scatter():
    many = MOST_STEPS + 1
    assert write_for([Affine(0, (1, 1))], (2 * many,), (many, many)) is None
    assert write_for([Affine(0, (10**6,))], (3,), (3,)) is None
    assert write_for([Affine(10**9, (1,))], (3,), (3,)) is None
    assert_near(written([Affine(0, (10**6,))], (3,), draw(3), (3,)), [draw(3)[0], 0, 0])


REGIONS = [
    Region(0, (3, 4), (4, 1)),
    Region(3, (3, 3), (1, 1)),
    Region(0, (2, 3), (3, 2)),
    Region(20, (3, 3, 2), (-4, 2, 1)),
    Region(0, (2, 2, 2, 2), (1, 2, 3, 4)),
    Region(1, (1, 5), (0, 1)),
]


@pytest.mark.parametrize("region", REGIONS, ids=str)
def test_pinned_regions_name_the_same_places_and_none_twice(region):
    parts = [part.places().ravel() for _, part in pinned(region, fixing(region))]
    assert all(len(set(part)) == len(part) for part in parts)
    assert sorted(np.concatenate(parts)) == sorted(region.places().ravel())


def test_the_cheapest_indices_are_fixed():
    assert fixing(Region(0, (100, 3), (1, 1))) == (1,)
    assert fixing(Region(0, (3, 100), (1, 1))) == (0,)
    assert fixing(Region(0, (100, 2, 2), (2, 1, 1))) in [(1,), (2,)]
    assert fixing(Region(0, (100, 3, 50), (1000, 1, 1))) == (1,)


def test_what_is_not_written_by_strides_is_scattered():
    """floor(i/2) has no strides; the terms of pairs are added up."""
    definition = comprehension(whole(6, 2), (floor(I0 / 2), I1), value(0), [Read("x", (I0, I1))], whole(3, 2))
    x = draw(6, 2)
    assert_near(at_once(program_of(definition, x=x), {"x": x}, "out"), x.reshape(3, 2, 2).sum(1))


def test_inputs_are_not_written_to():
    """Where the terms are the tensor the result may be a view of an input, and is never changed."""
    x = draw(3, 4)
    kept = x.copy()
    plain = comprehension(whole(3, 4), (4 * I0 + I1,), value(0), [Read("x", (I0, I1))], whole(12))
    taps = comprehension(whole(12, 3), (I0 + I1,), value(0), [Read("y", (I0,))], whole(14))
    program = program_of(plain, x=x)
    flat = evaluate(program, {"x": x}, ["out"], Float64())["out"]
    evaluate(program_of(taps, y=flat), {"y": flat}, ["out"], Float64())
    assert np.array_equal(x, kept)


def test_the_oracle_sees_a_term_that_is_dropped():
    target, domain, shape = [Affine(-1, (1, 1))], (3, 3), (4,)
    terms = draw(3, 3)
    spoiled = terms.copy()
    spoiled[2, 2] = 0
    with pytest.raises(AssertionError):
        assert_near(written(target, domain, spoiled, shape), scattered(target, domain, terms, shape), 1e-12)
