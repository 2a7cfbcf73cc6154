"""Noise that stands for rounding, drawn into everything that the definitions of a program read, sum and yield."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Symbol

from verifier.numeric.arithmetic import Arithmetic, Axes, Labelled, Values
from verifier.numeric.evaluate import Exactly
from verifier.numeric.float64 import Float64

#: Sums are accumulated at this roundoff at least as fine: float32, as every library does for the narrower dtypes.
ACCUMULATED = 2.0**-24

#: Random numbers that are drawn once; noise reads them from random places on. A prime, so that rows do not repeat.
POOL = 2**20 - 3


class Noise(Exactly):
    """Relative errors of at most `size`, drawn at random; the same seed draws the same noise.

    `roundoff` is the unit roundoff that the noise stands for, if the noise is drawn larger than that.
    """

    def __init__(self, size: float, seed: int = 0, roundoff: float | None = None) -> None:
        self.size = size
        self.seed = seed
        self._generator = np.random.Generator(np.random.SFC64(seed))
        self._sums = _Sums(size * min(1.0, ACCUMULATED / (size if roundoff is None else roundoff)), self)

    def entrywise(self, values: Values) -> Values:
        """Each entry off by its own magnitude; an infinite one stays."""
        if values.dtype.kind not in "fO":
            return values
        factors = self._drawn(_factors(self.seed, self.size), values)
        return np.asarray(values * factors.astype(values.dtype, copy=False), dtype=values.dtype)

    def moved(self, values: Values) -> Values:
        """Each entry off by its own magnitude, by noise that may be smaller than 1 can hold; integers stay."""
        return self._off(values, values)

    def normwise(self, values: Values) -> Values:
        """Each entry off by the magnitude of the largest, as factorisations are."""
        return self._off(values, largest(values))

    def summing(self, arithmetic: Arithmetic) -> Arithmetic:
        """The arithmetic whose sums carry the rounding of their partial sums."""
        if not isinstance(arithmetic, Float64):
            return arithmetic
        self._sums.exact = arithmetic
        return self._sums

    def rewind(self) -> None:
        """To be called between two evaluations of one program."""
        self._sums.position = 0

    def uniform(self, like: Values) -> NDArray[np.float64]:
        """Random numbers from -1 to 1, one for each entry of an array."""
        return self._drawn(_pool(self.seed), like)

    def _off(self, values: Values, magnitude: Values | float) -> Values:
        if values.dtype.kind not in "fO":
            return values
        drawn = self.size * self.uniform(values)
        return np.asarray(values + drawn.astype(values.dtype) * magnitude, dtype=values.dtype)

    def _drawn(self, pool: NDArray[np.float64], like: Values) -> NDArray[np.float64]:
        """Numbers of the pool from a random place on, or from several for more than half of them.

        They lie in memory as the array does whose shape they have: that is several times faster for a transpose.
        """
        size, half = like.size, POOL // 2
        if size <= half:
            start = int(self._generator.integers(POOL - size))
            drawn = pool[start : start + size]
        else:
            starts = self._generator.integers(POOL - half, size=-(-size // half))
            drawn = np.concatenate([pool[start : start + half] for start in starts])[:size]
        if like.flags.c_contiguous:
            return drawn.reshape(like.shape)
        order = sorted(range(like.ndim), key=lambda axis: -abs(like.strides[axis]))
        return drawn.reshape([like.shape[axis] for axis in order]).transpose(np.argsort(order))


@lru_cache(maxsize=4)
def _pool(seed: int) -> NDArray[np.float64]:
    """Random numbers from -1 to 1, which are never written to."""
    return np.random.Generator(np.random.SFC64(seed)).uniform(-1, 1, POOL)


@lru_cache(maxsize=4)
def _factors(seed: int, size: float) -> NDArray[np.float64]:
    """What multiplies entries that are off by at most `size`."""
    return 1 + size * _pool(seed)


class _Sums(Float64):
    """Float64 whose sums are off by the rounding of recursive summation.

    After k of n terms t, a partial sum S_k is rounded, and so the error is about u·√(ΣS_k²). A partial sum is on
    average the share k/n of the whole S, and strays from that by the root of q²·(k/n)·(1 − k/n) with q² = Σt²: so
    ΣS_k² is n·(S²/3 + q²/6). (Higham, Accuracy and Stability of Numerical Algorithms, section 4.2, with errors that
    are independent.) Implementations add up in blocks, and are more accurate than that; in which way is their choice.
    Everything else is computed as `exact` does it.
    """

    def __init__(self, size: float, noise: Noise) -> None:
        self.size = size
        self.noise = noise
        self.exact: Float64 = Float64()
        self.position = 0
        self._partial: list[Values] = []

    def function(self, body: Expr, symbols: Sequence[Symbol]) -> Callable[..., Values]:
        """See `Arithmetic`."""
        return self.exact.function(body, symbols)

    def contract(self, operands: Sequence[Labelled], output: Axes) -> Values:
        """See `Arithmetic`."""
        extents = {axis: n for o in operands for axis, n in zip(o.axes, o.values.shape, strict=True)}
        terms = math.prod(n for axis, n in extents.items() if axis not in output)
        result = super().contract(operands, output)
        if terms <= 1:
            return result
        if self.position == len(self._partial):
            self._measure(result, *self._squares(operands, output), terms)
        return self._off(result)

    def _squares(self, operands: Sequence[Labelled], output: Axes) -> tuple[Values, float]:
        """The sums of the squared terms, to the few digits that float32 has, and what they are in units of.

        Operands are scaled by their largest entries, so that it holds whatever is not negligible beside these.
        """
        squared, sizes = zip(*(_squared(o) for o in operands), strict=True)
        return super().contract(squared, output), math.prod(sizes) ** 2

    def sum(self, values: Values, axes: Axes) -> Values:
        """See `Arithmetic`."""
        terms = math.prod(values.shape[axis] for axis in axes)
        result = super().sum(values, axes)
        if terms <= 1 or values.dtype.kind != "f":
            return result
        if self.position == len(self._partial):
            self._measure(result, super().sum(np.square(values), axes), 1.0, terms)
        return self._off(result)

    def _measure(self, result: Values, squares: Values, unit: float, terms: int) -> None:
        """How far off a sum is at most, as the first evaluation finds it; the later ones are not far from that.

        squares: the sums of the squared terms, in units of `unit`.
        """
        partial = np.asarray(np.square(result, dtype=np.float64))
        partial += np.asarray(squares, dtype=np.float64) * (unit / 2)
        partial *= self.size**2 * terms / 3
        self._partial.append(np.sqrt(partial, out=partial))

    def _off(self, result: Values) -> Values:
        off = np.asarray(self.noise.uniform(result) * self._partial[self.position])
        self.position += 1
        return np.add(result, off, out=off)


def _squared(operand: Labelled) -> tuple[Labelled, float]:
    """The squares of an operand in float32, in units of its largest entry, which comes beside them."""
    size = largest(operand.values) or 1.0
    scaled = np.asarray(operand.values / size, dtype=np.float32)
    return Labelled(np.square(scaled, out=scaled), operand.axes), size


def largest(values: Values) -> float:
    """The largest magnitude among the finite entries, in float64; 0 if there are none."""
    numbers = np.asarray(values, dtype=np.float64)
    with np.errstate(invalid="ignore"):
        most = float(max(numbers.max(initial=0.0), -numbers.min(initial=0.0)))
    if math.isfinite(most):
        return most
    return float(np.max(np.abs(numbers[np.isfinite(numbers)]), initial=0.0))
