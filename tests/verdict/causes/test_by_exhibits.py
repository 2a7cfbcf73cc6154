"""Causes by exhibits made up for the purpose: what is not there does not explain anything."""

from dataclasses import replace

import numpy as np
import pytest

from verifier.point import rounded
from verifier.verdict.accusation import Accusation, Exhibit
from verifier.verdict.causes import exchange, precision, surrogate, zero
from verifier.verdict.causes import range as ranges

TRUE = np.array([0.1, -0.7, 1.3, 0.9])


def exhibit(given, true, allowed=1e-12, **inputs):
    """The gradients by some inputs, as they were given and as they are."""
    return Exhibit(
        inputs, np.ones(()), given, true, {name: np.full(values.shape, allowed) for name, values in true.items()}
    )


def said(cause, *exhibits, **known):
    return list(cause.explain(Accusation("x", exhibits, **known)))


# A narrower dtype

HALF = rounded(TRUE, "float16")


def narrow(given, true=TRUE, **known):
    return said(precision, exhibit({"x": given}, {"x": true}), **known)


def test_numbers_of_a_dtype_are_a_sign_of_it_where_the_candidate_computes_more_precisely():
    named = ["a narrower dtype: every entry is a float16 number, as if it had been computed in float16"]
    assert narrow(HALF) == narrow(HALF, roundoff=2.0**-24) == named
    assert narrow(HALF, roundoff=2.0**-11) == narrow(HALF, roundoff=2.0**-8) == []


def test_a_truth_that_the_dtype_holds_is_no_sign_of_it():
    beside = rounded(HALF * (1 + 2.0**-9), "float16")
    assert narrow(beside, true=HALF) == []
    assert narrow(beside, true=np.where(np.arange(4) == 0, TRUE, HALF)) == []
    assert narrow(beside, true=np.where(np.arange(4) < 2, TRUE, HALF)) != []


def test_the_narrowest_dtype_is_named():
    (sentence,) = narrow(rounded(TRUE, "bfloat16"))
    assert "bfloat16" in sentence


def test_what_is_computed_in_a_dtype_is_off_by_several_roundoffs():
    assert narrow(rounded(TRUE * (1 + 2.0**-7), "float16")) != []
    assert narrow(rounded(TRUE * (1 + 2.0**-4), "float16")) == []


def test_what_is_far_from_the_truth_was_not_rounded():
    assert narrow(2 * HALF) == []


def test_numbers_of_a_dtype_have_to_be_so_everywhere():
    again = exhibit({"x": TRUE + 1e-5}, {"x": TRUE})
    assert said(precision, exhibit({"x": HALF}, {"x": TRUE}), again) == []


# Another input's gradient


def test_gradients_are_exchanged_only_where_both_are_at_every_point():
    other = TRUE[::-1].copy()
    true = {"x": TRUE, "w": other}
    both, one = exhibit({"x": other, "w": TRUE}, true), exhibit({"x": other, "w": other}, true)
    assert said(exchange, both, both) == ["exchanged: it is the gradient by w, and that by w is the gradient by x"]
    assert said(exchange, both, one) == ["the gradient by another input: it is the gradient by w"]
    assert said(exchange, both, exhibit({"x": TRUE, "w": other}, true)) == []


def test_the_gradient_by_a_scalar_is_not_that_by_a_tensor():
    true = {"x": TRUE, "s": np.array(0.1)}
    assert said(exchange, exhibit({"x": np.full(4, 0.1), "s": np.array(0.1)}, true)) == []


# Ranges

NUMBERS = np.concatenate([np.arange(-9.0, 0.0), np.arange(1.0, 10.0)]) / 4


@pytest.mark.parametrize(
    ("bad", "where"),
    [
        (NUMBERS < 0, "x < 0"),
        (NUMBERS > 0, "x > 0"),
        (NUMBERS >= 1, "x ≥ 1 (and right up to 0.75)"),
        (NUMBERS <= -1, "x ≤ -1 (and right up to -0.75)"),
        (np.abs(NUMBERS) >= 1, "|x| ≥ 1 (and right up to 0.75)"),
        (np.abs(NUMBERS) <= 1, "|x| ≤ 1 (and right up to 1.25)"),
        (NUMBERS == 1, None),  # one of several at random
        ((NUMBERS > 1) & (NUMBERS < 2), None),
    ],
)
def test_a_range_is_named_where_it_is_exactly_that(bad, where):
    found = said(ranges, exhibit({"x": np.where(bad, 0.0, 1.0)}, {"x": np.ones(18)}, x=NUMBERS))
    assert found == ([] if where is None else [f"a range: it is wrong exactly where {where}, and 0 there"])


def test_the_number_that_many_entries_share_is_a_range_if_it_is_whole_and_theirs_alone():
    def where(numbers, bad):
        found = said(ranges, exhibit({"x": np.where(bad, 0.0, 1.0)}, {"x": np.ones(36)}, x=numbers))
        return [sentence.split("exactly where ")[1] for sentence in found]

    whole, half = np.repeat([-3.0, 1.0, 2.0], 12), np.repeat([-3.0, 0.5, 2.0], 12)
    assert where(whole, whole == 1)[0] == "x = 1, and 0 there"
    assert "x = 0.5, and 0 there" not in where(half, half == 0.5)
    every_second = np.arange(36) % 2 == 0
    assert where(whole, (whole == 1) & every_second) == []


def test_the_own_input_is_tried_first_and_integers_are_no_range():
    bad = np.arange(18) < 9
    shared = {"w": NUMBERS, "k": np.arange(18), "x": NUMBERS}
    found = said(ranges, exhibit({"x": np.where(bad, 0.0, 1.0)}, {"x": np.ones(18)}, **shared))
    assert [sentence.split(", ")[0] for sentence in found] == [
        "a range: it is wrong exactly where x < 0",
        "a range: it is wrong exactly where w < 0",
    ]


def test_where_zero_is_on_one_side_it_is_named_as_the_border():
    numbers = NUMBERS - NUMBERS[9]  # from below zero to zero and beyond
    for bad, where in (
        (numbers <= 0, "x ≤ 0"),
        (numbers < 0, "x < 0"),
        (numbers >= 0, "x ≥ 0"),
        (numbers > 0, "x > 0"),
    ):
        (found,) = said(ranges, exhibit({"x": np.where(bad, 0.0, 1.0)}, {"x": np.ones(18)}, x=numbers))
        assert found == f"a range: it is wrong exactly where {where}, and 0 there"


# Surrogates

ONES, ZEROS = np.ones(4), np.zeros(4)


def passed_on(true, cotangent):
    """An exhibit of the cotangent itself for a gradient."""
    return replace(exhibit({"x": cotangent.reshape(true.shape)}, {"x": true}), cotangent=cotangent)


def test_the_incoming_gradient_itself_is_a_sign_if_it_is_more_than_one_number():
    (sentence,) = said(surrogate, passed_on(TRUE, ONES), passed_on(TRUE, 2 * ONES))
    assert sentence.startswith("straight through")
    assert said(surrogate, passed_on(TRUE, ONES), exhibit({"x": ONES}, {"x": TRUE})) == []
    assert said(surrogate, passed_on(np.array(0.1), np.array(1.0))) == []


def test_a_function_is_flat_where_it_is_so_at_every_point():
    flat, steep = exhibit({"x": TRUE}, {"x": ZEROS}), exhibit({"x": TRUE}, {"x": ONES})
    (sentence,) = said(surrogate, flat, flat)
    assert sentence.startswith("a surrogate: the function is flat here")
    assert said(surrogate, flat, steep) == said(surrogate, steep, flat) == []
    assert said(surrogate, flat, exhibit({"x": ZEROS}, {"x": ZEROS})) == []


# Nothing


def test_a_gradient_is_nothing_only_where_it_is_so_at_every_entry_of_every_exhibit():
    nothing, unknown = exhibit({"x": ZEROS}, {"x": TRUE}), exhibit({"x": np.nan * ONES}, {"x": TRUE})
    some = exhibit({"x": np.array([np.nan, 1.0, 1.0, 1.0])}, {"x": TRUE})
    assert said(zero, nothing, nothing) == ["zero: it is 0 at every entry, and the true gradient is not"]
    assert said(zero, unknown, unknown) == ["NaN: it is NaN at every entry"]
    assert said(zero, some) == said(zero, nothing, some) == said(zero, unknown, some) == []
