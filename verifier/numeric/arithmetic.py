"""What an arithmetic is: the few array operations from which every definition is evaluated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Protocol

from numpy.typing import NDArray
from sympy import Expr, Symbol

from verifier.symbolic.region import Region

#: An array of the arithmetic's own kind: NumPy float64, NumPy objects that are balls, or a torch tensor.
Values = Any
Axes = tuple[int, ...]


@dataclass(frozen=True)
class Labelled:
    """An array whose axes run over the domain's indices: axis k runs over the index at `axes[k]`."""

    values: Values
    axes: Axes


class Arithmetic(Protocol):
    """Numbers of one kind in arrays. Whoever evaluates a program works inside of `context()`."""

    def context(self) -> AbstractContextManager[Any]:
        """What has to be set while this arithmetic computes: precision, handling of overflow."""

    def array(self, values: NDArray[Any]) -> Values:
        """The same numbers, exactly, in this arithmetic; integers and booleans may stay as they are."""

    def filled(self, shape: Sequence[int], number: Expr) -> Values:
        """An array with one number everywhere."""

    def function(self, body: Expr, symbols: Sequence[Symbol]) -> Callable[..., Values]:
        """A scalar expression as a function of arrays that broadcast against each other."""

    def contract(self, operands: Sequence[Labelled], output: Axes) -> Values:
        """The sum over all axes that are not in `output` of the product of the operands."""

    def strided(self, values: Values, offset: Sequence[int], shape: Sequence[int], steps: Sequence[Axes]) -> Values:
        """The view whose entry [k0, k1, ...] is values[offset + k0*steps[0] + k1*steps[1] + ...]."""

    def detached(self, values: Values) -> Values:
        """The same numbers, constant for whoever differentiates the evaluation."""

    def gather(self, values: Values, index: Sequence[NDArray[Any]]) -> Values:
        """values[index] with one integer array for each leading axis, all of one shape."""

    def pad(self, values: Values, widths: Sequence[tuple[int, int]], fill: Expr) -> Values:
        """The array with `fill` around it: so many entries before and after, for each axis."""

    def where(self, condition: NDArray[Any], values: Values, otherwise: Expr) -> Values:
        """`values` where the condition holds, the number elsewhere."""

    def expand(self, values: Values, shape: Sequence[int]) -> Values:
        """The array broadcast to a shape."""

    def permute(self, values: Values, order: Sequence[int]) -> Values:
        """The array with its axes in another order."""

    def sum(self, values: Values, axes: Axes) -> Values:
        """The sum over axes."""

    def cumulated(self, values: Values, backwards: bool) -> Values:
        """The cumulative sums along the last axis, from its start or from its end."""

    def put(self, buffer: Values, region: Region, values: Values) -> Values:
        """The flat `buffer` with `values` written at a region that names no place twice; the buffer may be changed."""

    def add(self, buffer: Values, region: Region, values: Values) -> Values:
        """The flat `buffer` with `values` added at a region that names no place twice; the buffer may be changed."""

    def scatter_add(self, buffer: Values, index: Sequence[NDArray[Any]], values: Values) -> Values:
        """`buffer` with `values` added at one integer array for each leading axis, all of one shape.

        Repeated indices add up; the buffer may be changed.
        """

    def stacked(self, columns: Sequence[Values]) -> Values:
        """A matrix from its columns."""

    def solved(self, matrix: Values, right: Values) -> Values:
        """The X with matrix·X = right; not finite where the matrix may be singular. A first axis may be a batch."""

    def determinant(self, matrix: Values) -> Values:
        """The determinant of a square matrix, as an array of no axes; 1 for a matrix of no rows."""

    def inverse(self, matrix: Values) -> Values | None:
        """The inverse of a square matrix; None where it may be singular."""

    def exponential(self, matrix: Values) -> Values:
        """The exponential of a square matrix."""

    def selected(self, select: Callable[[NDArray[Any]], NDArray[Any]], values: Values) -> NDArray[Any]:
        """The whole numbers that `select` makes of the values in float64: which entries are read, or where."""

    def approximate(self, values: Values) -> NDArray[Any]:
        """The values as NumPy float64, for a first approximation and for choices."""

    def root(
        self, start: NDArray[Any], residual: Callable[[Values], Values], jacobian: Callable[[Values], Values]
    ) -> Values:
        """The roots near `start`, whose axes are: systems, rows, and one column. So are those of `residual`.

        `jacobian` gives the matrices of the systems.
        """
