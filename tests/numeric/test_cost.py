"""What the definitions that are no sums over indices are said to cost."""

import pytest
from sympy import Integer, Symbol

from verifier.numeric.cost import work
from verifier.symbolic.assembly import Part, assembly
from verifier.symbolic.product import Product
from verifier.symbolic.program import Builder
from verifier.symbolic.recurrence import Recurrence
from verifier.symbolic.region import Region, whole
from verifier.symbolic.reshape import Reshape
from verifier.symbolic.selection import RunningArgmax
from verifier.symbolic.strided import Accumulated, Strided

n = Symbol("n", integer=True, positive=True)
MATRIX = (n, Integer(4))
COSTS = [
    (Reshape("x", (4 * n,)), 0),
    (Strided("x", Region(0, (7, 5), (0, 1))), 0),
    (assembly((12,), [Part(whole((12,)), "x")]), 0),
    (Accumulated("x", Region(0, (7, 5), (0, 1)), (Integer(5),)), 35),
    (Recurrence("x", MATRIX), 12),
    (Recurrence("x", MATRIX, "x"), 12),
    (RunningArgmax("x", MATRIX), 12),
    (Product("x", (n,), Integer(4)), 12),
]


@pytest.mark.parametrize(("definition", "expected"), COSTS, ids=[type(d).__name__ for d, _ in COSTS])
def test_costs(definition, expected):
    builder = Builder()
    builder.give("x", MATRIX)
    builder.define(definition, "out")
    assert work(builder.build(), ["out"], {n: 3}) == expected
