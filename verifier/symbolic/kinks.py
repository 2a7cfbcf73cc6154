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
    Integral,
    KroneckerDelta,
    Max,
    Min,
    Ne,
    Piecewise,
    Subs,
    Symbol,
    ceiling,
    diff,
    floor,
    limit,
    meijerg,
    nan,
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
    # Whoever is beaten by an earlier one need not be compared with it: that one's own branch comes first.
    conditions = [And(*(beats(given[k], later) for later in given[k + 1 :])) for k in most]
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
    return symbol in piece.free_symbols and any(place is not None for place in _single_points(piece, symbol))


def _single_points(piece: Piecewise, symbol: Symbol) -> list[Expr | None]:
    """For every branch the one value of the symbol at which it can hold; None where it has room."""
    places: list[Expr | None] = []
    left_over = None
    for _, condition in piece.args:
        places.append(_only_value(condition, symbol) if left_over is None else left_over)
        if left_over is None and isinstance(condition, Ne) and symbol in condition.free_symbols:
            left_over = _only_value(Eq(*condition.args), symbol)
    return places


def _only_value(condition: Boolean, symbol: Symbol) -> Expr | None:
    """The one value of the symbol at which a condition can hold; NaN where it is not plain to see."""
    if isinstance(condition, And):
        return next((v for part in condition.args if (v := _only_value(part, symbol)) is not None), None)
    if not isinstance(condition, Eq) or symbol not in condition.free_symbols:
        return None
    left, right = condition.args
    return right if left == symbol else left if right == symbol else nan


def _slope_with_single_points(piece: Piecewise, symbol: Symbol) -> Expr:
    places = _single_points(piece, symbol)
    wide = [expression for (expression, _), place in zip(piece.args, places, strict=True) if place is None]
    if nan in places or not wide:
        raise NoDerivativeError(piece)
    neighbour = slope(wide[-1], symbol)
    branches = [
        (slope(expression, symbol) if place is None else _limit(neighbour, symbol, place), condition)
        for (expression, condition), place in zip(piece.args, places, strict=True)
    ]
    return Piecewise(*branches)


def _limit(expression: Expr, symbol: Symbol, place: Expr) -> Expr:
    """The limit of an expression that may itself be in pieces, of which only those with room count."""
    if isinstance(expression, Piecewise):
        places = _single_points(expression, symbol)
        expression = [e for (e, _), single in zip(expression.args, places, strict=True) if single is None][-1]
    return limit(expression, symbol, place)


def _known(derivative: Expr) -> Expr:
    """The derivative, if SymPy found one; a step of floor or ceiling has slope 0 beside its jumps."""
    steps = [d for d in derivative.atoms(Derivative, Subs) if _steps(d)]
    derivative = derivative.xreplace(dict.fromkeys(steps, Integer(0)))
    unknown = derivative.atoms(Derivative, Subs, Integral, meijerg)
    if unknown:
        raise NoDerivativeError(_differentiated(min(unknown, key=lambda node: (not isinstance(node, Subs), str(node)))))
    return derivative


def _differentiated(unknown: Basic) -> Basic:
    """The function whose derivative was left as it is."""
    if isinstance(unknown, Subs):
        return _differentiated(unknown.expr).xreplace(dict(zip(unknown.variables, unknown.point, strict=True)))
    return unknown.args[0] if isinstance(unknown, Derivative) else unknown


def _steps(derivative: Basic) -> bool:
    return isinstance(derivative.args[0], floor | ceiling) or (
        isinstance(derivative, Subs) and isinstance(derivative.args[0].args[0], floor | ceiling)
    )
