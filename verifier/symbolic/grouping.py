"""Reductions of groups of entries along the last axis, where a condition says which entries belong to a group.

Sums need nothing of this: their terms are added where they belong. Products and largest entries are taken of rows that
hold something neutral in place of what does not belong, so that they have as many entries as groups times candidates.
"""

from __future__ import annotations

from sympy import Integer, oo

from verifier.symbolic.cumulative import product
from verifier.symbolic.scope import Scope, entrywise
from verifier.symbolic.tensor import Tensor

#: What changes nothing about a reduction.
NEUTRAL = {"prod": Integer(1), "amax": -oo, "amin": oo}


def reduced(rows: Tensor, kind: str, scope: Scope) -> Tensor:
    """The product ("prod"), the largest ("amax") or the smallest ("amin") of the entries along the last axis."""
    if kind == "prod":
        return product(rows, scope)
    if kind == "amax":
        return scope.largest(rows)
    negative = scope.largest(entrywise(lambda x: -x, rows))
    return entrywise(lambda x: -x, negative)
