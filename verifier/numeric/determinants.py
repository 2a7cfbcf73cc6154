"""The evaluation of determinants and of their derivatives in any arithmetic.

Where the matrix is regular the derivatives are determinants of entries of the inverse (Jacobi's identity for
complementary minors); elsewhere, and in float64 while there are few, each is the determinant of what is left of the
matrix without the rows and columns concerned.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from verifier.numeric.arithmetic import Arithmetic, Labelled, Values
from verifier.symbolic.determinant import Determinant


def determinant(definition: Determinant, matrix: Values, arithmetic: Arithmetic) -> Values:
    """The determinant of each matrix of a batch, or the tensor of its derivatives of some order."""
    shape = matrix.shape[-1:] * (2 * definition.order)
    return each_matrix(lambda one: _of_one(definition, one, arithmetic), matrix, shape, arithmetic)


def each_matrix(
    function: Callable[[Values], Values], matrices: Values, shape: Sequence[int], arithmetic: Arithmetic
) -> Values:
    """What a function makes of each matrix of a batch, an array of `shape`, under the axes of the batch."""
    *batch, rows, columns = matrices.shape
    if not batch:
        return function(matrices)
    if 0 in batch:
        return arithmetic.array(np.zeros((*batch, *shape)))
    flat = matrices.reshape((math.prod(batch), rows, columns))
    together = arithmetic.stacked([function(one) for one in flat])
    last = together.ndim - 1
    return arithmetic.permute(together, [last, *range(last)]).reshape((*batch, *shape))


def _of_one(definition: Determinant, matrix: Values, arithmetic: Arithmetic) -> Values:
    if definition.order == 0:
        return arithmetic.determinant(matrix)
    inverse = arithmetic.inverse(matrix)
    if inverse is not None:
        return _from_inverse(arithmetic.determinant(matrix), inverse, definition.order, arithmetic)
    return _from_minors(matrix, definition.order, arithmetic)


def _from_inverse(whole: Values, inverse: Values, order: int, arithmetic: Arithmetic) -> Values:
    """det A times the determinant of the entries [j, i], [j, k], ... of the inverse."""
    axes = tuple(range(2 * order))
    rows, columns = axes[::2], axes[1::2]
    total: Any = 0
    for sign, permutation in _permutations(order):
        factors = [Labelled(inverse, (columns[k], rows[permutation[k]])) for k in range(order)]
        total = total + sign * arithmetic.contract(factors, axes)
    return total * whole


def _from_minors(matrix: Values, order: int, arithmetic: Arithmetic) -> Values:
    """Each derivative from the rows and columns that it leaves, with the sign of what it takes out."""
    size = matrix.shape[0]
    result = arithmetic.array(np.zeros((size,) * (2 * order)))
    for rows in itertools.permutations(range(size), order):
        for columns in itertools.permutations(range(size), order):
            rest = matrix[_without(rows, size)][:, _without(columns, size)]
            sign = (-1) ** (sum(rows) + sum(columns)) * _sign(rows) * _sign(columns)
            place = tuple(k for pair in zip(rows, columns, strict=True) for k in pair)
            result[place] = sign * arithmetic.determinant(rest)[()]
    return result


def _without(gone: tuple[int, ...], size: int) -> list[int]:
    return [k for k in range(size) if k not in gone]


def _permutations(order: int) -> Iterator[tuple[int, tuple[int, ...]]]:
    return ((_sign(permutation), permutation) for permutation in itertools.permutations(range(order)))


def _sign(permutation: tuple[int, ...]) -> int:
    """1 for an even number of inversions, -1 for an odd one."""
    return (-1) ** sum(a > b for a, b in itertools.combinations(permutation, 2))
