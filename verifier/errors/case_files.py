"""Case files that cannot be read, and cases that cannot be found."""

from __future__ import annotations

from collections.abc import Sequence

from verifier.errors._base import CaseFileError, VerifierError, one_line, several


class PathMissingError(CaseFileError):
    """A path that cases were to be read from does not exist."""

    def __init__(self, path: object) -> None:
        super().__init__(f"{path} does not exist: give a case file, or a folder that holds case files")


class NoCaseFilesError(CaseFileError):
    """A folder that cases were to be read from holds no case file."""

    def __init__(self, folder: object) -> None:
        super().__init__(f"{folder} holds no case file: add a .py file that ends with CASES = [Case(...), ...]")


class NotPythonError(CaseFileError):
    """A path given as a case file is something else."""

    def __init__(self, path: object) -> None:
        super().__init__(f"{path} is not a case file: give a .py file that ends with CASES = [Case(...), ...]")


class BrokenCaseFileError(CaseFileError):
    """A case file raised while it was imported; `line` is the line in it that did, where there is one."""

    def __init__(self, path: object, line: int | None, cause: BaseException) -> None:
        where = f"line {line}" if line else "it"
        what = f"{type(cause).__name__}: {one_line(cause)}".removesuffix(": ")
        super().__init__(f"{path} does not import: {where} raised {what}; mend it and run again")


class NoCasesError(CaseFileError):
    """A case file does not define CASES."""

    def __init__(self, path: object) -> None:
        super().__init__(f"{path} does not define CASES: end it with CASES = [Case(...), ...]")


class CasesTypeError(CaseFileError):
    """CASES is no list or tuple."""

    def __init__(self, path: object, cases: object) -> None:
        super().__init__(f"CASES in {path} is of type {type(cases).__name__}: make it a list of Case(...)")


class EmptyCasesError(CaseFileError):
    """CASES is empty."""

    def __init__(self, path: object) -> None:
        super().__init__(f"CASES in {path} is empty: list at least one Case(...), or begin the file's name with _")


class NotACaseError(CaseFileError):
    """Something in CASES is neither a Case nor a Contract; `position` counts from 0."""

    def __init__(self, path: object, position: int, element: object) -> None:
        super().__init__(
            f"CASES[{position}] in {path} is of type {type(element).__name__}: list only Case(...) and Contract(...)"
        )


class CaseNameTwiceError(CaseFileError):
    """Two cases of one file have the same name."""

    def __init__(self, path: object, name: str) -> None:
        super().__init__(f"{path} has two cases named {name!r}: give each its own name")


class NoSuchCaseError(CaseFileError):
    """A case was asked for by a name that none has; `close` are the names that come nearest."""

    def __init__(self, name: str, close: Sequence[str]) -> None:
        meant = f"did you mean {several(map(repr, close))}?" if close else "`verifier list` shows all cases"
        super().__init__(f"no case is named {name!r}: {meant}")


class AmbiguousCaseError(CaseFileError):
    """A case was asked for by a name that several have."""

    def __init__(self, name: str, matches: Sequence[str]) -> None:
        super().__init__(f"{name!r} may be {several(matches)}: give one of these names in full")


class NothingSelectedError(CaseFileError):
    """A pattern selects none of the cases."""

    def __init__(self, pattern: str, cases: int) -> None:
        super().__init__(f"-k {pattern!r} matches none of {cases} cases: `verifier list` shows their names")


class NoCasesGivenError(CaseFileError):
    """A test is to run once for each of no cases."""

    def __init__(self) -> None:
        super().__init__("verifier.parametrize was given no case, so the test would never run: give at least one")


class ConstantMissingError(VerifierError):
    """A file in a folder that holds all of something does not end with its constant."""

    def __init__(self, module: str, constant: str) -> None:
        super().__init__(f"{module} does not define {constant}: end the file with {constant} = ...")


class NotAnExpectationError(CaseFileError):
    """A contract expects something that cannot be looked for."""

    def __init__(self, name: str, expect: object) -> None:
        super().__init__(
            f"contract {name!r} expects an object of type {type(expect).__name__}: "
            "build what it expects from returns, raises, warns, derivative and unchanged of verifier.contract"
        )
