"""Roots of sums of powers."""

from __future__ import annotations

from sympy import Expr, Integer, Piecewise, true


def root(power: Expr, order: Expr) -> Expr:
    """power^(1/order); at 0 a constant, for 0 is the smallest of the subgradients that a norm has there."""
    return Piecewise((Integer(0), power <= 0), (power ** (1 / order), true), evaluate=False)
