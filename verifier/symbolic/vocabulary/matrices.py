"""Matrices: symbols, sums, products, transposes, traces, elementwise functions, diagonals."""

from __future__ import annotations

from functools import reduce
from itertools import pairwise

from sympy import (
    Adjoint,
    Basic,
    DotProduct,
    Expr,
    HadamardPower,
    HadamardProduct,
    Identity,
    Integer,
    MatAdd,
    MatMul,
    MatrixExpr,
    MatrixSymbol,
    OneMatrix,
    Trace,
    Transpose,
    ZeroMatrix,
)
from sympy.functions.special.tensor_functions import KroneckerDelta
from sympy.matrices import MatrixBase
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction
from sympy.matrices.expressions.diagonal import DiagMatrix, DiagonalMatrix, DiagonalOf
from sympy.matrices.expressions.matexpr import MatrixElement

from verifier.errors import ShapesDoNotFitError
from verifier.symbolic.tensor import Tensor, named, scalar, total
from verifier.symbolic.translator import Translator


def symbol(node: MatrixSymbol, translator: Translator) -> Tensor:
    """A matrix that is an input."""
    return named(node.name, node.shape)


def add(node: MatAdd, translator: Translator) -> Tensor:
    """The sum of matrices."""
    terms = _alike(node, translator)
    return Tensor(node.shape, lambda i, k: sum((term[i, k] for term in terms), Integer(0)))


def _alike(node: MatrixExpr, translator: Translator) -> list[Tensor]:
    """The arguments of a node, which must have one shape."""
    tensors = [translator.tensor(argument) for argument in node.args]
    for tensor in tensors[1:]:
        if tensor.shape != tensors[0].shape:
            raise ShapesDoNotFitError(node, tensors[0].shape, tensor.shape)
    return tensors


def _square(node: Basic, matrix: Tensor) -> Tensor:
    if matrix.shape[0] != matrix.shape[1]:
        raise ShapesDoNotFitError(node, matrix.shape, matrix.shape)
    return matrix


def multiply(node: MatMul, translator: Translator) -> Tensor:
    """The product of matrices, and of scalars before them."""
    scalars = [translator.entry(factor) for factor in node.args if not isinstance(factor, MatrixExpr | MatrixBase)]
    matrices = [translator.tensor(factor) for factor in node.args if isinstance(factor, MatrixExpr | MatrixBase)]
    for left, right in pairwise(matrices):
        if left.shape[1] != right.shape[0]:
            raise ShapesDoNotFitError(node, left.shape, right.shape)
    product = reduce(_product, matrices)
    return Tensor(node.shape, lambda i, k: reduce(lambda a, b: a * b, scalars, product[i, k]))


def _product(left: Tensor, right: Tensor) -> Tensor:
    shape = (left.shape[0], right.shape[1])
    return Tensor(shape, lambda i, k: total(right.shape[0], lambda j: left[i, j] * right[j, k]))


def transpose(node: Transpose, translator: Translator) -> Tensor:
    """Rows as columns."""
    matrix = translator.tensor(node.arg)
    return Tensor(node.shape, lambda i, k: matrix[k, i])


def adjoint(node: Adjoint, translator: Translator) -> Tensor:
    """The transpose, for all matrices are real."""
    return transpose(Transpose(node.arg), translator)


def dot_product(node: DotProduct, translator: Translator) -> Tensor:
    """The sum of the products of two vectors' entries; each may be a row or a column."""
    left, right = (translator.tensor(argument) for argument in node.args)
    return scalar(total(_length(left), lambda j: _component(left, j) * _component(right, j)))


def _length(vector: Tensor) -> Expr:
    return vector.shape[0] if vector.shape[1] == 1 else vector.shape[1]


def _component(vector: Tensor, j: Expr) -> Expr:
    return vector[j, Integer(0)] if vector.shape[1] == 1 else vector[Integer(0), j]


def trace(node: Trace, translator: Translator) -> Tensor:
    """The sum of the diagonal."""
    matrix = _square(node, translator.tensor(node.arg))
    return scalar(total(matrix.shape[0], lambda i: matrix[i, i]))


def hadamard_product(node: HadamardProduct, translator: Translator) -> Tensor:
    """The entrywise product."""
    factors = _alike(node, translator)
    return Tensor(node.shape, lambda i, k: reduce(lambda a, b: a * b, (factor[i, k] for factor in factors)))


def hadamard_power(node: HadamardPower, translator: Translator) -> Tensor:
    """The entrywise power; base and exponent may each be a matrix or a scalar."""
    base, exponent = (translator.broadcast(argument, node.shape) for argument in node.args)
    return Tensor(node.shape, lambda i, k: base[i, k] ** exponent[i, k])


def elementwise(node: ElementwiseApplyFunction, translator: Translator) -> Tensor:
    """A scalar function of each entry."""
    matrix = translator.tensor(node.expr)
    return Tensor(node.shape, lambda i, k: translator.entry(node.function(matrix[i, k])))


def identity(node: Identity, translator: Translator) -> Tensor:
    """Ones on the diagonal."""
    return Tensor(node.shape, lambda i, k: KroneckerDelta(i, k))


def ones(node: OneMatrix, translator: Translator) -> Tensor:
    """Ones."""
    return Tensor(node.shape, lambda i, k: Integer(1))


def zeros(node: ZeroMatrix, translator: Translator) -> Tensor:
    """Zeros."""
    return Tensor(node.shape, lambda i, k: Integer(0))


def element(node: MatrixElement, translator: Translator) -> Tensor:
    """One entry of a matrix."""
    matrix = translator.tensor(node.parent)
    return scalar(matrix[translator.index(node.i), translator.index(node.j)])


def diagonal_of(node: DiagonalOf, translator: Translator) -> Tensor:
    """The diagonal as a column."""
    matrix = translator.tensor(node.arg)
    return Tensor(node.shape, lambda i, k: matrix[i, i])


def diagonal_matrix(node: DiagMatrix, translator: Translator) -> Tensor:
    """A vector on the diagonal of a matrix that is zero elsewhere."""
    vector = translator.tensor(node.args[0])
    return Tensor(node.shape, lambda i, k: KroneckerDelta(i, k) * _component(vector, i))


def diagonal_part(node: DiagonalMatrix, translator: Translator) -> Tensor:
    """A matrix with all entries off the diagonal set to zero."""
    matrix = translator.tensor(node.arg)
    return Tensor(node.shape, lambda i, k: KroneckerDelta(i, k) * matrix[i, k])


NODES = {
    MatrixSymbol: symbol,
    MatAdd: add,
    MatMul: multiply,
    Transpose: transpose,
    Adjoint: adjoint,
    DotProduct: dot_product,
    Trace: trace,
    HadamardProduct: hadamard_product,
    HadamardPower: hadamard_power,
    ElementwiseApplyFunction: elementwise,
    Identity: identity,
    OneMatrix: ones,
    ZeroMatrix: zeros,
    MatrixElement: element,
    DiagonalOf: diagonal_of,
    DiagMatrix: diagonal_matrix,
    DiagonalMatrix: diagonal_part,
}
