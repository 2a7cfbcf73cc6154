"""SymPy's array expressions: products, contractions, diagonals and permutations of tensors of any order."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from itertools import accumulate
from math import prod

from sympy import Basic, Expr, Integer
from sympy.tensor.array.expressions import (
    ArrayAdd,
    ArrayContraction,
    ArrayDiagonal,
    ArrayElementwiseApplyFunc,
    ArrayTensorProduct,
    PermuteDims,
    Reshape,
)

from verifier.symbolic.tensor import Tensor, named, total
from verifier.symbolic.translator import Translator


def tensor_product(node: ArrayTensorProduct, translator: Translator) -> Tensor:
    """The product of every entry of one factor with every entry of the others."""
    factors = [translator.settled(translator.tensor(factor)) for factor in node.args]
    ends = [0, *accumulate(len(factor.shape) for factor in factors)]

    def entry(*at: Expr) -> Expr:
        parts = (factor.entry(*at[start:end]) for factor, start, end in zip(factors, ends, ends[1:], strict=False))
        return reduce(lambda a, b: a * b, parts)

    return Tensor(tuple(n for factor in factors for n in factor.shape), entry)


def contraction(node: ArrayContraction, translator: Translator) -> Tensor:
    """The sum over axes that run together."""
    tensor = translator.tensor(node.expr)
    groups = [tuple(map(int, group)) for group in node.contraction_indices]
    free = [axis for axis in range(len(tensor.shape)) if not any(axis in group for group in groups)]

    def summed(at: dict[int, Expr], rest: list[tuple[int, ...]]) -> Expr:
        if not rest:
            return tensor.entry(*(at[axis] for axis in range(len(tensor.shape))))
        group, *others = rest
        return total(tensor.shape[group[0]], lambda j: summed({**at, **dict.fromkeys(group, j)}, others))

    shape = tuple(tensor.shape[axis] for axis in free)
    return Tensor(shape, lambda *at: summed(dict(zip(free, at, strict=True)), groups))


def diagonal(node: ArrayDiagonal, translator: Translator) -> Tensor:
    """The entries at which some axes have the same index; these axes become one, after the others."""
    tensor = translator.tensor(node.expr)
    groups = [tuple(map(int, group)) for group in node.diagonal_indices]
    free = [axis for axis in range(len(tensor.shape)) if not any(axis in group for group in groups)]
    axes = [(axis,) for axis in free] + groups

    def entry(*at: Expr) -> Expr:
        places = {axis: position for group, position in zip(axes, at, strict=True) for axis in group}
        return tensor.entry(*(places[axis] for axis in range(len(tensor.shape))))

    return Tensor(tuple(tensor.shape[group[0]] for group in axes), entry)


def permuted(node: PermuteDims, translator: Translator) -> Tensor:
    """The same tensor with its axes in another order: axis k of the result is axis p(k) of the operand."""
    tensor = translator.tensor(node.expr)
    order = [int(axis) for axis in node.permutation.array_form]

    def entry(*at: Expr) -> Expr:
        places = dict(zip(order, at, strict=True))
        return tensor.entry(*(places[axis] for axis in range(len(order))))

    return Tensor(tuple(tensor.shape[axis] for axis in order), entry)


def added(node: ArrayAdd, translator: Translator) -> Tensor:
    """The sum of tensors of one shape."""
    terms = [translator.tensor(term) for term in node.args]
    return Tensor(terms[0].shape, lambda *at: sum((term.entry(*at) for term in terms), Integer(0)))


def elementwise(node: ArrayElementwiseApplyFunc, translator: Translator) -> Tensor:
    """A scalar function of each entry."""
    tensor = translator.tensor(node.expr)

    def entry(*at: Expr) -> Basic:
        return translator.entry(node.function(tensor.entry(*at)))

    return Tensor(tensor.shape, entry)


def reshaped(node: Reshape, translator: Translator) -> Tensor:
    """The same entries in row-major order under another shape."""
    tensor = translator.settled(translator.tensor(node.expr))
    shape = tuple(node.shape)
    if _long(tensor.shape) == _long(shape):
        return Tensor(shape, lambda *at: tensor.entry(*_spread(at, shape, tensor.shape)))
    flat = tensor
    if len(tensor.shape) > 1:
        size = (prod(tensor.shape),)
        name = translator.lowering.scattered(
            size, tensor.shape, lambda *at: ((_flat(at, tensor.shape),), tensor.entry(*at)), "flat"
        )
        flat = named(name, size)
    return Tensor(shape, lambda *at: flat.entry(_flat(at, shape)))


def _long(shape: Sequence[Expr]) -> list[Expr]:
    """The extents of the axes that count."""
    return [extent for extent in shape if extent != 1]


def _spread(at: Sequence[Expr], shape: Sequence[Expr], other: Sequence[Expr]) -> list[Expr]:
    """The index of a tensor that has axes of extent 1 in other places."""
    indices = iter([i for i, extent in zip(at, shape, strict=True) if extent != 1])
    return [Integer(0) if extent == 1 else next(indices) for extent in other]


def _flat(at: Sequence[Expr], shape: Sequence[Expr]) -> Expr:
    """Where an entry stands in row-major order."""
    return reduce(lambda place, axis: place * axis[1] + axis[0], zip(at, shape, strict=True), Integer(0))


NODES = {
    ArrayTensorProduct: tensor_product,
    ArrayContraction: contraction,
    ArrayDiagonal: diagonal,
    PermuteDims: permuted,
    ArrayAdd: added,
    ArrayElementwiseApplyFunc: elementwise,
    Reshape: reshaped,
}
