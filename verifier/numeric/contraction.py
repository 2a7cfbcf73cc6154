"""Sums of products of arrays, two at a time, each as stacks of matrix products."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from opt_einsum import contract_path

from verifier.numeric.arithmetic import Axes, Labelled, Values

#: The products of two stacks of matrices, (batch, rows, inner) and (batch, inner, columns).
Multiply = Callable[[Values, Values], Values]

#: The axes of an operand, and its extents.
Kind = tuple[Axes, tuple[int, ...]]


def contraction(operands: Sequence[Labelled], output: Axes, multiply: Multiply) -> Values:
    """The sum over all axes that are not in `output` of the product of the operands, NumPy arrays of any numbers."""
    rest = [operand.values for operand in operands]
    steps, last = _steps(tuple((o.axes, o.values.shape) for o in operands), output)
    for step in steps:
        right, left = (rest.pop(position) for position in step.pair)
        products = multiply(step.left.of(left), step.right.of(right))
        rest.append(products.reshape(step.shape))
    return last.of(rest[0])


def stacked_products(left: Values, right: Values) -> Values:
    """Products of stacks of matrices of floating-point numbers."""
    _, rows, inner = left.shape
    if inner == 1:
        return left * right
    if rows == 1 and right.shape[2] == 1:
        return np.einsum("bi,bi->b", left[:, 0, :], right[:, :, 0]).reshape(-1, 1, 1)
    return np.matmul(_for_blas(left), _for_blas(right))


@dataclass(frozen=True)
class _Laid:
    """An operand summed over the axes `gone`, those that are left in another order, and seen in a shape."""

    gone: Axes
    order: Axes
    shape: tuple[int, ...]

    def of(self, values: Values) -> Values:
        """The operand so laid out."""
        if self.gone:
            values = np.asarray(values.sum(axis=self.gone), dtype=values.dtype)
        return values.transpose(self.order).reshape(self.shape)


@dataclass(frozen=True)
class _Step:
    """A product of two operands, those at the positions `pair`, larger first, of a list that shrinks."""

    pair: tuple[int, int]
    left: _Laid
    right: _Laid
    shape: tuple[int, ...]


@lru_cache(maxsize=4096)
def _steps(operands: tuple[Kind, ...], output: Axes) -> tuple[tuple[_Step, ...], _Laid]:
    """All products, and how the last of them is laid out in the end."""
    rest, steps = list(operands), []
    for high, low in (sorted(pair, reverse=True) for pair in _pairs(operands, output)):
        right, left = rest.pop(high), rest.pop(low)
        step, product = _product((high, low), left, right, set(output).union(*(axes for axes, _ in rest)))
        steps.append(step)
        rest.append(product)
    axes, shape = rest[0]
    sizes = dict(zip(axes, shape, strict=True))
    return tuple(steps), _laid(rest[0], set(output), list(output), [sizes[k] for k in output])


def _pairs(operands: Sequence[Kind], output: Axes) -> list[tuple[int, ...]]:
    """Which two operands to multiply next, as positions in the shrinking list, until one is left."""
    if len(operands) < 3:
        return [(0, 1)] if len(operands) == 2 else []
    parts = [part for axes, shape in operands for part in (np.broadcast_to(np.int8(0), shape), list(axes))]
    path, _ = contract_path(*parts, list(output))
    return [pair for pair in path if len(pair) == 2]


def _product(pair: tuple[int, int], left: Kind, right: Kind, kept: set[int]) -> tuple[_Step, Kind]:
    """The product of two operands, summed over the axes that nobody else needs."""
    sizes = dict(zip((*left[0], *right[0]), (*left[1], *right[1]), strict=True))
    common = [k for k in left[0] if k in right[0]]
    batch, inner = [k for k in common if k in kept], [k for k in common if k not in kept]
    rows, columns = ([k for k in axes if k not in common and k in kept] for axes, _ in (left, right))
    axes = (*batch, *rows, *columns)
    shape = tuple(sizes[k] for k in axes)

    def stacked(operand: Kind, *groups: list[int]) -> _Laid:
        shape = [math.prod(sizes[k] for k in group) for group in groups]
        return _laid(operand, {*kept, *common}, [k for group in groups for k in group], shape)

    step = _Step(pair, stacked(left, batch, rows, inner), stacked(right, batch, inner, columns), shape)
    return step, (axes, shape)


def _laid(operand: Kind, kept: Collection[int], order: Sequence[int], shape: Sequence[int]) -> _Laid:
    gone = tuple(position for position, k in enumerate(operand[0]) if k not in kept)
    left = [k for k in operand[0] if k in kept]
    return _Laid(gone, tuple(left.index(k) for k in order), tuple(shape))


def _for_blas(stack: Values) -> Values:
    """Matrices that BLAS can read where they are, or a copy: NumPy multiplies all others without BLAS."""
    _, rows, columns = stack.shape
    across, along = (stride // stack.itemsize for stride in stack.strides[1:])
    plain = (along == 1 and across >= columns) or (across == 1 and along >= rows)
    return stack if plain else np.ascontiguousarray(stack)
