"""Case files as tests: `pytest cases/`, `@verifier.parametrize`, the `verify` fixture and `--gradient-report`.

pytest loads this module at every start, so nothing heavy is imported before the first case is collected.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Generator, Iterator, Sequence
from fnmatch import fnmatch
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from verifier.errors import CaseFileError, NoCasesGivenError, VerifierError
from verifier.running.pytest_report import VERDICTS, GradientReport

if TYPE_CHECKING:
    from verifier.case import Case, Contract
    from verifier.verdict.verdict import Verdict


def parametrize(cases: Sequence[Case | Contract]) -> pytest.MarkDecorator:
    """Runs a test once for each of `cases`, given to it as the argument `case`; their names are the test ids.

    Raises `NoCasesGivenError` if there is none.
    """
    if not cases:
        raise NoCasesGivenError
    return pytest.mark.parametrize("case", cases, ids=[case.name for case in cases])


@pytest.fixture
def verify(request: pytest.FixtureRequest) -> Callable[[Case | Contract], Verdict]:
    """Verifies a case: gives its verdict, or fails the test with the report as the text."""

    def verify(case: Case | Contract) -> Verdict:
        __tracebackhide__ = True
        return _agreed(request.node, case)

    return verify


class NotAgreed(AssertionError):  # noqa: N818 - it is no error of the program, but what a failing test says
    """The verdict on a case is not "agreed"; the text is its report."""


def _agreed(item: pytest.Item, case: Case | Contract) -> Verdict:
    """The verdict on a case, kept with the test for the report. Raises `NotAgreed` and `VerifierError`."""
    __tracebackhide__ = True
    from verifier.verify import undecided, verify

    kept = item.stash.setdefault(VERDICTS, [])
    try:
        verdict = verify(case)
    except Exception as error:
        kept.append(undecided(case, str(error) or type(error).__name__))
        raise
    kept.append(verdict)
    if not verdict.ok:
        raise NotAgreed(str(verdict))
    return verdict


# Collection


class CaseFile(pytest.File):
    """A case file, as pytest sees it."""

    def collect(self) -> Iterator[CaseItem]:
        """One test for each case."""
        from verifier.discover import load_cases

        try:
            cases = load_cases(self.shown_path)
        except CaseFileError as error:
            raise self.CollectError(str(error)) from error
        for case in cases:
            yield CaseItem.from_parent(self, name=case.name, case=case)

    @property
    def shown_path(self) -> Path:
        """The path as reports show it: relative to the working directory, if it lies below."""
        here = Path.cwd()
        return self.path.relative_to(here) if self.path.is_relative_to(here) else self.path


class CaseItem(pytest.Item):
    """One case, as a test of its own."""

    def __init__(self, *, case: Case | Contract, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.case = case

    def runtest(self) -> None:
        """Fails unless the verdict is "agreed"."""
        _agreed(self, self.case)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], *args: Any) -> Any:
        """The report or the sentence alone: a traceback through the verifier tells nobody anything."""
        if isinstance(excinfo.value, NotAgreed | VerifierError):
            return str(excinfo.value)
        return super().repr_failure(excinfo, *args)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the case stands, for the headline of its failure."""
        return self.path, None, self.name


@pytest.hookimpl(wrapper=True)
def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> Generator[None, list[Any], list[Any]]:
    """Collects case files. One that is not named like a test is no test module, even if given by name."""
    collectors = yield
    if file_path.suffix != ".py" or not _is_case_file(file_path, parent):
        return collectors
    tests = collectors if _named_like_a_test(file_path, parent.config) else []
    return [*tests, CaseFile.from_parent(parent, path=file_path)]


def _is_case_file(path: Path, parent: pytest.Collector) -> bool:
    """Whether `path` is a case file.

    In a folder named `cases` that pytest was pointed at, every file is one, as for `verifier run`. If pytest only
    came past such a folder, or was given a file elsewhere, the file must define CASES.
    """
    from verifier.discover import is_case_file_name

    given = parent.session.isinitpath
    folder = _folder_of_cases(path, parent.config.rootpath)
    if folder is None:
        return given(path) and not _named_like_a_test(path, parent.config) and _defines_cases(path)
    if given(path):
        return True
    pointed_at = any(given(above) for above in path.parents if above.is_relative_to(folder))
    return is_case_file_name(path.relative_to(folder)) and (pointed_at or _defines_cases(path))


def _folder_of_cases(path: Path, root: Path) -> Path | None:
    """The outermost folder named `cases` that holds `path`, below `root` where `path` lies there."""
    holding = [above for above in path.parents if above.name == "cases"]
    inside = [above for above in holding if above.is_relative_to(root)] if path.is_relative_to(root) else holding
    return inside[-1] if inside else None


def _defines_cases(path: Path) -> bool:
    return re.search(r"^CASES\s*[:=]", path.read_text(encoding="utf-8", errors="replace"), re.M) is not None


def _named_like_a_test(path: Path, config: pytest.Config) -> bool:
    return any(fnmatch(path.name, pattern) for pattern in config.getini("python_files"))


# The option


def pytest_addoption(parser: pytest.Parser) -> None:
    """Adds --gradient-report."""
    parser.getgroup("verifier").addoption(
        "--gradient-report",
        action="append",
        default=[],
        metavar="FORMAT[=FILE]",
        help="write a report of all gradients that were verified; may be given several times",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Finds out whether the reports can be written, before anything runs."""
    wanted = config.getoption("gradient_report")
    if not wanted:
        return
    from verifier.running.destination import destinations

    try:
        config.pluginmanager.register(GradientReport(destinations(wanted)), "gradient-report")
    except VerifierError as error:
        raise pytest.UsageError(str(error)) from error
