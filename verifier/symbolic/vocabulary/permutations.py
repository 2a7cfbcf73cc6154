"""Permutations of rows and columns."""

from __future__ import annotations

from sympy import Transpose
from sympy.matrices.expressions import MatrixPermute, PermutationMatrix

from verifier.symbolic.tensor import Tensor
from verifier.symbolic.translator import Translator


def permutation_matrix(node: PermutationMatrix, translator: Translator) -> Tensor:
    """A one in row i at the column that i is sent to."""
    return translator.tensor(node.as_explicit().as_immutable())


def permuted(node: MatrixPermute, translator: Translator) -> Tensor:
    """The rows (axis 0) or columns (axis 1) in the order that a permutation says."""
    matrix, permutation, axis = node.args
    order = PermutationMatrix(permutation)
    return translator.tensor(order * matrix if axis == 0 else matrix * Transpose(order))


NODES = {PermutationMatrix: permutation_matrix, MatrixPermute: permuted}
