"""The noise that stands for rounding: its size, its kinds, and what sums add to it."""

import numpy as np
import pytest
from flint import arb
from loops import program_of
from sympy import Integer

from verifier.numeric.arithmetic import Labelled
from verifier.numeric.balls import Balls
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.noise import ACCUMULATED, Noise, largest
from verifier.symbolic.comprehension import Read, comprehension, index, value

SIZE = 2.0**-20


def rms(values):
    return np.sqrt(np.mean(np.square(values)))


def test_entries_are_off_by_their_own_size_or_by_that_of_the_largest():
    values = np.array([1e-3] * 2000 + [1.0])
    own, same = (getattr(Noise(SIZE), kind)(values) - values for kind in ("entrywise", "normwise"))
    assert rms(own[:-1]) == pytest.approx(1e-3 * SIZE / np.sqrt(3), rel=0.1)
    assert rms(same[:-1]) == pytest.approx(SIZE / np.sqrt(3), rel=0.1)
    assert np.abs(own[:-1]).max() <= 1e-3 * SIZE and np.abs(same).max() <= SIZE


def test_balls_and_scalars_are_drawn_too_and_integers_are_not():
    ball = np.array(arb(3), dtype=object)
    noisy = Noise(SIZE).entrywise(ball)
    assert noisy.shape == () and 0 < abs(float(noisy[()]) - 3) <= 3 * SIZE
    assert 0 < abs(float(Noise(SIZE).normwise(ball)[()]) - 3) <= 3 * SIZE
    assert np.array_equal(Noise(SIZE).entrywise(np.array([1, 2])), [1, 2])


def test_the_same_seed_draws_the_same():
    values = np.ones(5)
    one, again, other = (Noise(SIZE, seed).entrywise(values) for seed in (3, 3, 4))
    assert np.array_equal(one, again) and not np.array_equal(one, other)


def summed(terms, kind, size=SIZE, roundoff=None):
    """The deviations of a sum of these terms, drawn many times."""
    noise, exact = Noise(size, 0, roundoff), terms.sum()
    arithmetic, found = noise.summing(Float64()), []
    for _ in range(400):
        total = (
            arithmetic.contract([Labelled(terms, (0,)), Labelled(np.ones(len(terms)), (0,))], ())
            if kind == "contract"
            else arithmetic.sum(terms, (0,))
        )
        noise.rewind()
        found.append(float(total) - exact)
    return rms(found)


def recursive(terms, seed=0):
    """The error of adding up one after the other, each partial sum off by a random relative SIZE."""
    generator = np.random.default_rng(seed)
    partial = 0.0
    for term in terms:
        partial = (partial + term) * (1 + SIZE * generator.uniform(-1, 1))
    return partial - terms.sum()


@pytest.mark.parametrize("kind", ["contract", "sum"])
@pytest.mark.parametrize("name", ["positive", "both signs"])
def test_a_sum_is_off_like_a_recursive_one(kind, name):
    generator = np.random.default_rng(0)
    draws = [generator.normal(size=300) + (3 if name == "positive" else 0) for _ in range(60)]
    ours = rms([summed(terms, kind, roundoff=ACCUMULATED) for terms in draws[:10]])
    theirs = rms([recursive(terms, seed) for seed, terms in enumerate(draws)])
    assert ours == pytest.approx(theirs, rel=0.3)


def test_one_term_is_no_sum_and_integers_are_exact():
    assert summed(np.array([2.0]), "sum") == summed(np.array([2.0]), "contract") == 0
    assert np.array_equal(Noise(SIZE).summing(Float64()).sum(np.arange(4), (0,)), 6)


def test_narrow_dtypes_add_up_in_float32():
    terms = np.ones(100)
    assert summed(terms, "sum", 2.0**-8) == pytest.approx(summed(terms, "sum", ACCUMULATED), rel=1e-6)
    # Drawn larger than the roundoff that it stands for, the noise of sums is larger by as much.
    assert summed(terms, "sum", 2.0**-40, 2.0**-53) == pytest.approx(summed(terms, "sum", 2.0**-40), rel=1e-6)


def test_evaluations_of_one_program_share_the_squares_of_the_terms():
    total = comprehension((Integer(4),), (), value(0) * value(1), [Read("x", (index(0),))] * 2, ())
    program, inputs = program_of(total, x=np.arange(1.0, 5.0)), {"x": np.arange(1.0, 5.0)}
    noise = Noise(SIZE)
    for _ in range(3):
        found = evaluate(program, inputs, ["out"], Float64(), noise)["out"]
        noise.rewind()
        assert 0 < abs(float(found) - 30) < 30 * 10 * SIZE
    assert float(evaluate(program, inputs, ["out"], Balls(), Noise(SIZE))["out"][()]) == pytest.approx(30, rel=4 * SIZE)


def test_largest():
    assert largest(np.array([1.0, -3.0, np.inf, np.nan])) == 3.0
    assert largest(np.zeros(0)) == 0.0


@pytest.mark.parametrize("scale", [1.0, 1e-30, 1e30])
def test_the_rounding_of_a_sum_is_found_at_any_scale_and_layout(scale):
    """Squares of terms are taken in float32, which holds them only beside the largest."""
    generator = np.random.default_rng(0)
    left, right = scale * generator.standard_normal((40, 900)), generator.standard_normal((900, 30))
    exact = left @ right
    deviations = []
    for seed in range(20):
        arithmetic = Noise(2.0**-30, seed).summing(Float64())
        found = arithmetic.contract([Labelled(left, (0, 1)), Labelled(right.T, (2, 1))], (0, 2))
        deviations.append(found - exact)
    squares = 900 * (exact**2 / 3 + np.square(left) @ np.square(right) / 6)
    expected = 2.0**-30 * np.sqrt(squares / 3)  # the mean square of what is uniform from -1 to 1
    measured = np.sqrt(np.mean(np.square(deviations), axis=0))
    assert abs(np.mean(measured / expected) - 1) < 0.05


def test_sums_of_integers_and_of_no_axes_carry_noise_too():
    arithmetic = Noise(2.0**-20).summing(Float64())
    whole = np.arange(1, 9)
    found = arithmetic.contract([Labelled(whole, (0,)), Labelled(whole, (0,))], ())
    assert found != 204 and abs(found - 204) < 204 * 1e-4
