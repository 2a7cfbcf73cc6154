from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from verifier.reports.json import REPORT
from verifier.verdict.verdict import Run, Verdict


def strictly(text: str):
    def refuse(word: str):
        raise ValueError(f"{word} is not JSON")

    return json.loads(text, parse_constant=refuse)


def test_it_is_the_plain_data_of_the_run(run: Run):
    assert strictly("\n".join(REPORT.lines(run))) == run.to_dict()


def test_keys_come_in_a_fixed_order(run: Run):
    read = strictly("\n".join(REPORT.lines(run)))
    assert list(read) == [
        "schema",
        "ok",
        "counts",
        "verdicts",
        "problems",
        "planned",
        "interrupted",
        "seconds",
        "versions",
    ]
    assert read["schema"] == 1
    assert read["ok"] is False
    assert read["counts"] == {"wrong": 2, "inaccurate": 1, "undecided": 1, "agreed": 4}


def test_what_an_interrupted_run_finished_is_there(run: Run):
    read = strictly("\n".join(REPORT.lines(run)))
    assert (read["interrupted"], read["planned"], len(read["verdicts"])) == (True, 12, 8)
    assert read["verdicts"][3]["findings"][0]["index"] == [417, 3]


@pytest.mark.parametrize(
    ("number", "written"),
    [(math.nan, "NaN"), (math.inf, "Infinity"), (-math.inf, "-Infinity"), (np.float64("nan"), "NaN"), (1.5, 1.5)],
)
def test_numbers_that_are_not_finite_are_words(wrong: Verdict, number: float, written):
    finding = replace(wrong.findings[0], error=number, values={"symbolic": number})
    read = strictly("\n".join(REPORT.lines(Run((replace(wrong, findings=(finding,)),)))))
    assert read["verdicts"][0]["findings"][0]["error"] == written
    assert read["verdicts"][0]["findings"][0]["values"] == {"symbolic": written}


def test_numbers_of_numpy_are_numbers(wrong: Verdict):
    finding = replace(wrong.findings[0], index=(np.int64(3),), size=np.int64(9), error=np.float32(0.5))
    assert replace(wrong, findings=(finding,)).to_dict()["findings"][0]["index"] == [3]
    read = strictly("\n".join(REPORT.lines(Run((replace(wrong, findings=(finding,)),)))))
    assert read["verdicts"][0]["findings"][0]["error"] == 0.5


def test_any_text_survives_any_encoding(hostile: Run):
    text = "\n".join(REPORT.lines(hostile))
    assert text.isascii()
    assert strictly(text)["verdicts"][0]["name"] == hostile.verdicts[0].name
