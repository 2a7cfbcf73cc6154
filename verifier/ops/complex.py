"""Complex numbers from their parts, and parts of them; `real`, `imag` and `view_as_real` are views."""

from __future__ import annotations

from sympy import cos, sin

from verifier.op import Operand, op, pairs, positive, real, sample
from verifier.symbolic import complex_number
from verifier.symbolic.complex_number import Complex
from verifier.symbolic.scope import entrywise
from verifier.symbolic.tensor import Tensor


def complex_of(real: Operand, imag: Operand) -> Tensor:
    """complex(Tensor real, Tensor imag) -> Tensor"""
    return entrywise(Complex, real, imag)


def polar(abs: Operand, angle: Operand) -> Tensor:
    """polar(Tensor abs, Tensor angle) -> Tensor"""
    return entrywise(lambda size, phase: Complex(size * cos(phase), size * sin(phase)), abs, angle)


def angle(self: Operand) -> Tensor:
    """angle(Tensor self) -> Tensor"""
    return entrywise(complex_number.angle, self)


def sgn(self: Operand) -> Tensor:
    """sgn(Tensor self) -> Tensor: z/|z|, and 0 at 0"""
    return entrywise(complex_number.direction, self)


def conj_physical(self: Operand) -> Tensor:
    """_conj_physical(Tensor self) -> Tensor"""
    return entrywise(complex_number.conjugate, self)


OPS = (
    op("complex", define=complex_of, samples=(sample("complex", real(2, 3), real(3)),)),
    op("polar", define=polar, samples=(sample("polar", positive(2, 3), real(3)),)),
    op("angle", define=angle, samples=(sample("angle", pairs(3)), sample("angle", real(3)))),
    op("sgn", define=sgn, samples=(sample("sgn", pairs(3)), sample("sgn", real(3)))),
    op(
        "_conj_physical",
        "conj_physical",
        define=conj_physical,
        samples=(
            sample("_conj_physical", pairs(3)),
            sample("conj_physical", pairs(2)),
            sample("conj_physical_", pairs(2)),
        ),
    ),
)
