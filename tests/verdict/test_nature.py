"""Rounding or formula, from errors made up for the purpose."""

import numpy as np
import pytest

from verifier.verdict.blame import REVERSE, SYMBOLIC
from verifier.verdict.nature import EVIDENCE, Around, Deviation, natures, tempered
from verifier.verdict.verdict import Finding
from verifier.witness import Estimate

U32, U64 = 2.0**-24, 2.0**-53


def deviation(errors, roundoff, truth=1.0):
    errors = np.atleast_1d(np.asarray(errors, dtype=float))
    bracket = np.full(errors.shape, roundoff)
    return Deviation(np.full(errors.shape, float(truth)), errors, bracket, 2**4 * bracket)


def around(flickers, overflows=False, elsewhere=False):
    flickers = np.atleast_1d(flickers)
    return lambda: Around(flickers, *(np.broadcast_to(mask, flickers.shape) for mask in (overflows, elsewhere)))


def unasked():
    raise AssertionError("the neighbours were asked although the wider dtype tells")


def outcomes(codes):
    return [EVIDENCE[code][0] for code in codes]


@pytest.mark.parametrize("bits", [5, 10, 18])
def test_as_many_bits_lost_in_both_is_rounding(bits):
    narrow, wide = deviation(2.0**bits * U32, U32), deviation(2.0 ** (bits + 1) * U64, U64)
    codes = natures(narrow, wide, unasked)
    assert outcomes(codes) == ["inaccurate"] and "shrinks" in EVIDENCE[codes[0]][1]


@pytest.mark.parametrize(
    ("error", "share"), [(e, s) for e in (1e-6, 1e-3, 0.2) for s in (1.01, 0.5, 0.01) if s * e > 1e-7]
)
def test_the_same_error_in_both_is_the_formula(error, share):
    """It need not be the same to the digit: what counts is that it does not shrink as roundoffs do."""
    codes = natures(deviation(error, U32), deviation(share * error, U64), unasked)
    assert outcomes(codes) == ["wrong"] and "same in float64" in EVIDENCE[codes[0]][1]


def test_an_error_that_is_mostly_gone_in_float64_was_rounding_if_what_is_left_would_be_allowed():
    """A step of differences that depends on the dtype does not lose as many bits in both."""
    allowed = 2**4 * U32
    codes = natures(deviation(100 * allowed, U32), deviation(0.9 * allowed, U64), unasked)
    assert outcomes(codes) == ["inaccurate"] and "most of the error is gone" in EVIDENCE[codes[0]][1]
    codes = natures(deviation(100 * allowed, U32), deviation(1.1 * allowed, U64), unasked)
    assert outcomes(codes) == ["wrong"]
    codes = natures(deviation(4 * allowed, U32), deviation(0.9 * allowed, U64), unasked)
    assert outcomes(codes) == ["wrong"]


@pytest.mark.parametrize("error", [1e-5, 1.0, np.inf])
def test_what_is_right_in_float64_was_rounding(error):
    codes = natures(deviation(error, U32), deviation(3 * U64, U64), unasked)
    assert outcomes(codes) == ["inaccurate"] and "nothing of the error is left" in EVIDENCE[codes[0]][1]


@pytest.mark.parametrize(("flickers", "outcome"), [(True, "inaccurate"), (False, "wrong")])
def test_where_no_digit_is_left_float64_decides_alone(flickers, outcome):
    """Both errors are far from rounding's ratio, and from being the same."""
    assert outcomes(natures(deviation(1.0, U32), deviation(1e-4, U64), around(flickers))) == [outcome]
    assert outcomes(natures(deviation(np.inf, U32), deviation(1e-4, U64), around(flickers))) == [outcome]
    assert outcomes(natures(deviation(1e-4, U64), None, around(flickers))) == [outcome]


def test_what_is_plain_elsewhere_is_wrong_whatever_most_errors_are():
    codes = natures(deviation([1.0, 1.0, 1.0], U64), None, around([True, True, True], elsewhere=[False, True, False]))
    assert outcomes(codes) == ["inaccurate", "wrong", "inaccurate"]
    assert "where rounding does not hide it" in EVIDENCE[codes[1]][1]


def test_an_overflow():
    codes = natures(deviation(np.inf, U64), None, around(False, overflows=True))
    assert outcomes(codes) == ["inaccurate"] and "overflows" in EVIDENCE[codes[0]][1]


def test_what_cannot_be_told_is_wrong_and_says_so():
    codes = natures(deviation(1e-4, U64), None, lambda: None)
    assert outcomes(codes) == ["wrong"] and "cannot be told" in EVIDENCE[codes[0]][1]


def test_one_that_happens_to_be_still_is_like_the_others():
    errors = 1e-12 * np.array([1.0, 2.0, 5.0, 0.5, 3.0])
    found = natures(deviation(errors, U64), None, around([True, True, False, True, True]))
    assert outcomes(found) == ["inaccurate"] * 5
    found = natures(deviation(errors, U64), None, around([False, False, True, False, False]))
    assert outcomes(found) == ["wrong"] * 5


def test_one_that_is_still_and_much_worse_is_not():
    errors = 1e-12 * np.array([1.0, 2.0, 1.5, 0.5, 300.0])
    found = natures(deviation(errors, U64), None, around([True, True, True, True, False]))
    assert outcomes(found) == ["inaccurate"] * 4 + ["wrong"]


def test_how_bad_an_error_is_counts_in_the_wider_dtype():
    narrow = deviation(np.ones(5), U32)  # no digit is left of any of them
    wide = deviation(1e-12 * np.array([1.0, 2.0, 1.5, 0.5, 300.0]), U64)
    found = natures(narrow, wide, around([True, True, True, True, False]))
    assert outcomes(found) == ["inaccurate"] * 4 + ["wrong"]


def test_what_a_narrower_dtype_on_the_way_explains_is_rounding_and_no_more_than_that():
    errors = [1e-4, 1e-2]
    codes = natures(deviation(errors, U64), None, around([False, False]), through=np.full(2, 1e-3))
    assert outcomes(codes) == ["inaccurate", "wrong"] and "narrower dtype" in EVIDENCE[codes[0]][1]


def test_what_the_rounding_of_the_own_operators_explains_is_rounding_and_no_more_than_that():
    errors = [1e-4, 1e-2]
    codes = natures(deviation(errors, U64), None, around([False, False]), unstable=np.full(2, 1e-3))
    assert outcomes(codes) == ["inaccurate", "wrong"] and "stable code" in EVIDENCE[codes[0]][1]


def test_only_entries_beyond_what_is_allowed_need_neighbours():
    assert natures(deviation([U64, 0.0], U64), None, unasked).shape == (2,)


def test_a_finding_is_told_apart_into_its_kinds():
    right, numbers = np.ones(4), np.arange(4.0)
    given = right + np.array([0.0, 0.5, 1e-3, 2e-3])
    estimates = {SYMBOLIC: Estimate(right, np.full(4, 1e-9)), REVERSE: Estimate(given, np.full(4, 1e-9))}
    finding = Finding("wrong", REVERSE, "it is off", input="x", position=0)
    same, gone = (next(k for k, (_, said) in enumerate(EVIDENCE) if word in said) for word in ("same in", "left in"))
    wrong, rounding = tempered(finding, np.array([-1, same, gone, gone]), estimates, numbers, SYMBOLIC)
    assert (wrong.outcome, wrong.index, wrong.entries, wrong.input_value) == ("wrong", (1,), 1, 1.0)
    assert (rounding.outcome, rounding.index, rounding.entries, rounding.input_value) == ("inaccurate", (3,), 2, 3.0)
    assert (wrong.nature, rounding.nature) == (EVIDENCE[same][1], EVIDENCE[gone][1])
    assert rounding.values == {SYMBOLIC: 1.0, REVERSE: 1.002} and rounding.reason == "it is off"
