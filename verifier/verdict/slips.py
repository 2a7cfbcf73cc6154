"""Slips in words: what a wrong gradient or a refuted claim is to the right one. Both say the same in the same words."""

from __future__ import annotations

from dataclasses import dataclass

#: A sign, as formulas and factors are written.
MINUS_ONE = ("−1", "-1")


@dataclass(frozen=True)
class Words:
    """What the accused gradient and the one that it is held against are called."""

    it: str = "it"
    truth: str = "the true gradient"


def by_factor(words: Words, factor: str) -> str:
    """A constant factor; `factor` is written out, and "−1" is a sign."""
    if factor in MINUS_ONE:
        return f"the sign: {words.it} is minus {words.truth}"
    return f"a factor: {words.it} is {factor} times {words.truth}"


def by_transpose(words: Words, times: str, *, reshaped: bool = False) -> str:
    """A transpose; `times` is "", "minus" or a factor with "times"."""
    shape = ", in the shape of the input" if reshaped else ""
    return f"a transpose: {words.it} is {times}{' ' if times else ''}the transpose of {words.truth}{shape}"


def term_with_factor(words: Words, term: str, factor: str) -> str:
    """One term of several has a factor that it should not have."""
    if factor in MINUS_ONE:
        return f"the sign of a term: {words.it} has the opposite of {term}"
    return f"a factor of a term: {words.it} has {factor} times {term}"
