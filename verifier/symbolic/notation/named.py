"""Tensors that have a name of their own, such as softmax(X) or cholesky(A).

A closed form should hold the name, and not what the name stands for. So the program that closed forms are written from
has definitions of this kind beside the others, and their derivatives are what `words.py` claims. No number comes from
them.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from sympy import (
    Basic,
    Dummy,
    ImmutableDenseMatrix,
    ImmutableDenseNDimArray,
    ImmutableSparseMatrix,
    ImmutableSparseNDimArray,
    Integer,
    MatPow,
    MatrixExpr,
    MatrixSymbol,
    Transpose,
    exp,
    sympify,
)
from sympy.matrices.expressions import MatrixPermute, PermutationMatrix
from sympy.matrices.expressions.factorizations import LofCholesky, UofCholesky
from sympy.tensor.indexed import Indexed

from verifier.symbolic import language
from verifier.symbolic.comprehension import sum_of
from verifier.symbolic.formula import formula_of
from verifier.symbolic.notation import powers, words
from verifier.symbolic.notation.word import Claim, Word
from verifier.symbolic.notation.written_out import written_out
from verifier.symbolic.program import Builder, Contribution, Shape
from verifier.symbolic.tensor import Tensor, named
from verifier.symbolic.translator import Reading, Translator
from verifier.symbolic.vocabulary.linear_algebra import whole_power
from verifier.symbolic.vocabulary.permutations import permutation_matrix, permuted

#: The parameter of a word that takes none.
NONE = Integer(0)


@dataclass(frozen=True)
class Named:
    """The tensor of `shape` that a word names, of operands with their shapes.

    parameter: what the word takes beside matrices (an exponent, an ε), in symbols of the formula.
    """

    word: Word
    operands: tuple[str, ...]
    shapes: tuple[Shape, ...]
    shape: Shape
    parameter: Basic

    def adjoints(self, name: str, cotangent: str, active: Collection[str], builder: Builder) -> Iterator[Contribution]:
        """What the word claims."""
        for operand, claim in zip(self.operands, self.word.adjoints, strict=True):
            if operand in active:
                yield operand, self._claimed(claim, name, cotangent, self.shape, builder)

    def tangent(self, name: str, tangents: Mapping[str, str], builder: Builder) -> str | None:
        """The sum of what the word claims along each operand that moves."""
        moving = zip(self.operands, self.shapes, self.word.tangents, strict=True)
        parts = [
            self._claimed(claim, name, tangents[operand], shape, builder)
            for operand, shape, claim in moving
            if operand in tangents
        ]
        if len(parts) < 2:
            return parts[0] if parts else None
        return builder.define(sum_of(parts, self.shape), f"tangent_{name}")

    def renamed(self, names: Mapping[str, str]) -> Named:
        """The same of other operands."""
        return replace(self, operands=tuple(names.get(operand, operand) for operand in self.operands))

    def _claimed(self, claim: Claim, name: str, along: str, shape: Shape, builder: Builder) -> str:
        """The tensor that a claim says."""
        tensors = [*zip(self.operands, self.shapes, strict=True), (name, self.shape), (along, shape)]
        symbols = [MatrixSymbol(f"tensor {k} of a word", *extents) for k, (_, extents) in enumerate(tensors)]
        formula = formula_of(claim(*symbols, self.parameter), readings=READINGS)
        inside = {str(symbol): tensor for symbol, (tensor, _) in zip(symbols, tensors, strict=True)}
        parameters = {own: own for own, _ in formula.program.inputs if own not in inside}
        return builder.inline(formula.program, inside | parameters, formula.output)


def _reading(word: Word, operands: int = 1) -> Reading:
    """A node whose first arguments are what a word is applied to, and whose next one is the parameter."""

    def read(node: Any, translator: Translator) -> Tensor | None:
        parameters = node.args[operands:]
        if any(parameter.has(Dummy, Indexed, MatrixExpr) for parameter in parameters):
            return None
        return _word(word, node.args[:operands], translator, node.shape, *parameters[:1])

    return read


def _word(
    word: Word, of: tuple[Basic, ...], translator: Translator, shape: Any, parameter: Basic = NONE
) -> Tensor | None:
    """The tensor that a word names; None where it is a number, which needs no name."""
    tensors = [translator.tensor(argument) for argument in of]
    if all(extent == 1 for extent in tensors[0].shape):
        return None
    operands = tuple(translator.lowering.define(tensor) for tensor in tensors)
    shapes = tuple(tensor.shape for tensor in tensors)
    definition = Named(word, operands, shapes, tuple(map(sympify, shape)), parameter)
    return named(translator.lowering.builder.define(definition, word.name), definition.shape)


def _power(node: MatPow, translator: Translator) -> Tensor | None:
    """A power with a symbol for its exponent, or a whole power of the square root."""
    exponent = node.exp
    if exponent.is_Integer or exponent.has(Dummy, Indexed, MatrixExpr) or node.base.shape[0] != node.base.shape[1]:
        return None
    if (2 * exponent).is_Integer:
        root = _word(powers.SQUARE_ROOT, (node.base,), translator, node.shape)
        return None if root is None else whole_power(root, int(2 * exponent), translator)
    if not exponent.is_integer:
        return None
    return _word(powers.POWER, (node.base,), translator, node.shape, exponent)


def _exponential(node: exp, translator: Translator) -> Tensor | None:
    matrix = node.args[0]
    if not getattr(matrix, "is_Matrix", False):
        return None
    return _word(powers.EXPONENTIAL, (matrix,), translator, matrix.shape)


def _upper_cholesky(node: UofCholesky, translator: Translator) -> Tensor:
    return translator.tensor(Transpose(language.Cholesky(node.args[0])))


def _structured(word: Word) -> Callable[[Any, Translator], Tensor | None]:
    return lambda node, translator: _word(word, (node.symbol,), translator, node.shape)


def _power_derivative(node: language.PowerDerivative, translator: Translator) -> Tensor | None:
    if node.exponent.has(Dummy, Indexed, MatrixExpr):
        return None
    word = powers.power_derivative(len(node.directions))
    return _word(word, (node.matrix, *node.directions), translator, node.shape, node.exponent)


def _exponential_derivative(node: language.ExponentialDerivative, translator: Translator) -> Tensor | None:
    return _word(powers.exponential_derivative(len(node.directions)), node.args, translator, node.shape)


#: How closed forms read the nodes that have a name. Whatever is not here, or read as None, is read as everywhere.
READINGS: Mapping[type[Basic], Reading] = {
    MatPow: _power,
    exp: _exponential,
    language.MatrixExponential: _reading(powers.EXPONENTIAL),
    language.Adjugate: _reading(words.ADJUGATE),
    language.Cholesky: _reading(words.CHOLESKY),
    LofCholesky: _reading(words.CHOLESKY),
    UofCholesky: _upper_cholesky,
    language.Eigenvalues: _reading(words.EIGENVALUES),
    language.Eigenvectors: _reading(words.EIGENVECTORS),
    language.ReciprocalGaps: _reading(words.RECIPROCAL_GAPS),
    language.LowerHalf: _reading(words.LOWER_HALF),
    language.LowerPart: _reading(words.LOWER_PART),
    language.Softmax: _reading(words.SOFTMAX),
    language.LogSumExp: _reading(words.LOGSUMEXP),
    language.LayerNorm: _reading(words.LAYER_NORM),
    language.Sylvester: _reading(powers.SYLVESTER, operands=3),
    language.PowerDerivative: _power_derivative,
    language.ExponentialDerivative: _exponential_derivative,
    language.Symmetric: _structured(words.SYMMETRIC),
    language.Diagonal: _structured(words.DIAGONAL),
    language.LowerTriangular: _structured(words.LOWER_TRIANGULAR),
    language.Explicit: written_out,
    ImmutableDenseMatrix: written_out,
    ImmutableSparseMatrix: written_out,
    ImmutableDenseNDimArray: written_out,
    ImmutableSparseNDimArray: written_out,
    PermutationMatrix: permutation_matrix,
    MatrixPermute: permuted,
}
