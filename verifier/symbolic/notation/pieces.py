"""Functions given piece by piece: and the functions that they spell out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sympy import Abs, Basic, Eq, Expr, KroneckerDelta, Max, Min, Piecewise, sign

from verifier.symbolic.kinks import spelled_out


class Pieces(Expr):
    """What `Piecewise` is, left exactly as it is: a pair (value, condition) for each piece.

    SymPy's own does not bear conditions that hold pieces themselves, and `Sum` takes it out of inner sums together
    with the indices that these bind, which is silently wrong. `doit` gives SymPy's own.
    """

    is_commutative = True
    is_real = True

    def doit(self, **hints: Any) -> Expr:
        """The same as SymPy's `Piecewise`."""
        return Piecewise(*(tuple(piece) for piece in self.args))


@lru_cache(maxsize=4096)
def folded(expression: Basic) -> Basic:
    """The same function with `Max`, `Min`, `Abs`, `sign` and deltas where they were spelled out."""
    if not expression.has(Piecewise):
        return expression
    if isinstance(expression, Piecewise):
        found = next((c for c in _candidates(expression) if _is_same(spelled_out(c), expression)), None)
        if found is not None:
            return found
    return expression.func(*map(folded, expression.args))


def _candidates(piecewise: Piecewise) -> Iterator[Expr]:
    values = [folded(value) for value, _ in piecewise.args]
    condition = piecewise.args[0].cond
    yield from (Max(*values), Min(*values), Abs(values[0]))
    if isinstance(condition, Eq):
        yield KroneckerDelta(*condition.args)
    elif condition.is_Relational:
        yield sign(folded(condition.lhs))


def _is_same(one: Expr, other: Piecewise) -> bool:
    """Whether two functions have the same pieces; SymPy may have turned their conditions around."""
    return isinstance(one, Piecewise) and [*map(_canonical, one.args)] == [*map(_canonical, other.args)]


def _canonical(piece: Basic) -> tuple[Basic, Basic]:
    value, condition = piece.args
    return value, condition.replace(lambda node: node.is_Relational, lambda node: node.canonical)
