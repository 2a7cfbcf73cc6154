"""Dropout: the mask is what was drawn, a constant."""

from __future__ import annotations

from sympy import Expr, Integer, Ne, Piecewise, true

from verifier.op import Operand, booleans, op, real, sample
from verifier.symbolic.complex_number import exactly
from verifier.symbolic.tensor import Tensor


def native_dropout(
    input: Operand, p: float, train: bool | None, *, results: tuple[Operand | None, ...]
) -> tuple[Tensor, None]:
    """native_dropout(Tensor input, float p, bool? train) -> (Tensor, Tensor)"""
    mask = results[1]
    if train is False or mask is None:
        return input, None
    return _kept(input, mask, 1 / (1 - exactly(p)) if p < 1 else Integer(0)), None


def native_dropout_backward(grad_output: Operand, mask: Operand, scale: float) -> Tensor:
    """native_dropout_backward(Tensor grad_output, Tensor mask, float scale) -> Tensor"""
    return _kept(grad_output, mask, exactly(scale))


def _kept(tensor: Tensor, mask: Tensor, factor: Expr) -> Tensor:
    def entry(*at: Expr) -> Expr:
        return Piecewise((factor * tensor.entry(*at), Ne(mask.entry(*at), 0)), (Integer(0), true), evaluate=False)

    return Tensor(tensor.shape, entry)


OPS = (
    op(
        "native_dropout",
        define=native_dropout,
        samples=(sample("native_dropout", real(3, 4), 0.3, True), sample("native_dropout", real(3), 0.3, False)),
    ),
    op(
        "native_dropout_backward",
        define=native_dropout_backward,
        samples=(sample("native_dropout_backward", real(2, 3), booleans(2, 3), 1.5),),
    ),
)
