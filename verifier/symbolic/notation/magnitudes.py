"""Signs and magnitudes: the sign of z times |z|⁻¹ is z⁻¹, so that the derivative of log |z| reads 1/z."""

from __future__ import annotations

from sympy import Abs, Basic, Expr, Gt, Mul, sign, true

from verifier.symbolic.notation.pieces import Pieces
from verifier.symbolic.notation.substitution import mapped


def signed(expression: Basic) -> Basic:
    """The expression with `sign` where the derivative of |z| stands, and powers of z where the sign meets |z|.

    Nothing changes but at z = 0, where |z| has no derivative.
    """
    if not expression.has(Pieces):
        return expression
    expression = mapped(expression, signed)
    if isinstance(expression, Mul):
        return _met(list(expression.args))
    return _as_sign(expression) if isinstance(expression, Pieces) else expression


def _as_sign(pieces: Pieces) -> Expr:
    """1 for z > 0 and -1 otherwise is the sign."""
    (first, condition), (second, last) = pieces.args[0], pieces.args[-1]
    named = len(pieces.args) == 2 and (first, second, last) == (1, -1, true)
    return sign(condition.lhs) if named and isinstance(condition, Gt) and condition.rhs == 0 else pieces


def _met(factors: list[Expr]) -> Expr:
    """A product in which the sign of z has met a power of z or of |z|."""
    for one in [factor for factor in factors if isinstance(factor, sign)]:
        for power in [factor for factor in factors if factor != one]:
            met = _sign_times(one.args[0], power)
            if met is not None:
                factors[factors.index(power)] = met
                factors.remove(one)
                break
    return Mul(*factors)


def _sign_times(z: Expr, power: Expr) -> Expr | None:
    """sign(z) times an odd power of |z| is that power of z; times a power of z, it holds |z| once."""
    base, exponent = power.as_base_exp()
    if base == Abs(z) and exponent.is_odd:
        return z**exponent
    return Abs(z) * z ** (exponent - 1) if base == z and exponent.is_integer and exponent.is_positive else None
