"""Structured variables: the projections of their inputs."""

from __future__ import annotations

from sympy import Integer, KroneckerDelta, Piecewise, true

from verifier.symbolic.language.structures import Diagonal, LowerTriangular, Symmetric
from verifier.symbolic.tensor import Tensor
from verifier.symbolic.translator import Translator


def symmetric(node: Symmetric, translator: Translator) -> Tensor:
    """(S + Sᵀ)/2."""
    matrix = translator.tensor(node.symbol)
    return translator.settled(Tensor(node.shape, lambda i, k: (matrix[i, k] + matrix[k, i]) / 2))


def diagonal(node: Diagonal, translator: Translator) -> Tensor:
    """The diagonal, and zeros elsewhere."""
    matrix = translator.tensor(node.symbol)
    return translator.settled(Tensor(node.shape, lambda i, k: KroneckerDelta(i, k) * matrix[i, k]))


def lower_triangular(node: LowerTriangular, translator: Translator) -> Tensor:
    """The part on and below the diagonal, and zeros above."""
    matrix = translator.tensor(node.symbol)
    return translator.settled(Tensor(node.shape, lambda i, k: Piecewise((matrix[i, k], i >= k), (Integer(0), true))))


NODES = {Symmetric: symmetric, Diagonal: diagonal, LowerTriangular: lower_triangular}
