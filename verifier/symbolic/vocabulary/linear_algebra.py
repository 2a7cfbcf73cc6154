"""Inverses, powers and determinants: what is defined by an equation, or by the Leibniz formula."""

from __future__ import annotations

from functools import reduce

from sympy import Basic, Determinant, Identity, Inverse, KroneckerDelta, MatPow

from verifier.errors import FormulaNotUnderstoodError, ShapesDoNotFitError
from verifier.symbolic import determinant as leibniz
from verifier.symbolic.equation import equation
from verifier.symbolic.lowering import Lowering
from verifier.symbolic.program import Builder
from verifier.symbolic.tensor import Tensor, named, total
from verifier.symbolic.translator import Translator


def inverse(node: Inverse, translator: Translator) -> Tensor:
    """The U with A·U = 1."""
    return inverted(_square(node.arg, translator), translator)


def power(node: MatPow, translator: Translator) -> Tensor:
    """A matrix times itself, or its inverse times itself, as often as a whole number says."""
    if not node.exp.is_Integer:
        raise FormulaNotUnderstoodError(node, "a matrix can be raised to whole numbers")
    base = _square(node.base, translator)
    if node.exp == 0:
        return translator.tensor(Identity(node.shape[0]))
    factor = inverted(base, translator) if node.exp < 0 else translator.settled(base)
    return reduce(lambda left, right: translator.settled(_product(left, right)), [factor] * abs(int(node.exp)))


def determinant(node: Determinant, translator: Translator) -> Tensor:
    """The determinant, by the Leibniz formula."""
    matrix = _square(node.arg, translator)
    definition = leibniz.Determinant(translator.lowering.define(matrix), matrix.shape[0])
    return named(translator.lowering.builder.define(definition, "det"), ())


def inverted(matrix: Tensor, translator: Translator) -> Tensor:
    """The inverse of a square matrix, by its equation."""
    size = matrix.shape[0]
    inner = Builder()
    given, unknown = inner.give("matrix", matrix.shape), inner.give("inverse", matrix.shape)
    left, right = named(given, matrix.shape), named(unknown, matrix.shape)
    residual = Lowering(inner).define(
        Tensor(matrix.shape, lambda i, k: total(size, lambda j: left[i, j] * right[j, k]) - KroneckerDelta(i, k)),
        "residual",
    )
    outside = {given: translator.lowering.define(matrix)}
    solved = equation(inner.build(), residual, unknown, outside, matrix.shape)
    return named(translator.lowering.builder.define(solved, "inverse"), matrix.shape)


def _product(left: Tensor, right: Tensor) -> Tensor:
    shape = (left.shape[0], right.shape[1])
    return Tensor(shape, lambda i, k: total(right.shape[0], lambda j: left[i, j] * right[j, k]))


def _square(node: Basic, translator: Translator) -> Tensor:
    matrix = translator.tensor(node)
    if matrix.shape[0] != matrix.shape[1]:
        raise ShapesDoNotFitError(node, matrix.shape, matrix.shape)
    return matrix


NODES = {Inverse: inverse, MatPow: power, Determinant: determinant}
