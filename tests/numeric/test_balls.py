"""Conversion of balls to estimates, contractions, pieces at their borders, and precision that grows."""

import itertools
from fractions import Fraction

import numpy as np
import pytest
from flint import arb, ctx, fmpq
from loops import assert_near, program_of
from sympy import Abs, And, Eq, Integer, Max, Min, Ne, Not, Or, Piecewise, Rational, exp, sin

from verifier.numeric import branches
from verifier.numeric.arithmetic import Labelled
from verifier.numeric.balls import Balls, around, estimate
from verifier.numeric.borders import Border
from verifier.numeric.branched import at as at_choice
from verifier.numeric.branched import unknown
from verifier.numeric.enclose import PRECISIONS, enclose
from verifier.numeric.float64 import Float64
from verifier.symbolic.comprehension import Read, comprehension, index, value
from verifier.symbolic.kinks import spelled_out

A, B = value(0), value(1)


def ball(numerator, denominator=1, precision=200):
    with ctx.workprec(precision):
        return arb(fmpq(numerator, denominator))


EXACT = [
    Fraction(0),
    Fraction(1),
    Fraction(-3, 4),
    Fraction(1, 3),
    Fraction(2**60 + 1, 2**60),
    Fraction(10**300, 7),
    Fraction(-(10**320)),
    Fraction(1, 10**300),
    Fraction(1, 10**315),
    Fraction(1, 3 * 10**320),
    Fraction(-1, 10**330),
    Fraction(1, 10**5000),
    Fraction(2**1024),
    Fraction(2**1024 - 2**970),
]


@pytest.mark.parametrize("exact", EXACT, ids=lambda e: f"{e.numerator.bit_length()}-{e.denominator.bit_length()}")
@pytest.mark.parametrize("precision", [53, 113, 452])
def test_an_estimate_covers_the_number(exact, precision):
    found = estimate(np.array([ball(exact.numerator, exact.denominator, precision)], dtype=object))
    middle, error = found.value[0], found.error[0]
    assert error >= 0
    if np.isinf(middle) and error == 0:
        assert (exact > 0) == (middle > 0) and abs(exact) >= Fraction(2**1024 - 2**970)
    elif np.isfinite(error):
        assert abs(Fraction(middle) - exact) <= Fraction(error)
        assert error <= max(2.0**-51 * abs(middle), 1e-323)
    else:
        assert abs(exact) > Fraction(2) ** 1023


def test_numbers_that_float64_has_are_exact():
    found = estimate(np.array([arb(0.1), arb(-5e-324), arb(1.5e308), 3, arb(0)], dtype=object))
    assert np.array_equal(found.value, [0.1, -5e-324, 1.5e308, 3.0, 0.0])
    assert np.array_equal(found.error, np.zeros(5))


@pytest.mark.parametrize("radius", [1e-30, 1e-3, 5.0, 1e200])
def test_an_estimate_covers_the_whole_ball(radius):
    found = estimate(around(np.array([1 / 3]), np.array([radius])))
    assert Fraction(found.error[0]) >= Fraction(radius)
    assert found.error[0] <= radius * (1 + 1e-8) + 2.0**-53


def test_what_is_not_finite_says_nothing():
    found = estimate(np.array([arb("nan"), arb("inf"), arb(1) / arb(0, 1)], dtype=object))
    assert np.isnan(found.value).all() and np.isinf(found.error).all() and not found.speaks.any()


def test_precision_is_put_back():
    before = ctx.prec
    with Balls(300).context():
        assert ctx.prec == 300
    assert ctx.prec == before


CONTRACTIONS = {
    "product": ([(0, 2), (2, 1)], (0, 1)),
    "transposed result": ([(0, 2), (2, 1)], (1, 0)),
    "inner": ([(0,), (0,)], ()),
    "outer": ([(0,), (1,)], (1, 0)),
    "batched": ([(3, 0, 2), (3, 2, 1)], (3, 0, 1)),
    "three": ([(0, 1), (1, 2), (2, 3)], (0, 3)),
    "hadamard": ([(0, 1), (0, 1), (1, 0)], (0, 1)),
    "sum of one": ([(0, 1)], (1,)),
    "sum of one away": ([(0, 1), (2,)], (2,)),
    "trace": ([(0, 1), (1, 0)], ()),
}
SIZES = {0: 2, 1: 3, 2: 4, 3: 2}


@pytest.mark.parametrize("name", CONTRACTIONS)
def test_contractions(name):
    axes, output = CONTRACTIONS[name]
    sizes = {**SIZES, **({1: 2} if name in ("hadamard", "trace") else {})}
    generator = np.random.default_rng(3)
    arrays = [generator.normal(size=[sizes[k] for k in one]) for one in axes]
    expected = np.einsum(*(part for a, one in zip(arrays, axes, strict=True) for part in (a, list(one))), list(output))
    for arithmetic in (Balls(113), Float64()):
        with arithmetic.context():
            operands = [Labelled(arithmetic.array(a), one) for a, one in zip(arrays, axes, strict=True)]
            found = estimate(arithmetic.contract(operands, output))
        assert_near(found.value, expected, 1e-13)


# Borders


def at(body, *numbers):
    """The body in balls at numbers: the two ends of the ball, and how often it was on a border."""
    inputs = {f"x{k}": np.array(float(number)) for k, number in enumerate(numbers)}
    reads = [Read(name, ()) for name in inputs]
    found = enclose(program_of(comprehension((), (), spelled_out(body), reads, ()), **inputs), inputs, ["out"])
    middle, error = found.estimates["out"].value[()], found.estimates["out"].error[()]
    return middle - error, middle + error, len(found.borders)


@pytest.mark.parametrize(
    ("body", "numbers", "low", "high", "borders"),
    [
        (Piecewise((Integer(1), A > 0), (Integer(0), True)), [0], 0, 1, 1),
        (Piecewise((Integer(1), A >= 0), (Integer(0), True)), [0], 0, 1, 1),
        (Piecewise((Integer(1), A < 0), (Integer(0), True)), [0], 0, 1, 1),
        (Piecewise((Integer(1), A <= 0), (Integer(0), True)), [0], 0, 1, 1),
        (Piecewise((Integer(1), A > 0), (Integer(0), True)), [5e-324], 1, 1, 0),
        (Piecewise((Integer(1), A > 0), (Integer(0), True)), [-5e-324], 0, 0, 0),
        (Piecewise((Integer(1), A > 0), (Integer(-1), A < 0), (Integer(7), True)), [0], -1, 1, 1),
        (Piecewise((Integer(3), Eq(A, 0)), (Integer(5), True)), [0], 3, 3, 0),
        (Piecewise((Integer(3), Eq(A, 0)), (Integer(5), True)), [5e-324], 5, 5, 0),
        (Piecewise((Integer(3), Ne(A, 0)), (Integer(5), True)), [0], 5, 5, 0),
        (Piecewise((Integer(3), Eq(exp(A), exp(Rational(1, 2)))), (Integer(5), True)), [0.5], 3, 5, 1),
        (Piecewise((Integer(1), And(A > 0, B > 0)), (Integer(0), True)), [0, 1], 0, 1, 1),
        (Piecewise((Integer(1), And(A > 0, B > 0)), (Integer(0), True)), [0, -1], 0, 0, 1),
        (Piecewise((Integer(1), Or(A > 0, B > 0)), (Integer(0), True)), [0, 1], 1, 1, 1),
        (Piecewise((Integer(1), Or(A > 0, B > 0)), (Integer(0), True)), [0, -1], 0, 1, 1),
        (Piecewise((Integer(1), Not(And(A > 0, B > 0))), (Integer(0), True)), [0, 1], 0, 1, 1),
        (Piecewise((Integer(1), A > B), (Integer(0), True)), [2.5, 2.5], 0, 1, 1),
        (Max(A, 0), [0], 0, 0, 1),
        (Max(A, B), [2, 3], 3, 3, 0),
        (Min(A, B), [2, 3], 2, 2, 0),
        (Abs(A), [-2], 2, 2, 0),
    ],
)
def test_a_border_gives_the_hull_of_both_sides(body, numbers, low, high, borders):
    found = at(body, *numbers)
    assert found[2] == borders
    assert low - 1e-7 <= found[0] <= low and high <= found[1] <= high + 1e-7


@pytest.mark.parametrize(
    ("function", "low", "high"), [(Max(A, 0), 0, 1), (Abs(A), -1, 1), (Max(A, -2 * A), -2, 1), (Min(A, 3 * A), 1, 3)]
)
def test_the_slope_at_a_kink_is_the_hull_of_the_one_sided_slopes(function, low, high):
    from verifier.symbolic.kinks import slope

    found = at(slope(spelled_out(function), A), 0)
    assert low - 1e-7 <= found[0] <= low and high <= found[1] <= high + 1e-7 and found[2] == 1


def test_no_branch_at_all_says_nothing():
    assert np.isnan(at(Piecewise((A, A > 0)), -1.0)[0])


def test_comparisons_of_whole_numbers_are_decided():
    assert [branches.less(1, 2), branches.less(2, 2), branches.less_or_equal(2, 2)] == [True, False, True]
    assert [branches.less_or_equal(3, 2), branches.equal(2, 2), branches.equal(2, 3)] == [False, True, False]
    assert branches.less(np.int64(2), np.int64(2)) is False


def test_logic_has_three_values():
    perhaps = unknown(Border(0, A, B, {}, {}))
    truths = (True, False, perhaps)
    assert [branches.negated(True), branches.negated(False)] == [False, True]
    for holding in ([], perhaps.borders):
        assert at_choice(branches.negated(perhaps), holding) + at_choice(perhaps, holding) == 1
        for p, q in itertools.product(truths, repeat=2):
            one, other = at_choice(p, holding) == 1, at_choice(q, holding) == 1
            assert (at_choice(branches.all_of(p, q), holding) == 1) == (one and other)
            assert (at_choice(branches.any_of(p, q), holding) == 1) == (one or other)
    assert branches.all_of(perhaps, False) is False and branches.any_of(perhaps, True) is True
    assert branches.all_of(perhaps, branches.negated(perhaps)) is False


# Precision


def enclosed(body, *numbers, allowed=None):
    inputs = {f"x{k}": np.array(float(number)) for k, number in enumerate(numbers)}
    program = program_of(comprehension((), (), body, [Read(name, ()) for name in inputs], ()), **inputs)
    return enclose(program, inputs, ["out"], None if allowed is None else {"out": np.array(allowed)})


def cancelling(allowed=None, size=100.0):
    """e^100 - e^100 + e: at 113 bits no digit of the result is left; with 60, eight digits are."""
    inputs = {"x": np.array([size, 1.0, size]), "y": np.array([1.0, 1.0, -1.0])}
    reads = [Read("x", (index(0),)), Read("y", (index(0),))]
    program = program_of(comprehension((Integer(3),), (), exp(A) * B, reads, ()), **inputs)
    return enclose(program, inputs, ["out"], None if allowed is None else {"out": np.array(allowed)})


def test_cancellation_is_met_with_precision():
    found = cancelling()
    assert found.precision == PRECISIONS[1]
    assert abs(found.estimates["out"].value - np.e) <= 1e-15 and found.estimates["out"].error <= 4.5e-16


def test_an_ill_conditioned_sum():
    numbers = np.array([1e100, 1.0, -1e100, 1e-30])
    body = comprehension((Integer(4),), (), sin(A) * 0 + A, [Read("x", (index(0),))], ())
    found = enclose(program_of(body, x=numbers), {"x": numbers}, ["out"]).estimates["out"]
    assert abs(Fraction(found.value[()]) - (1 + Fraction(1e-30))) <= Fraction(found.error[()]) <= Fraction(1, 10**15)


def test_what_is_small_against_what_is_allowed_is_small_enough():
    assert cancelling(allowed=1e17).precision == PRECISIONS[0]
    assert cancelling(allowed=1e-3).precision == PRECISIONS[1]
    assert cancelling(allowed=1.0, size=60.0).precision == PRECISIONS[0]
    assert cancelling(allowed=1e-4, size=60.0).precision == PRECISIONS[1]


def test_half_of_the_digits_are_not_enough():
    assert cancelling(size=60.0).precision == PRECISIONS[1]


def test_exact_balls_need_no_more_precision():
    assert enclosed(A * 3, 0.5).precision == PRECISIONS[0]


def test_more_precision_does_not_help_at_a_border():
    found = enclosed(Piecewise((Integer(1), A > 0), (Integer(0), True)), 0.0)
    assert found.precision < PRECISIONS[-1]
    assert found.estimates["out"].error[()] >= 0.5


def test_inputs_may_be_balls_themselves():
    inputs = {"x": around(np.array([0.5, 2.0]), np.array([0.01, 0.0]))}
    program = program_of(
        comprehension((Integer(2),), (index(0),), A**2, [Read("x", (index(0),))], (Integer(2),)), x=[0, 0]
    )
    found = enclose(program, inputs, ["out"])
    assert found.precision < PRECISIONS[-1]
    assert 0.01 <= found.estimates["out"].error[0] <= 0.0102 and found.estimates["out"].error[1] == 0


def test_a_ball_that_is_no_array_has_no_axes_to_permute():
    total = Balls(113).permute(arb(2), ())
    assert total.shape == () and total[()] == 2
