"""What is wrong with a call from the command line."""

from __future__ import annotations

from collections.abc import Sequence

from verifier.errors._base import VerifierError


class UnknownFormatError(VerifierError):
    """A report was asked for in a format that there is none of."""

    def __init__(self, name: str, known: Sequence[str]) -> None:
        super().__init__(f"there is no report format {name!r}: choose one of {', '.join(known)}")


class UnwritableReportError(VerifierError):
    """A report cannot be written where it was to go; `cause` is what the operating system says."""

    def __init__(self, path: object, cause: OSError) -> None:
        reason = cause.strerror or type(cause).__name__
        super().__init__(f"the report cannot be written to {path} ({reason}): choose another file")


class DeclarationError(VerifierError):
    """A declaration of a symbol cannot be understood."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(f"the declaration {text!r} {why}: write it as 'X: n×k', 'X: 3,3' or 'x: n'")


class DeclaredTwiceError(VerifierError):
    """One symbol is declared twice."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is declared twice: declare each symbol once")
