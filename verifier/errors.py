"""Every error that a caller can cause: one sentence each, saying what happened, where, and what to do."""

from __future__ import annotations


class VerifierError(Exception):
    """The caller asked for something that cannot be done; the message is one sentence that says what to do."""


class FormulaError(VerifierError):
    """A formula cannot be understood, or does not fit the function beside it."""


class InputError(VerifierError):
    """The inputs cannot be differentiated at, or do not fit the formula."""


class CandidateError(VerifierError):
    """The function under test raised, or returned what has no gradient."""


class CaseFileError(VerifierError):
    """A case file cannot be read, or what it lists cannot be used."""
