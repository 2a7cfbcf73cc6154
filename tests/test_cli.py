"""The command line, with a stand-in for the verdict."""

import json
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from click.testing import CliRunner

from verifier import cli
from verifier.discover import collect

BASICS = """
    from verifier.case import Case, Contract, Fault

    CASES = [
        Case("sum of a product", formula="agreed", function=print, claims={"X": 1}, lesson="Rows are sums."),
        Case("mean", formula="agreed", fault=Fault("reverse mode")),
        Contract("leaf", "the gradient is kept", print, None, refuted=True),
    ]
"""

ONE = "from verifier.case import Case\nCASES = [Case({name!r}, formula={outcome!r})]"


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Writes files into the working directory."""
    monkeypatch.chdir(tmp_path)

    def write(**texts):
        for name, text in texts.items():
            path = Path("cases") / f"{name}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_text(textwrap.dedent(text))

    return write


@pytest.fixture
def call(files, stand_in):
    """Calls `verifier` with arguments; its result has `exit_code`, `stdout`, `stderr`."""
    for command in collect("verifier.commands", "COMMAND"):
        cli.cli.add_command(command)

    def call(*arguments):
        result = CliRunner().invoke(cli.cli, arguments, prog_name="verifier")
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return call


def said(result):
    """The one line on standard error of a call that was wrong."""
    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    return line


# run


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


def test_several_processes(files, call, monkeypatch):
    """The executor runs code in two other processes, which leave Ctrl-C to this one."""
    import os
    import signal
    import sys

    seen = {}

    def verify_all(cases, *, executor, on_verdict):
        handlers = [executor.submit(signal.getsignal, signal.SIGINT) for _ in range(2)]
        seen["handlers"] = {handler.result() for handler in handlers}
        seen["others"] = executor.submit(os.getpid).result() != os.getpid()
        return sys.modules["verifier.verify"].original(cases, on_verdict=on_verdict)

    module = sys.modules["verifier.verify"]
    monkeypatch.setattr(module, "original", module.verify_all, raising=False)
    monkeypatch.setattr(module, "verify_all", verify_all)
    files(basics=ONE.format(name="one", outcome="agreed"), more=ONE.format(name="two", outcome="agreed"))
    assert call("run", "-j", "2").exit_code == 0
    assert seen == {"handlers": {signal.SIG_IGN}, "others": True}
    assert "Invalid value for '-j'" in call("run", "-j", "0").stderr


# list


def test_a_list_has_one_line_for_each_case(files, call):
    files(basics=BASICS)
    result = call("list")
    assert result.stdout.splitlines() == [
        "cases/basics.py::sum of a product  case              formula, function, claims  Rows are sums.",
        "cases/basics.py::mean              wrong on purpose  formula",
        "cases/basics.py::leaf              refutation        promise",
    ]


def test_a_list_shortens_lessons_and_tells_what_could_not_be_read(files, call, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    files(
        a="from verifier.case import Case\nCASES = [Case('a', formula=1, lesson='much to learn ' * 20)]",
        b="cases = []",
    )
    result = call("list")
    assert result.exit_code == 2
    assert result.stdout == "cases/a.py::a  case  formula  much to learn much to learn much to learn much to…\n"
    assert result.stderr == ("verifier: cases/b.py does not define CASES: end it with CASES = [Case(...), ...]\n")


def test_a_list_of_nothing_that_can_be_read(files, call):
    files(b="cases = []")
    assert said(call("list")).startswith("verifier: cases/b.py does not define CASES")


# explain


@pytest.mark.parametrize("name", ["mean", "MEAN", "cases/basics.py::mean", "basics.py::mea"])
def test_a_case_is_explained_by_its_name_or_part_of_it(files, call, name):
    files(basics=BASICS)
    result = call("explain", name)
    assert result.exit_code == 0
    assert result.stdout.startswith("✓ agreed: mean (cases/basics.py, float64)")


def test_an_explanation_has_the_exit_code_of_its_verdict(files, call):
    files(a=ONE.format(name="one", outcome="wrong"), b=ONE.format(name="two", outcome="raises"))
    assert call("explain", "one").exit_code == 1
    assert said(call("explain", "two")) == "verifier: X holds NaN at [0]: give finite numbers"


def test_a_case_that_there_is_none_of(files, call):
    files(basics=BASICS)
    assert said(call("explain", "meen")) == "verifier: no case is named 'meen': did you mean 'mean'?"
    assert said(call("explain", "zzzz")) == ("verifier: no case is named 'zzzz': `verifier list` shows all cases")


def test_a_case_that_there_are_two_of(files, call):
    files(a=ONE.format(name="one", outcome="wrong"), b=ONE.format(name="one", outcome="agreed"))
    assert said(call("explain", "one")) == (
        "verifier: 'one' may be cases/a.py::one or cases/b.py::one: give one of these names in full"
    )
    assert call("explain", "cases/b.py::one").exit_code == 0


def test_an_exact_name_comes_before_a_part_of_others(files, call):
    files(
        a="from verifier.case import Case\n"
        "CASES = [Case('mean', formula='agreed'), Case('mean of rows', formula='wrong')]"
    )
    assert call("explain", "mean").exit_code == 0


# help


def test_help_names_every_command(call):
    result = call("--help")
    for command in collect("verifier.commands", "COMMAND"):
        assert f"\n  {command.name}" in result.stdout
        assert call(command.name, "--help").exit_code == 0


def test_an_unknown_command(call):
    result = call("bogus")
    assert (result.exit_code, result.stderr.splitlines()[-1]) == (2, "Error: No such command 'bogus'.")


# The program itself


def program(*arguments):
    return subprocess.run(
        [sys.executable, "-P", "-c", "from verifier.cli import main; main()", *arguments],
        capture_output=True,
        text=True,
    )


def test_case_files_use_code_of_the_working_directory(files):
    """The working directory comes last: nothing in it stands before the standard library."""
    files(a="from mine import outcome\n" + ONE.format(name="one", outcome="agreed"))
    Path("mine.py").write_text("import ast, sys; outcome = 'agreed'")
    Path("ast.py").write_text("raise AssertionError")
    done = program("list")
    assert (done.returncode, done.stdout, done.stderr) == (0, "cases/a.py::one  case  formula\n", "")
