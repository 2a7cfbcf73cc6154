"""The survey of torch's own operator database: what is counted, and what is said."""

import json
from pathlib import Path

import numpy as np
import torch
from accused import with_backward
from click.testing import CliRunner

from verifier.commands.coverage import COMMAND
from verifier.coverage import examination
from verifier.coverage.database import DatabaseSample, entries, name_of, samples
from verifier.coverage.examination import Answer, Examined, examine
from verifier.coverage.explained import EXPLAINED
from verifier.coverage.survey import Survey, Surveyed, survey

doubled = with_backward(torch.square, lambda g, x: 4 * g * x)


def sample_of(function):
    point = torch.tensor([0.5, 2.0], dtype=torch.float64, requires_grad=True)
    return DatabaseSample("one", 0, {"x": point}, lambda tensors: [function(tensors["x"])])


def test_the_database_has_the_entries_that_torch_can_differentiate():
    assert len(list(entries())) == 540
    (entry,) = entries(["addmm.decomposed"])
    assert name_of(entry) == "addmm.decomposed"
    assert all(sample.varying for sample in samples(entry, 3))


def test_a_sample_that_torch_has_right_is_verified():
    found = examine(sample_of(lambda x: x.exp() * x))
    assert found.status == "verified" and found.faults == frozenset()
    assert [found.agrees(asked) for asked in ("values", "reverse", "forward")] == [True] * 3


def test_a_wrong_gradient_is_no_kink():
    found = examine(sample_of(doubled))
    assert found.status == "other reverse"
    assert found.detail.startswith("by x at (1,): -3.07915, and torch -6.15829, ")
    assert (found.agrees("values"), found.agrees("reverse"), found.agrees("forward")) == (True, False, None)
    assert found.faults == {"reverse"}


def test_at_a_kink_a_full_hearing_decides():
    found = examine(sample_of(lambda x: torch.maximum(x, 0.5 + 0 * x)))
    assert found.status == "verified" and found.heard
    assert not found.answers["reverse"].agrees and found.agrees("reverse")


def test_a_hearing_that_fails_is_said(monkeypatch):
    def failing(sample):
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(examination, "heard", failing)
    found = examine(sample_of(doubled))
    assert (found.status, found.detail) == ("failed", "in a full hearing: ZeroDivisionError: by zero")
    assert found.faults == {"failed"}


def test_a_program_too_large_for_balls_has_no_hearing(monkeypatch):
    monkeypatch.setattr(examination, "MOST_BALLS", 1)
    assert examine(sample_of(lambda x: torch.maximum(x, 0.5 + 0 * x))).status == "other reverse"


def test_where_few_evaluations_say_no_more_are_made(monkeypatch):
    asked = []

    def room(*given, draws=None):
        asked.append(draws)
        return {"t": np.array(1.0 if draws is None else 4.0)}

    def answers(error):
        return examination._measured(
            None, {}, ["t"], (0.0, 0.0), lambda allowed: {"values": Answer(error / allowed["t"])}
        )

    monkeypatch.setattr(examination, "allowance", room)
    assert answers(0.5) == {"values": Answer(0.5)} and asked == [None]
    assert answers(2.0) == {"values": Answer(0.5)} and asked == [None, None, examination.DRAWS]


def test_samples_are_drawn_alike_each_time():
    (entry,) = entries(["nn.functional.dropout"])
    sample = next(s for s in samples(entry) if not torch.equal(*s.run(s.varying), s.varying["x0"]))
    (one,), (other,) = (sample.run(sample.varying) for _ in range(2))
    assert torch.equal(one, other)


def test_a_sample_in_a_part_of_a_storage_sees_all_of_it():
    (entry,) = entries(["as_strided.partial_views"])
    beyond = list(samples(entry))[2]  # it reads what lies in the storage behind its own beginning
    assert examine(beyond).status == "verified"
    (value,) = beyond.run(beyond.varying)
    assert torch.equal(value.flatten().sort().values, beyond.varying["x0"][5:9].sort().values)


def test_a_sparse_sample_varies_in_what_it_stores():
    (entry,) = entries(["sparse.sampled_addmm"])
    sample = list(samples(entry))[-1]
    (value,) = sample.run(sample.varying)
    assert value.layout == torch.strided and sample.varying["x0"].shape == (int((value != 0).sum()),)


def test_an_entry_is_as_bad_as_the_worst_of_its_samples():
    rows = tuple(Examined("e", k, status) for k, status in enumerate(("verified", "other values", "verified")))
    assert Surveyed("e", rows).status == "other values"
    assert Surveyed("e", ()).status == "failed"
    assert Surveyed("e", ()).reason == "no sample can be differentiated"


def test_missing_operators_are_counted_by_the_entries_that_need_them():
    rows = [
        Surveyed(n, (Examined(n, 0, "undefined", missing=("aten::a", "aten::b")[:k]),)) for n, k in (("x", 1), ("y", 2))
    ]
    assert Survey(tuple(rows), 1).missing == (("aten::a", ("x", "y")), ("aten::b", ("y",)))


def differing(entry, *faults):
    answers = {asked: Answer(2.0 if asked in faults else 0.5) for asked in ("values", "reverse", "forward")}
    status = next((f"other {asked}" for asked in answers if asked in faults), "verified")
    return Surveyed(entry, (Examined(entry, 0, status, recorded=True, defined=True, answers=answers),))


def test_only_what_is_not_verified_is_explained():
    bad, good = differing("digamma", "reverse"), differing("digamma")
    assert bad.explained == EXPLAINED["digamma"].reason and good.explained is None
    assert Survey((bad, good), 1).explained == 1


def test_an_explanation_explains_nothing_else():
    assert differing("cholesky_inverse", "forward").explained
    assert differing("cholesky_inverse", "reverse", "forward").explained is None
    assert Surveyed("cholesky_inverse", (Examined("cholesky_inverse", 0, "failed"),)).explained is None


def test_what_agrees_is_counted():
    counts = differing("digamma", "reverse").counts
    assert counts == {"samples": 1, "recorded": 1, "defined": 1, "values": 1, "reverse": 0, "forward": 1}


def test_every_explained_entry_is_in_the_database():
    assert EXPLAINED.keys() <= {name_of(entry) for entry in entries()}


def test_the_survey_runs_what_is_named():
    assert [(entry.entry, entry.verified) for entry in survey(["exp", "log"], 2).entries] == [
        ("exp", True),
        ("log", True),
    ]


def test_what_differs_is_explained_in_the_findings():
    findings = (Path(__file__).parent.parent / "docs" / "findings.md").read_text(encoding="utf-8")
    titles = [line for line in findings.splitlines() if line.startswith("## ")]
    for entry in EXPLAINED:
        name = entry.split(".")[-1] if entry.split(".")[0] in ("nn", "special", "linalg") else entry.split(".")[0]
        name = "max_unpool" if name.startswith("max_unpool") else name.removeprefix("special_").split("_n_")[0]
        assert any(f"`{name}" in title or f"{name}`" in title for title in titles), entry


def test_the_command_says_how_many_and_writes_json(tmp_path):
    file = tmp_path / "coverage.json"
    result = CliRunner().invoke(COMMAND, ["exp", "-n", "2", "--json", str(file)])
    assert result.exit_code == 0, result.output
    header, row, *_ = result.output.splitlines()
    assert header.split() == ["entry", "samples", "recorded", "defined", "values", "reverse", "forward", "seconds"]
    assert row.split()[:8] == ["✓", "exp", "2", "2", "2", "2", "2", "2"]
    assert "1 of 1 entries verified on all of their samples (2 run)" in result.output
    written = json.loads(file.read_text())
    assert written["verified"] == 1
    (entry,) = written["entries"]
    assert entry["counts"] == {"samples": 2, "recorded": 2, "defined": 2, "values": 2, "reverse": 2, "forward": 2}
    assert entry["samples"][0]["answers"]["reverse"]["apart"] <= 1


def test_the_command_fails_unless_all_is_verified_or_explained(monkeypatch):
    assert CliRunner().invoke(COMMAND, ["digamma", "-n", "1"]).exit_code == 0
    monkeypatch.delitem(EXPLAINED, "digamma")
    result = CliRunner().invoke(COMMAND, ["digamma", "-n", "1"])
    assert result.exit_code == 1 and "neither: digamma" in result.output
