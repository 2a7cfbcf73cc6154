"""The cost of an evaluation in balls is predicted well enough to choose by, for every kind of definition."""

import time
from itertools import pairwise

import numpy as np
import pytest
import sympy
from sympy import (
    Determinant,
    IndexedBase,
    Integer,
    Lambda,
    MatrixSymbol,
    Max,
    Product,
    Symbol,
    besselj,
    erf,
    symbols,
    tanh,
)

from verifier import softmax
from verifier.numeric.balls import Balls
from verifier.numeric.cost import CONTRACTED, work
from verifier.numeric.evaluate import evaluate
from verifier.symbolic.assembly import Part, assembly
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.program import Builder, bind_extents
from verifier.symbolic.recurrence import Recurrence
from verifier.symbolic.region import Region, whole
from verifier.symbolic.reshape import Reshape
from verifier.symbolic.selection import RunningArgmax
from verifier.symbolic.strided import Accumulated, Strided

t = Symbol("t", real=True)
j, n = symbols("j n", integer=True)
m = Symbol("m", integer=True, positive=True)
MATRIX = (m, Integer(4))
MOVES = [
    (Reshape("x", (4 * m,)), 0),
    (Strided("x", Region(0, (7, 5), (0, 1))), 0),
    (assembly((12,), [Part(whole((12,)), "x")]), 0),
    (Accumulated("x", Region(0, (7, 5), (0, 1)), (Integer(5),)), 35),
    (Recurrence("x", MATRIX), 12),
    (Recurrence("x", MATRIX, "x"), 12),
    (RunningArgmax("x", MATRIX), 12),
]


@pytest.mark.parametrize(("definition", "expected"), MOVES, ids=[type(d).__name__ for d, _ in MOVES])
def test_moves_are_free_and_running_ones_cost_an_operation_an_entry(definition, expected):
    builder = Builder()
    builder.give("x", MATRIX)
    builder.define(definition, "out")
    assert work(builder.build(), ["out"], {m: 3}) == expected


def entrywise(body, size):
    return MatrixSymbol("x", size, 1).applyfunc(Lambda(t, body))


def square(size, name="A"):
    return MatrixSymbol(name, size, size)


#: Formulas by their size, each a few milliseconds or more in balls.
KINDS = {
    "a polynomial": (lambda size: entrywise(t**3 + 2 * t, size), 3000),
    "conditions": (lambda size: entrywise(Max(t, 0), size), 2000),
    "error function": (lambda size: entrywise(erf(t), size), 2000),
    "Bessel function": (lambda size: entrywise(besselj(1, t), size), 1000),
    "softmax": (lambda size: softmax(MatrixSymbol("x", size, 1)), 2000),
    "matrix product": (lambda size: square(size) * square(size, "B"), 60),
    "layer": (lambda size: (square(size) * square(size, "B")).applyfunc(tanh), 60),
    "inverse": (lambda size: square(size).inv(), 16),
    "matrix exponential": (lambda size: sympy.exp(square(size)), 14),
    "matrix power": (lambda size: square(size) ** 7, 20),
    "determinant": (lambda size: Determinant(square(size)), 30),
    "product": (lambda size: Product(IndexedBase("x", shape=(n,))[j], (j, 0, n - 1)), 80),
}


def gradient(kind, size):
    """The program of a gradient, numbers for its inputs, and the tensors that are wanted."""
    formula = formula_of(KINDS[kind][0](size))
    names = [name for name in formula.program.shapes if name in ("x", "A", "B")]
    derivation = reverse(formula.program, formula.output, dict.fromkeys(names))
    random = np.random.default_rng(0)
    shapes = {name: derivation.adjoint.shapes[name] for name in (*names, derivation.cotangent)}
    inputs = {
        name: random.standard_normal([int(s.subs(n, size)) for s in shape]) / np.sqrt(max(1, len(shape)))
        for name, shape in shapes.items()
    }
    return derivation.adjoint, inputs, [derivation.output, *(g for g in derivation.gradients.values() if g)]


def predicted(kind, size, contracted=CONTRACTED):
    program, inputs, wanted = gradient(kind, size)
    extents = bind_extents(program, {name: array.shape for name, array in inputs.items()})
    return work(program, wanted, extents, contracted)


def seconds(kind, size):
    program, inputs, wanted = gradient(kind, size)
    times = []
    for _ in range(3):
        began = time.process_time()
        evaluate(program, inputs, wanted, Balls(113))
        times.append(time.process_time() - began)
    return min(times)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "a polynomial"])
def test_a_unit_of_work_takes_about_the_same_time_in_every_kind(kind):
    reference = seconds("a polynomial", 3000) / predicted("a polynomial", 3000)
    size = KINDS[kind][1]
    assert 1 / 8 < seconds(kind, size) / predicted(kind, size) / reference < 8


@pytest.mark.parametrize("kind", KINDS)
def test_no_kind_is_free_and_larger_ones_cost_more(kind):
    sizes = [5, 10, 20, 40]
    costs = [predicted(kind, size) for size in sizes]
    assert all(0 < small < large for small, large in pairwise(costs))
    assert all(predicted(kind, size, contracted=1) >= predicted(kind, size) for size in sizes)
