"""What loss functions have in common: how their terms are put together."""

from __future__ import annotations

from math import prod

from sympy import nan

from verifier.symbolic.arrangement import extents
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor
from verifier.symbolic.windows import total_over

#: Torch's numbers for the ways to reduce a loss.
NONE, MEAN, SUM = range(3)


def summed(terms: Tensor, scope: Scope) -> Tensor:
    """The sum of all terms, as a tensor of order 0."""
    settled = scope.settled(terms, "terms")
    return scope.settled(Tensor((), lambda: total_over(settled.shape, settled.entry)), "sum")


def reduced(terms: Tensor, reduction: int, scope: Scope) -> Tensor:
    """The terms themselves, their mean, or their sum."""
    if reduction == NONE:
        return terms
    total, count = summed(terms, scope), prod(extents(terms))
    return Tensor((), lambda: total.entry() / count if count else nan) if reduction == MEAN else total
