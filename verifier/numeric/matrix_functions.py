"""The evaluation of exponentials and powers of matrices in any arithmetic.

Both are products in the end, each of which an implementation rounds: `rounded` is applied to every one.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np
from sympy import Integer, Symbol

from verifier.errors import ExponentNotWholeError
from verifier.numeric.arithmetic import Arithmetic, Labelled, Values
from verifier.numeric.determinants import each_matrix
from verifier.symbolic.comprehension import pointer
from verifier.symbolic.matrix_function import MatrixFunction

#: Exponents beyond this would take for ever, and no entry would be finite.
LARGEST_EXPONENT = 10_000


def matrix_function(
    definition: MatrixFunction,
    operands: Mapping[str, Values],
    extents: Mapping[Symbol, int],
    arithmetic: Arithmetic,
    rounded: Callable[[Values], Values],
) -> Values:
    """The exponential or the power that a definition says. Raises `ExponentNotWholeError`."""
    matrix = operands[definition.matrix]
    if definition.function == "exponential":
        shape = matrix.shape[-2:]
        return each_matrix(lambda one: _exponential(one, arithmetic, rounded), matrix, shape, arithmetic)
    exponent = _exponent(definition, operands, extents)
    identity = _identity(matrix.shape[0], arithmetic)
    base = arithmetic.solved(matrix, identity) if exponent < 0 else matrix
    return _power(base, abs(exponent), identity, lambda left, right: rounded(_multiplied(left, right, arithmetic)))


def _exponent(definition: MatrixFunction, operands: Mapping[str, Values], extents: Mapping[Symbol, int]) -> int:
    assert definition.exponent is not None
    known = {pointer(k): operands[name] for k, name in enumerate(definition.pointers)}
    if not all(_is_whole(values) for values in known.values()):
        raise ExponentNotWholeError(definition.exponent.xreplace(_names(definition)), definition.pointers)
    exponent = definition.exponent.subs({symbol: int(values[()]) for symbol, values in known.items()}).subs(extents)
    if not exponent.is_Integer or abs(exponent) > LARGEST_EXPONENT:
        raise ExponentNotWholeError(exponent, definition.pointers)
    return int(exponent)


def _names(definition: MatrixFunction) -> dict[Symbol, Symbol]:
    return {pointer(k): Symbol(name) for k, name in enumerate(definition.pointers)}


def _is_whole(values: Values) -> bool:
    """Whether an array or a tensor holds integers."""
    return "int" in str(values.dtype)


def _exponential(matrix: Values, arithmetic: Arithmetic, rounded: Callable[[Values], Values]) -> Values:
    """By scaling and squaring: exp(A) is exp(A/2^s)^(2^s), with A/2^s of norm at most 1."""
    norm = float(np.abs(arithmetic.approximate(matrix)).sum(axis=0).max(initial=0.0))
    squarings = max(0, math.frexp(norm)[1]) if math.isfinite(norm) else 0
    result = rounded(arithmetic.exponential(matrix / 2**squarings))
    for _ in range(squarings):
        result = rounded(_multiplied(result, result, arithmetic))
    return result


def _power(base: Values, exponent: int, identity: Values, multiply: Callable[[Values, Values], Values]) -> Values:
    """By repeated squaring."""
    result, square = identity, base
    while exponent:
        if exponent & 1:
            result = multiply(result, square)
        exponent >>= 1
        if exponent:
            square = multiply(square, square)
    return result


def _multiplied(left: Values, right: Values, arithmetic: Arithmetic) -> Values:
    return arithmetic.contract([Labelled(left, (0, 1)), Labelled(right, (1, 2))], (0, 2))


def _identity(size: int, arithmetic: Arithmetic) -> Values:
    matrix = arithmetic.filled((size, size), Integer(0))
    matrix[range(size), range(size)] = arithmetic.filled((size,), Integer(1))
    return matrix
