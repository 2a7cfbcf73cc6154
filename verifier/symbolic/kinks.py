"""Scalar derivatives where SymPy's own need care: functions with kinks, and branches that are single points.

SymPy differentiates `Max(x, 0)` to `Heaviside(x)`, worth 1/2 at 0, and `Abs` through its real and imaginary parts.
Here every function with a kink is spelled out as a `Piecewise` first, so that the border is visible to whoever
evaluates it, and one value of the derivative is not preferred silently.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache

from sympy import (
    Abs,
    And,
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
    true,
)
from sympy.logic.boolalg import Boolean

from verifier.errors import NoDerivativeError

Branches = tuple[tuple[Expr, Boolean], ...]


def _absolute(given: Sequence[Expr], spelled: Sequence[Expr]) -> Branches:
    return (spelled[0], given[0] > 0), (-spelled[0], true)


def _sign(given: Sequence[Expr], spelled: Sequence[Expr]) -> Branches:
    return (Integer(1), given[0] > 0), (Integer(-1), given[0] < 0), (Integer(0), true)


def _heaviside(given: Sequence[Expr], spelled: Sequence[Expr]) -> Branches:
    return (Integer(1), given[0] > 0), (Integer(0), given[0] < 0), (spelled[1], true)


def _maximum(given: Sequence[Expr], spelled: Sequence[Expr]) -> Branches:
    return _extreme(given, spelled, lambda one, other: one >= other)


def _minimum(given: Sequence[Expr], spelled: Sequence[Expr]) -> Branches:
    return _extreme(given, spelled, lambda one, other: one <= other)


def _extreme(given: Sequence[Expr], spelled: Sequence[Expr], beats: Callable[[Expr, Expr], Boolean]) -> Branches:
    *most, last = range(len(given))
    conditions = [And(*(beats(given[k], given[other]) for other in range(len(given)) if other != k)) for k in most]
    return (*((spelled[k], condition) for k, condition in zip(most, conditions, strict=True)), (spelled[last], true))


def _delta(given: Sequence[Expr], spelled: Sequence[Expr]) -> Branches:
    return (Integer(1), Eq(*given)), (Integer(0), true)


SPELLED_OUT: dict[type[Basic], Callable[[Sequence[Expr], Sequence[Expr]], Branches]] = {
    Abs: _absolute,
    sign: _sign,
    Heaviside: _heaviside,
    Max: _maximum,
    Min: _minimum,
    KroneckerDelta: _delta,
}


def spelled_out(expression: Expr) -> Expr:
    """The same function with every kink written as the border of a `Piecewise`.

    Conditions keep the functions that they have: nobody differentiates a condition, and SymPy cannot handle pieces
    inside of the conditions of pieces.
    """
    if not expression.has(*SPELLED_OUT):
        return expression
    if isinstance(expression, Piecewise):
        return Piecewise(*((spelled_out(value), condition) for value, condition in expression.args), evaluate=False)
    spelled = [spelled_out(argument) for argument in expression.args]
    if type(expression) in SPELLED_OUT:
        return Piecewise(*SPELLED_OUT[type(expression)](expression.args, spelled), evaluate=False)
    return expression.func(*spelled)


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
