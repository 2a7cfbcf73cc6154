"""The families of errors, and how their sentences name things."""

from __future__ import annotations

from collections.abc import Iterable


class VerifierError(Exception):
    """The caller asked for something that cannot be done; the message is one sentence that says what to do."""

    def __reduce__(self) -> tuple[object, ...]:
        # An exception whose constructor takes more than its message does not unpickle, and breaks a process pool.
        return _arrived, (type(self), str(self))


def _arrived(kind: type[VerifierError], sentence: str) -> VerifierError:
    error = kind.__new__(kind)
    Exception.__init__(error, sentence)
    return error


class FormulaError(VerifierError):
    """A formula cannot be understood, or does not fit the function beside it."""


class InputError(VerifierError):
    """The inputs cannot be differentiated at, or do not fit the formula."""


class CandidateError(VerifierError):
    """The function under test raised, or returned what has no gradient."""


class CaseFileError(VerifierError):
    """A case file cannot be read, or what it lists cannot be used."""


def shape_in_words(extents: tuple[object, ...]) -> str:
    """A shape as it is said: `3×4`."""
    return "×".join(map(str, extents)) if extents else "() (a scalar)"


def several(names: Iterable[str]) -> str:
    """Names in a row: `a, b or c`."""
    return " or ".join(names)


def one_line(cause: BaseException) -> str:
    """What an exception says, without line ends."""
    return " ".join(str(cause).split())
