"""The evaluation of products over an index in any arithmetic."""

from __future__ import annotations

from sympy import Integer

from verifier.numeric.arithmetic import Arithmetic, Values


def product(factors: Values, arithmetic: Arithmetic) -> Values:
    """The products along the last axis."""
    *batch, extent = factors.shape
    result = arithmetic.filled((*batch, 1), Integer(1))
    for k in range(extent):
        result = result * factors[..., k : k + 1]
    return result.reshape(tuple(batch))
