"""How far the rounding of an honest implementation may carry each entry of a tensor.

Every operator of a program may have its inputs and its output off by a relative unit roundoff each. The program is
evaluated a few times with such noise drawn at random; the root mean square deviation of an entry is its spread.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from verifier.numeric.arithmetic import Arithmetic
from verifier.numeric.cost import work
from verifier.numeric.decided import Decided
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.noise import Noise, largest
from verifier.symbolic.program import Program, bind_extents

#: Evaluations with noise. The root mean square of so many draws is off by a fifth or so, far less than the budget.
DRAWS = 12

#: Beyond so many scalar operations in one evaluation, half as many draws have to do.
LARGE = 1_000_000

#: float64 cannot hold noise as small as its own roundoff. So it is drawn at this size and scaled down: large enough
#: that the evaluation's own rounding does not count, and small enough to stay linear at condition numbers of 1e10.
SMALLEST_NOISE = 2.0**-40

#: How many times its bracket an honest error may be: 2**4 (the calibration is in docs/decisions.md).
BUDGET = 2.0**4


def allowance(
    program: Program,
    inputs: Mapping[str, NDArray],
    wanted: Sequence[str],
    roundoff: float,
    threshold: float,
    seed: int = 0,
) -> dict[str, NDArray[np.float64]]:
    """The error that an honest implementation of `program` may make: 2^4 times the brackets of the tensors."""
    found = brackets(program, inputs, wanted, roundoff, threshold, seed)
    return {name: BUDGET * bracket for name, bracket in found.items()}


def brackets(
    program: Program,
    inputs: Mapping[str, NDArray],
    wanted: Sequence[str],
    roundoff: float,
    threshold: float,
    seed: int = 0,
) -> dict[str, NDArray[np.float64]]:
    """What one roundoff in every operator does to each entry of the tensors in `wanted`.

    `roundoff` is the unit roundoff of the dtype that an implementation computes in and `threshold` the magnitude below
    which it underflows: bracket = spread + roundoff · max|tensor| + threshold. Bits lost are counted from here.
    """
    exact = evaluate(program, inputs, wanted, Float64())
    deviations = spread(program, inputs, exact, roundoff, seed)
    return {name: deviations[name] + roundoff * largest(exact[name]) + threshold for name in dict.fromkeys(wanted)}


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
    extents = bind_extents(program, {name: values.shape for name, values in inputs.items()})
    draws = DRAWS if work(program, exact, extents) <= LARGE else DRAWS // 2
    arithmetic = Decided()
    evaluate(program, inputs, list(exact), arithmetic)  # decides all conditions, which the noise must not flip
    return deviations(program, inputs, exact, Noise(drawn, seed, roundoff), arithmetic, draws, roundoff / drawn)


def deviations(
    program: Program,
    inputs: Mapping[str, NDArray],
    exact: Mapping[str, NDArray],
    noise: Noise,
    arithmetic: Arithmetic,
    draws: int,
    scale: float = 1.0,
) -> dict[str, NDArray[np.float64]]:
    """`scale` times the root mean square deviation from `exact` in evaluations with noise; 0 where it is not finite."""
    squares = {name: np.zeros(np.shape(values)) for name, values in exact.items()}
    for _ in range(draws):
        noisy = evaluate(program, inputs, list(exact), arithmetic, noise)
        noise.rewind()
        with arithmetic.context():
            for name, values in exact.items():
                squares[name] += np.square(arithmetic.approximate(np.asarray(noisy[name] - values)))
    with np.errstate(all="ignore"):
        return {n: np.nan_to_num(np.sqrt(s / draws) * scale, nan=0.0, posinf=0.0) for n, s in squares.items()}
