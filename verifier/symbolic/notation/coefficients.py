"""What the coefficients of a sum have in common."""

from __future__ import annotations

from functools import reduce

from sympy import Expr, Integer, Mul, Rational, expand, gcd


def common(coefficients: list[Expr]) -> Expr:
    """The positive number, and the powers of scalars, that divide all coefficients."""
    numbers, scalars = zip(*(c.as_coeff_Mul() for c in coefficients), strict=True)
    number = reduce(gcd, map(abs, numbers)) if all(isinstance(n, Rational) for n in numbers) else Integer(1)
    first, *others = (scalar.as_powers_dict() for scalar in scalars)
    powers = [(scalar, [first[scalar], *(other.get(scalar, Integer(0)) for other in others)]) for scalar in first]
    return Mul(number, *(scalar ** _nearest_to_zero(exponents) for scalar, exponents in powers))


def _nearest_to_zero(exponents: list[Expr]) -> Expr:
    """The exponent of what divides all of these powers of one scalar."""
    if len(set(exponents)) == 1:
        return exponents[0]
    if all(exponent.is_Rational and exponent > 0 for exponent in exponents):
        return min(exponents)
    return max(exponents) if all(exponent.is_Rational and exponent < 0 for exponent in exponents) else Integer(0)


def divided(coefficient: Expr, divisor: Expr) -> Expr:
    """A coefficient without what `common` has found in it; SymPy does not cancel exponentials of sums."""
    (number, scalar), (own, shared) = coefficient.as_coeff_Mul(), divisor.as_coeff_Mul()
    powers = scalar.as_powers_dict()
    for base, exponent in shared.as_powers_dict().items():
        powers[base] = expand(powers[base] - exponent)
    return Mul(number / own, *(base**exponent for base, exponent in powers.items()))
