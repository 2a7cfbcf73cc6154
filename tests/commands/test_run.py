"""`verifier run`."""

import json
from pathlib import Path

import pytest
from samples import BASICS, ONE, said


@pytest.mark.parametrize(
    ("outcomes", "code"),
    [
        (["agreed", "agreed"], 0),
        (["agreed", "wrong"], 1),
        (["inaccurate", "undecided"], 1),
        (["agreed", "undecided"], 3),
        (["agreed", "raises"], 3),
        (["undecided", "wrong"], 1),
    ],
)
def test_the_exit_code_says_how_it_went(files, call, outcomes, code):
    files(**{f"case_{i}": ONE.format(name="a", outcome=outcome) for i, outcome in enumerate(outcomes)})
    assert call("run").exit_code == code


def test_a_run_shows_each_case_and_ends_with_the_totals(files, call):
    files(a=ONE.format(name="[one]", outcome="agreed"), b=ONE.format(name="two", outcome="wrong"))
    result = call("run")
    assert result.stderr.splitlines() == [
        "[1/2] ✓ agreed     cases/a.py::[one] (0 ms)",
        "[2/2] ✗ wrong      cases/b.py::two (0 ms)",
    ]
    assert "✗ wrong: two (cases/b.py" in result.stdout
    assert result.stdout.splitlines()[-1].startswith("1 agreed, 1 wrong, in ")


def test_reports_are_written_and_the_last_lines_say_where(files, call):
    files(a=ONE.format(name="one", outcome="agreed"))
    result = call("run", "cases", "--report", "json=deep/down/run.json", "--report", "html")
    here = Path.cwd()
    assert result.stdout.splitlines()[-2:] == [
        f"JSON report: {here}/deep/down/run.json",
        f"HTML report: {here}/build/report.html",
    ]
    run = json.loads(Path("deep/down/run.json").read_text())
    assert ([verdict["name"] for verdict in run["verdicts"]], run["ok"]) == (["one"], True)
    assert "one" in Path("build/report.html").read_text()


def test_a_report_on_standard_output_is_alone_there(files, call):
    files(a=ONE.format(name="one", outcome="agreed"))
    result = call("run", "--report", "json=-", "--report", "markdown=run.md")
    assert json.loads(result.stdout)["ok"] is True
    assert result.stderr.splitlines()[-1] == f"MARKDOWN report: {Path.cwd()}/run.md"
    assert "1 agreed" in result.stderr


@pytest.mark.parametrize(
    ("report", "sentence"),
    [
        ("pdf=x", "there is no report format 'pdf': choose one of html, json, markdown, terminal"),
        ("", "there is no report format '': choose one of html, json, markdown, terminal"),
        ("json=cases", "the report cannot be written to cases (Is a directory): choose another file"),
        ("json=cases/a.py/x", "the report cannot be written to cases/a.py/x (File exists): choose another file"),
    ],
)
def test_a_report_that_cannot_be_written_stops_before_anything_runs(files, call, report, sentence):
    files(a="raise SystemExit('nothing may be read before')")
    assert said(call("run", "--report", report)) == f"verifier: {sentence}"


def test_finding_out_whether_a_report_can_be_written_leaves_the_old_one(files, call):
    files(a=ONE.format(name="one", outcome="agreed"))
    Path("run.json").write_text("old")
    call("run", "nowhere", "--report", "json=run.json", "--report", "markdown=new.md")
    assert (Path("run.json").read_text(), Path("new.md").exists()) == ("old", False)


def test_a_report_that_cannot_be_written_in_the_end_is_told_and_the_others_are_written(files, call):
    files(a="import os\nos.mkdir('run.json')\n" + ONE.format(name="one", outcome="agreed"))
    result = call("run", "--report", "json=run.json", "--report", "markdown=run.md")
    assert result.exit_code == 2
    assert result.stderr.splitlines()[-1] == (
        "verifier: the report cannot be written to run.json (Is a directory): choose another file"
    )
    assert Path("run.md").exists()


def test_a_case_file_that_cannot_be_read_keeps_no_other_from_running(files, call):
    files(a="CASES = 1 / 0", b=ONE.format(name="two", outcome="agreed"), c="cases = []")
    result = call("run", "--report", "json=run.json")
    assert result.exit_code == 2
    run = json.loads(Path("run.json").read_text())
    assert [verdict["name"] for verdict in run["verdicts"]] == ["two"]
    assert run["problems"] == [
        {
            "source": "cases/a.py",
            "sentence": "cases/a.py does not import: line 1 raised ZeroDivisionError: division by zero; "
            "mend it and run again",
        },
        {
            "source": "cases/c.py",
            "sentence": "cases/c.py does not define CASES: end it with CASES = [Case(...), ...]",
        },
    ]
    assert "2 files could not be read" in result.stdout


def test_an_interrupted_run_reports_what_finished(files, call):
    files(
        a=ONE.format(name="one", outcome="agreed"),
        b=ONE.format(name="two", outcome="interrupted"),
        c=ONE.format(name="three", outcome="agreed"),
    )
    result = call("run", "--report", "json=run.json", "--report", "html=run.html")
    assert result.exit_code == 130
    assert "interrupted after 1 of 3 cases" in result.stdout
    run = json.loads(Path("run.json").read_text())
    assert ([verdict["name"] for verdict in run["verdicts"]], run["interrupted"]) == (["one"], True)
    assert "interrupted after 1 of 3 cases" in Path("run.html").read_text()


def test_ctrl_c_while_cases_are_read(files, call):
    files(a="raise KeyboardInterrupt")
    result = call("run")
    assert (result.exit_code, result.stderr) == (130, "verifier: interrupted\n")


@pytest.mark.parametrize(
    ("pattern", "chosen"),
    [
        ("PRODUCT", ["sum of a product"]),
        ("basics.py::m", ["mean"]),
        ("*::[lm]ea[nf]", ["mean", "leaf"]),
        ("basics", ["sum of a product", "mean", "leaf"]),
    ],
)
def test_a_pattern_selects_cases(files, call, pattern, chosen):
    files(basics=BASICS)
    result = call("list", "-k", pattern)
    assert [line.partition("::")[2].split("  ")[0] for line in result.stdout.splitlines()] == chosen


def test_a_pattern_that_selects_nothing(files, call):
    files(basics=BASICS)
    for command in ("run", "list"):
        assert said(call(command, "-k", "softmax")) == (
            "verifier: -k 'softmax' matches none of 3 cases: `verifier list` shows their names"
        )


def test_paths_that_lead_nowhere(files, call):
    files()
    for command in (["run"], ["list"], ["explain", "mean"]):
        assert said(call(*command)) == (
            "verifier: cases does not exist: give a case file, or a folder that holds case files"
        )


def test_a_number_of_processes_that_makes_no_sense(call):
    assert "Invalid value for '-j'" in call("run", "-j", "0").stderr
