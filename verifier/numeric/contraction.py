"""Sums of products of arrays, two at a time, each as stacks of matrix products."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from functools import lru_cache

import numpy as np
from opt_einsum import contract_path

from verifier.numeric.arithmetic import Axes, Labelled, Values

#: The products of two stacks of matrices, (batch, rows, inner) and (batch, inner, columns).
Multiply = Callable[[Values, Values], Values]


def contraction(operands: Sequence[Labelled], output: Axes, multiply: Multiply) -> Values:
    """The sum over all axes that are not in `output` of the product of the operands, NumPy arrays of any numbers."""
    rest = list(operands)
    for pair in _pairs(tuple((o.axes, o.values.shape) for o in operands), output):
        left, right = (rest.pop(position) for position in sorted(pair, reverse=True))
        kept = set(output).union(*(operand.axes for operand in rest))
        rest.append(_product(right, left, kept, multiply))
    only = _summed(rest[0], output)
    return np.transpose(only.values, [only.axes.index(k) for k in output])


def stacked_products(left: Values, right: Values) -> Values:
    """Products of stacks of matrices of floating-point numbers."""
    _, rows, inner = left.shape
    if inner == 1:
        return left * right
    if rows == 1 and right.shape[2] == 1:
        return np.einsum("bi,bi->b", left[:, 0, :], right[:, :, 0]).reshape(-1, 1, 1)
    return np.matmul(_for_blas(left), _for_blas(right))


@lru_cache(maxsize=4096)
def _pairs(operands: tuple[tuple[Axes, tuple[int, ...]], ...], output: Axes) -> list[tuple[int, ...]]:
    """Which two operands to multiply next, as positions in the shrinking list, until one is left."""
    if len(operands) < 3:
        return [(0, 1)] if len(operands) == 2 else []
    parts = [part for axes, shape in operands for part in (np.broadcast_to(np.int8(0), shape), list(axes))]
    path, _ = contract_path(*parts, list(output))
    return [pair for pair in path if len(pair) == 2]


def _product(left: Labelled, right: Labelled, kept: set[int], multiply: Multiply) -> Labelled:
    """The product of two operands, summed over the axes that nobody else needs."""
    left, right = _summed(left, {*kept, *right.axes}), _summed(right, {*kept, *left.axes})
    common = [k for k in left.axes if k in right.axes]
    batch, inner = [k for k in common if k in kept], [k for k in common if k not in kept]
    rows, columns = ([k for k in one.axes if k not in common] for one in (left, right))
    products = multiply(_stacked(left, batch, rows, inner), _stacked(right, batch, inner, columns))
    axes = (*batch, *rows, *columns)
    sizes = dict(zip((*left.axes, *right.axes), (*left.values.shape, *right.values.shape), strict=True))
    return Labelled(products.reshape([sizes[k] for k in axes]), axes)


def _stacked(operand: Labelled, *groups: list[int]) -> Values:
    """The operand as an array of three axes, each running over one group of indices."""
    order = [operand.axes.index(k) for group in groups for k in group]
    sizes = [math.prod(operand.values.shape[operand.axes.index(k)] for k in group) for group in groups]
    return np.transpose(operand.values, order).reshape(sizes)


def _summed(operand: Labelled, kept: Collection[int]) -> Labelled:
    gone = tuple(position for position, k in enumerate(operand.axes) if k not in kept)
    values = operand.values
    if gone:
        values = np.asarray(values.sum(axis=gone), dtype=values.dtype)
    return Labelled(values, tuple(k for k in operand.axes if k in kept))


def _for_blas(stack: Values) -> Values:
    """Matrices that BLAS can read where they are, or a copy: NumPy multiplies all others without BLAS."""
    _, rows, columns = stack.shape
    across, along = (stride // stack.itemsize for stride in stack.strides[1:])
    plain = (along == 1 and across >= columns) or (across == 1 and along >= rows)
    return stack if plain else np.ascontiguousarray(stack)
