"""Which cases a command is about: those below the paths given, less those that a pattern leaves out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

from verifier.discover import find_case_files, load_cases
from verifier.errors import AmbiguousCaseError, CaseFileError, NoSuchCaseError, NothingSelectedError
from verifier.verdict.verdict import Problem

if TYPE_CHECKING:
    from verifier.case import Case, Contract


@dataclass(frozen=True)
class Selection:
    """Cases, and the case files that could not be read."""

    cases: tuple[Case | Contract, ...]
    problems: tuple[Problem, ...]


def full_name(case: Case | Contract) -> str:
    """`file::name`, by which a case is told from those of other files."""
    return f"{case.source}::{case.name}" if case.source else case.name


def select(paths: Sequence[Path], pattern: str | None = None) -> Selection:
    """The cases below `paths` whose full names match `pattern`: a part of the name, or a glob, in any case.

    A case file that cannot be read becomes a problem. Raises `PathMissingError`, `NoCaseFilesError`, and
    `NothingSelectedError` where every file could be read and the pattern matches no case.
    """
    cases: list[Case | Contract] = []
    problems: list[Problem] = []
    for path in find_case_files(paths):
        try:
            cases += load_cases(path)
        except CaseFileError as error:
            problems.append(Problem(str(path), str(error)))
    chosen = tuple(case for case in cases if pattern is None or _matches(full_name(case), pattern))
    if pattern is not None and not chosen and not problems:
        raise NothingSelectedError(pattern, len(cases))
    return Selection(chosen, tuple(problems))


def _matches(name: str, pattern: str) -> bool:
    name, pattern = name.lower(), pattern.lower()
    return pattern in name or fnmatchcase(name, pattern)


def the_case(wanted: str, cases: Iterable[Case | Contract]) -> Case | Contract:
    """The one case meant by `wanted`: its full name, its name, or a part of either that no other case has.

    Raises `AmbiguousCaseError`, and `NoSuchCaseError` with the names that come closest.
    """
    by_name = {full_name(case): case for case in cases}
    for fits in (_is, _is_name, _is_part):
        found = [name for name in by_name if fits(name.lower(), wanted.lower())]
        if len(found) == 1:
            return by_name[found[0]]
        if found:
            raise AmbiguousCaseError(wanted, found)
    names = {case.name.lower(): case.name for case in by_name.values()}
    raise NoSuchCaseError(wanted, [names[close] for close in get_close_matches(wanted.lower(), names, cutoff=0.4)])


def _is(name: str, wanted: str) -> bool:
    return name == wanted


def _is_name(name: str, wanted: str) -> bool:
    return name.endswith(f"::{wanted}")


def _is_part(name: str, wanted: str) -> bool:
    return wanted in name
