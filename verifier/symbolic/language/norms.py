"""Norms, written with nodes that have a meaning anyway."""

from __future__ import annotations

from typing import Any

from sympy import Abs, Expr, Lambda, MatPow, Rational, Symbol, Trace, sympify

from verifier.errors import FormulaNotUnderstoodError
from verifier.symbolic.language.matrix_node import matrix_of
from verifier.symbolic.language.totals import total


def norm(tensor: Any, p: Any = 2) -> Expr:
    """(Σ |entry|^p)^(1/p): by default the Frobenius norm of a matrix, the Euclidean norm of a vector.

    It has no derivative where it is 0 or, for p = 1, where an entry is 0. Raises `FormulaNotUnderstoodError` for a p
    below 1, and for infinity, whose norm is `Max` of absolute values.
    """
    matrix = matrix_of("norm", tensor)
    order = sympify(p, strict=True)
    if order.is_infinite or (order.is_number and not order >= 1):
        raise FormulaNotUnderstoodError(
            f"norm({matrix}, {order})", "p is at least 1 and finite; the largest entry is Max(Abs(x[0, 0]), ...)"
        )
    entry = Symbol("t", real=True)
    power = entry**order if order.is_even else Abs(entry) ** order
    return total(matrix.applyfunc(Lambda(entry, power))) ** (1 / order)


def nuclear_norm(matrix: Any) -> Expr:
    """The sum of the singular values, as the trace of (Xᵀ·X)^(1/2), which has a derivative if they are positive.

    Of Xᵀ·X and X·Xᵀ the smaller one is taken; where the extents are symbols, Xᵀ·X, so that X needs at least as many
    rows as columns.
    """
    return Trace(MatPow(gram(matrix_of("nuclear_norm", matrix)), Rational(1, 2)))


def gram(matrix: Any) -> Any:
    """Xᵀ·X, or X·Xᵀ if X is known to have fewer rows than columns."""
    rows, columns = matrix.shape
    return matrix * matrix.T if (rows - columns).is_negative else matrix.T * matrix
