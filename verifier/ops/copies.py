"""Copies, conversions between dtypes, and constant fills."""

from __future__ import annotations

from typing import Any

from sympy import Integer

from verifier.op import Operand, op, pairs, real, sample
from verifier.symbolic.complex_number import Complex, exactly
from verifier.symbolic.scope import broadcast
from verifier.symbolic.tensor import Tensor


def clone(self: Operand, memory_format: Any = None) -> Tensor:
    """clone(Tensor self, *, MemoryFormat? memory_format=None) -> Tensor"""
    return self


def copy(self: Operand, src: Operand, non_blocking: bool = False) -> Tensor:
    """copy(Tensor self, Tensor src, bool non_blocking=False) -> Tensor"""
    spread = broadcast(src, self.shape)
    return spread if self.complex else real_part(spread)


def to_copy(self: Operand, dtype: str | None = None, **layout: Any) -> Tensor:
    """_to_copy(Tensor self, *, ScalarType? dtype=None, Layout? layout=None, Device? device=None, ...) -> Tensor"""
    return self if dtype is None or dtype.startswith("complex") else real_part(self)


def fill(self: Operand, value: Any) -> Tensor:
    """fill(Tensor self, Scalar value) -> Tensor"""
    return Tensor(self.shape, lambda *at: value.entry() if isinstance(value, Tensor) else exactly(value))


def zero(self: Operand) -> Tensor:
    """zero(Tensor self) -> Tensor"""
    return Tensor(self.shape, lambda *at: Integer(0))


def real_part(tensor: Tensor) -> Tensor:
    """A tensor without imaginary parts, as a conversion to a real dtype leaves it."""

    def entry(*at: Any) -> Any:
        value = tensor.entry(*at)
        return value.re if isinstance(value, Complex) else value

    return Tensor(tensor.shape, entry)


OPS = (
    op("clone", define=clone, samples=(sample("clone", real(2, 3)), sample("clone", pairs(2)))),
    op("copy", define=copy, samples=(sample("copy_", real(2, 3), real(3)), sample("copy_", pairs(2), real(2)))),
    op("_to_copy", define=to_copy, samples=(sample("_to_copy", real(3)),)),
    op("fill", define=fill, samples=(sample("fill.Scalar", real(3), 0.1), sample("fill_.Tensor", real(3), real()))),
    op("zero", define=zero, samples=(sample("zero_", real(3)),)),
)
