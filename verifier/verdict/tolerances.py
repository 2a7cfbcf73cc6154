"""Tolerances that a user sets in place of the computed ones, and how loose they are."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from verifier.errors import ToleranceError, TolerancesTwiceError
from verifier.verdict.verdict import Looseness
from verifier.witness import Array, Estimate


@dataclass(frozen=True)
class Tolerances:
    """How far a gradient, and the function's value, may be off by the user's word.

    atol, rtol: an entry may be off by atol + rtol·|true entry|; one that is not given is 0.
    max_bits_lost: what an honest implementation may be off by, with this many bits in place of the usual 4 (or 3).
    Of honest errors, `budget` says how many times what one roundoff does they hold.
    Only one of the two ways can be given.
    """

    atol: float | None = None
    rtol: float | None = None
    max_bits_lost: float | None = None

    @property
    def are_set(self) -> bool:
        """Whether the user said anything."""
        return (self.atol, self.rtol, self.max_bits_lost) != (None, None, None)

    @property
    def absolute(self) -> bool:
        """Whether they are atol and rtol."""
        return self.atol is not None or self.rtol is not None

    @property
    def said(self) -> str | None:
        """What the user said, as in a call; None if that is nothing."""
        if not self.are_set:
            return None
        if self.absolute:
            return f"atol={self.atol or 0:g}, rtol={self.rtol or 0:g}"
        return f"max_bits_lost={self.max_bits_lost:g}"

    def allowed(self, honest: Array, true: Array, budget: float) -> Array:
        """How far each entry may be off, given what an honest implementation may be, and the true entries."""
        if self.absolute:
            with np.errstate(invalid="ignore"):
                return np.nan_to_num((self.atol or 0.0) + (self.rtol or 0.0) * np.abs(true), posinf=0.0)
        return honest if self.max_bits_lost is None else honest * (2.0**self.max_bits_lost / budget)

    def applied(self, estimates: Mapping[str, Estimate], judged: tuple[str, ...], budget: float) -> dict[str, Estimate]:
        """The estimates of one tensor, where those in `judged` may be off as the user says.

        The true entries are those of the first of the others that speaks, or else one's own.
        """
        if not self.are_set:
            return dict(estimates)
        others = [estimate for name, estimate in estimates.items() if name not in judged]
        return {name: self._like(e, others, budget) if name in judged else e for name, e in estimates.items()}

    def _like(self, estimate: Estimate, others: list[Estimate], budget: float) -> Estimate:
        allowed = self.allowed(estimate.error, _true(estimate, others), budget)
        return replace(estimate, error=np.where(estimate.speaks, allowed, np.inf))

    def looseness(
        self, input: str, estimates: Mapping[str, Estimate], judged: tuple[str, ...], budget: float
    ) -> Looseness:
        """What would have passed for the gradient by one input, of which the estimates are the honest ones."""
        accused = [estimate for name, estimate in estimates.items() if name in judged]
        if not self.are_set or not accused:
            return Looseness(input)
        true = _true(accused[0], [estimate for name, estimate in estimates.items() if name not in judged])
        return looseness(input, true, self.allowed(accused[0].error, true, budget), accused[0].error)


def tolerances(atol: float | None, rtol: float | None, max_bits_lost: float | None) -> Tolerances:
    """The tolerances of a call or a case. Raises `ToleranceError` and `TolerancesTwiceError`."""
    for name, value in {"atol": atol, "rtol": rtol, "max_bits_lost": max_bits_lost}.items():
        if value is None:
            continue
        is_number = isinstance(value, numbers.Real) and not isinstance(value, bool) and math.isfinite(value)
        if not is_number or (value < 0 and name != "max_bits_lost"):
            raise ToleranceError(name, value)
    found = Tolerances(atol, rtol, max_bits_lost)
    if found.absolute and max_bits_lost is not None:
        raise TolerancesTwiceError
    return found


def _true(own: Estimate, others: list[Estimate]) -> Array:
    """The true entries: of the first of the others that speaks of an entry, or else one's own."""
    true = own.value
    for other in reversed(others):
        true = np.where(other.speaks, other.value, true)
    return true


def looseness(input: str, true: Array, allowed: Array, honest: Array) -> Looseness:
    """Which wrong gradients are no further from the true one than is allowed.

    An answer counts as wrong if it is further off than an honest one may be.
    """
    usable = np.isfinite(true)
    true, allowed, honest = (np.where(usable, array, 0.0) for array in (true, allowed, honest))
    tried, passing = [], []
    for name, wrong in _wrong_answers(true, honest):
        off = np.abs(wrong - true)
        if (off > honest).any():
            tried.append(name)
            if (off <= allowed).all():
                passing.append(name)
    return Looseness(input, tuple(tried), tuple(passing))


def _wrong_answers(true: Array, honest: Array) -> Iterator[tuple[str, Array]]:
    yield "a zero gradient", np.zeros_like(true)
    yield "half of it", true / 2
    yield "twice it", 2 * true
    yield "its negative", -true
    if true.ndim == 2 and true.shape[0] == true.shape[1]:
        yield "its transpose", true.T
    # The smallest entry that an honest zero is not near to is the easiest to lose.
    standing = np.where(np.abs(true) > honest, np.abs(true), np.inf)
    if true.size > 1 and np.isfinite(standing).any():
        zeroed = true.copy()
        zeroed.flat[int(np.argmin(standing))] = 0.0
        yield "one entry zeroed", zeroed
