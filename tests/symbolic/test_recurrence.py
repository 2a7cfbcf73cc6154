"""Recurrences against loops of torch operations, in every arithmetic and to second order."""

import time

import numpy as np
import pytest
import torch
from derivatives import at_once, at_once_and_exactly
from loops import assert_near
from sympy import Integer, Symbol, exp, log
from torch_oracle import draw, program_against_torch

from verifier.numeric.degree import degree
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.spread import Noise
from verifier.symbolic.comprehension import Read, comprehension, index, value
from verifier.symbolic.derivative import reverse
from verifier.symbolic.product import Product, exclusive_product
from verifier.symbolic.program import Builder, Program
from verifier.symbolic.recurrence import Recurrence


def whole(shape):
    return tuple(map(Integer, shape))


def apply(builder, body, tensors, shape, name):
    """A tensor that is a function of others of its shape, entry by entry."""
    at = tuple(index(k) for k in range(len(shape)))
    return builder.define(comprehension(whole(shape), at, body, [Read(t, at) for t in tensors], whole(shape)), name)


def program_for(shape, *, factor, backwards=False):
    """The squares of the results of a recurrence whose terms are squares too."""
    builder = Builder()
    given = [builder.give(name, shape) for name in ("a", "b") if factor or name == "b"]
    square = apply(builder, value(0) ** 2, ["b"], shape, "square")
    builder.define(Recurrence(square, whole(shape), "a" if factor else None, backwards), "steps")
    apply(builder, value(0) ** 2, ["steps"], shape, "out")
    assert len(given) == 1 + factor
    return builder.build()


def looped(b, a=None, backwards=False):
    if backwards:
        return looped(b.flip(-1), None if a is None else a.flip(-1)).flip(-1)
    columns = []
    for k in range(b.shape[-1]):
        before = columns[-1] if columns else torch.zeros_like(b[..., 0])
        columns.append((before if a is None else a[..., k] * before) + b[..., k])
    return torch.stack(columns, -1) if columns else b


SHAPES = [(4,), (2, 3), (2, 1, 5), (3, 1), (1,), (0, 3), (2, 0)]


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("factor", [False, True])
@pytest.mark.parametrize("shape", SHAPES, ids=str)
def test_against_a_loop(shape, factor, backwards):
    inputs = {"b": draw(*shape), "a": draw(*shape, seed=1)}
    if not factor:
        del inputs["a"]
    program = program_for(shape, factor=factor, backwards=backwards)

    def function(**tensors):
        return looped(tensors["b"] ** 2, tensors.get("a"), backwards) ** 2 + 0 * sum(t.sum() for t in tensors.values())

    program_against_torch(program, "out", function, inputs, evaluated=at_once_and_exactly)


@pytest.mark.parametrize("zeros", [[], [1], [0, 3], [0, 1, 2, 3]])
def test_cumulative_products_with_zeros(zeros):
    """x[k] times the products before it."""
    builder = Builder()
    builder.give("x", (2, 4))
    before = exclusive_product("x", whole((2, 4)), builder)
    apply(builder, value(0) * value(1), [before, "x"], (2, 4), "out")
    x = draw(2, 4)
    x[0, zeros] = 0
    program_against_torch(
        builder.build(), "out", lambda x: torch.cumprod(x, 1), {"x": x}, evaluated=at_once_and_exactly
    )


def test_cumulative_logarithms_of_sums():
    builder = Builder()
    builder.give("x", (3, 4))
    terms = apply(builder, exp(value(0)), ["x"], (3, 4), "terms")
    sums = builder.define(Recurrence(terms, whole((3, 4))), "sums")
    apply(builder, log(value(0)), [sums], (3, 4), "out")
    program_against_torch(builder.build(), "out", lambda x: torch.logcumsumexp(x, 1), {"x": draw(3, 4)})


def test_the_same_tensor_as_factor_and_term():
    builder = Builder()
    builder.give("x", (2, 4))
    builder.define(Recurrence("x", whole((2, 4)), "x"), "out")
    program_against_torch(
        builder.build(), "out", lambda x: looped(x, x), {"x": draw(2, 4)}, evaluated=at_once_and_exactly
    )


def test_the_first_factor_multiplies_nothing():
    builder = Builder()
    builder.give("b", (3,))
    builder.give("a", (3,))
    builder.define(Recurrence("b", whole((3,)), "a"), "out")
    inputs = {"b": np.array([1.0, 2.0, 3.0]), "a": np.array([np.inf, 2.0, 3.0])}
    assert_near(evaluate(builder.build(), inputs, ["out"], Float64())["out"], [1, 4, 15])


@pytest.mark.parametrize("zeros", [[], [1], [0, 3], [0, 1, 2, 3]])
@pytest.mark.parametrize("shape", [(4,), (2, 4)])
def test_products(shape, zeros):
    builder = Builder()
    builder.give("x", shape)
    builder.define(Product("x", whole(shape[:-1]), Integer(4)), "out")
    x = draw(*shape)
    x[..., zeros] = 0
    program_against_torch(builder.build(), "out", lambda x: x.prod(-1), {"x": x}, evaluated=at_once_and_exactly)


@pytest.mark.parametrize("extent", [0, 1])
def test_products_of_few_factors(extent):
    builder = Builder()
    builder.give("x", (2, extent))
    builder.define(Product("x", whole((2,)), Integer(extent)), "out")
    function = lambda x: x.prod(-1)
    program_against_torch(builder.build(), "out", function, {"x": draw(2, extent)}, evaluated=at_once_and_exactly)


def test_products_of_symbolic_extent():
    n = Symbol("n", integer=True, positive=True)
    builder = Builder()
    builder.give("x", (n,))
    builder.define(Product("x", (), n), "out")
    derivation = reverse(builder.build(), "out", ["x"])
    told = {"x": np.array([2.0, 0.0, 3.0]), derivation.cotangent: np.array(1.0)}
    assert_near(at_once(derivation.adjoint, told, derivation.gradients["x"]), [0, 6, 0])


def test_the_gradient_of_a_product_is_linear_in_its_extent():
    """And so is the Hessian's product with a vector: 5,000 factors take no more than a blink."""
    builder = Builder()
    builder.give("x", (5000,))
    builder.define(Product("x", (), Integer(5000)), "out")
    first = reverse(builder.build(), "out", ["x"])
    second = reverse(first.adjoint, first.gradients["x"], ["x"])
    x, v = np.exp(draw(5000) / 100), draw(5000, seed=1)
    told = {"x": x, first.cotangent: np.array(1.0), second.cotangent: v}
    started = time.perf_counter()
    found = evaluate(second.adjoint, told, [second.gradients["x"]], Float64())[second.gradients["x"]]
    assert time.perf_counter() - started < 2
    assert_near(found, x.prod() * ((v / x).sum() - v / x) / x, 1e-10)


def test_every_step_rounds():
    """1 + 0 + 0 + ...: noise on what is read and on the result alone would not add up."""
    size, steps = 1e-8, 400
    terms = np.zeros((50, steps))
    terms[:, 0] = 1
    builder = Builder()
    builder.give("b", terms.shape)
    builder.define(Recurrence("b", whole(terms.shape)), "out")
    noise = Noise(size)
    off = evaluate(builder.build(), {"b": terms}, ["out"], Float64(), noise)["out"][:, -1] - 1
    expected = size * np.sqrt((steps + 1) / 3)
    assert 0.7 < np.sqrt(np.mean(off**2)) / expected < 1.4


def test_degrees():
    assert degree(program_for((2, 3), factor=True), "steps", {}, {}).tensor == 3 + 2
    assert degree(program_for((2, 3), factor=False), "steps", {}, {}).tensor == 2


@pytest.mark.parametrize("slip", ["no shift", "same direction"])
def test_wrong_adjoints_are_seen(slip):
    class Wrong(Recurrence):
        def _transposed(self, cotangent, builder):
            if slip == "no shift":
                return Recurrence(cotangent, self.shape, self.factor, not self.backwards)
            right = super()._transposed(cotangent, builder)
            return Recurrence(cotangent, self.shape, right.factor, self.backwards)

    program = program_for((2, 3), factor=True)
    liar = Wrong("square", whole((2, 3)), "a")
    wrong = Program(program.inputs, tuple((n, liar if n == "steps" else d) for n, d in program.definitions))
    function = lambda a, b: looped(b**2, a) ** 2
    inputs = {"b": draw(2, 3), "a": draw(2, 3, seed=1)}
    program_against_torch(program, "out", function, inputs)
    with pytest.raises(AssertionError):
        program_against_torch(wrong, "out", function, inputs)
