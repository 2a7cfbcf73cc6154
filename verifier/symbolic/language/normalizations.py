"""`softmax`, `logsumexp` and `layer_norm`: of a vector, or of each row of a matrix."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Integer, Rational, sympify

from verifier.symbolic.language.matrix_node import MatrixNode, matrix_of

#: What torch adds to the variance.
EPSILON = Rational(1, 100_000)


class Softmax(MatrixNode):
    """exp(X) with each row divided by its sum; write `softmax(X)`."""

    spelled = "softmax"


class LayerNorm(MatrixNode):
    """Each row less its mean, divided by √(its variance + ε); write `layer_norm(X)`."""

    spelled = "layer_norm"

    @property
    def epsilon(self) -> Expr:
        """What is added to the variance."""
        return self.args[1]


class LogSumExp(MatrixNode):
    """The logarithm of the sum of the exponentials of each row, as a column; write `logsumexp(X)`."""

    spelled = "logsumexp"

    @property
    def shape(self) -> tuple[Expr, Expr]:
        """One entry for each row; a column vector is taken as one row."""
        return (Integer(1) if runs_down(self.matrix) else self.matrix.shape[0]), Integer(1)


def runs_down(matrix: Any) -> bool:
    """Whether a matrix is one column, and so a vector that is normalised as a whole."""
    return bool(matrix.shape[1] == 1)


def softmax(tensor: Any) -> Softmax:
    """The softmax of a vector, or of each row of a matrix."""
    return Softmax(matrix_of("softmax", tensor))


def logsumexp(tensor: Any) -> Expr:
    """log Σ exp(x): a scalar for a vector, a column with one entry for each row of a matrix."""
    node = LogSumExp(matrix_of("logsumexp", tensor))
    return node[0, 0] if node.shape == (1, 1) else node


def layer_norm(tensor: Any, epsilon: Any = EPSILON) -> LayerNorm:
    """(x − mean)/√(variance + epsilon) of a vector, or of each row of a matrix; the variance divides by the length."""
    return LayerNorm(matrix_of("layer_norm", tensor), sympify(epsilon, strict=True))
