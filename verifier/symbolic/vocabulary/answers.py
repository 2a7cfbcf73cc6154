"""Words that closed forms are written with."""

from __future__ import annotations

from sympy import Expr, Integer, KroneckerDelta, Piecewise, true

from verifier.symbolic.equation import equation
from verifier.symbolic.language import (
    Eigenvectors,
    ExponentialDerivative,
    LowerHalf,
    LowerPart,
    PowerDerivative,
    ReciprocalGaps,
    Sylvester,
)
from verifier.symbolic.lowering import Lowering
from verifier.symbolic.matrix_function import MatrixFunction
from verifier.symbolic.notation.nodes import UnitVector
from verifier.symbolic.program import Builder
from verifier.symbolic.tensor import Entry, Tensor, named, total
from verifier.symbolic.translator import Translator
from verifier.symbolic.vocabulary.linear_algebra import eigenpairs, power_of

ZERO = Integer(0)


def eigenvectors(node: Eigenvectors, translator: Translator) -> Tensor:
    """The solution of the symmetric eigenproblem without its last row."""
    pairs = eigenpairs(node.matrix, translator)
    return Tensor(node.shape, lambda i, k: Entry(pairs, (i, k)))


def reciprocal_gaps(node: ReciprocalGaps, translator: Translator) -> Tensor:
    """1/(λ_j - λ_i) beside the diagonal."""
    column = translator.settled(translator.tensor(node.matrix))

    def entry(i: Expr, j: Expr) -> Expr:
        same = KroneckerDelta(i, j)
        return 1 / (column[j, 0] - column[i, 0] + same) - same

    return translator.settled(Tensor(node.shape, entry))


def unit_vector(node: UnitVector, translator: Translator) -> Tensor:
    """A one at a position, and zeros."""
    position = translator.index(node.position)
    return Tensor(node.shape, lambda i, k: KroneckerDelta(i, position))


def lower_part(node: LowerPart, translator: Translator) -> Tensor:
    """Entries on and below the diagonal."""
    matrix = translator.settled(translator.tensor(node.matrix))
    return translator.settled(Tensor(node.shape, lambda i, k: Piecewise((matrix[i, k], i >= k), (ZERO, true))))


def lower_half(node: LowerHalf, translator: Translator) -> Tensor:
    """Entries below the diagonal, and half of those on it."""
    matrix = translator.settled(translator.tensor(node.matrix))

    def entry(i: Expr, k: Expr) -> Expr:
        return Piecewise((matrix[i, k], i > k), (matrix[i, k] / 2, i >= k), (ZERO, true))

    return translator.settled(Tensor(node.shape, entry))


def sylvester(node: Sylvester, translator: Translator) -> Tensor:
    """The X with A·X + X·B = C."""
    inner = Builder()
    tensors = [translator.tensor(argument) for argument in node.args]
    given = [named(inner.give(name, t.shape), t.shape) for name, t in zip("ABC", tensors, strict=True)]
    shape = tensors[2].shape
    unknown = named(inner.give("X", shape), shape)
    left, right, constant = given

    def entry(i: Expr, k: Expr) -> Expr:
        first = total(shape[0], lambda j: left[i, j] * unknown[j, k])
        return first + total(shape[1], lambda j: unknown[i, j] * right[j, k]) - constant[i, k]

    residual = Lowering(inner).define(Tensor(shape, entry), "residual")
    outside = {name: translator.lowering.define(tensor) for name, tensor in zip("ABC", tensors, strict=True)}
    solved = equation(inner.build(), residual, "X", outside, shape)
    return named(translator.lowering.builder.define(solved, "sylvester"), shape)


def power_derivative(node: PowerDerivative, translator: Translator) -> Tensor:
    """The derivative of a power, as its definition has it."""
    matrix = translator.tensor(node.matrix)
    function = power_of(node, matrix, translator.entry(node.exponent), translator)
    return _along(function, node, translator)


def exponential_derivative(node: ExponentialDerivative, translator: Translator) -> Tensor:
    """The derivative of the exponential, as its definition has it."""
    matrix = translator.tensor(node.matrix)
    function = MatrixFunction(translator.lowering.define(matrix), matrix.shape[0], "exponential")
    return _along(function, node, translator)


def _along(function: MatrixFunction, node: PowerDerivative | ExponentialDerivative, translator: Translator) -> Tensor:
    lowering = translator.lowering
    directions = [lowering.define(translator.tensor(direction)) for direction in node.directions]
    return named(function.along(directions, lowering.builder, node.spelled), node.shape)


NODES = {
    Eigenvectors: eigenvectors,
    ReciprocalGaps: reciprocal_gaps,
    UnitVector: unit_vector,
    LowerPart: lower_part,
    LowerHalf: lower_half,
    Sylvester: sylvester,
    PowerDerivative: power_derivative,
    ExponentialDerivative: exponential_derivative,
}
