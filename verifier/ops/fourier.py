"""Discrete Fourier transforms: products with the matrix exp(±2πi·j·k/n), one axis after another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sympy import Eq, Expr, Integer, Mod, Or, Piecewise, Rational, cos, pi, sin, sqrt, true

from verifier.op import Operand, op, pairs, real, sample
from verifier.symbolic.complex_number import Complex
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor, total


def r2c(self: Operand, dim: Sequence[int], normalization: int, onesided: bool, scope: Scope) -> Tensor:
    """_fft_r2c(Tensor self, int[] dim, int normalization, bool onesided) -> Tensor"""
    last = dim[-1]
    kept = self.shape[last] // 2 + 1 if onesided else self.shape[last]
    spectrum: Tensor = self
    for axis in dim:
        spectrum = transformed(spectrum, axis, -1, scope)
    return cut(scaled(spectrum, self, dim, normalization), last, kept)


def c2c(self: Operand, dim: Sequence[int], normalization: int, forward: bool, scope: Scope) -> Tensor:
    """_fft_c2c(Tensor self, SymInt[] dim, int normalization, bool forward) -> Tensor"""
    spectrum: Tensor = self
    for axis in dim:
        spectrum = transformed(spectrum, axis, -1 if forward else 1, scope)
    return scaled(spectrum, spectrum, dim, normalization)


def c2r(self: Operand, dim: Sequence[int], normalization: int, last_dim_size: int, scope: Scope) -> Tensor:
    """_fft_c2r(Tensor self, int[] dim, int normalization, SymInt last_dim_size) -> Tensor"""
    *others, last = dim
    spectrum: Tensor = self
    for axis in others:
        spectrum = transformed(spectrum, axis, 1, scope)
    signal = from_half(scope.settled(spectrum), last, Integer(last_dim_size), scope)
    return scaled(signal, signal, dim, normalization)


def transformed(tensor: Tensor, axis: int, sign: int, scope: Scope) -> Tensor:
    """out[k] = Σ over j of exp(sign·2πi·j·k/n)·tensor[j] along an axis."""
    n = tensor.shape[axis]
    wave = waves(n, n, n, scope)

    def entry(*at: Any) -> Any:
        def summand(j: Expr) -> Any:
            real, imag = wave.re[at[axis], j], sign * wave.im[at[axis], j]
            return tensor[(*at[:axis], j, *at[axis + 1 :])] * Complex(real, imag)

        return total(n, summand)

    return scope.settled(Tensor(tensor.shape, entry), "spectrum")


def from_half(half: Tensor, axis: int, n: Expr, scope: Scope) -> Tensor:
    """The real signal of n entries whose spectrum is Hermitian, from the half of it that begins at frequency 0.

    Every frequency but 0 and n/2 stands for its mirror image too; of these two only the real parts count.
    """
    kept = n // 2 + 1
    wave = waves(n, kept, n, scope)
    twice = scope.settled(
        Tensor((kept,), lambda k: Piecewise((Integer(1), Or(Eq(k, 0), Eq(2 * k, n))), (Integer(2), true)))
    )

    def entry(*at: Any) -> Any:
        def summand(k: Expr) -> Any:
            part = half[(*at[:axis], k, *at[axis + 1 :])]
            return twice[k] * (part.re * wave.re[at[axis], k] - part.im * wave.im[at[axis], k])

        return total(kept, summand)

    shape = (*half.shape[:axis], n, *half.shape[axis + 1 :])
    return scope.settled(Tensor(shape, entry), "signal")


def waves(rows: Expr, columns: Expr, n: Expr, scope: Scope) -> Complex:
    """The cosines and the sines of 2π·j·k/n, as tensors; whole turns are taken off among integers."""
    turn = 2 * pi / n
    cosines = scope.settled(Tensor((n,), lambda j: cos(turn * j)), "cosines")
    sines = scope.settled(Tensor((n,), lambda j: sin(turn * j)), "sines")
    return Complex(
        scope.settled(Tensor((rows, columns), lambda j, k: cosines[Mod(j * k, n)]), "cosines"),
        scope.settled(Tensor((rows, columns), lambda j, k: sines[Mod(j * k, n)]), "sines"),
    )


def scaled(tensor: Tensor, of: Tensor, dim: Sequence[int], normalization: int) -> Tensor:
    """Divided by nothing (0), the root of the number of entries transformed (1), or that number (2)."""
    count = Integer(1)
    for axis in dim:
        count *= of.shape[axis]
    factor = (Integer(1), 1 / sqrt(count), Rational(1, max(count, 1)))[normalization] if count else Integer(1)
    return Tensor(tensor.shape, lambda *at: tensor[at] * factor)


def cut(tensor: Tensor, axis: int, kept: Expr) -> Tensor:
    """The first entries along an axis."""
    return Tensor((*tensor.shape[:axis], kept, *tensor.shape[axis + 1 :]), tensor.entry)


OPS = (
    op(
        "_fft_r2c",
        define=r2c,
        samples=(
            sample("_fft_r2c", real(2, 5), [1], 0, True),
            sample("_fft_r2c", real(4, 3), [0, 1], 1, False),
            sample("_fft_r2c", real(4, 3), [1, 0], 2, True),
        ),
    ),
    op(
        "_fft_c2c",
        define=c2c,
        samples=(sample("_fft_c2c", pairs(2, 5), [1], 0, True), sample("_fft_c2c", pairs(3, 4), [0, 1], 2, False)),
    ),
    op(
        "_fft_c2r",
        define=c2r,
        samples=(
            sample("_fft_c2r", pairs(2, 3), [1], 0, 4),
            sample("_fft_c2r", pairs(2, 3), [1], 1, 5),
            sample("_fft_c2r", pairs(4, 3), [0, 1], 2, 4),
        ),
    ),
)
