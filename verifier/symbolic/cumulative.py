"""Sums, products and largest entries along the last axis, also running ones.

Products are right with any number of zeros: nothing is divided. Real ones are recurrences. Complex ones are multiplied
in pairs, then pairs of pairs, so that what is written down grows with the logarithm of the extent.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import Abs, Eq, Expr, Integer, Piecewise, exp, log, true

from verifier.symbolic.arrangement import by_parts, padded
from verifier.symbolic.exponentials import LARGEST
from verifier.symbolic.recurrence import Recurrence
from verifier.symbolic.scope import Scope, is_complex
from verifier.symbolic.selection import RunningArgmax
from verifier.symbolic.tensor import Entry, Tensor, multiplied, named


def product(rows: Tensor, scope: Scope) -> Tensor:
    """The product along the last axis."""
    if not is_complex(rows):
        return Tensor(rows.shape[:-1], lambda *at: multiplied(rows.shape[-1], lambda j: rows[(*at, j)]))
    while (length := int(rows.shape[-1])) != 1:
        ones = padded(scope.settled(rows), scope, 1)
        rows = Tensor((*rows.shape[:-1], (length + 1) // 2), _pair(ones, lambda k: (2 * k, 2 * k + 1)))
    return Tensor(rows.shape[:-1], lambda *at: rows[(*at, Integer(0))])


def running_sum(rows: Tensor, scope: Scope) -> Tensor:
    """The sum of the entries up to each one."""
    return by_parts(lambda part: scope.add(Recurrence(scope.name(part), part.shape), "running_sum"), rows)


def running_product(rows: Tensor, scope: Scope) -> Tensor:
    """The product of the entries up to each one."""
    if not is_complex(rows):
        name = scope.name(rows)
        first = Tensor(rows.shape, lambda *at: Piecewise((rows[at], Eq(at[-1], 0)), (Integer(0), true)))
        return scope.add(Recurrence(scope.name(first, "first"), rows.shape, name), "running_product")
    step = 1
    while step < rows.shape[-1]:
        ones = padded(scope.settled(rows), scope, 1)
        rows = Tensor(rows.shape, _pair(ones, lambda k, step=step: (k, k - step)))
        step *= 2
    return rows


def _pair(tensor: Tensor, places: Callable[..., tuple[Expr, Expr]]) -> Callable[..., Any]:
    def entry(*at: Expr) -> Any:
        one, other = places(at[-1])
        return tensor.entry(*at[:-1], one) * tensor.entry(*at[:-1], other)

    return entry


def running_logsumexp(rows: Tensor, scope: Scope) -> Tensor:
    """log Σ exp(x_j) over the entries up to each one, shifted by the largest of them so that nothing overflows.

    With m for the largest entries, held constant because they cancel, the sums of exp(x_j - m_k) are a recurrence:
    s[k] = exp(m[k-1] - m[k])·s[k-1] + exp(x[k] - m[k]).
    """
    shift = scope.settled(_running_shift(scope.settled(rows), scope), "shift")
    before = padded(shift, scope)
    shape = rows.shape
    factors = Tensor(shape, lambda *at: exp(before.entry(*at[:-1], at[-1] - 1) - shift[at]))
    terms = Tensor(shape, lambda *at: exp(rows[at] - shift[at]))
    sums = scope.add(Recurrence(scope.name(terms, "terms"), shape, scope.name(factors, "factors")), "sums")
    return Tensor(shape, lambda *at: log(sums[at]) + shift[at])


def _running_shift(rows: Tensor, scope: Scope) -> Tensor:
    """The largest finite entry up to each one, held constant, and 0 before there is one."""
    name = scope.name(rows)
    places = scope.builder.define(RunningArgmax(name, rows.shape), "running_argmax")
    held = named(name, rows.shape, detached=True)

    def entry(*at: Expr) -> Expr:
        largest = held[(*at[:-1], Entry(places, at))]
        return Piecewise((largest, Abs(largest) <= LARGEST), (Integer(0), true))

    return Tensor(rows.shape, entry)
