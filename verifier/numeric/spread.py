"""A program at one point, measured once for all who ask: its values, how far rounding carries them, and its borders.

Every operator of a program may have its inputs and its output off by a relative unit roundoff each. The program is
evaluated a few times with such noise drawn at random. The root mean square deviation of an entry is its spread; that of
the gap between the two sides of a condition is the width of its border.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from sympy import Expr

from verifier.numeric.arithmetic import Arithmetic
from verifier.numeric.cost import work
from verifier.numeric.decided import ByCondition, Decided, Widths
from verifier.numeric.evaluate import evaluate
from verifier.numeric.noise import ACCUMULATED, Noise, largest
from verifier.symbolic.program import Program, bind_extents

Array = NDArray[np.float64]

#: Evaluations with noise. The root mean square of so many draws is off by a fifth or so, far less than the budget.
DRAWS = 12

#: Beyond so many scalar operations in one evaluation so few draws have to do, with those of the entries beside.
LARGE, FEW = 1_000_000, 2

#: Entries of a large tensor that make up for each other's missing draws.
BESIDE = 16

#: float64 cannot hold noise as small as its own roundoff. So it is drawn at this size and scaled down: large enough
#: that the evaluation's own rounding does not count, and small enough to stay linear at condition numbers of 1e10.
SMALLEST_NOISE = 2.0**-40

#: How many times its bracket an honest error may be: 2**4 (the calibration is in docs/decisions.md).
BUDGET = 2.0**4

#: What part of all bits an honest error may take at most: 3 of the 8 of bfloat16.
SHARE = 3 / 8


def budget(roundoff: float) -> float:
    """How many times its bracket an honest error may be in a dtype with this unit roundoff."""
    return float(min(BUDGET, 2.0 ** (SHARE * -np.log2(roundoff))))


def allowance(
    program: Program,
    inputs: Mapping[str, NDArray],
    wanted: Iterable[str],
    roundoff: float,
    threshold: float,
    seed: int = 0,
    draws: int | None = None,
) -> dict[str, Array]:
    """The error that an honest implementation of `program` may make: the budget times the brackets of the tensors.

    draws: evaluations with noise, if not as many as the size of the program suggests.
    """
    found = Measured(program, inputs, tuple(wanted), seed, draws).brackets(roundoff, threshold)
    return {name: budget(roundoff) * bracket for name, bracket in found.items()}


def brackets(
    program: Program,
    inputs: Mapping[str, NDArray],
    wanted: Iterable[str],
    roundoff: float,
    threshold: float,
    seed: int = 0,
) -> dict[str, Array]:
    """See `Measured.brackets`."""
    return Measured(program, inputs, tuple(wanted), seed).brackets(roundoff, threshold)


def spread(
    program: Program, inputs: Mapping[str, NDArray], wanted: Iterable[str], roundoff: float, seed: int = 0
) -> dict[str, Array]:
    """The spread of each entry of the tensors in `wanted`; see `Measured.moves`."""
    return Measured(program, inputs, tuple(wanted), seed).moves(roundoff).spread


@dataclass(frozen=True)
class Moves:
    """How far rounding moves each entry of the tensors, and the sides of each condition, body by body, call by call."""

    spread: dict[str, Array]
    widths: dict[Expr, list[Widths]]

    def scaled(self, factor: float) -> Moves:
        """The same for a roundoff that is this many times as large."""
        return Moves(
            {name: factor * values for name, values in self.spread.items()},
            {body: [{r: factor * w for r, w in call.items()} for call in calls] for body, calls in self.widths.items()},
        )


@dataclass
class Measured:
    """The tensors in `wanted`, from arrays for the program's inputs; `fixed` is a number of draws that is asked for."""

    program: Program
    inputs: Mapping[str, NDArray]
    wanted: Sequence[str]
    seed: int = 0
    fixed: int | None = None
    _arithmetic: Decided = field(default_factory=Decided)  # noise must not flip what the exact evaluation decided
    _moves: dict[float, Moves] = field(default_factory=dict)

    @cached_property
    def exact(self) -> dict[str, Array]:
        """The tensors in float64, without noise."""
        return self._exactly[0]

    @cached_property
    def gaps(self) -> ByCondition:
        """What the sides of the conditions differ by."""
        return self._exactly[1]

    def brackets(self, roundoff: float, threshold: float) -> dict[str, Array]:
        """What one roundoff in every operator does to each entry.

        `roundoff` is the unit roundoff of the dtype that an implementation computes in and `threshold` the magnitude
        below which it underflows: bracket = spread + roundoff · max|tensor| + threshold. Bits lost are counted from
        here.
        """
        spread = self.moves(roundoff).spread
        return {name: spread[name] + roundoff * largest(values) + threshold for name, values in self.exact.items()}

    def moves(self, roundoff: float) -> Moves:
        """How far rounding at this roundoff moves things; 0 where float64 overflows, for then it is not known.

        In a large program what was drawn for a coarser one is scaled down, as long as sums are rounded in proportion.
        """
        if roundoff not in self._moves:
            exact, gaps = self._exactly
            coarser = [known for known in self._moves if roundoff < known <= ACCUMULATED and self.draws == FEW]
            self._moves[roundoff] = (
                self._moves[coarser[0]].scaled(roundoff / coarser[0]) if coarser else self._noisy(roundoff, exact, gaps)
            )
        return self._moves[roundoff]

    @cached_property
    def draws(self) -> int:
        """Evaluations with noise."""
        if self.fixed is not None:
            return self.fixed
        extents = bind_extents(self.program, {name: values.shape for name, values in self.inputs.items()})
        return DRAWS if work(self.program, self.wanted, extents) <= LARGE else FEW

    @cached_property
    def _exactly(self) -> tuple[dict[str, Array], ByCondition]:
        values = evaluate(self.program, self.inputs, self.wanted, self._arithmetic)
        return values, self._arithmetic.gaps

    def _noisy(self, roundoff: float, exact: Mapping[str, Array], gaps: ByCondition) -> Moves:
        drawn = max(roundoff, SMALLEST_NOISE)
        noise = Noise(drawn, self.seed, roundoff)
        squares = {name: np.zeros(np.shape(values)) for name, values in exact.items()}
        moved = {body: [{r: np.zeros(g.shape) for r, g in call.items()} for call in gaps[body]] for body in gaps}
        for _ in range(self.draws):
            noisy = evaluate(self.program, self.inputs, self.wanted, self._arithmetic, noise)
            noise.rewind()
            with np.errstate(all="ignore"):
                for name, values in exact.items():
                    apart = np.asarray(noisy[name] - values)
                    squares[name] += np.square(apart, out=apart)
                for body, calls in moved.items():
                    for call, sums in enumerate(calls):
                        for r, total in sums.items():
                            total += np.square(self._arithmetic.gaps[body][call][r] - gaps[body][call][r])
        found = Moves(
            {name: deviation(completed(total, self.draws), DRAWS) for name, total in squares.items()},
            {
                body: [
                    {r: BUDGET * deviation(completed(t, self.draws), DRAWS) for r, t in sums.items()} for sums in calls
                ]
                for body, calls in moved.items()
            },
        )
        return found if drawn == roundoff else found.scaled(roundoff / drawn)


def deviations(
    program: Program,
    inputs: Mapping[str, NDArray],
    exact: Mapping[str, NDArray],
    noise: Noise,
    arithmetic: Arithmetic,
    draws: int,
) -> dict[str, Array]:
    """The root mean square deviation from `exact` in evaluations with noise; 0 where it is not finite."""
    squares = {name: np.zeros(np.shape(values)) for name, values in exact.items()}
    for _ in range(draws):
        noisy = evaluate(program, inputs, list(exact), arithmetic, noise)
        noise.rewind()
        with arithmetic.context():
            for name, values in exact.items():
                squares[name] += np.square(arithmetic.approximate(np.asarray(noisy[name] - values)))
    return {name: deviation(total, draws) for name, total in squares.items()}


def deviation(squares: Array, draws: int) -> Array:
    """The root mean square of deviations, of which the sums of the squares are given; 0 where it is not finite."""
    return np.sqrt(_known(squares) / draws)


def completed(squares: Array, draws: int) -> Array:
    """Sums of squares over the usual number of draws: those that are lacking count as the average over a block.

    Entries that lie together are mostly computed alike, and so every entry has the draws of `BESIDE` entries to rest
    on. Where they are not alike, the large ones lend to the small ones what these have from the largest of all anyway.
    """
    if draws == DRAWS or not squares.size:
        return squares
    known = _known(squares)
    starts = np.arange(0, known.size, BESIDE)
    sizes = np.diff(starts, append=known.size)
    beside = np.add.reduceat(known.ravel(), starts) * ((DRAWS - draws) / draws / sizes)
    every = np.repeat(beside, sizes).reshape(squares.shape)
    every += squares
    return every


def _known(squares: Array) -> Array:
    """The squares, with 0 where they are not finite; most often all of them are."""
    finite = np.isfinite(squares)
    return squares if finite.all() else np.where(finite, squares, 0.0)
