"""The pytest plugin: case files as tests, the decorator, the fixture, the reports."""

import json
import subprocess
import sys

import pytest

import verifier
from verifier.case import Case
from verifier.errors import VerifierError

CASES = """
    from verifier.case import Case

    CASES = [Case("sum of a product", formula="agreed"), Case("mean", formula="{mean}")]
"""


@pytest.fixture
def pytester(pytester, monkeypatch):
    """Without hypothesis, which would be imported anew by each inner session: most of a second."""
    monkeypatch.setenv("PYTEST_ADDOPTS", "-p no:hypothesispytest")
    return pytester


@pytest.fixture
def project(pytester, stand_in):
    """A project with one case file, whose second case has the outcome asked for."""

    def make(mean="agreed", path="cases/basics"):
        pytester.makepyfile(**{path: CASES.format(mean=mean)})
        return pytester

    return make


def test_each_case_is_a_test_of_its_own(project):
    result = project().runpytest("cases", "--collect-only", "-q")
    assert result.outlines[:2] == ["cases/basics.py::sum of a product", "cases/basics.py::mean"]


@pytest.mark.parametrize("argument", ["cases", "cases/basics.py", "."])
def test_cases_are_collected_by_folder_and_by_file(project, argument):
    project().runpytest(argument).assert_outcomes(passed=2)


def test_one_case_is_chosen_by_its_id(project):
    project(mean="wrong").runpytest("cases/basics.py::sum of a product").assert_outcomes(passed=1)
    project(mean="wrong").runpytest("cases", "-k", "mean").assert_outcomes(failed=1, deselected=1)


@pytest.mark.parametrize("outcome", ["wrong", "inaccurate", "undecided"])
def test_the_failure_text_is_the_report_and_nothing_else(project, outcome):
    result = project(outcome).runpytest("cases")
    result.assert_outcomes(passed=1, failed=1)
    heading = result.outlines.index(next(line for line in result.outlines if line.startswith("____")))
    end = result.outlines.index(next(line for line in result.outlines if "short test summary" in line))
    verdict = verifier.Verdict(
        "mean",
        outcome,
        findings=(verifier.verdict.verdict.Finding(outcome, "reverse mode", "off by two", input="X"),),
        source="cases/basics.py",
        dtype="float64",
    )
    assert result.outlines[heading + 1 : end] == str(verdict).splitlines()


def test_what_the_caller_did_wrong_is_one_sentence(project):
    result = project("raises").runpytest("cases")
    result.assert_outcomes(passed=1, failed=1)
    assert "X holds NaN at [0]: give finite numbers" in result.outlines
    assert "Traceback" not in result.stdout.str() and "pytest_plugin.py" not in result.stdout.str()


def test_a_file_elsewhere_is_a_case_file_if_it_is_given_and_defines_cases(project):
    pytester = project(path="gradients")
    pytester.runpytest("gradients.py").assert_outcomes(passed=2)
    assert pytester.runpytest(".").ret == pytest.ExitCode.NO_TESTS_COLLECTED
    pytester.makepyfile(plain="def test_ordinary(): pass")
    pytester.runpytest("plain.py").assert_outcomes(passed=1)


def test_a_test_module_keeps_its_own_tests(pytester, stand_in):
    pytester.makepyfile(test_mine=CASES.format(mean="agreed") + "\n    def test_ordinary(): pass")
    pytester.runpytest("test_mine.py").assert_outcomes(passed=1)


def test_in_a_folder_named_cases_tests_and_cases_live_together(pytester, stand_in):
    pytester.makepyfile(
        **{
            "cases/test_mine": CASES.format(mean="agreed") + "\n    def test_ordinary(): pass",
            "cases/_draft": "raise AssertionError",
            "cases/deep/more": CASES.format(mean="agreed"),
        }
    )
    pytester.runpytest("cases").assert_outcomes(passed=5)


def test_a_folder_named_cases_that_is_only_passed_by_may_hold_something_else(pytester):
    pytester.makepyfile(**{"tests/cases/helper": "raise AssertionError", "tests/test_it": "def test_it(): pass"})
    pytester.runpytest("tests").assert_outcomes(passed=1)
    result = pytester.runpytest("tests/cases")
    result.assert_outcomes(errors=1)
    assert (
        "tests/cases/helper.py does not import: line 1 raised AssertionError; mend it and run again" in result.outlines
    )


@pytest.mark.parametrize("folder", ["cases", "cases/broken.py", "."])
def test_a_case_file_that_cannot_be_read_is_an_error_of_collection(project, folder):
    pytester = project()
    pytester.makepyfile(**{"cases/broken": "CASES = 1 / 0"})
    result = pytester.runpytest(folder)
    result.assert_outcomes(errors=1)
    said = "cases/broken.py does not import: line 1 raised ZeroDivisionError: division by zero; "
    assert said + "mend it and run again" in result.outlines
    assert "Traceback" not in result.stdout.str()


def test_parametrize_gives_each_case_its_own_id(pytester, stand_in):
    pytester.makepyfile(
        """
        import verifier
        from verifier.case import Case

        CASES = [Case("sum of a product", formula="agreed"), Case("mean", formula="wrong")]

        @verifier.parametrize(CASES)
        def test_gradients(case, verify):
            assert verify(case).ok
        """
    )
    result = pytester.runpytest("-v")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(
        [
            "*::test_gradients[[]sum of a product[]] PASSED*",
            "*::test_gradients[[]mean[]] FAILED*",
            "E*verifier.pytest_plugin.NotAgreed: ✗ wrong: mean*",
        ]
    )


def test_parametrize_refuses_a_test_that_would_never_run():
    with pytest.raises(VerifierError) as caught:
        verifier.parametrize([])
    assert str(caught.value) == (
        "verifier.parametrize was given no case, so the test would never run: give at least one"
    )


def test_the_fixture_gives_the_verdict_or_fails(stand_in, verify):
    assert verify(Case("mine", formula="agreed")).name == "mine"
    with pytest.raises(AssertionError, match="✗ wrong: mine"):
        verify(Case("mine", formula="wrong"))
    with pytest.raises(VerifierError, match="X holds NaN"):
        verify(Case("mine", formula="raises"))


# Reports


def report(path):
    return json.loads(path.read_text())


def outcomes(run):
    return [(verdict["name"], verdict["outcome"]) for verdict in run["verdicts"]]


def test_reports_hold_all_verdicts(project):
    pytester = project("wrong")
    pytester.makepyfile(
        test_more="""
        from verifier.case import Case

        def test_more(verify):
            verify(Case("more", formula="raises"))

        def test_broken(verify):
            verify(Case("broken", formula="crashes", lesson="why"))
        """
    )
    result = pytester.runpytest("--gradient-report=json=out/run.json", "--gradient-report=markdown=out/run.md")
    run = report(pytester.path / "out/run.json")
    assert outcomes(run) == [
        ("sum of a product", "agreed"),
        ("mean", "wrong"),
        ("more", "undecided"),
        ("broken", "undecided"),
    ]
    assert [verdict["reason"] for verdict in run["verdicts"][2:]] == [
        "X holds NaN at [0]: give finite numbers",
        "division by zero",
    ]
    assert [verdict["source"] for verdict in run["verdicts"]] == ["cases/basics.py"] * 2 + [None] * 2
    assert (run["planned"], run["interrupted"]) == (4, False)
    assert {"torch", "sympy", "gradient-verifier"} <= run["versions"].keys()
    assert "sum of a product" in (pytester.path / "out/run.md").read_text()
    assert f"JSON report: {pytester.path}/out/run.json" in result.outlines
    assert f"MARKDOWN report: {pytester.path}/out/run.md" in result.outlines


def test_the_report_of_an_interrupted_session_holds_what_finished(project):
    pytester = project("interrupted")
    result = pytester.runpytest("cases", "--gradient-report=json=run.json", no_reraise_ctrlc=True)
    assert result.ret == pytest.ExitCode.INTERRUPTED
    run = report(pytester.path / "run.json")
    assert outcomes(run) == [("sum of a product", "agreed")]
    assert (run["planned"], run["interrupted"], run["ok"]) == (2, True, False)


def test_the_report_of_a_session_that_stopped_at_a_failure_says_so(pytester, stand_in):
    pytester.makepyfile(
        **{
            "cases/basics": """
            from verifier.case import Case
            CASES = [Case("one", formula="wrong"), Case("two", formula="agreed")]
            """
        }
    )
    pytester.runpytest("cases", "-x", "--gradient-report=json=run.json")
    run = report(pytester.path / "run.json")
    assert (outcomes(run), run["planned"], run["interrupted"]) == ([("one", "wrong")], 2, True)


def test_the_report_names_case_files_that_could_not_be_read(project):
    pytester = project()
    pytester.makepyfile(**{"cases/broken": "cases = []"})
    pytester.runpytest("cases", "--gradient-report=json=run.json", "--continue-on-collection-errors")
    run = report(pytester.path / "run.json")
    assert [problem["source"] for problem in run["problems"]] == ["cases/broken.py"]
    assert "does not define CASES" in run["problems"][0]["sentence"]
    assert len(run["verdicts"]) == 2


def test_verdicts_survive_the_way_between_processes(project, monkeypatch):
    """pytest-xdist sends reports as JSON: every report is sent through it here."""
    from _pytest.runner import runtestprotocol

    class ThroughJson:
        def pytest_runtest_protocol(self, item):
            hook = item.config.hook
            for sent in runtestprotocol(item, log=False):
                text = json.dumps(hook.pytest_report_to_serializable(config=item.config, report=sent))
                arrived = hook.pytest_report_from_serializable(config=item.config, data=json.loads(text))
                hook.pytest_runtest_logreport(report=arrived)
            return True

    pytester = project("wrong")
    pytester.runpytest("cases", "--gradient-report=json=run.json", plugins=[ThroughJson()])
    run = report(pytester.path / "run.json")
    assert outcomes(run) == [("sum of a product", "agreed"), ("mean", "wrong")]


@pytest.mark.parametrize(
    ("option", "said"),
    [
        ("pdf=x.pdf", "there is no report format 'pdf': choose one of html, json, markdown, terminal"),
        ("json=cases/basics.py/x", "the report cannot be written to cases/basics.py/x (*): choose another file"),
    ],
)
def test_a_report_that_cannot_be_written_stops_before_anything_runs(project, option, said):
    result = project().runpytest(f"--gradient-report={option}")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {said}"])


def test_a_report_that_cannot_be_written_in_the_end_is_told(project):
    pytester = project()
    pytester.makepyfile(**{"cases/last": "import os\nos.mkdir('run.json')\n" + "CASES = []"})
    result = pytester.runpytest("cases", "--gradient-report=json=run.json", "--gradient-report=json=other.json")
    assert "the report cannot be written to run.json (Is a directory): choose another file" in result.outlines
    assert (pytester.path / "other.json").exists()


def test_a_session_without_cases_loads_nothing_heavy(pytester):
    """In an interpreter of its own, for this one has loaded everything."""
    pytester.makepyfile(test_plain="def test_plain(): pass")
    code = (
        "import sys, pytest; pytest.main(['--collect-only']); "
        "print('LOADED', *[name for name in ('torch', 'sympy', 'numpy', 'rich') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=pytester.path)
    assert "test_plain" in done.stdout
    assert done.stdout.splitlines()[-1] == "LOADED"
