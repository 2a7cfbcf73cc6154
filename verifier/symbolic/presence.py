"""Numbers told apart from NaN."""

from __future__ import annotations

from typing import Any

from sympy import Expr, Function, Integer, Piecewise, Rational, true


class IsNumber(Function):
    """1 for a number, also an infinite one, and 0 for NaN."""

    is_real = True

    def fdiff(self, argindex: int = 1) -> Expr:
        """It is constant."""
        return Integer(0)


def present(x: Expr, otherwise: Any) -> Expr:
    """x where it is a number, and something else where it is NaN; what is not chosen has no influence."""
    return Piecewise((x, IsNumber(x) > Rational(1, 2)), (otherwise, true), evaluate=False)
