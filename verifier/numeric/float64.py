"""Float64 arithmetic in NumPy: contractions by opt_einsum, other bodies compiled."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray
from sympy import Expr, Symbol

from verifier.numeric.arithmetic import Axes, Labelled, Values
from verifier.numeric.compiled import compiled
from verifier.numeric.contraction import contraction, stacked_products
from verifier.symbolic.region import Region

#: Up to this extent derivatives of determinants are computed from minors.
SMALL = 6


class NumpyArrays:
    """The operations that NumPy has for arrays of any numbers."""

    def strided(self, values: Values, offset: Sequence[int], shape: Sequence[int], steps: Sequence[Axes]) -> Values:
        """See `Arithmetic`."""
        strides = [sum(s * stride for s, stride in zip(step, values.strides, strict=True)) for step in steps]
        if not strides:
            return values[(*offset, ...)]
        start = values[tuple(slice(at, None) for at in offset)]
        return as_strided(start, shape, strides, writeable=False)

    def detached(self, values: Values) -> Values:
        """See `Arithmetic`; nobody differentiates NumPy arrays."""
        return values

    def gather(self, values: Values, index: Sequence[NDArray[Any]]) -> Values:
        """See `Arithmetic`."""
        return values[tuple(index)]

    def pad(self, values: Values, widths: Sequence[tuple[int, int]], fill: Expr) -> Values:
        """See `Arithmetic`."""
        shape = [n + before + after for n, (before, after) in zip(values.shape, widths, strict=True)]
        padded = self.filled(shape, fill)
        padded[tuple(slice(b, b + n) for n, (b, _) in zip(values.shape, widths, strict=True))] = values
        return padded

    def where(self, condition: NDArray[Any], values: Values, otherwise: Expr) -> Values:
        """See `Arithmetic`."""
        return np.where(condition, values, self.filled((), otherwise))

    def expand(self, values: Values, shape: Sequence[int]) -> Values:
        """See `Arithmetic`."""
        return values if np.shape(values) == tuple(shape) else np.broadcast_to(values, shape)

    def permute(self, values: Values, order: Sequence[int]) -> Values:
        """See `Arithmetic`."""
        return np.asarray(values).transpose(order)

    def sum(self, values: Values, axes: Axes) -> Values:
        """See `Arithmetic`."""
        return np.asarray(values.sum(axis=axes))

    def cumulated(self, values: Values, backwards: bool) -> Values:
        """See `Arithmetic`."""
        return np.cumsum(values[..., ::-1], axis=-1)[..., ::-1] if backwards else np.cumsum(values, axis=-1)

    def put(self, buffer: Values, region: Region, values: Values) -> Values:
        """See `Arithmetic`."""
        _view(buffer, region)[...] = values
        return buffer

    def add(self, buffer: Values, region: Region, values: Values) -> Values:
        """See `Arithmetic`."""
        view = _view(buffer, region)
        view += values
        return buffer

    def scatter_add(self, buffer: Values, index: Sequence[NDArray[Any]], values: Values) -> Values:
        """See `Arithmetic`."""
        np.add.at(buffer, tuple(index), values)
        return buffer

    def selected(self, select: Callable[[NDArray[Any]], NDArray[Any]], values: Values) -> NDArray[Any]:
        """See `Arithmetic`."""
        return select(self.approximate(values))

    def approximate(self, values: Values) -> NDArray[Any]:
        """See `Arithmetic`."""
        raise NotImplementedError

    def filled(self, shape: Sequence[int], number: Expr) -> Values:
        """See `Arithmetic`."""
        raise NotImplementedError


def _view(buffer: Values, region: Region) -> Values:
    """The part of a flat buffer that a region names, to be written to."""
    strides = [stride * buffer.itemsize for stride in region.strides]
    return as_strided(buffer[region.offset :], region.shape, strides)


class Float64(NumpyArrays):
    """NumPy float64."""

    def context(self) -> AbstractContextManager[Any]:
        """Overflow and NaN are results, not warnings."""
        return np.errstate(all="ignore")

    def array(self, values: NDArray[Any]) -> Values:
        """Floating-point numbers as float64; integers and booleans as they are."""
        return np.asarray(values, dtype=np.float64 if values.dtype.kind == "f" else None)

    def filled(self, shape: Sequence[int], number: Expr) -> Values:
        """See `Arithmetic`."""
        return np.full(shape, float(number))

    def function(self, body: Expr, symbols: Sequence[Symbol]) -> Callable[..., Values]:
        """See `Arithmetic`."""
        return compiled(body, tuple(symbols))

    def contract(self, operands: Sequence[Labelled], output: Axes) -> Values:
        """See `Arithmetic`."""
        return contraction(operands, output, stacked_products)

    def scatter_add(self, buffer: Values, index: Sequence[NDArray[Any]], values: Values) -> Values:
        """See `Arithmetic`; by a sparse matrix, many times faster than NumPy's own `add.at`."""
        axes = buffer.shape[: len(index)]
        if not values.size:
            return buffer
        flat = np.ravel_multi_index(tuple(index), axes).ravel() if index else np.zeros(1, dtype=int)
        targets, terms = math.prod(axes), values.reshape(flat.size, -1)
        if terms.shape[1] == 1:
            added = np.bincount(flat, terms[:, 0], targets)
        else:
            from scipy.sparse import csr_array

            added = csr_array((np.ones(flat.size), (flat, np.arange(flat.size))), (targets, flat.size)) @ terms
        buffer += added.reshape(buffer.shape)
        return buffer

    def stacked(self, columns: Sequence[Values]) -> Values:
        """See `Arithmetic`."""
        return np.stack(columns, axis=-1)

    def solved(self, matrix: Values, right: Values) -> Values:
        """See `Arithmetic`."""
        try:
            return np.linalg.solve(matrix, right)
        except np.linalg.LinAlgError:
            if matrix.ndim == 2:
                return np.full(right.shape, np.nan)
            return np.stack([self.solved(*system) for system in zip(matrix, right, strict=True)])

    def determinant(self, matrix: Values) -> Values:
        """See `Arithmetic`."""
        return np.asarray(np.linalg.det(matrix))

    def inverse(self, matrix: Values) -> Values | None:
        """See `Arithmetic`; small matrices are taken as singular, for which minors are exact and cheap enough."""
        if matrix.shape[0] <= SMALL or np.linalg.cond(matrix) > 1 / np.finfo(np.float64).eps:
            return None
        return np.linalg.inv(matrix)

    def exponential(self, matrix: Values) -> Values:
        """See `Arithmetic`."""
        from scipy.linalg import expm

        return np.asarray(expm(matrix)) if np.isfinite(matrix).all() else np.full(matrix.shape, np.nan)

    def approximate(self, values: Values) -> NDArray[Any]:
        """See `Arithmetic`."""
        return np.asarray(values)

    def root(
        self, start: NDArray[Any], residual: Callable[[Values], Values], jacobian: Callable[[Values], Values]
    ) -> Values:
        """One Newton step from a start that is good to a few digits less than float64 has."""
        return start - self.solved(jacobian(start), residual(start))
