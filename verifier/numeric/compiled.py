"""Scalar bodies as NumPy functions: SymPy's lambdify with common sub-expressions, run block by block."""

from __future__ import annotations

import builtins
from collections.abc import Callable
from functools import lru_cache, reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import And, Expr, LambertW, Or, Piecewise, Symbol, lambdify, nan
from sympy.logic.boolalg import Boolean
from sympy.printing.numpy import SciPyPrinter

from verifier.errors import FunctionNotEvaluatedError

#: Arrays are computed in blocks of about so many entries, whose intermediate results stay in the cache.
BLOCK = 2**15

#: What SymPy's printer leaves as it is, or prints as a function of complex numbers.
FURTHER = {
    "LambertW": lambda x: _special("lambertw")(x).real,
    "Shi": lambda x: _special("shichi")(x)[0],
    "Chi": lambda x: _special("shichi")(x)[1],
    "expint": lambda n, x: _special("expn")(n, x),
    "IsNumber": lambda x: 1.0 - np.isnan(x),
}


@lru_cache(maxsize=4096)
def compiled(body: Expr, symbols: tuple[Symbol, ...]) -> Callable[..., Any]:
    """A scalar expression as a function of arrays that broadcast. Raises `FunctionNotEvaluatedError`."""
    # The settings are those of the printers that lambdify makes itself.
    printer = _Broadcasting({"fully_qualified_modules": False, "inline": True, "allow_unknown_functions": True})
    function = lambdify(symbols, body, [FURTHER, np], printer=printer, cse=True, dummify=True)
    known = {**function.__globals__, **vars(builtins)}
    function.__globals__.update({name: _special(name) for name in function.__code__.co_names if name not in known})
    if not any(part.args for part in body.args):
        return function  # one operation has no intermediate results
    return lambda *arguments: _blockwise(function, arguments)


def _special(name: str) -> Callable[..., Any]:
    """A function of SciPy's by its name, which is often SymPy's too. SciPy is loaded for those who need it."""
    from scipy import special

    found: Callable[..., Any] | None = getattr(special, name, None)
    if found is None:
        raise FunctionNotEvaluatedError(name)
    return found


def _blockwise(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Any:
    """A function that works entry by entry, on blocks along the longest axis if its arguments are large."""
    shape = np.broadcast_shapes(*(np.shape(argument) for argument in arguments))
    size = int(np.prod(shape, dtype=int))
    if size <= 2 * BLOCK:
        return function(*arguments)
    axis = int(np.argmax(shape))
    step = max(1, BLOCK * shape[axis] // size)
    result: NDArray[Any] | None = None
    for start in range(0, shape[axis], step):
        place = (*[slice(None)] * axis, slice(start, start + step))
        block = function(*(_block(argument, place, len(shape)) for argument in arguments))
        if result is None:
            result = np.empty(shape, np.asarray(block).dtype)
        result[place] = block
    return result


def _block(argument: Any, place: tuple[slice, ...], order: int) -> Any:
    """The part of an argument at a place of a result with `order` axes."""
    missing = order - np.ndim(argument)
    own = place[missing:]
    return argument[own] if own and argument.shape[len(own) - 1] > 1 else argument


class _Broadcasting(SciPyPrinter):
    """SymPy's printer for NumPy, with conditions of arrays that broadcast.

    SymPy's own And and Or need conditions of one shape, and its `select` is several times slower than `where`.
    """

    def _print_LambertW(self, expression: LambertW) -> str:  # noqa: N802 - as below
        return f"LambertW({self._print(expression.args[0])})"

    def _print_Piecewise(self, expression: Piecewise) -> str:  # noqa: N802 - as below
        """Numbers are written as floats, or whole arrays would be converted later."""
        written = self._print(nan)
        for value, condition in reversed(expression.args):
            branch = f"{self._print(value)}.0" if value.is_Integer else self._print(value)
            if condition == True:  # noqa: E712 - SymPy's true
                written = branch
            else:
                written = f"{self._module_format('numpy.where')}({self._print(condition)}, {branch}, {written})"
        return written

    def _print_And(self, expression: And) -> str:  # noqa: N802 - the printer finds it by the class's name
        return self._nested("numpy.logical_and", expression)

    def _print_Or(self, expression: Or) -> str:  # noqa: N802 - the printer finds it by the class's name
        return self._nested("numpy.logical_or", expression)

    def _nested(self, function: str, expression: Boolean) -> str:
        name = self._module_format(function)
        return reduce(lambda left, right: f"{name}({left}, {right})", map(self._print, expression.args))
