from __future__ import annotations

import math
from dataclasses import replace

import pytest

from verifier.verdict import wording
from verifier.verdict.verdict import Digits, Finding, Looseness, Problem, Promised, Run, Verdict

FINDING = Finding("wrong", "reverse mode", "because", input="x", index=(1, 2), input_value=0.1)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain · Wᵀ", "plain · Wᵀ"),
        ("two\n  lines\u2028and\u00a0more", "two lines and more"),
        ("\x1b[31m\x00\u202e\udc80", "\\x1b[31m\\x00\\u202e\\udc80"),
    ],
)
def test_text_from_elsewhere_is_one_printable_line(text: str, shown: str):
    assert wording.one_line(text) == shown


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (6.66e-16, "6.7e-16"),
        (0.0, "0"),
        (3.0, "3"),
        (math.nan, "NaN"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
    ],
)
def test_sizes_have_two_digits(number: float, shown: str):
    assert wording.rough(number) == shown


def test_exact_numbers_read_back():
    assert wording.exact(0.1 + 0.2) == "0.30000000000000004"
    assert wording.exact(2.0) == "2"


def test_numbers_side_by_side_have_the_digits_that_tell_them_apart():
    assert wording.side_by_side({"a": 1 / 3, "b": 1 / 3}) == {"a": "0.3333333", "b": "0.3333333"}
    assert wording.side_by_side({"a": 1.0, "b": 1 + 2**-52}) == {"a": "1", "b": "1.0000000000000002"}
    assert wording.side_by_side({"a": 1.0, "b": 1 + 1e-9}) == {"a": "1", "b": "1.000000001"}
    assert wording.side_by_side({"a": math.nan, "b": float("nan"), "c": -0.0, "d": 0.0}) == {
        "a": "NaN",
        "b": "NaN",
        "c": "-0",
        "d": "0",
    }
    assert wording.side_by_side({}) == {}


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.0, "0 ms"), (0.0034, "3 ms"), (0.9996, "1.0 s"), (4.23, "4.2 s"), (59.96, "1 min 0 s"), (125.2, "2 min 5 s")],
)
def test_durations(seconds: float, shown: str):
    assert wording.duration(seconds) == shown


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "the gradient by x from reverse mode is wrong at x[1, 2] = 0.1"),
        ({"index": ()}, "the gradient by x from reverse mode is wrong at x = 0.1"),
        ({"input_value": None}, "the gradient by x from reverse mode is wrong at [1, 2]"),
        ({"order": 2}, "the second gradient by x from reverse mode is wrong at x[1, 2] = 0.1"),
        ({"order": 4}, "the gradient of order 4 by x from reverse mode is wrong at x[1, 2] = 0.1"),
        (
            {"input": None, "blamed": "the formula", "input_value": None},
            "the value from the formula is wrong at [1, 2]",
        ),
        (
            {"blamed": None, "outcome": "undecided"},
            "the gradient by x is undecided at x[1, 2] = 0.1; no culprit can be told",
        ),
    ],
)
def test_a_charge_says_what_is_wrong_where_and_by_whom(changes: dict, sentence: str):
    assert wording.charge(replace(FINDING, **changes)) == sentence


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, None),
        ({"error": 0.5}, "0.5"),
        ({"error": 0.5, "allowed": 1e-15}, "0.5 where 1e-15 is allowed"),
        ({"error": 0.5, "allowed": 1e-15, "bits_lost": 48.83}, "0.5 where 1e-15 is allowed: 48.8 bits lost"),
        ({"error": math.inf, "allowed": 1e-15, "bits_lost": math.inf}, "∞ where 1e-15 is allowed"),
    ],
)
def test_the_size_of_an_error(changes: dict, sentence: str | None):
    assert wording.size_of_error(replace(FINDING, **changes)) == sentence


def test_details_leave_out_what_is_not_known():
    assert wording.details(FINDING) == [("reason", "because")]
    assert wording.details(replace(FINDING, entries=3, size=1200, variation="strided")) == [
        ("entries", "3 of 1,200 beyond what is allowed"),
        ("reason", "because"),
        ("seen", "with the variation “strided”"),
    ]
    assert wording.details(replace(FINDING, entries=3, size=1200, pattern="row 4", cause="a slip", call="f(x)")) == [
        ("entries", "3 of 1,200 beyond what is allowed: row 4"),
        ("likely cause", "a slip"),
        ("reason", "because"),
        ("reproduce", "f(x)"),
    ]


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (0.1, "0.1"),
        (1e10, "1e+10"),
        (1 / 3, "0.3333333333…"),
        (-2.0, "-2"),
        (math.nan, "NaN"),
        (math.inf, "∞"),
        (1e-300, "1e-300"),
        (123456789.25, "123456789.2…"),
    ],
)
def test_a_long_number_is_cut_off_and_shows_it(number: float, shown: str):
    assert wording.shortened(number) == shown


def test_a_tolerance_and_what_it_lets_pass():
    verdict = Verdict("x", "agreed")
    assert wording.tolerance(verdict) == []
    verdict = replace(
        verdict, tolerance="rtol=1", looseness=(Looseness("x"), Looseness("y", ("a", "b", "c"), ("a", "c")))
    )
    assert wording.tolerance(verdict) == [
        ("tolerance", "rtol=1, as you set it"),
        ("warning", "too loose for y: a or c would pass too"),
    ]
    strict = replace(verdict, looseness=(Looseness("x", ("a", "b")), Looseness("y", ("a", "b", "c"))))
    assert wording.tolerance(strict)[1:] == [("strict", "for x and y: a, b or c would not pass")]


@pytest.mark.parametrize(
    ("expected", "blamed", "sentence"),
    [
        (None, ["reverse mode"], None),
        ("reverse mode", ["reverse mode"] * 2, "wrong on purpose: reverse mode was to be blamed, and was"),
        ("formula", ["the formula"], "wrong on purpose: the formula was to be blamed, and was"),
        ("formula", ["reverse mode"], "wrong on purpose: the formula was to be blamed, but reverse mode was"),
        (
            "formula",
            ["the formula", "reverse mode"],
            "wrong on purpose: the formula was to be blamed, but the formula and reverse mode was",
        ),
        ("formula", [], "wrong on purpose: the formula was to be blamed, but nobody was"),
    ],
)
def test_who_was_to_be_blamed_and_who_was(expected: str | None, blamed: list[str], sentence: str | None):
    findings = tuple(replace(FINDING, blamed=name) for name in blamed)
    assert wording.purpose(Verdict("x", "wrong", findings=findings, expected_blame=expected)) == sentence


def test_promises_and_claims():
    assert wording.promise(Promised("it raises", "RuntimeError", True)) == "promised: it raises — seen: RuntimeError"
    claim = Promised("all are kept", "None", True, refutes=True)
    assert wording.promise(claim) == "claimed: all are kept — evidence: None — refuted"
    assert wording.promise(replace(claim, kept=False)) == "claimed: all are kept — evidence: None — not refuted"


@pytest.mark.parametrize(
    ("spoke", "shown"),
    [("abc", "all 3"), ("ab", "all but c"), ("a", "a"), ("", "none")],
)
def test_which_witnesses_spoke(spoke: str, shown: str):
    verdict = Verdict("x", "agreed", witnesses=dict.fromkeys(spoke, ""))
    assert wording.testimony(verdict, "abc") == shown


def test_a_contract_counts_its_kept_promises():
    promises = (Promised("a", "b", True), Promised("a", "b", False))
    assert wording.testimony(Verdict("x", "wrong", promises=promises), "abc") == "1 of 2 promises"


def test_totals_name_what_occurred():
    verdicts = (Verdict("a", "wrong"), Verdict("b", "agreed", notes=("n",)), Verdict("c", "agreed"))
    run = Run(verdicts, seconds=1.0)
    assert wording.totals(run) == "2 agreed, 1 wrong, 1 note, in 1.0 s"
    problems = (Problem("a", "b"), Problem("c", "d"))
    assert wording.totals(Run((), problems)) == "no cases, 2 files could not be read, in 0 ms"


def test_an_interruption_is_counted():
    assert wording.interruption(Run((), planned=3)) is None
    assert wording.interruption(Run((), planned=1, interrupted=True)) == "interrupted after 0 of 1 case"


def test_bits_are_told_of_how_many_and_never_more_than_there_are():
    finding = Finding("wrong", "reverse mode", "it is off", input="x", error=0.5, allowed=1e-9, bits_lost=17.42)
    assert wording.size_of_error(finding) == "0.5 where 1e-09 is allowed: 17.4 bits lost"
    assert wording.size_of_error(replace(finding, significand=24)).endswith(": 17.4 of 24 bits lost")
    assert wording.size_of_error(replace(finding, significand=8)).endswith(": 8.0 of 8 bits lost")


def test_the_nature_of_an_error_completes_the_reason():
    finding = Finding("inaccurate", "reverse mode", "it is off", nature="it is rounding")
    assert ("reason", "it is off; it is rounding") in wording.details(finding)


def test_what_only_float64_shows():
    assert wording.circumstances(Finding("wrong", None, "", variation="float64")) == (
        "in float64: the function's own dtype hides it"
    )


def test_digits_in_one_line():
    lost = (
        Digits(None, 24, None, None, None, None, None),
        Digits("x", 24, 17.42, -1.5, (0,), None, None),
        Digits("y", 24, 3.0, None, (0,), None, None, order=2),
    )
    assert wording.digits(Verdict("v", "agreed", digits=lost)) == (
        "value 0, gradient by x 17.4 and -1.5, second gradient by y 3.0 (worst and median, of 24)"
    )
    assert wording.digits(Verdict("v", "agreed")) is None
