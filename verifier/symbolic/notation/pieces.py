"""Functions given piece by piece: and the functions that they spell out."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from sympy import Abs, Basic, Dummy, Eq, Expr, Gt, KroneckerDelta, Max, Min, Piecewise, sign, true

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
        even_or_odd = _of_magnitude(expression)
        if even_or_odd is not None:
            return even_or_odd
    return expression.func(*map(folded, expression.args))


def _candidates(piecewise: Piecewise) -> Iterator[Expr]:
    values = [folded(value) for value, _ in piecewise.args]
    condition = piecewise.args[0].cond
    yield from (Max(*values), Min(*values), Abs(values[0]))
    if isinstance(condition, Eq):
        yield KroneckerDelta(*condition.args)
    elif condition.is_Relational:
        yield sign(folded(condition.lhs))


def _of_magnitude(piecewise: Piecewise) -> Expr | None:
    """A function of |z|, or one times the sign of z, that is given for z > 0 and otherwise; None for any other.

    Nothing changes but at z = 0, where |z| has no derivative.
    """
    (above, condition), (below, last) = piecewise.args[0], piecewise.args[-1]
    plain = len(piecewise.args) == 2 and last == true and isinstance(condition, Gt) and condition.rhs == 0
    if not plain or not condition.lhs.is_Symbol or piecewise.has(KroneckerDelta):
        return None
    z, positive = condition.lhs, Dummy(positive=True)
    right, left = above.xreplace({z: positive}), below.xreplace({z: -positive})
    if right.has(Piecewise) or positive not in right.free_symbols or left not in (right, -right):
        return None
    return right.xreplace({positive: Abs(z)}) * (1 if left == right else sign(z))


def _is_same(one: Expr, other: Piecewise) -> bool:
    """Whether two functions have the same pieces; SymPy may have turned their conditions around."""
    return isinstance(one, Piecewise) and [*map(_canonical, one.args)] == [*map(_canonical, other.args)]


def _canonical(piece: Basic) -> tuple[Basic, Basic]:
    value, condition = piece.args
    return value, condition.replace(lambda node: node.is_Relational, lambda node: node.canonical)
