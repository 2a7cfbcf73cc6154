"""How far the rounding of an honest implementation may carry each entry of a tensor.

Every operator of a program may have its inputs and its output off by a relative unit roundoff each. The program is
evaluated a few times with such noise drawn at random; the root mean square deviation of an entry is its spread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from verifier.numeric.arithmetic import Values
from verifier.numeric.evaluate import Exactly, evaluate
from verifier.numeric.float64 import Float64
from verifier.symbolic.program import Program

#: Evaluations with noise. The root mean square of so many draws is off by a fifth or so, far less than the budget.
DRAWS = 12

#: float64 cannot hold noise as small as its own roundoff, so it is drawn at this size and scaled down.
SMALLEST_NOISE = 2.0**-30

#: How many times its spread an honest error may be: 2**3.5 (the calibration is in docs/decisions.md).
BUDGET = 2.0**3.5


def allowance(
    program: Program,
    inputs: Mapping[str, NDArray],
    wanted: Sequence[str],
    roundoff: float,
    smallest: float,
    seed: int = 0,
) -> dict[str, NDArray[np.float64]]:
    """The error that an honest implementation of `program` may make in each entry of the tensors in `wanted`.

    `roundoff` is the unit roundoff of the dtype that it computes in and `smallest` that dtype's smallest normal
    number: allowed = 2^3.5 · (spread + roundoff · max|tensor| + smallest).
    """
    exact = evaluate(program, inputs, wanted, Float64())
    deviations = spread(program, inputs, exact, roundoff, seed)
    return {
        name: BUDGET * (deviations[name] + roundoff * _largest(exact[name]) + smallest)
        for name in dict.fromkeys(wanted)
    }


def spread(
    program: Program,
    inputs: Mapping[str, NDArray],
    exact: Mapping[str, NDArray[np.float64]],
    roundoff: float,
    seed: int = 0,
) -> dict[str, NDArray[np.float64]]:
    """The root mean square deviation of each entry of the tensors in `exact`, which holds their unperturbed values.

    Where float64 overflows the spread is not known, and 0.
    """
    drawn = max(roundoff, SMALLEST_NOISE)
    generator = np.random.default_rng(seed)

    noise = Noise(drawn, generator)
    squares = {name: np.zeros(np.shape(values)) for name, values in exact.items()}
    for _ in range(DRAWS):
        noisy = evaluate(program, inputs, list(exact), Float64(), noise)
        with np.errstate(all="ignore"):
            for name, values in exact.items():
                squares[name] += np.square(noisy[name] - values)
    scale = roundoff / drawn
    return {name: np.nan_to_num(np.sqrt(s / DRAWS) * scale, nan=0.0, posinf=0.0) for name, s in squares.items()}


class Noise(Exactly):
    """Relative errors of at most `size`, drawn at random."""

    def __init__(self, size: float, generator: np.random.Generator) -> None:
        self.size = size
        self.generator = generator

    def entrywise(self, values: Values) -> Values:
        """Each entry off by its own magnitude."""
        return values * (1 + self._drawn(values)) if values.dtype.kind == "f" else values

    def normwise(self, values: Values) -> Values:
        """Each entry off by the magnitude of the largest, as factorisations are."""
        return values + self._drawn(values) * _largest(values) if values.dtype.kind == "f" else values

    def _drawn(self, values: Values) -> Values:
        return self.size * self.generator.uniform(-1, 1, values.shape)


def _largest(values: NDArray[np.float64]) -> float:
    return float(np.max(np.abs(values[np.isfinite(values)]), initial=0.0))
