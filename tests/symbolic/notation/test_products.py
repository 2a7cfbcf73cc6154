"""Products of all factors but some: their entries by definition, and their derivatives by each other."""

from itertools import product
from math import prod

import numpy as np
import pytest
from by_definition import value
from sympy import IndexedBase, Sum, symbols
from sympy import Product as ProductOver

from verifier.symbolic.derivative import forward, reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.notation import closed_form
from verifier.symbolic.notation.products import OtherFactors, with_other_factors
from verifier.symbolic.product import Product
from verifier.symbolic.program import Builder

m, k = symbols("m k", integer=True, positive=True)
SIZES = {"m": 2, "k": 3}
FACTORS = {"with a zero": [[2.0, 0.0, 3.0], [5.0, 7.0, 0.5]], "with two": [[0.0, 0.0, 3.0], [1.0, 2.0, 4.0]]}


def program_of(left_out):
    builder = Builder()
    builder.give("x", (m, k))
    builder.define(OtherFactors("x", (m,), k, left_out), "others")
    return builder.build()


def entries(program, tensor, factors, **more):
    symbols = {name: IndexedBase(name, shape=shape) for name, shape in program.inputs}
    env = {**SIZES, "x": np.array(factors), **more}
    shape = [int(value(extent, env)) for extent in program.shapes[tensor]]
    return np.reshape(np.asarray(value(closed_form(program, tensor, symbols), env), dtype=float), shape)


def by_definition(factors, left_out):
    """The products of the factors that are not left out, 0 where one is left out twice."""
    found = np.zeros((2, *[3] * left_out))
    for b, *places in product(range(2), *[range(3)] * left_out):
        if len(set(places)) == left_out:
            found[(b, *places)] = prod(factors[b][j] for j in range(3) if j not in places)
    return found


@pytest.mark.parametrize("name", FACTORS)
@pytest.mark.parametrize("left_out", range(4))
def test_entries(left_out, name):
    found = entries(program_of(left_out), "others", FACTORS[name])
    np.testing.assert_allclose(found, by_definition(FACTORS[name], left_out))


@pytest.mark.parametrize("left_out", range(3))
def test_derivatives_leave_one_more_out(left_out):
    factors = np.array(FACTORS["with a zero"])
    fewer = by_definition(factors, left_out + 1)
    moved = np.random.default_rng(0).normal(size=(2, 3))
    program, tangent = forward(program_of(left_out), "others", {"x": "moving"})
    expected = np.einsum("b...l,bl->b...", fewer, moved)
    np.testing.assert_allclose(entries(program, tangent, factors, moving=moved), expected, atol=1e-12)
    derivation = reverse(program_of(left_out), "others", ["x"])
    cotangent = np.random.default_rng(1).normal(size=fewer.shape[:-1])
    found = entries(derivation.adjoint, derivation.gradients["x"], factors, **{derivation.cotangent: cotangent})
    expected = (cotangent[..., None] * fewer).sum(axis=tuple(range(1, left_out + 1)))
    np.testing.assert_allclose(found, expected, atol=1e-12)


def test_only_the_products_of_a_program_are_written_anew():
    x = IndexedBase("x", shape=(k,))
    i = symbols("i", integer=True)
    program = formula_of(ProductOver(x[i], (i, 0, k - 1)) + Sum(x[i], (i, 0, k - 1))).program
    anew = with_other_factors(program)
    assert anew.inputs == program.inputs and anew.shapes == program.shapes
    pairs = zip(program.definitions, anew.definitions, strict=True)
    ((old, new),) = [(old, new) for (_, old), (_, new) in pairs if old != new]
    assert isinstance(old, Product) and new == OtherFactors(old.factors, old.shape, old.extent)
