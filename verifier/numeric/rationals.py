"""Rational arithmetic: every number is an exact fraction, so that what is equal is seen to be equal.

Functions that are not rational may be given opaque values: random numbers, always the same for the same arguments.
Whatever is equal then is equal for every function in their place.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from typing import Any, NoReturn

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray
from opt_einsum import contract
from sympy import Expr, Symbol

from verifier.numeric.arithmetic import Axes, Labelled, Values
from verifier.numeric.float64 import NumpyArrays
from verifier.numeric.rational_nodes import OPAQUE, NotRational, rational_node
from verifier.numeric.tape import tape
from verifier.witness import Estimate

#: Random whole numbers are drawn from so many bits.
BITS = 128


class NoValue(Exception):  # noqa: N818 - not an error: a formula may have no value at a point
    """Raised where something is divided by zero, or a singular matrix is inverted."""


class Rationals(NumpyArrays):
    """Exact fractions, with random values for opaque functions. `opaque` holds those that were needed."""

    def __init__(self, seed: int = 0) -> None:
        self.opaque: dict[tuple[str, ...], fmpq] = {}
        self._seed = seed

    @contextmanager
    def context(self) -> Iterator[None]:
        """Raises `NoValue` for a division by zero."""
        try:
            yield
        except ZeroDivisionError as cause:
            raise NoValue from cause

    def array(self, values: NDArray[Any]) -> Values:
        """Floating-point numbers as the fractions that they are; fractions, integers and booleans as they are."""
        return _rational(values) if values.dtype.kind == "f" else values

    def filled(self, shape: Sequence[int], number: Expr) -> Values:
        """See `Arithmetic`."""
        array = np.empty(shape, dtype=object)
        array[...] = _to_rational(tape(number, (OPAQUE,), rational_node).run(self._opaque))
        return array

    def function(self, body: Expr, symbols: Sequence[Symbol]) -> Callable[..., Values]:
        """See `Arithmetic`. Raises `NotRational` for a choice that depends on values."""
        steps = tape(body, (OPAQUE, *symbols), rational_node)
        return lambda *arguments: _rational(steps.run(self._opaque, *map(_unbounded, arguments)))

    def contract(self, operands: Sequence[Labelled], output: Axes) -> Values:
        """See `Arithmetic`."""
        interleaved = [part for o in operands for part in (_rational(o.values), list(o.axes))]
        return _rational(contract(*interleaved, list(output)))

    def sum(self, values: Values, axes: Axes) -> Values:
        """See `Arithmetic`."""
        return _rational(values.sum(axis=axes))

    def stacked(self, columns: Sequence[Values]) -> Values:
        """See `Arithmetic`."""
        return np.stack(columns, axis=-1)

    def solved(self, matrix: Values, right: Values) -> Values:
        """See `Arithmetic`; a singular matrix is a division by zero."""
        if matrix.ndim == 2:
            return _array(_matrix(matrix).solve(_matrix(right)))
        return np.stack([self.solved(*system) for system in zip(matrix, right, strict=True)])

    def determinant(self, matrix: Values) -> Values:
        """See `Arithmetic`."""
        return np.asarray(_matrix(matrix).det() if matrix.size else fmpq(1), dtype=object)

    def inverse(self, matrix: Values) -> Values | None:
        """See `Arithmetic`."""
        try:
            return _array(_matrix(matrix).inv())
        except ZeroDivisionError:
            return None  # the matrix is singular

    def exponential(self, matrix: Values) -> NoReturn:
        """The exponential of a matrix is not rational: raises `NotRational`."""
        raise NotRational("the exponential of a matrix")

    def approximate(self, values: Values) -> NoReturn:
        """An approximation is of no use here: raises `NotRational`."""
        raise NotRational("what an approximation decides")

    def root(
        self, start: NDArray[Any], residual: Callable[[Values], Values], jacobian: Callable[[Values], Values]
    ) -> NoReturn:
        """Roots are not rational: raises `NotRational`."""
        raise NotRational("a root of an equation that is not linear")

    def _opaque(self, name: str, *arguments: Any) -> fmpq:
        """A random number for a function at arguments, the same whenever it is asked for."""
        key = (name, *map(str, arguments))
        if key not in self.opaque:
            self.opaque[key] = _draw(random.Random(f"{self._seed} {key}"))
        return self.opaque[key]


def random_rationals(shape: Sequence[int], seed: str) -> Values:
    """An array of random whole numbers of `BITS` bits, drawn independently and uniformly."""
    generator = random.Random(seed)
    array = np.empty(shape, dtype=object)
    for place in np.ndindex(*shape):
        array[place] = _draw(generator)
    return array


def nearest(values: Values) -> Estimate:
    """The nearest float64 numbers, with an error where a fraction is not one of them."""
    fractions = [Fraction(int(number.p), int(number.q)) for number in values.ravel()]
    value = np.array([float(fraction) for fraction in fractions]).reshape(values.shape)
    inexact = np.array([Fraction(float(f)) != f for f in fractions], dtype=bool).reshape(values.shape)
    return Estimate(value, np.where(inexact, np.spacing(np.abs(value)), 0.0))


def as_fraction(number: Any) -> Fraction | None:
    """A number of this arithmetic as Python's fraction; None for a number of another one."""
    return Fraction(int(number.p), int(number.q)) if isinstance(number, fmpq) else None


def _draw(generator: random.Random) -> fmpq:
    return fmpq(generator.getrandbits(BITS) - 2 ** (BITS - 1))


def _exactly(number: Any) -> fmpq:
    if isinstance(number, fmpq):
        return number
    return fmpq(*float(number).as_integer_ratio()) if isinstance(number, float) else fmpq(int(number))


_to_rational = np.frompyfunc(_exactly, 1, 1)


def _rational(values: Any) -> Values:
    return np.asarray(_to_rational(values), dtype=object)


def _unbounded(values: Any) -> Any:
    """Integers that cannot overflow."""
    return values.astype(object) if isinstance(values, np.ndarray) and values.dtype.kind in "iub" else values


def _matrix(values: Values) -> fmpq_mat:
    rows, columns = values.shape
    return fmpq_mat(rows, columns, _rational(values).ravel().tolist())


def _array(matrix: fmpq_mat) -> Values:
    return np.array(matrix.entries(), dtype=object).reshape(matrix.nrows(), matrix.ncols())
