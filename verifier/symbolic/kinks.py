"""Scalar derivatives where SymPy's own need care: functions with kinks, and branches that are single points.

SymPy differentiates `Max(x, 0)` to `Heaviside(x)`, worth 1/2 at 0, and `Abs` through its real and imaginary parts.
Here every function with a kink is spelled out as a `Piecewise` first, so that the border is visible to whoever
evaluates it, and one value of the derivative is not preferred silently.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from sympy import (
    Abs,
    Basic,
    Derivative,
    Dummy,
    Eq,
    Expr,
    Heaviside,
    Integer,
    KroneckerDelta,
    Max,
    Min,
    Piecewise,
    Subs,
    Symbol,
    ceiling,
    diff,
    floor,
    limit,
    sign,
)

from verifier.errors import NoDerivativeError


def _absolute(x: Expr) -> Expr:
    return Piecewise((x, x > 0), (-x, True))


def _sign(x: Expr) -> Expr:
    return Piecewise((Integer(1), x > 0), (Integer(-1), x < 0), (Integer(0), True))


def _heaviside(x: Expr, at_zero: Expr) -> Expr:
    return Piecewise((Integer(1), x > 0), (Integer(0), x < 0), (at_zero, True))


def _maximum(*candidates: Expr) -> Expr:
    largest = candidates[0]
    for candidate in candidates[1:]:
        largest = Piecewise((candidate, candidate > largest), (largest, True))
    return largest


def _minimum(*candidates: Expr) -> Expr:
    smallest = candidates[0]
    for candidate in candidates[1:]:
        smallest = Piecewise((candidate, candidate < smallest), (smallest, True))
    return smallest


def _delta(left: Expr, right: Expr) -> Expr:
    return Piecewise((Integer(1), Eq(left, right)), (Integer(0), True))


SPELLED_OUT: dict[type[Basic], Callable[..., Expr]] = {
    Abs: _absolute,
    sign: _sign,
    Heaviside: _heaviside,
    Max: _maximum,
    Min: _minimum,
    KroneckerDelta: _delta,
}


def spelled_out(expression: Expr) -> Expr:
    """The same function with every kink written as the border of a `Piecewise`."""
    for function, definition in SPELLED_OUT.items():
        if expression.has(function):
            expression = expression.replace(function, definition)
    return expression


@lru_cache(maxsize=4096)
def slope(body: Expr, symbol: Symbol) -> Expr:
    """d body / d symbol for a real scalar expression; borders of pieces keep their place.

    A branch that holds at single points only (`Eq`) has no derivative of its own there: it gets the limit of its
    neighbour's. Raises `NoDerivativeError`, naming the sub-expression, where SymPy knows none.
    """
    if symbol not in body.free_symbols:
        return Integer(0)
    isolated = {piece: Dummy(real=True) for piece in body.atoms(Piecewise) if _has_single_points(piece, symbol)}
    outer = body.xreplace(isolated)
    result = _known(diff(outer, symbol))
    for piece, stand_in in isolated.items():
        result += _known(diff(outer, stand_in)) * _slope_with_single_points(piece, symbol)
    return result.xreplace({stand_in: piece for piece, stand_in in isolated.items()})


def _has_single_points(piece: Piecewise, symbol: Symbol) -> bool:
    return symbol in piece.free_symbols and any(isinstance(c, Eq) and symbol in c.free_symbols for _, c in piece.args)


def _slope_with_single_points(piece: Piecewise, symbol: Symbol) -> Expr:
    wide = [(e, c) for e, c in piece.args if not (isinstance(c, Eq) and symbol in c.free_symbols)]
    neighbour = slope(wide[-1][0], symbol)
    branches = []
    for expression, condition in piece.args:
        if (expression, condition) in wide:
            branches.append((slope(expression, symbol), condition))
        elif {condition.lhs, condition.rhs} & {symbol}:
            place = condition.rhs if condition.lhs == symbol else condition.lhs
            branches.append((limit(neighbour, symbol, place), condition))
        else:
            raise NoDerivativeError(piece)
    return Piecewise(*branches)


def _known(derivative: Expr) -> Expr:
    """The derivative, if SymPy found one; a step of floor or ceiling has slope 0 beside its jumps."""
    steps = [d for d in derivative.atoms(Derivative, Subs) if _steps(d)]
    derivative = derivative.xreplace(dict.fromkeys(steps, Integer(0)))
    unknown = derivative.atoms(Derivative, Subs)
    if unknown:
        raise NoDerivativeError(sorted(unknown, key=str)[0])
    return derivative


def _steps(derivative: Basic) -> bool:
    return isinstance(derivative.args[0], floor | ceiling) or (
        isinstance(derivative, Subs) and isinstance(derivative.args[0].args[0], floor | ceiling)
    )
