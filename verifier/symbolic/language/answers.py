"""Words that closed forms of derivatives are written with; formulas may hold them too."""

from __future__ import annotations

from sympy import Expr, MatrixExpr

from verifier.symbolic.language.matrix_node import MatrixNode


class Eigenvectors(MatrixNode):
    """The eigenvectors of (A + Aᵀ)/2 as columns of length 1, in the order of `Eigenvalues`; each sign is open."""

    spelled = "eigenvectors"


class LowerPart(MatrixNode):
    """The entries on and below the diagonal, and zeros above."""

    spelled = "tril"


class LowerHalf(MatrixNode):
    """Φ(A): the entries below the diagonal, half of those on it, and zeros above (Murray, arXiv:1602.07527)."""

    spelled = "Φ"


class Sylvester(MatrixNode):
    """The X with A·X + X·B = C."""

    spelled = "solve_sylvester"

    @property
    def shape(self) -> tuple[Expr, Expr]:
        """That of C."""
        return self.args[2].shape


class PowerDerivative(MatrixNode):
    """The derivative of A^k along E: the sum of A^r·E·A^(k - 1 - r) over r from 0 to k - 1."""

    spelled = "power_derivative"

    @property
    def exponent(self) -> Expr:
        """k."""
        return self.args[1]

    @property
    def direction(self) -> MatrixExpr:
        """E."""
        return self.args[2]


class ExponentialDerivative(MatrixNode):
    """The derivative of exp(A) along E: the integral of exp(t·A)·E·exp((1 - t)·A) over t from 0 to 1."""

    spelled = "exponential_derivative"

    @property
    def direction(self) -> MatrixExpr:
        """E."""
        return self.args[1]
