"""The survey of torch's own operator database: what is counted, and what is said."""

import json

import torch
from click.testing import CliRunner

from verifier.commands.coverage import COMMAND
from verifier.coverage.database import DatabaseSample, entries, name_of, samples
from verifier.coverage.examination import Examined, examine
from verifier.coverage.explained import EXPLAINED
from verifier.coverage.survey import Survey, Surveyed, survey


class Doubled(torch.autograd.Function):
    """x·x with twice its gradient."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x * x

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 4 * g * x


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
    assert (found.status, found.forward_mode) == ("verified", True)


def test_a_wrong_gradient_is_no_kink():
    found = examine(sample_of(Doubled.apply))
    assert found.status == "other reverse"
    assert found.detail == "by x at (1,): -3.07915, and torch -6.15829"


def test_at_a_kink_a_full_hearing_decides():
    found = examine(sample_of(lambda x: torch.maximum(x, 0.5 + 0 * x)))
    assert found.status == "verified"


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


def test_only_what_is_not_verified_is_explained():
    bad, good = (Surveyed("digamma", (Examined("digamma", 0, status),)) for status in ("other reverse", "verified"))
    assert bad.explained == EXPLAINED["digamma"] and good.explained is None
    assert Survey((bad, good), 1).explained == 1


def test_every_explained_entry_is_in_the_database():
    assert EXPLAINED.keys() <= {name_of(entry) for entry in entries()}


def test_the_survey_runs_what_is_named():
    assert [(entry.entry, entry.verified) for entry in survey(["exp", "log"], 2).entries] == [
        ("exp", True),
        ("log", True),
    ]


def test_the_command_says_how_many_and_writes_json(tmp_path):
    file = tmp_path / "coverage.json"
    result = CliRunner().invoke(COMMAND, ["exp", "-n", "2", "--json", str(file)])
    assert result.exit_code == 0, result.output
    assert "1 of 1 entries verified on all of their samples (2 run)" in result.output
    assert json.loads(file.read_text())["verified"] == 1
