"""How torch computes each node of a scalar expression."""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import torch
from sympy import And, Basic, Eq, Ge, Gt, Le, Lt, Ne, Not, Number, NumberSymbol, Or, Piecewise, Pow
from sympy.logic.boolalg import BooleanAtom

from verifier.errors import FunctionNotInTorchError
from verifier.numeric.tape import Node, Step

RELATIONS: dict[type[Basic], Step] = {
    Lt: lambda left, right: left < right,
    Le: lambda left, right: left <= right,
    Gt: lambda left, right: left > right,
    Ge: lambda left, right: left >= right,
    Eq: lambda left, right: left == right,
    Ne: lambda left, right: left != right,
    And: lambda *truths: _reduced(torch.logical_and, truths),
    Or: lambda *truths: _reduced(torch.logical_or, truths),
    Not: lambda truth: torch.logical_not(_tensor(truth)),
}

#: SymPy's functions whose names differ in torch, or that torch keeps in `torch.special`.
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "Abs": torch.abs,
    "sign": torch.sign,
    "Max": lambda *candidates: reduce(torch.maximum, torch.broadcast_tensors(*map(torch.as_tensor, candidates))),
    "Min": lambda *candidates: reduce(torch.minimum, torch.broadcast_tensors(*map(torch.as_tensor, candidates))),
    "loggamma": torch.lgamma,
    "gamma": lambda x: torch.exp(torch.lgamma(x)) * _sign_of_gamma(x),
    "polygamma": lambda order, x: torch.polygamma(int(order), x),
    "digamma": torch.digamma,
    "erf": torch.erf,
    "erfc": torch.erfc,
    "erfinv": torch.erfinv,
    "sinc": lambda x: torch.sinc(x / torch.pi),
    "ceiling": torch.ceil,
    "cot": lambda x: 1 / torch.tan(x),
    "sec": lambda x: 1 / torch.cos(x),
    "csc": lambda x: 1 / torch.sin(x),
    "coth": lambda x: 1 / torch.tanh(x),
    "sech": lambda x: 1 / torch.cosh(x),
    "csch": lambda x: 1 / torch.sinh(x),
    "atan2": lambda y, x: torch.atan2(*torch.broadcast_tensors(torch.as_tensor(y), torch.as_tensor(x))),
    "besselj": lambda order, x: _bessel("besselj", order, x, torch.special.bessel_j0, torch.special.bessel_j1, -1, 1),
    "bessely": lambda order, x: _bessel("bessely", order, x, torch.special.bessel_y0, torch.special.bessel_y1, -1, 1),
    "besseli": lambda order, x: _bessel("besseli", order, x, torch.special.i0, torch.special.i1, 1, -1),
    "besselk": lambda order, x: _bessel(
        "besselk", order, x, torch.special.modified_bessel_k0, torch.special.modified_bessel_k1, 1, 1
    ),
    "zeta": lambda s, a=1.0: torch.special.zeta(*torch.broadcast_tensors(torch.as_tensor(s), torch.as_tensor(a))),
    "airyai": torch.special.airy_ai,
    "erfcinv": lambda x: torch.erfinv(1 - x),
    "uppergamma": lambda s, x: torch.special.gammaincc(*_both(s, x)) * torch.exp(torch.lgamma(_both(s, x)[0])),
    "lowergamma": lambda s, x: torch.special.gammainc(*_both(s, x)) * torch.exp(torch.lgamma(_both(s, x)[0])),
    **{
        name: getattr(torch, name)
        for name in (
            *("exp", "log", "sin", "cos", "tan", "asin", "acos", "atan", "floor"),
            *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
        )
    },
}


def torch_node(expression: Basic) -> Node:
    """See `tape`. Raises `FunctionNotInTorchError`, naming the function that torch does not have."""
    if expression.is_number and not isinstance(expression, BooleanAtom):
        return _number(expression), ()
    if isinstance(expression, BooleanAtom):
        return (lambda: bool(expression)), ()
    if isinstance(expression, Pow):
        return _power(expression)
    if isinstance(expression, Piecewise):
        values, conditions = zip(*expression.args, strict=True)
        return _select, (*conditions, *values)
    if type(expression) in RELATIONS:
        return RELATIONS[type(expression)], expression.args
    name = type(expression).__name__
    if name not in FUNCTIONS:
        raise FunctionNotInTorchError(name)
    return FUNCTIONS[name], expression.args


def _number(expression: Basic) -> Step:
    if not isinstance(expression, Number | NumberSymbol) and not expression.is_finite:
        raise FunctionNotInTorchError(str(expression))
    number = int(expression) if expression.is_Integer else float(expression)
    return lambda: number


def _power(expression: Pow) -> Node:
    base, exponent = expression.args
    if exponent.is_Rational and exponent.p == 1 and exponent.q == 2:
        return (lambda b: torch.sqrt(b)), (base,)
    if exponent.is_Rational and exponent.p == -1 and exponent.q == 2:
        return (lambda b: torch.rsqrt(b)), (base,)
    if exponent == -1:
        return (lambda b: 1 / b), (base,)
    return (lambda b, e: b**e), (base, exponent)


def _select(*operands: Any) -> Any:
    half = len(operands) // 2
    conditions, values = operands[:half], [_branch(value) for value in operands[half:]]
    result = values[-1]
    for condition, value in zip(conditions[-2::-1], values[-2::-1], strict=True):
        result = torch.where(_tensor(condition), value, result)
    return result


def _branch(value: Any) -> Any:
    """A number in float64: `torch.where` of two numbers is float32."""
    return value if isinstance(value, torch.Tensor) else torch.as_tensor(value, dtype=torch.float64)


def _reduced(combine: Callable[..., Any], truths: tuple[Any, ...]) -> Any:
    result = _tensor(truths[0])
    for truth in truths[1:]:
        result = combine(result, _tensor(truth))
    return result


def _tensor(truth: Any) -> Any:
    return torch.as_tensor(truth)


def _both(s: Any, x: Any) -> tuple[Any, Any]:
    """The arguments of an incomplete gamma function, as tensors of one shape and dtype."""
    return tuple(torch.broadcast_tensors(torch.as_tensor(s, dtype=x.dtype), x))


def _bessel(name: str, order: Any, x: Any, first: Step, second: Step, before: int, factor: int) -> Any:
    """By recurrence from the orders 0 and 1: f[n + 1] = before·f[n - 1] + factor·2n/x·f[n].

    Raises `FunctionNotInTorchError` for orders that are no whole numbers from 0 on.
    """
    if isinstance(order, torch.Tensor) or int(order) != order or order < 0:
        raise FunctionNotInTorchError(f"{name} of the order {order}")
    now, after = first(x), second(x)
    for n in range(1, int(order) + 1):
        now, after = after, before * now + factor * 2 * n / x * after
    return now


def _sign_of_gamma(x: Any) -> Any:
    """Gamma is negative between -1 and 0, -3 and -2, and so on."""
    return torch.where((x < 0) & (torch.floor(x) % 2 != 0), -1.0, 1.0)
