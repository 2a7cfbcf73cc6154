"""The logarithm of the multivariate gamma function."""

from __future__ import annotations

from sympy import Rational, log, loggamma, pi

from verifier.op import Operand, op, positive, sample
from verifier.symbolic.scope import entrywise
from verifier.symbolic.tensor import Tensor


def mvlgamma(self: Operand, p: int) -> Tensor:
    """mvlgamma(Tensor self, int p) -> Tensor: log π^(p·(p - 1)/4) and the sum of log Γ(x - j/2) for j < p"""
    constant = Rational(p * (p - 1), 4) * log(pi)
    return entrywise(lambda x: sum((loggamma(x - Rational(j, 2)) for j in range(p)), constant), self)


OPS = (op("mvlgamma", define=mvlgamma, samples=(sample("mvlgamma", positive(3, low=1.6, high=4.0), 3),)),)
