"""Sums, differences, products and quotients, entry by entry."""

from __future__ import annotations

from typing import Any

from verifier.op import Operand, op, pairs, positive, real, sample
from verifier.symbolic.complex_number import quotient
from verifier.symbolic.scope import entrywise
from verifier.symbolic.tensor import Tensor


def add(self: Operand, other: Any, alpha: Any = 1) -> Tensor:
    """add(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor"""
    return entrywise(lambda a, b, factor: a + b * factor, self, other, alpha)


def sub(self: Operand, other: Any, alpha: Any = 1) -> Tensor:
    """sub(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor"""
    return entrywise(lambda a, b, factor: a - b * factor, self, other, alpha)


def rsub(self: Operand, other: Any, alpha: Any = 1) -> Tensor:
    """rsub(Tensor self, Tensor other, *, Scalar alpha=1) -> Tensor"""
    return entrywise(lambda a, b, factor: b - a * factor, self, other, alpha)


def mul(self: Operand, other: Any) -> Tensor:
    """mul(Tensor self, Tensor other) -> Tensor"""
    return entrywise(lambda a, b: a * b, self, other)


def div(self: Operand, other: Any) -> Tensor:
    """div(Tensor self, Tensor other) -> Tensor"""
    return entrywise(quotient, self, other)


def neg(self: Operand) -> Tensor:
    """neg(Tensor self) -> Tensor"""
    return entrywise(lambda a: -a, self)


def reciprocal(self: Operand) -> Tensor:
    """reciprocal(Tensor self) -> Tensor"""
    return entrywise(lambda a: 1 / a, self)


def addcmul(self: Operand, tensor1: Operand, tensor2: Operand, value: Any = 1) -> Tensor:
    """addcmul(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor"""
    return entrywise(lambda a, b, c, factor: a + b * c * factor, self, tensor1, tensor2, value)


def addcdiv(self: Operand, tensor1: Operand, tensor2: Operand, value: Any = 1) -> Tensor:
    """addcdiv(Tensor self, Tensor tensor1, Tensor tensor2, *, Scalar value=1) -> Tensor"""
    return entrywise(lambda a, b, c, factor: a + b / c * factor, self, tensor1, tensor2, value)


OPS = (
    op(
        "add",
        define=add,
        samples=(
            sample("add.Tensor", real(2, 3), real(3), alpha=2.5),
            sample("add.Tensor", real(2, 1), pairs(2), alpha=2 + 1j),
            sample("add_.Tensor", real(2, 3), real(3)),
            sample("add.Scalar", real(3), 1.5),
        ),
    ),
    op("sub", define=sub, samples=(sample("sub.Tensor", real(2, 3), real(2, 1), alpha=0.1),)),
    op("rsub", define=rsub, samples=(sample("rsub.Scalar", real(2), 0.3, 2),)),
    op(
        "mul",
        define=mul,
        samples=(
            sample("mul.Tensor", real(2, 3), real()),
            sample("mul.Tensor", pairs(2), pairs(2)),
            sample("mul_.Scalar", real(2, 3), 0.7),
        ),
    ),
    op(
        "div.Tensor",
        "div.Scalar",
        define=div,
        samples=(
            sample("div.Tensor", real(2, 3), positive(3)),
            sample("div.Tensor", pairs(2), pairs(2)),
            sample("div.Scalar", real(2), 0.3),
        ),
    ),
    op("neg", define=neg, samples=(sample("neg", real(3)), sample("neg", pairs(2)))),
    op("reciprocal", define=reciprocal, samples=(sample("reciprocal", positive(3)), sample("reciprocal", pairs(2)))),
    op(
        "addcmul",
        define=addcmul,
        samples=(sample("addcmul", real(2, 3), real(3), real(2, 1), value=0.5),),
    ),
    op(
        "addcdiv",
        define=addcdiv,
        samples=(sample("addcdiv", real(2, 3), real(3), positive(2, 1), value=0.5),),
    ),
)
