"""The derivative from values: its stated error must cover the actual one, and must not be vacuous."""

import math

import flint
import numpy as np
import pytest

from verifier.numeric.differences import Difference, differentiate

U = 2.0**-53
SUBNORMAL = 5e-324


def difference(function, x, **options) -> Difference:
    """As the witness asks: steps from the size of 1 or of x, down to a part of x."""

    def line(displacements):
        with np.errstate(all="ignore"):
            values = np.asarray(function(x + displacements), float)
        return values, U * abs(values) + SUBNORMAL

    size = min(max(1.0, abs(x)), 2.0**40 * abs(x) or 1.0)
    coarsest = 1447 / 2048 * 2.0 ** (math.ceil(math.log2(size)) - 3)
    down_to = 2.0**-8 * (abs(x) or 2.0**-8 * coarsest)
    return differentiate(line, coarsest, look_down_to=down_to, point=x, roundoff=U, **options)


def cosh_squared_inverse(x):
    return 1 / math.cosh(x) ** 2


HARD = {
    "log near 0": (np.log, 1e-5, 1 / 1e-5, 1e-11),
    "sqrt near 0": (np.sqrt, 1e-9, 0.5 / math.sqrt(1e-9), 1e-11),
    "a large square": (np.square, 1e10, 2e10, 1e-13),
    "a fast oscillation": (lambda x: np.sin(1e5 * x), 1.3, 1e5 * math.cos(1.3e5), 1e-7),
    "an oscillation in rhythm with the steps": (lambda x: np.sin(2048 * np.pi * x), 1.0, 2048 * math.pi, 1e-8),
    "atan2 near the origin": (lambda y: np.arctan2(y, 1e-8), 3e-8, 1e7, 1e-11),
    "atanh near -1": (np.arctanh, -1 + 2.0**-33, 1 / ((2 - 2.0**-33) * 2.0**-33), 1e-3),
    "exp just below overflow": (np.exp, 709.5, math.exp(709.5), 1e-10),
    "exp at the last number before overflow": (np.exp, 709.78, math.exp(709.78), 1e-8),
    "exp far down": (np.exp, -800.0, 0.0, None),
    "a step hidden at 0": (lambda x: np.tanh(1e9 * x), 0.0, 1e9, 1e-12),
    "a bump narrower than the coarse steps": (lambda x: np.exp(-((x / 1e-9) ** 2)), 1e-9, -2e9 * math.exp(-1), 1e-11),
    "a large constant": (lambda x: 1e12 + x**3, 1.0, 3.0, 1e-2),
    "a large constant at a small slope": (lambda x: 1e12 + x**3, 1e-3, 3e-6, None),
    "cancellation within": (lambda x: (1e12 + x**3) - 1e12, 1.0, 3.0, 1e-2),
    "cancellation beside something smooth": (lambda x: (1e12 + x**3) - 1e12 + x, 0.7, 1 + 3 * 0.7**2, 1e-2),
    "float32 within": (lambda x: np.sin(x.astype(np.float32)) + x, 1.3, 1 + math.cos(1.3), 1e-5),
    "a tail": (lambda x: np.tanh(x) - 1, 5.0, cosh_squared_inverse(5.0), 1e-7),
    "a kink just beside": (lambda x: np.maximum(x - 10, 0), 10 + 1e-6, 1.0, 1e-6),
    "flat beside a kink": (lambda x: np.maximum(x - 10, 0), 9.9, 0.0, None),
    "a cube of a tiny number": (lambda x: x**3, 1e-9, 3e-18, 1e-12),
    "a square below underflow": (np.square, 1e-300, 2e-300, None),
    "rounded away": (lambda x: np.log(1 + x**8), 4.3e-5, 8 * 4.3e-5**7, None),
    "linear": (lambda x: 3 * x, 0.0, 3.0, 1e-13),
    "constant": (lambda x: 3 + 0 * x, 2.0, 0.0, None),
    "exactly zero": (lambda x: 0 * x, 2.0, 0.0, None),
    "smooth from one side only": (lambda x: np.where(x < 0, np.nan, abs(x) ** 1.5), 0.0, 0.0, None),
    "x|x| at 0": (lambda x: x * abs(x), 0.0, 0.0, None),
}


@pytest.mark.parametrize("name", HARD)
def test_the_stated_error_covers_the_actual_one_and_is_small(name):
    function, x, slope, relative = HARD[name]
    found = difference(function, x)
    assert abs(found.value - slope) <= found.error
    assert found.error <= (1e-1 if relative is None else relative * abs(slope))
    assert not found.diverges


@pytest.mark.parametrize(("function", "x"), [(np.sqrt, 0.0), (np.arccos, 1.0), (np.cbrt, 0.0), (np.sign, 0.0)])
def test_says_nothing_where_slopes_grow_without_end(function, x):
    found = difference(function, x)
    assert found.diverges
    assert found.error == math.inf


@pytest.mark.parametrize(
    ("function", "left", "right"),
    [(abs, -1, 1), (lambda x: np.maximum(x, 0), 0, 1), (lambda x: np.where(x < 0, np.sin(x), np.expm1(3 * x)), 1, 3)],
)
def test_a_kink_widens_the_error_to_both_slopes(function, left, right):
    found = difference(function, 0.0)
    assert found.left == pytest.approx(left, abs=1e-7)
    assert found.right == pytest.approx(right, abs=1e-7)
    assert found.kink == pytest.approx(right - left, abs=1e-6)
    assert found.value - found.error <= left < right <= found.value + found.error


def test_a_smooth_function_has_no_kink():
    assert difference(np.sin, 0.3).kink == 0.0
    assert not difference(np.sin, 0.3).one_sided


def test_one_side_of_the_domain_is_enough():
    found = difference(lambda x: np.where(x < 2, np.nan, x**2), 2.0)
    assert found.one_sided
    assert math.isnan(found.left)
    assert found.kink == 0.0
    assert abs(found.value - 4) <= found.error < 1e-9


def test_no_values_beside_the_point_say_nothing():
    found = difference(lambda x: np.where(x == 2, 1.0, np.nan), 2.0)
    assert math.isnan(found.value)
    assert found.error == math.inf
    assert found.steps == ()


def test_evaluations_are_shared_between_steps():
    asked = []

    def line(displacements):
        asked.extend(displacements)
        return np.sin(0.7 + displacements), np.full(displacements.shape, U)

    differentiate(line, 0.1, look_down_to=0.7 / 2**8, point=0.7, roundoff=U)
    assert len(asked) == len(set(asked)) < 60


def test_a_whole_sweep_falls_by_truncation_and_rises_by_rounding():
    found = difference(np.exp, 0.7, to_the_end=True)
    assert len(found.steps) == len(found.values) == len(found.errors) > 35
    assert all(coarse == 2 * fine for coarse, fine in zip(found.steps, found.steps[1:], strict=False))
    assert found.value == found.values[found.chosen]
    assert found.error == min(found.errors)
    assert found.errors[0] > 100 * found.error
    assert found.errors[-1] > 1e6 * found.error
    actual = [abs(value - math.exp(0.7)) for value in found.values]
    assert all(a <= e for a, e in zip(actual, found.errors, strict=True))


# Random smooth functions: each is written once, and evaluated on arrays and on Taylor series of balls.

ELEMENTARY = {
    "sin": (np.sin, lambda s: s.sin()),
    "cos": (np.cos, lambda s: s.cos()),
    "exp": (np.exp, lambda s: s.exp()),
    "atan": (np.arctan, lambda s: s.atan()),
    "√(1 + v²)": (lambda v: np.sqrt(1 + v * v), lambda s: (1 + s * s).sqrt()),
    "1/(1 + v²)": (lambda v: 1 / (1 + v * v), lambda s: (1 + s * s).inv()),
    "tanh": (np.tanh, lambda s: 1 - 2 * ((2 * s).exp() + 1).inv()),
    "expm1": (np.expm1, lambda s: s.exp() - 1),
    "log1p(v²)": (lambda v: np.log1p(v * v), lambda s: (1 + s * s).log()),
    "a rational function": (lambda v: (v - 2) / (3 + v * v), lambda s: (s - 2) * (3 + s * s).inv()),
    "a cubic": (lambda v: ((v / 4 - 1) * v + 2) * v - 3, lambda s: ((s / 4 - 1) * s + 2) * s - 3),
    "v²": (lambda v: v * v, lambda s: s * s),
    "v³": (lambda v: v * v * v, lambda s: s * s * s),
}


def random_function(random, depth):
    if depth == 0:
        a, b = (float(number) for number in random.normal(size=2))
        return lambda v, how: a * v + b
    kind = random.random()
    left = random_function(random, depth - 1)
    if kind < 0.6:
        elementary = ELEMENTARY[list(ELEMENTARY)[random.integers(len(ELEMENTARY))]]
        return lambda v, how: elementary[how](left(v, how))
    right = random_function(random, depth - 1)
    if kind < 0.8:
        return lambda v, how: left(v, how) * right(v, how)
    return lambda v, how: left(v, how) + right(v, how)


def at_any_scale(function, x, random):
    """The same function of x in other units: its features are about as wide as x itself, or else as 1."""
    unit = 10.0 ** random.uniform(-1, 1) / abs(x) if abs(x) > 100 or random.random() < 0.7 else 1.0
    return lambda v, how: function(unit * v, how)


def with_rounding_noise(function, random):
    """Beside a large constant, whose rounding drowns the function; or beside an oscillation that is fast."""
    constant, frequency = (float(10.0 ** random.uniform(3, top)) for top in (12, 5))
    if random.random() < 0.5:
        return lambda v, how: function(v, how) + constant
    return lambda v, how: function(v, how) + ELEMENTARY["sin"][how](frequency * v)


def random_cases(count, seed=0, noisy=0.2):
    """Functions with a point and the slope there, in 200 bits; a share of them is noisy."""
    random = np.random.default_rng(seed)
    precision, flint.ctx.prec = flint.ctx.prec, 200
    try:
        while count:
            x = float(random.normal() * 10.0 ** random.uniform(-8, 8))
            function = random_function(random, random.integers(1, 4))
            function = with_rounding_noise(function, random) if random.random() < noisy else function
            function = at_any_scale(function, x, random)
            try:
                value, slope = (float(c.mid()) for c in function(flint.arb_series([x, 1], prec=2), 1).coeffs()[:2])
            except (ValueError, OverflowError):
                continue  # no float64 value, and so no function of the thousand
            # An e^e^e has no float64 value worth differentiating; 1e-30 keeps relative errors meaningful.
            if abs(value) < 1e100 and 1e-30 < abs(slope * x) < 1e100:
                count -= 1
                yield (lambda v, function=function: function(v, 0)), x, slope
    finally:
        flint.ctx.prec = precision


def test_honest_and_sharp_on_random_smooth_functions():
    covered, relative = [], []
    for function, x, slope in random_cases(1200):
        found = difference(function, x)
        covered.append(abs(found.value - slope) <= found.error)
        relative.append(found.error / abs(slope))
    assert np.mean(covered) >= 0.99
    assert np.median(relative) < 1e-11
    assert np.quantile(relative, 0.8) < 1e-7


@pytest.mark.parametrize("size", [1e-12, 1e-9, 1e-6])
def test_honest_about_noise_of_every_size(size):
    random = np.random.default_rng(7)
    covered = []
    for function, x, slope in random_cases(200, seed=5, noisy=0.0):
        scale = size * max(1.0, abs(float(function(np.array(x)))))

        def noisy(v, function=function, scale=scale):
            return function(v) + scale * random.uniform(-1, 1, np.shape(v))

        found = difference(noisy, x)
        covered.append(abs(found.value - slope) <= found.error)
    assert np.mean(covered) >= 0.99


def test_a_sweep_ends_where_it_is_good_enough_unless_it_has_not_converged():
    def swept(function, enough):
        def line(t):
            return function(t), np.full(t.shape, 1e-16)

        return differentiate(line, 0.08, look_down_to=2.0**-8, point=1.0, roundoff=2.0**-53, enough=enough)

    short, long = (swept(lambda t: np.exp(3 * t), enough) for enough in (1e-3, 0.0))
    assert len(short.steps) < len(long.steps) and abs(short.value - 3) <= short.error <= 1e-3
    aliased = swept(lambda t: np.sin(1e5 * (t + 0.3)), 1e4)
    assert abs(aliased.value - 1e5 * np.cos(3e4)) <= aliased.error


# A slope that is known already


def line_of(function, x, counted):
    def line(displacements):
        counted.extend(displacements)
        values = np.asarray(function(x + displacements), float)
        return values, U * abs(values) + SUBNORMAL

    return line


def corroborated(function, x, expected, error=0.0, enough=0.0):
    counted = []
    options = {"look_down_to": 2.0**-8, "point": x, "roundoff": U, "enough": enough}
    found = differentiate(line_of(function, x, counted), 1447 / 2**14, expected=(expected, error), **options)
    return found, len(counted), differentiate(line_of(function, x, []), 1447 / 2**14, **options)


@pytest.mark.parametrize("enough", [0.0, 1e-6])
def test_a_slope_that_is_found_as_expected_takes_few_evaluations(enough):
    found, calls, alone = corroborated(np.exp, 1.0, math.e, enough=enough)
    assert calls <= (13 if enough else 25)
    assert abs(found.value - math.e) <= found.error <= max(1e-10, enough) and alone.steps[0] > 0


def test_a_slope_that_is_not_found_is_looked_for_as_if_none_were_known():
    for expected in (math.e * (1 + 1e-7), -math.e, 0.0, math.inf, math.nan):
        found, _, alone = corroborated(np.exp, 1.0, expected)
        assert found == alone


def test_a_kink_at_the_point_is_not_passed_over_because_central_slopes_find_what_was_expected():
    found, _, _ = corroborated(lambda x: np.maximum(x - 1.0, 0.0), 1.0, 0.5)
    assert found.kink > 0.9 and found.error >= 0.5


def test_coarse_steps_that_miss_an_oscillation_are_not_believed_for_its_mean():
    found, _, _ = corroborated(lambda x: x + 1e-3 * np.sin(1e3 * x), 0.7, 1.0)
    assert abs(found.value - 1 - math.cos(700.0)) <= found.error
