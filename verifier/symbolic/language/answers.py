"""Words that closed forms of derivatives are written with; formulas may hold them too."""

from __future__ import annotations

from sympy import Expr, MatrixExpr

from verifier.symbolic.language.matrix_node import MatrixNode


class Eigenvectors(MatrixNode):
    """The eigenvectors of (A + Aᵀ)/2 as columns of length 1, in the order of `Eigenvalues`; each sign is open."""

    spelled = "eigenvectors"


class ReciprocalGaps(MatrixNode):
    """F with F[i, j] = 1/(λ[j] - λ[i]) of a column λ, and zeros on the diagonal."""

    spelled = "reciprocal_gaps"

    @property
    def shape(self) -> tuple[Expr, Expr]:
        """A row and a column for each entry of λ."""
        return self.matrix.shape[0], self.matrix.shape[0]


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
    """The derivative of A^k along E: the sum of A^r·E·A^(k - 1 - r) over r from 0 to k - 1.

    Along several directions it is the derivative of that order: the sum of A^p·E·A^q·F·A^r over p + q + r = k - 2, and
    likewise with E and F exchanged. For a negative k a sum from 0 to k - 1 is the negative of that from k to -1.
    """

    spelled = "power_derivative"

    @property
    def exponent(self) -> Expr:
        """k."""
        return self.args[1]

    @property
    def directions(self) -> tuple[MatrixExpr, ...]:
        """E, and what follows; their order does not matter."""
        return self.args[2:]


class ExponentialDerivative(MatrixNode):
    """The derivative of exp(A) along E: the integral of exp(t·A)·E·exp((1 - t)·A) over t from 0 to 1.

    Along several directions it is the derivative of that order: the integral of
    exp(s·A)·E·exp(t·A)·F·exp((1 - s - t)·A) over the s and t with s + t ≤ 1, and likewise with E and F exchanged.
    """

    spelled = "exponential_derivative"

    @property
    def directions(self) -> tuple[MatrixExpr, ...]:
        """E, and what follows; their order does not matter."""
        return self.args[1:]
