"""No wrong form survives: random sums over indices and random matrix formulas, compared with their programs."""

from __future__ import annotations

from functools import reduce
from operator import add, mul

from gradients import check, gradients, m, n
from hypothesis import given, settings
from hypothesis import strategies as st
from random_matrices import SHAPES, SYMBOLS, matrices
from sympy import (
    Abs,
    HadamardProduct,
    IndexedBase,
    Integer,
    KroneckerDelta,
    MatrixSymbol,
    Piecewise,
    Symbol,
    Trace,
    exp,
    sin,
    sqrt,
    tanh,
)

from verifier.symbolic.comprehension import Read, comprehension, index, value
from verifier.symbolic.language import total
from verifier.symbolic.notation import closed_form, render
from verifier.symbolic.program import Builder

ALL = settings(max_examples=150, deadline=None)
AXES = [n, m, Integer(1), Integer(2), 2 * n]
#: All of them keep moderate numbers moderate.
FUNCTIONS = [
    *(tanh, Abs, sin),
    *(lambda x: 1 / (1 + x**2), lambda x: x**2, lambda x: 2 ** sin(x), lambda x: exp(-(x**2))),
    lambda x: Piecewise((x, x > 1), (0, True)),
]


def symbol_for(name, shape, indexed):
    """The symbol of an input: a scalar, a matrix, or an IndexedBase."""
    if not shape:
        return Symbol(name, real=True)
    return MatrixSymbol(name, *shape) if len(shape) == 2 and not indexed else IndexedBase(name, shape=shape)


@st.composite
def sums_over_indices(draw):
    """A program of one or two comprehensions over a few tensors, and what its inputs are."""
    builder, symbols, indexed = Builder(), {}, draw(st.booleans())
    known = []
    for name in "ABCD"[: draw(st.integers(1, 4))]:
        shape = tuple(draw(st.lists(st.sampled_from(AXES), max_size=3 if draw(st.booleans()) else 2)))
        known.append((builder.give(name, shape), shape))
        symbols[name] = symbol_for(name, shape, indexed)
    for name in ["s", "t"][: draw(st.integers(1, 2))]:
        definition = draw(comprehensions(known))
        known.append((builder.define(definition, name), definition.shape))
    return builder.build(), known[-1][0], symbols


@st.composite
def comprehensions(draw, known):
    """A sum of products of scalar functions of entries of known tensors."""
    domain = draw(st.lists(st.sampled_from(AXES), max_size=4))
    reads, terms = [], []
    for _ in range(draw(st.integers(1, 2))):
        factors = []
        for _ in range(draw(st.integers(1, 4))):
            tensor, shape = draw(st.sampled_from(known))
            at = tuple(draw(positions(domain, extent)) for extent in shape)
            fill = None
            if at and draw(st.integers(0, 9)) == 0:
                at, fill = (draw(offsets(domain)), *at[1:]), draw(st.sampled_from([Integer(0), Integer(1)]))
            factors.append(value(len(reads)))
            reads.append(Read(tensor, at, fill, draw(st.integers(0, 9)) == 0))
        factors = [draw(st.sampled_from(FUNCTIONS))(f) if draw(st.integers(0, 3)) == 0 else f for f in factors]
        together = reduce(add if draw(st.integers(0, 3)) == 0 else mul, factors)
        terms.append(draw(st.sampled_from([1, 2, -1, n])) * together)
    if draw(st.integers(0, 7)) == 0 and len(domain) > 1:
        terms[0] *= KroneckerDelta(index(0), index(1))
    axes = draw(st.lists(st.sampled_from(AXES), max_size=2))
    target = tuple(draw(positions(domain, extent)) for extent in axes)
    if axes and draw(st.integers(0, 7)) == 0:
        target = (draw(offsets(domain)), *target[1:])
    if domain and draw(st.integers(0, 9)) == 0:
        terms[0] *= index(0) + 1
    return comprehension(domain, target, reduce(add, terms), reads, axes)


def offsets(domain):
    """Positions that may lie outside of an axis."""
    along = [index(k) for k in range(len(domain))]
    shifted = [e for i in along for e in (i + 1, i - 1, 2 * i, 1 - i)] + [i + j for i in along for j in along]
    return st.sampled_from([*shifted, Integer(1)])


def positions(domain, extent):
    """Indices of the domain that run along an axis or one half of it, and a fixed position."""
    along = [index(k) for k, other in enumerate(domain) if other == extent]
    along += [index(k) + start for k, other in enumerate(domain) if 2 * other == extent for start in (0, other)]
    return st.sampled_from([*along, *along, Integer(0)] if along else [Integer(0)])


@given(sums_over_indices())
@ALL
def test_random_sums_over_indices(case):
    program, tensor, symbols = case
    form = closed_form(program, tensor, symbols)
    check(program, tensor, form)
    render(form)


def test_a_read_that_begins_elsewhere_is_no_whole_axis():
    """It leaves a padded axis of the index's own length; found at random once."""
    builder = Builder()
    column = builder.give("B", (Integer(2), n))
    read = Read(column, (index(0) + 1, Integer(0)), fill=Integer(0))
    builder.define(comprehension((Integer(2),), (), tanh(value(0)), [read], ()), "s")
    program = builder.build()
    check(program, "s", closed_form(program, "s", {"B": MatrixSymbol("B", 2, n)}))


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_gradients_of_random_matrix_formulas(data):
    shape = data.draw(st.sampled_from(SHAPES))
    matrix = data.draw(matrices(shape, 2))
    kind = data.draw(st.sampled_from(["total", "trace", "norm", "itself"]))
    formula = {"total": total, "norm": lambda e: sqrt(total(HadamardProduct(e, e))), "itself": lambda e: e}.get(
        kind, lambda e: Trace(e * e.T)
    )(matrix)
    if formula.free_symbols & set(SYMBOLS):
        for form in gradients(formula).values():
            if form is not None:
                render(form)
