"""Float64 arithmetic in NumPy: contractions by opt_einsum, other bodies by SymPy's lambdify."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import lru_cache, reduce
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray
from opt_einsum import contract
from scipy import special
from scipy.linalg import expm
from sympy import And, Expr, LambertW, Or, Symbol, lambdify
from sympy.printing.numpy import SciPyPrinter

from verifier.errors import FunctionNotEvaluatedError
from verifier.numeric.arithmetic import Axes, Labelled, Values
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
        return np.broadcast_to(values, shape)

    def permute(self, values: Values, order: Sequence[int]) -> Values:
        """See `Arithmetic`."""
        return np.transpose(values, order)

    def sum(self, values: Values, axes: Axes) -> Values:
        """See `Arithmetic`."""
        return np.asarray(values.sum(axis=axes))

    def add_into(self, buffer: Values, place: tuple[slice, ...], values: Values) -> Values:
        """See `Arithmetic`."""
        buffer[place] += values
        return buffer

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
        return _compiled(body, tuple(symbols))

    def contract(self, operands: Sequence[Labelled], output: Axes) -> Values:
        """See `Arithmetic`."""
        interleaved = [part for o in operands for part in (o.values, list(o.axes))]
        return np.asarray(contract(*interleaved, list(output)))

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
        return np.asarray(expm(matrix)) if np.isfinite(matrix).all() else np.full(matrix.shape, np.nan)

    def argmax(self, values: Values) -> NDArray[Any]:
        """See `Arithmetic`."""
        return np.asarray(np.argmax(values, axis=-1))

    def approximate(self, values: Values) -> NDArray[Any]:
        """See `Arithmetic`."""
        return np.asarray(values)

    def root(
        self, start: NDArray[Any], residual: Callable[[Values], Values], jacobian: Callable[[Values], Values]
    ) -> Values:
        """One Newton step from a start that is good to a few digits less than float64 has."""
        return start - self.solved(jacobian(start), residual(start))


#: What SymPy's printer leaves as it is, or prints as a function of complex numbers.
FURTHER = {
    "LambertW": lambda x: special.lambertw(x).real,
    "Shi": lambda x: special.shichi(x)[0],
    "Chi": lambda x: special.shichi(x)[1],
    "Ei": special.expi,
    "expint": special.expn,
}


@lru_cache(maxsize=4096)
def _compiled(body: Expr, symbols: tuple[Symbol, ...]) -> Callable[..., Values]:
    # The settings are those of the printers that lambdify makes itself.
    printer = _Broadcasting({"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": True})
    function = lambdify(symbols, body, [FURTHER, "scipy", "numpy"], printer=printer, cse=True, dummify=True)
    unknown = [name for name in function.__code__.co_names if name not in {**function.__globals__, **vars(builtins)}]
    if unknown:
        raise FunctionNotEvaluatedError(unknown[0])
    return function


class _Broadcasting(SciPyPrinter):
    """SymPy's printer for NumPy, whose And and Or need all of their conditions to have one shape."""

    def _print_LambertW(self, expression: LambertW) -> str:  # noqa: N802 - as below
        return f"LambertW({self._print(expression.args[0])})"

    def _print_And(self, expression: And) -> str:  # noqa: N802 - the printer finds it by the class's name
        return self._nested("numpy.logical_and", expression)

    def _print_Or(self, expression: Or) -> str:  # noqa: N802 - the printer finds it by the class's name
        return self._nested("numpy.logical_or", expression)

    def _nested(self, function: str, expression: And | Or) -> str:
        name = self._module_format(function)
        return reduce(lambda left, right: f"{name}({left}, {right})", map(self._print, expression.args))
