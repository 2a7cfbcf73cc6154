"""What rounding explains: torch's own operators stay within it in every dtype, gross errors do not."""

import math

import numpy as np
import pytest
import torch
from loops import program_of
from sympy import HadamardPower, Integer, MatrixSymbol, Piecewise, exp, log, tanh

from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.noise import Noise
from verifier.numeric.spread import (
    BESIDE,
    BUDGET,
    DRAWS,
    FEW,
    LARGE,
    SMALLEST_NOISE,
    Measured,
    allowance,
    brackets,
    budget,
    completed,
    deviation,
    spread,
)
from verifier.point import FLOATING, rounded
from verifier.symbolic.comprehension import Read, comprehension, index, value
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.language import mean, total

X, W = MatrixSymbol("X", 8, 16), MatrixSymbol("W", 16, 8)

HONEST = {
    "matrix product": (total(HadamardPower(X * W, 2)), lambda X, W: (X @ W).square().sum()),
    "mean": (mean(X * W), lambda X, W: (X @ W).mean()),
    "tanh network": (total((X * W).applyfunc(tanh)), lambda X, W: torch.tanh(X @ W).sum()),
    "softplus": (
        mean((X * W).applyfunc(lambda t: log(1 + exp(t)))),
        lambda X, W: torch.nn.functional.softplus(X @ W).mean(),
    ),
    "log-sum-exp": (
        log(total((X * W).applyfunc(exp))),
        lambda X, W: torch.logsumexp((X @ W).reshape(-1), 0),
    ),
    "cancelling": (total(X * W) ** 2 - total(X) * total(W), lambda X, W: (X @ W).sum() ** 2 - X.sum() * W.sum()),
}


def trial(name, dtype, seed):
    """Torch's value and gradients, the reference's, and what is allowed."""
    expression, function = HONEST[name]
    formula = formula_of(expression)
    derivation = reverse(formula.program, formula.output, ["X", "W"])
    generator = np.random.default_rng(seed)
    numbers = {n: rounded(generator.normal(size=s), dtype) for n, s in (("X", (8, 16)), ("W", (16, 8)))}
    tensors = {n: torch.tensor(a, dtype=getattr(torch, dtype), requires_grad=True) for n, a in numbers.items()}
    output = function(**tensors)
    output.backward()
    told = {**numbers, derivation.cotangent: np.array(1.0)}
    wanted = [derivation.output, *derivation.gradients.values()]
    exact = evaluate(derivation.adjoint, told, wanted, Float64())
    allowed = allowance(derivation.adjoint, told, wanted, *FLOATING[dtype])
    seen = [output.detach().double().numpy(), *(tensors[n].grad.double().numpy() for n in derivation.gradients)]
    return [(s, exact[n], allowed[n]) for s, n in zip(seen, wanted, strict=True)]


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", HONEST)
def test_torchs_own_operators_stay_within_what_is_allowed(name, dtype):
    for seed in range(3):
        for seen, exact, allowed in trial(name, dtype, seed):
            assert (np.abs(seen - exact) <= allowed).all()


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", HONEST)
def test_gross_errors_do_not(name, dtype):
    """Forty roundoffs of the largest entry would be seen in most programs, a thousand in every one."""
    for _, exact, allowed in trial(name, dtype, 0)[1:]:
        thousand = 1000 * FLOATING[dtype][0] * np.abs(exact).max()
        assert (thousand > allowed).mean() > 0.9
        assert (allowed < np.abs(exact).max()).all() or dtype == "bfloat16"


def square(numbers):
    body = value(0) ** 2
    definition = comprehension((Integer(4),), (index(0),), body, [Read("x", (index(0),))], (Integer(4),))
    return program_of(definition, x=numbers), {"x": np.asarray(numbers, dtype=float)}


@pytest.mark.parametrize("roundoff", [u for u, _ in FLOATING.values()])
def test_the_spread_is_proportional_to_the_roundoff(roundoff):
    program, inputs = square([1.0, 2.0, -3.0, 100.0])
    exact = evaluate(program, inputs, ["out"], Float64())
    found = spread(program, inputs, exact, roundoff)["out"] / (roundoff * exact["out"])
    # x² with uniform errors of x (twice) and of the result: a root mean square of √((4 + 1)/3) roundoffs.
    assert (found > np.sqrt(5 / 3) / 2).all() and (found < 2 * np.sqrt(5 / 3)).all()


def test_noise_that_float64_cannot_hold_is_drawn_larger_and_scaled():
    program, inputs = square([1.0, 2.0, -3.0, 100.0])
    exact = evaluate(program, inputs, ["out"], Float64())
    tiny, coarse = (spread(program, inputs, exact, u)["out"] for u in (2.0**-53, SMALLEST_NOISE))
    np.testing.assert_allclose(tiny / 2.0**-53, coarse / SMALLEST_NOISE, rtol=1e-5)


def step(numbers, border):
    """1000·x above the border, x below it."""
    body = Piecewise((1000 * value(0), value(0) > border), (value(0), True))
    definition = comprehension((Integer(3),), (index(0),), body, [Read("x", (index(0),))], (Integer(3),))
    return program_of(definition, x=numbers), {"x": np.asarray(numbers, dtype=float)}


@pytest.mark.parametrize("roundoff", [2.0**-53, 2.0**-24])
def test_noise_flips_no_condition(roundoff):
    program, inputs = step([1 + 2.0**-45, 1 - 2.0**-45, 3.0], 1)
    exact = evaluate(program, inputs, ["out"], Float64())
    found = spread(program, inputs, exact, roundoff)["out"]
    assert SMALLEST_NOISE > 2.0**-45
    assert (found <= 4 * roundoff * exact["out"]).all() and (found > 0).any()


def test_large_programs_make_do_with_fewer_draws(monkeypatch):
    drawn = []
    monkeypatch.setattr("verifier.numeric.spread.evaluate", lambda *a: drawn.append(a) or evaluate(*a))
    numbers = np.ones(LARGE)
    body = value(0) ** 2
    definition = comprehension(
        (Integer(len(numbers)),), (index(0),), body, [Read("x", (index(0),))], (Integer(len(numbers)),)
    )
    for n, draws in ((1, DRAWS), (len(numbers), FEW)):
        program = program_of(definition, x=numbers) if n > 1 else square([1.0, 2.0, 3.0, 4.0])[0]
        given = {"x": numbers if n > 1 else np.arange(4.0)}
        spread(program, given, evaluate(program, given, ["out"], Float64()), 2.0**-24)
        assert len(drawn) == draws + 1  # the first one decides conditions
        drawn.clear()


def test_bits_lost_are_counted_from_the_bracket():
    program, inputs = square([1.0, 2.0, -3.0, 100.0])
    bracket = brackets(program, inputs, ["out"], 2.0**-24, 0.0)["out"]
    np.testing.assert_array_equal(BUDGET * bracket, allowance(program, inputs, ["out"], 2.0**-24, 0.0)["out"])


def test_the_allowance_is_the_budget_times_three_terms():
    program, inputs = square([0.0, 2.0, -3.0, 100.0])
    exact = evaluate(program, inputs, ["out"], Float64())
    spreads = spread(program, inputs, exact, 2.0**-24)["out"]
    allowed = allowance(program, inputs, ["out"], 2.0**-24, 2.0**-126)["out"]
    np.testing.assert_allclose(allowed, 2**4 * (spreads + 2.0**-24 * 1e4 + 2.0**-126), rtol=1e-14)
    assert BUDGET == 2**4


def test_the_budget_is_four_bits_and_three_where_there_are_eight():
    assert [math.log2(budget(roundoff)) for roundoff, _ in FLOATING.values()] == [4, 4, 4, 3]


def test_zeros_are_allowed_to_underflow():
    program, inputs = square([0.0, 0.0, 0.0, 0.0])
    assert (allowance(program, inputs, ["out"], 2.0**-24, 2.0**-126)["out"] == BUDGET * 2.0**-126).all()


def test_an_overflow_does_not_spoil_the_other_entries():
    program, inputs = square([1e200, 2.0, -3.0, 1.0])
    allowed = allowance(program, inputs, ["out"], 2.0**-24, 2.0**-126)["out"]
    assert np.isfinite(allowed).all() and allowed[1] < 2e-5


def test_the_same_seed_gives_the_same_allowance():
    program, inputs = square([1.0, 2.0, -3.0, 100.0])
    one, again, other = (allowance(program, inputs, ["out"], 2.0**-8, 2.0**-126, s)["out"] for s in (0, 0, 1))
    assert np.array_equal(one, again) and not np.array_equal(one, other)


def test_integers_are_not_rounded():
    numbers = {"k": np.array([1, 2, 3, 4])}
    whole = comprehension((Integer(4),), (index(0),), value(0), [Read("k", (index(0),))], (Integer(4),))
    allowed = allowance(program_of(whole, **numbers), numbers, ["out"], 2.0**-8, 0.0)["out"]
    assert (allowed == budget(2.0**-8) * 2.0**-8 * 4).all()


def test_noise_leaves_infinite_entries_infinite():
    noisy = Noise(0.5).entrywise(np.array([np.inf, -np.inf] * 20))
    assert (noisy == np.array([np.inf, -np.inf] * 20)).all()


def test_lacking_draws_are_those_of_the_entries_beside():
    squares = np.concatenate([np.full(BESIDE, 2.0), np.full(3, 8.0)])
    np.testing.assert_allclose(completed(squares, 2), squares * DRAWS / 2)
    assert completed(squares, DRAWS) is squares and completed(np.zeros((0, 3)), 2).shape == (0, 3)
    lone = completed(np.array([2.0, 0.0, np.inf, 0.0]), 2)
    np.testing.assert_allclose(lone, [2 + (DRAWS - 2) / 4, (DRAWS - 2) / 4, np.inf, (DRAWS - 2) / 4])


def test_few_draws_with_those_of_the_entries_beside_estimate_as_well_as_many():
    generator = np.random.default_rng(0)
    truth = np.repeat(2.0 ** generator.uniform(-8, 8, 500), BESIDE)
    drawn = np.square(generator.normal(size=(DRAWS, truth.size)) * truth)
    many, few = deviation(drawn.sum(0), DRAWS), deviation(completed(drawn[:FEW].sum(0), FEW), DRAWS)
    alone = deviation(drawn[:FEW].sum(0), FEW)
    assert (few / truth).min() > 0.5 and (many / truth).min() > 0.3 and (few / truth).max() < 2
    assert (alone / truth).min() < 0.1  # without them entries would be accused that are right


def test_the_spread_of_a_large_program_at_a_finer_roundoff_is_scaled(monkeypatch):
    drawn = []
    monkeypatch.setattr("verifier.numeric.spread.evaluate", lambda *a: drawn.append(a) or evaluate(*a))
    numbers = np.linspace(1, 2, LARGE)
    size = (Integer(numbers.size),)
    body = comprehension(size, (index(0),), value(0) ** 2, [Read("x", (index(0),))], size)
    measured = Measured(program_of(body, x=numbers), {"x": numbers}, ["out"])
    coarse, fine = (measured.moves(u).spread["out"] for u in (2.0**-24, 2.0**-53))
    assert len(drawn) == 1 + FEW
    np.testing.assert_allclose(fine / 2.0**-53, coarse / 2.0**-24, rtol=1e-12)
    measured.moves(2.0**-8)
    assert len(drawn) == 1 + 2 * FEW
