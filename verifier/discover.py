"""Finds what is there: case files and their cases, and all that the plural folders hold.

Nothing registers itself: whoever needs the witnesses, the report formats or the cases asks, and the files
are read.
"""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import pkgutil
import sys
import traceback
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

from verifier.errors import (
    BrokenCaseFileError,
    CaseNameTwiceError,
    CasesTypeError,
    ConstantMissingError,
    EmptyCasesError,
    NoCaseFilesError,
    NoCasesError,
    NoSuchCaseError,
    NotACaseError,
    NotPythonError,
    PathMissingError,
)

if TYPE_CHECKING:
    from verifier.case import Case, Contract


def collect(package: str, constant: str) -> list[Any]:
    """The `constant` of every module in `package` (`"verifier.witnesses"`, say), in the order of the names.

    Modules whose names begin with an underscore are skipped. Raises `ConstantMissingError` for any other
    module that lacks the constant.
    """
    folder = importlib.import_module(package)
    names = sorted(module.name for module in pkgutil.iter_modules(folder.__path__))
    return [_constant(f"{package}.{name}", constant) for name in names if not name.startswith("_")]


def _constant(name: str, constant: str) -> Any:
    module = importlib.import_module(name)
    if not hasattr(module, constant):
        raise ConstantMissingError(name, constant)
    return getattr(module, constant)


def find_case_files(paths: Sequence[Path]) -> list[Path]:
    """The case files that `paths` stand for: files as given, of folders every Python file below, sorted.

    In folders, `conftest.py`, what begins with `_` and what is hidden is skipped. No file comes twice. Raises
    `PathMissingError` for what does not exist and `NoCaseFilesError` for a folder without case files.
    """
    found: dict[Path, Path] = {}
    for file in (file for path in paths for file in _files(path)):
        found.setdefault(file.resolve(), file)
    return list(found.values())


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise PathMissingError(path)
    if not path.is_dir():
        return [path]
    files = sorted(file for file in path.rglob("*.py") if is_case_file_name(file.relative_to(path)))
    if not files:
        raise NoCaseFilesError(path)
    return files


def is_case_file_name(path: Path) -> bool:
    """Whether a file found at `path`, relative to a folder of cases, is taken for a case file."""
    hidden = any(part.startswith(("_", ".")) for part in path.parts)
    return path.suffix == ".py" and path.name != "conftest.py" and not hidden


def load_cases(path: Path) -> list[Case | Contract]:
    """The cases that a case file lists in `CASES`, each with `source` set to `path`.

    The file is imported under a private name; `sys.path` stays as it is. Raises a `CaseFileError` that says
    in one sentence what is wrong with the file.
    """
    if not path.exists():
        raise PathMissingError(path)
    if path.suffix != ".py":
        raise NotPythonError(path)
    cases = list(_checked(path, _imported(path)))
    return [replace(case, source=str(path)) for case in cases]


def case_named(source: str, name: str) -> Case | Contract:
    """The case called `name` in the file `source`: how a case reaches another process.

    Each process reads a file once, and again when the file changes. Raises a `CaseFileError`.
    """
    path = Path(source)
    if not path.exists():
        raise PathMissingError(path)
    cases = _cases_by_name(path, path.stat().st_mtime_ns)
    if name not in cases:
        raise NoSuchCaseError(name, ())
    return cases[name]


@lru_cache
def _cases_by_name(path: Path, modified: int) -> dict[str, Case | Contract]:
    return {case.name: case for case in load_cases(path)}


def _imported(path: Path) -> ModuleType:
    name = f"_verifier_case_file_{path.stem}_{hashlib.sha256(str(path.resolve()).encode()).hexdigest()[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise NotPythonError(path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickle look a class's module up there
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as cause:
        del sys.modules[name]
        raise BrokenCaseFileError(path, _line(path, cause), cause) from cause
    return module


def _line(path: Path, cause: BaseException) -> int | None:
    """The line of the case file that was running when `cause` was raised, or that does not parse."""
    if isinstance(cause, SyntaxError) and cause.filename and Path(cause.filename).resolve() == path.resolve():
        return cause.lineno
    frames = traceback.extract_tb(cause.__traceback__)
    lines = [frame.lineno for frame in frames if Path(frame.filename).resolve() == path.resolve()]
    return lines[-1] if lines else None


def _checked(path: Path, module: ModuleType) -> Iterator[Case | Contract]:
    from verifier.case import Case, Contract

    if not hasattr(module, "CASES"):
        raise NoCasesError(path)
    cases = module.CASES
    if not isinstance(cases, list | tuple):
        raise CasesTypeError(path, cases)
    if not cases:
        raise EmptyCasesError(path)
    names: set[str] = set()
    for position, case in enumerate(cases):
        if not isinstance(case, Case | Contract):
            raise NotACaseError(path, position, case)
        if case.name in names:
            raise CaseNameTwiceError(path, case.name)
        names.add(case.name)
        yield case
