"""Case files, their cases, and the constants of the plural folders."""

import pickle
import sys
import textwrap
from pathlib import Path

import pytest

from verifier import discover
from verifier.case import Case, Contract
from verifier.errors import CaseFileError, VerifierError


@pytest.fixture
def case_file(tmp_path, monkeypatch):
    """Writes a case file into the working directory."""
    monkeypatch.chdir(tmp_path)

    def write(text, name="mine.py"):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text))
        return path

    return write


def sentence(path):
    with pytest.raises(CaseFileError) as caught:
        discover.load_cases(path)
    return str(caught.value)


GOOD = """
    from verifier.case import Case, Contract

    CASES = [
        Case("first", formula=1),
        Contract("second", "promise", lambda: None, None),
    ]
"""


def test_cases_are_read_in_order_with_their_source(case_file):
    first, second = discover.load_cases(case_file(GOOD))
    assert (first.name, first.source, type(first)) == ("first", "mine.py", Case)
    assert (second.name, second.source, type(second)) == ("second", "mine.py", Contract)


def test_reading_leaves_the_import_path_alone(case_file):
    before = list(sys.path), set(sys.modules)
    discover.load_cases(case_file(GOOD, "json.py"))
    assert sys.path == before[0]
    (new,) = set(sys.modules) - before[1]
    assert new.startswith("_verifier_case_file_json_")


def test_two_files_of_one_name_do_not_mix(case_file):
    one = case_file(GOOD, "a/mine.py")
    other = case_file(GOOD.replace("first", "third"), "b/mine.py")
    assert discover.load_cases(one)[0].name == "first"
    assert discover.load_cases(other)[0].name == "third"


def test_dataclasses_of_a_case_file_find_their_module(case_file):
    path = case_file(
        """
        from __future__ import annotations
        from dataclasses import dataclass
        from typing import ClassVar
        from verifier.case import Case

        @dataclass
        class Layer:
            kind: ClassVar[str] = "linear"
            width: int = 3

        CASES = [Case(f"width {Layer().width}", formula=1)]
        """
    )
    assert [case.name for case in discover.load_cases(path)] == ["width 3"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "import no_such_module",
            "mine.py does not import: line 1 raised ModuleNotFoundError: No module named 'no_such_module'; "
            "mend it and run again",
        ),
        (
            "def half(x):\n    return 1 / x\n\nCASES = [half(0)]",
            "mine.py does not import: line 2 raised ZeroDivisionError: division by zero; mend it and run again",
        ),
        (
            "import json\n\njson.loads('{')",
            "mine.py does not import: line 3 raised JSONDecodeError: Expecting property name enclosed in double "
            "quotes: line 1 column 2 (char 1); mend it and run again",
        ),
        (
            "CASES = [\n    (]\n",
            "mine.py does not import: line 2 raised SyntaxError: closing parenthesis ']' does not match opening "
            "parenthesis '(' (mine.py, line 2); mend it and run again",
        ),
        ("raise SystemExit", "mine.py does not import: line 1 raised SystemExit; mend it and run again"),
        (
            "raise ValueError('two\\nlines')",
            "mine.py does not import: line 1 raised ValueError: two lines; mend it and run again",
        ),
        ("cases = []", "mine.py does not define CASES: end it with CASES = [Case(...), ...]"),
        ("CASES = {}", "CASES in mine.py is of type dict: make it a list of Case(...)"),
        (
            "CASES = []",
            "CASES in mine.py is empty: list at least one Case(...), or begin the file's name with _",
        ),
        (
            "from verifier.case import Case\nCASES = [Case('a', formula=1), 'b']",
            "CASES[1] in mine.py is of type str: list only Case(...) and Contract(...)",
        ),
        (
            "from verifier.case import Case\nCASES = [Case('a', formula=1), Case('a', formula=2)]",
            "mine.py has two cases named 'a': give each its own name",
        ),
    ],
)
def test_what_is_wrong_with_a_case_file(case_file, text, said):
    path = case_file("")
    path.write_text(text)
    assert sentence(path) == said


def test_a_file_that_is_not_there_or_not_python(case_file):
    assert sentence(Path("none.py")) == "none.py does not exist: give a case file, or a folder that holds case files"
    notes = case_file("", "notes.txt")
    assert sentence(notes) == "notes.txt is not a case file: give a .py file that ends with CASES = [Case(...), ...]"


def test_a_file_that_does_not_import_leaves_no_module(case_file):
    before = set(sys.modules)
    sentence(case_file("1 / 0"))
    assert set(sys.modules) == before


def test_files_are_found_below_folders(case_file):
    for name in (
        "cases/b.py",
        "cases/a.py",
        "cases/deep/c.py",
        "cases/_draft.py",
        "cases/conftest.py",
        "cases/notes.txt",
        "cases/.hidden/d.py",
        "cases/__pycache__/e.py",
        "_given.py",
    ):
        case_file("", name)
    assert discover.find_case_files([Path("cases")]) == [
        Path("cases/a.py"),
        Path("cases/b.py"),
        Path("cases/deep/c.py"),
    ]
    given = [Path("_given.py"), Path("cases/deep/c.py"), Path("cases"), Path("cases/../_given.py")]
    assert [path.name for path in discover.find_case_files(given)] == ["_given.py", "c.py", "a.py", "b.py"]


def test_a_folder_below_a_hidden_one_is_searched(case_file):
    case_file("", ".home/_private/cases/a.py")
    assert discover.find_case_files([Path(".home/_private/cases")]) == [Path(".home/_private/cases/a.py")]


def test_paths_without_case_files(case_file):
    with pytest.raises(CaseFileError) as caught:
        discover.find_case_files([Path("nowhere")])
    assert str(caught.value) == "nowhere does not exist: give a case file, or a folder that holds case files"
    Path("empty").mkdir()
    with pytest.raises(CaseFileError) as caught:
        discover.find_case_files([Path("empty")])
    assert str(caught.value) == "empty holds no case file: add a .py file that ends with CASES = [Case(...), ...]"


def test_a_case_travels_as_its_file_and_name(case_file):
    for case in discover.load_cases(case_file(GOOD)):
        arrived = pickle.loads(pickle.dumps(case))
        assert (arrived.name, arrived.source, type(arrived)) == (case.name, case.source, type(case))


def test_a_case_without_a_file_travels_too():
    case = Case("alone", formula=1, sizes={"n": 3}, lesson="why")
    assert pickle.loads(pickle.dumps(case)) == case
    contract = Contract("alone", "promise", len, None, refuted=True)
    assert pickle.loads(pickle.dumps(contract)) == contract


def test_a_file_is_read_once_until_it_changes(case_file):
    path = case_file(GOOD)
    first = discover.case_named("mine.py", "first")
    assert discover.case_named("mine.py", "first") is first
    case_file(GOOD.replace("formula=1", "formula=2"))
    import os

    os.utime(path, ns=(1, 1))
    assert discover.case_named("mine.py", "first").formula == 2


def test_a_name_or_file_that_went_away(case_file):
    case_file(GOOD)
    with pytest.raises(CaseFileError) as caught:
        discover.case_named("mine.py", "third")
    assert str(caught.value) == "no case is named 'third': `verifier list` shows all cases"
    with pytest.raises(CaseFileError, match=r"gone\.py does not exist"):
        discover.case_named("gone.py", "first")


@pytest.fixture
def package(case_file, monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(tmp_path)
    case_file("", "shapes/__init__.py")
    case_file("SHAPE = 'square'", "shapes/square.py")
    case_file("SHAPE = 'circle'", "shapes/circle.py")
    case_file("raise AssertionError('skipped files are not imported')", "shapes/_draft.py")
    yield case_file
    for name in [name for name in sys.modules if name.partition(".")[0] == "shapes"]:
        del sys.modules[name]


def test_constants_come_in_name_order(package):
    assert discover.collect("shapes", "SHAPE") == ["circle", "square"]


def test_a_file_without_its_constant_stops(package):
    package("shape = 'none'", "shapes/heptagon.py")
    with pytest.raises(VerifierError) as caught:
        discover.collect("shapes", "SHAPE")
    assert str(caught.value) == "shapes.heptagon does not define SHAPE: end the file with SHAPE = ..."


def test_errors_survive_the_way_between_processes(case_file):
    with pytest.raises(CaseFileError) as caught:
        discover.load_cases(case_file("CASES = {}"))
    arrived = pickle.loads(pickle.dumps(caught.value))
    assert (type(arrived), str(arrived)) == (type(caught.value), str(caught.value))
