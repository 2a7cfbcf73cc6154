"""The evaluation of products over an index, and of their derivatives, in any arithmetic."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

from sympy import Integer, Symbol

from verifier.numeric.arithmetic import Arithmetic, Values
from verifier.numeric.plan import number
from verifier.symbolic.product import Product


def product(definition: Product, factors: Values, extents: Mapping[Symbol, int], arithmetic: Arithmetic) -> Values:
    """The products along the last axis, or the tensor of their derivatives of some order."""
    batch, extent = tuple(factors.shape[:-1]), number(definition.extent, extents)
    result = arithmetic.filled((*batch, *[extent] * definition.order), Integer(0))
    for gone in itertools.permutations(range(extent), definition.order):
        rest = arithmetic.filled(batch, Integer(1))
        for k in range(extent):
            if k not in gone:
                rest = rest * factors[..., k]
        result[(..., *gone)] = rest
    return result
