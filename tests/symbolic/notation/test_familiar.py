"""Softmax by its name: written where it is meant, and whatever is written has the value of the program."""

import numpy as np
import pytest
from sympy import HadamardProduct, MatrixSymbol, exp, log, symbols

from verifier import derive, logsumexp, softmax, total
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.notation import render

n = symbols("n", integer=True, positive=True)
x, y, G = (MatrixSymbol(name, n, 1) for name in "xyG")
X = MatrixSymbol("X", n, 4)

exps = x.applyfunc(exp)

NAMED = [
    (logsumexp(x), "softmax(x)"),
    (logsumexp(x) - (y.T * x)[0], "softmax(x) − y"),
    (-(y.T * softmax(x).applyfunc(log))[0], "total(y)·softmax(x) − y"),
    (softmax(x), "G ∘ softmax(x) − (Gᵀ·softmax(x))·softmax(x)"),
    (log(total(exps)), "softmax(x)"),
    (logsumexp(2 * x), None),
]

NOT_NAMED = [
    log(total(y.applyfunc(exp))) * total(exps),
    total(HadamardProduct(exps, exps)) / total(exps),
    total(exps) / total(y.applyfunc(exp)) + total(HadamardProduct(exps, y)) / total(exps) ** 2,
    total(X.applyfunc(exp)) * log(total(exps)),
]


def both(formula):
    """The gradient by x from its closed form, and from the program that the closed form was found for."""
    told = formula_of(formula)
    derivation = reverse(told.program, told.output, ["x"])
    generator = np.random.default_rng(0)
    shapes = {
        name: [3 if extent == n else int(extent) for extent in shape] for name, shape in derivation.adjoint.inputs
    }
    arrays = {name: generator.standard_normal(shape) for name, shape in shapes.items()}
    if shapes[derivation.cotangent] == [1, 1] or not shapes[derivation.cotangent]:
        arrays[derivation.cotangent] = np.ones(shapes[derivation.cotangent])
    tensor = derivation.gradients["x"]
    truth = evaluate(derivation.adjoint, arrays, [tensor], Float64())[tensor]
    closed = formula_of(derive(formula, x), told.symbols)
    arrays["G"] = arrays[derivation.cotangent]
    inputs = {name: arrays[name] for name, _ in closed.program.inputs}
    return evaluate(closed.program, inputs, [closed.output], Float64())[closed.output], truth


@pytest.mark.parametrize(("formula", "written"), NAMED, ids=lambda part: str(part)[:40])
def test_softmax_is_written_where_it_is_meant(formula, written):
    if written is not None:
        assert render(derive(formula, x)).plain == written
    told, truth = both(formula)
    np.testing.assert_allclose(told, truth, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("formula", NOT_NAMED, ids=lambda formula: str(formula)[:40])
def test_the_value_is_right_whatever_is_written(formula):
    told, truth = both(formula)
    np.testing.assert_allclose(told, truth, rtol=1e-12, atol=1e-14)
