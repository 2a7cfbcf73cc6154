"""How far the rounding of inputs and results alone may carry a program: what a stable implementation keeps to.

The spread of `spread.py` lets every operator of a program round, and so it excuses a program that cancels what it
computed itself, as E[x²] − E[x]² does. Here nothing on the way is rounded but what is shifted by the largest entry, as
inside of softmax and log-sum-exp: these operators are accurate by the size of that entry, and not of their result.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from verifier.numeric.arithmetic import Values
from verifier.numeric.balls import Balls
from verifier.numeric.evaluate import Exactly, evaluate
from verifier.numeric.noise import ACCUMULATED, Noise, largest
from verifier.numeric.spread import SHARE
from verifier.symbolic.comprehension import Comprehension, Read, pointer
from verifier.symbolic.program import Definition, Program
from verifier.symbolic.selection import Argmax

#: Evaluations with noise. This measure decides about many bits, so that few have to do.
DRAWS = 4

#: Bits of balls: noise and cancellation have to fit in.
PRECISION = 160

#: How many bits stable code may lose, where it has them: 4 of 11 and 3 of 8 otherwise (docs/decisions.md).
BITS = 5.0

#: Where a program's own rounding carries an entry so many times as far as stable code may be off, it is unstable.
UNSTABLE = 2.0**2.75

#: What part of all bits unstable code may lose: 1 of 8. It has no other excuse than luck.
LITTLE = 1 / 8

#: Operators in a row whose rounding is not felt; that of n times as many is felt √n times as much.
IN_A_ROW = 64


def stable_budget(roundoff: float, operators: int) -> float:
    """How many times its bracket here the error of a program of so many operators may be that is stable."""
    return float(2.0 ** min(BITS, SHARE * -np.log2(roundoff)) * _felt(operators))


def stable_allowance(bracket: NDArray, spread: NDArray, roundoff: float, operators: int) -> NDArray[np.float64]:
    """How far the entries of a result may be off: the budget times the bracket here, or less if the code is unstable.

    spread: the bracket of the program with all of its operators rounded. In the narrower dtypes it tells unstable code;
    in the wider ones it holds the worst that sums and factorisations may do, which they do not.
    """
    allowed = stable_budget(roundoff, operators) * bracket
    if roundoff <= ACCUMULATED:
        return allowed
    little = 2.0 ** (LITTLE * -np.log2(roundoff))
    return np.where(spread > UNSTABLE * _felt(operators) * bracket, little * _felt(operators) * bracket, allowed)


def _felt(operators: int) -> float:
    """How many times the rounding of one operator so many in a row are felt."""
    return float(np.sqrt(max(1.0, operators / IN_A_ROW)))


def stable_floor(tensor: NDArray, roundoff: float, threshold: float) -> float:
    """The bracket of a stable implementation even where its inputs were exact."""
    return roundoff * largest(tensor) + threshold


def conditioning(
    program: Program, inputs: Mapping[str, NDArray], tensors: Mapping[str, NDArray], roundoff: float, seed: int = 0
) -> dict[str, NDArray[np.float64]]:
    """The root mean square change of each entry when every input, and what is shifted, is off by a relative roundoff.

    `tensors` are named with their values. Evaluated in balls, for the noise is far below what float64 holds.
    """
    balls, noise = Balls(PRECISION), Noise(roundoff, seed)
    shifts = _AtShifts(noise, shifted(program))
    exact = evaluate(program, inputs, list(tensors), balls)
    squares = {name: np.zeros(values.shape) for name, values in exact.items()}
    with balls.context():
        given = {name: balls.array(values) for name, values in inputs.items()}
    for _ in range(DRAWS):
        with balls.context():
            moved = {name: noise.moved(values) for name, values in given.items()}
        there = evaluate(program, moved, list(tensors), balls, shifts)
        with balls.context(), np.errstate(all="ignore"):
            for name, values in exact.items():
                squares[name] += np.square(balls.approximate(np.asarray(there[name] - values)))
    return {
        name: np.nan_to_num(np.sqrt(squares[name] / DRAWS), nan=np.inf).reshape(np.shape(values))
        for name, values in tensors.items()
    }


class _AtShifts(Exactly):
    """Noise on what is shifted, and on nothing else."""

    def __init__(self, noise: Noise, shifted: frozenset[Definition]) -> None:
        self._rounded = _Rounded(noise)
        self._shifted = shifted

    def of(self, definition: Definition) -> Exactly:
        """See `Exactly`."""
        return self._rounded if definition in self._shifted else Exactly()


class _Rounded(Exactly):
    """Noise that may be smaller than 1 can hold."""

    def __init__(self, noise: Noise) -> None:
        self._noise = noise

    def entrywise(self, values: Values) -> Values:
        """See `Exactly`."""
        return self._noise.moved(values)


def shifted(program: Program) -> frozenset[Definition]:
    """The definitions that read a shift, which is the largest entry of a row held constant, beside other entries.

    Softmax does not depend on its shift, and so the rounding of the exponentials alone moves it no further than that of
    its inputs; the logarithm of their sum, and what the shift is added to again, are off by a roundoff of the shift.
    """
    shifts: set[str] = set()
    found = set()
    for name, definition in program.definitions:
        if isinstance(definition, Comprehension):
            held = [read for read in definition.reads if _is_shift(read, definition, program, shifts)]
            if held and len(held) == len(definition.reads):
                shifts.add(name)
            elif held:
                found.add(definition)
    return frozenset(found)


def _is_shift(read: Read, definition: Comprehension, program: Program, shifts: set[str]) -> bool:
    places = [
        pointer(k) for k, p in enumerate(definition.pointers) if isinstance(program.defined.get(p.tensor), Argmax)
    ]
    chosen = read.detached and any(at.has(place) for at in read.index for place in places)
    return chosen or read.tensor in shifts
