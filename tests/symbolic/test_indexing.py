"""Indexing by tensors of integers, against NumPy, which has the same rules."""

import numpy as np
import pytest
from sympy import Integer

from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.symbolic.indexing import added_at, indexed, read_at, written_at
from verifier.symbolic.lowering import Lowering
from verifier.symbolic.program import Builder
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import named

ALL = slice(None)
ONE, TWO, COLUMN = np.array([2, 0, -1]), np.array([1, 1, 0]), np.array([[1], [-2]])
INDICES = [
    (ONE,),
    (ALL, ONE),
    (ONE, TWO),
    (ALL, ONE, TWO),
    (ONE, ALL, TWO),
    (ONE, COLUMN),
    (ALL, COLUMN, ALL, TWO),
    (ALL, ALL, COLUMN),
    (ONE, COLUMN, TWO, ONE),
]


def program(indices, shape):
    builder = Builder()
    builder.give("x", tuple(map(Integer, shape)))
    given, tensors = {}, []
    for position, index in enumerate(indices):
        if isinstance(index, slice):
            tensors.append(None)
            continue
        name = f"index {position}"
        builder.give(name, tuple(map(Integer, index.shape)))
        given[name] = index
        tensors.append(named(name, index.shape))
    return builder, Scope(Lowering(builder)), given, tensors


def value(builder, tensor, scope, given):
    name = scope.name(tensor)
    return evaluate(builder.build(), given, [name], Float64())[name]


@pytest.mark.parametrize("indices", INDICES)
def test_what_is_read_added_and_written_is_what_numpy_says(indices):
    x = np.random.default_rng(0).uniform(-1, 1, (3, 3, 3, 3))
    builder, scope, given, tensors = program(indices, x.shape)
    source = named("x", x.shape)
    at = indexed(source.shape, tensors)
    expected = x[indices]
    assert tuple(map(int, at.shape)) == expected.shape
    new = np.random.default_rng(1).uniform(-1, 1, expected.shape)
    builder.give("new", at.shape)
    given = {**given, "x": x, "new": new}
    assert np.array_equal(value(builder, read_at(source, at), scope, given), expected)
    added = np.zeros_like(x)
    np.add.at(added, indices, new)
    found = value(builder, added_at(source.shape, named("new", new.shape), at.place, scope), scope, given)
    assert np.allclose(found, added, rtol=0, atol=1e-15)


def test_what_is_written_stands_in_place_of_what_was_there():
    x, indices = np.arange(6.0).reshape(2, 3), (ALL, np.array([-1, 0]))
    builder, scope, given, tensors = program(indices, x.shape)
    builder.give("new", (Integer(2), Integer(2)))
    new = np.array([[10.0, np.nan], [30.0, 40.0]])
    written = written_at(named("x", x.shape), named("new", (2, 2)), indexed((2, 3), tensors).place, scope)
    x[indices] = new
    found = value(builder, written, scope, {**given, "x": np.arange(6.0).reshape(2, 3), "new": new})
    assert np.array_equal(found, x, equal_nan=True)
