"""The evaluation of exponentials and powers of matrices in any arithmetic."""

from __future__ import annotations

from collections.abc import Mapping

from sympy import Integer, Symbol

from verifier.errors import ExponentNotWholeError
from verifier.numeric.arithmetic import Arithmetic, Labelled, Values
from verifier.symbolic.comprehension import pointer
from verifier.symbolic.matrix_function import MatrixFunction

#: Exponents beyond this would take for ever, and no entry would be finite.
LARGEST_EXPONENT = 10_000


def matrix_function(
    definition: MatrixFunction, operands: Mapping[str, Values], extents: Mapping[Symbol, int], arithmetic: Arithmetic
) -> Values:
    """The exponential or the power that a definition says. Raises `ExponentNotWholeError`."""
    matrix = operands[definition.matrix]
    if definition.function == "exponential":
        return arithmetic.exponential(matrix)
    exponent = _exponent(definition, operands, extents)
    identity = _identity(matrix.shape[0], arithmetic)
    base = arithmetic.solved(matrix, identity) if exponent < 0 else matrix
    return _power(base, abs(exponent), identity, arithmetic)


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


def _power(base: Values, exponent: int, identity: Values, arithmetic: Arithmetic) -> Values:
    """By repeated squaring."""
    result, square = identity, base
    while exponent:
        if exponent & 1:
            result = _multiplied(result, square, arithmetic)
        exponent >>= 1
        if exponent:
            square = _multiplied(square, square, arithmetic)
    return result


def _multiplied(left: Values, right: Values, arithmetic: Arithmetic) -> Values:
    return arithmetic.contract([Labelled(left, (0, 1)), Labelled(right, (1, 2))], (0, 2))


def _identity(size: int, arithmetic: Arithmetic) -> Values:
    matrix = arithmetic.filled((size, size), Integer(0))
    matrix[range(size), range(size)] = arithmetic.filled((size,), Integer(1))
    return matrix
