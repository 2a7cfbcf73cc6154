"""Comparisons and what is made of them: conditions are 1 where they hold and 0 elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy
from sympy import Expr, Integer, Ne, Piecewise, true
from sympy.logic.boolalg import Boolean

from verifier.op import Given, Op, Operand, op, pairs, real, sample
from verifier.symbolic.complex_number import Complex, as_complex, exactly
from verifier.symbolic.scope import entrywise
from verifier.symbolic.tensor import Tensor


def holds(condition: Expr) -> Boolean:
    """The condition that an entry of a boolean tensor stands for."""
    return Ne(condition, 0)


def chosen(condition: Expr, one: Any, other: Any) -> Any:
    """`one` where a condition holds and `other` elsewhere, real or complex; what is not chosen has no influence."""
    if isinstance(one, Complex) or isinstance(other, Complex):
        one, other = as_complex(one), as_complex(other)
        return Complex(chosen(condition, one.re, other.re), chosen(condition, one.im, other.im))
    return Piecewise((exactly(one), holds(condition)), (exactly(other), true), evaluate=False)


def _truth(condition: Boolean) -> Expr:
    return Piecewise((Integer(1), condition), (Integer(0), true), evaluate=False)


def _comparison(name: str, relation: Callable[[Expr, Expr], Boolean]) -> Op:
    """An operator `name(Tensor self, Tensor other) -> Tensor` that compares entry by entry."""

    def define(self: Operand, other: Any) -> Tensor:
        return entrywise(lambda a, b: _truth(relation(a, b)), self, other)

    return op(name, define=define, samples=())


def _connective(names: tuple[str, ...], combine: Callable[..., Boolean]) -> Op:
    """An operator `name(Tensor self, ...) -> Tensor` of boolean tensors."""

    def define(self: Operand, *others: Operand) -> Tensor:
        return entrywise(lambda *conditions: _truth(combine(*map(holds, conditions))), self, *others)

    return op(*names, define=define, samples=())


def where(condition: Operand, self: Any, other: Any) -> Tensor:
    """where(Tensor condition, Tensor self, Tensor other) -> Tensor"""
    return entrywise(chosen, condition, self, other)


def masked_fill(self: Operand, mask: Operand, value: Any) -> Tensor:
    """masked_fill(Tensor self, Tensor mask, Scalar value) -> Tensor"""
    return entrywise(lambda a, condition, b: chosen(condition, b, a), self, mask, value)


MASK = Given([[True, False, True], [False, False, True]], "bool")

OPS = (
    _comparison("gt", sympy.Gt),
    _comparison("ge", sympy.Ge),
    _comparison("lt", sympy.Lt),
    _comparison("le", sympy.Le),
    _comparison("eq", sympy.Eq),
    _comparison("ne", sympy.Ne),
    _connective(("logical_and", "bitwise_and"), sympy.And),
    _connective(("logical_or", "bitwise_or"), sympy.Or),
    _connective(("logical_xor", "bitwise_xor"), sympy.Xor),
    _connective(("logical_not", "bitwise_not"), sympy.Not),
    op(
        "where",
        define=where,
        samples=(
            sample("where.self", MASK, real(2, 3), real(3)),
            sample("where.self", MASK, pairs(3), pairs(2, 1)),
        ),
    ),
    op(
        "masked_fill",
        define=masked_fill,
        samples=(
            sample("masked_fill.Scalar", real(2, 3), MASK, 0.3),
            sample("masked_fill_.Tensor", real(2, 3), MASK, real()),
        ),
    ),
)
