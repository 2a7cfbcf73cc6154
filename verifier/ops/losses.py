"""Losses that compare entries with their targets one by one."""

from __future__ import annotations

from typing import Any

from sympy import Abs, Expr, Integer, Max, Piecewise, log, true

from verifier.op import Drawn, Given, Operand, op, positive, real, sample
from verifier.symbolic.exponentials import log_sigmoid
from verifier.symbolic.losses import MEAN, NONE, SUM, reduced
from verifier.symbolic.scope import Scope, entrywise
from verifier.symbolic.tensor import Tensor


def mse_loss(self: Operand, target: Operand, reduction: int = MEAN, *, scope: Scope) -> Tensor:
    """mse_loss(Tensor self, Tensor target, int reduction=Mean) -> Tensor"""
    return reduced(entrywise(lambda x, t: (x - t) ** 2, self, target), reduction, scope)


def smooth_l1_loss(self: Operand, target: Operand, reduction: int = MEAN, beta: float = 1.0, *, scope: Scope) -> Tensor:
    """smooth_l1_loss(Tensor self, Tensor target, int reduction=Mean, float beta=1.0) -> Tensor"""

    def term(x: Expr, t: Expr, width: Expr) -> Expr:
        if width == 0:
            return Abs(x - t)
        near = (x - t) ** 2 / (2 * width), Abs(x - t) < width
        return Piecewise(near, (Abs(x - t) - width / 2, true), evaluate=False)

    return reduced(entrywise(term, self, target, beta), reduction, scope)


def huber_loss(self: Operand, target: Operand, reduction: int = MEAN, delta: float = 1.0, *, scope: Scope) -> Tensor:
    """huber_loss(Tensor self, Tensor target, int reduction=Mean, float delta=1.0) -> Tensor"""

    def term(x: Expr, t: Expr, width: Expr) -> Expr:
        near = (x - t) ** 2 / 2, Abs(x - t) <= width
        return Piecewise(near, (width * (Abs(x - t) - width / 2), true), evaluate=False)

    return reduced(entrywise(term, self, target, delta), reduction, scope)


def soft_margin_loss(self: Operand, target: Operand, reduction: int = MEAN, *, scope: Scope) -> Tensor:
    """soft_margin_loss(Tensor self, Tensor target, int reduction=Mean) -> Tensor"""
    return reduced(entrywise(lambda x, t: -log_sigmoid(t * x), self, target), reduction, scope)


def binary_cross_entropy(
    self: Operand, target: Operand, weight: Operand | None = None, reduction: int = MEAN, *, scope: Scope
) -> Tensor:
    """binary_cross_entropy(Tensor self, Tensor target, Tensor? weight=None, int reduction=Mean) -> Tensor

    Logarithms below -100 count as -100.
    """

    def term(x: Expr, t: Expr, w: Expr) -> Expr:
        return -w * (t * Max(log(x), -100) + (1 - t) * Max(log(1 - x), -100))

    return reduced(entrywise(term, self, target, _or_one(weight)), reduction, scope)


def binary_cross_entropy_with_logits(
    self: Operand,
    target: Operand,
    weight: Operand | None = None,
    pos_weight: Operand | None = None,
    reduction: int = MEAN,
    *,
    scope: Scope,
) -> Tensor:
    """binary_cross_entropy_with_logits(Tensor self, Tensor target, Tensor? weight=None, ...)"""

    def term(x: Expr, t: Expr, w: Expr, positive: Expr) -> Expr:
        return w * ((1 - t) * x - (1 + (positive - 1) * t) * log_sigmoid(x))

    return reduced(entrywise(term, self, target, _or_one(weight), _or_one(pos_weight)), reduction, scope)


def _or_one(weight: Tensor | None) -> Any:
    return Integer(1) if weight is None else weight


def rrelu_with_noise(
    self: Operand,
    noise: Operand,
    lower: float = 0.125,
    upper: float = 1 / 3,
    training: bool = False,
    generator: None = None,
    *,
    results: tuple[Operand | None, ...],
) -> Tensor:
    """rrelu_with_noise(Tensor self, Tensor(b!) noise, Scalar lower=0.125, Scalar upper=0.333, bool training=False, ...)

    The slopes that were drawn are what was written into `noise`.
    """
    slope: Any = results[-1] if training else (lower + upper) / 2
    return entrywise(lambda x, s: Piecewise((x, x > 0), (s * x, true), evaluate=False), self, slope)


def probabilities(*shape: int) -> Drawn:
    """Numbers between 0 and 1, away from both."""
    return positive(*shape, low=0.1, high=0.9)


OPS = (
    op(
        "mse_loss",
        define=mse_loss,
        samples=(sample("mse_loss", real(2, 3), real(2, 3)), sample("mse_loss", real(3), real(3), NONE)),
    ),
    op(
        "smooth_l1_loss",
        define=smooth_l1_loss,
        samples=(
            sample("smooth_l1_loss", real(2, 3), real(2, 3), MEAN, 0.7),
            sample("smooth_l1_loss", real(4), real(4), SUM, 0.0),
        ),
    ),
    op(
        "huber_loss",
        define=huber_loss,
        samples=(
            sample("huber_loss", real(2, 3), real(2, 3), MEAN, 0.7),
            sample("huber_loss", real(4), real(4), NONE, 2.0),
        ),
    ),
    op(
        "soft_margin_loss",
        define=soft_margin_loss,
        samples=(sample("soft_margin_loss", real(4), Given([1.0, -1.0, 1.0, -0.5]), SUM),),
    ),
    op(
        "binary_cross_entropy",
        define=binary_cross_entropy,
        samples=(
            sample("binary_cross_entropy", probabilities(2, 3), probabilities(2, 3), Given([[0.5, 1.0, 2.0]] * 2)),
            sample("binary_cross_entropy", probabilities(3), probabilities(3), None, NONE),
        ),
    ),
    op(
        "binary_cross_entropy_with_logits",
        define=binary_cross_entropy_with_logits,
        samples=(
            sample(
                "binary_cross_entropy_with_logits",
                real(2, 3),
                real(2, 3),
                Given([0.5, 1.0, 2.0]),
                Given([2.0, 0.3, 1.0]),
                SUM,
            ),
            sample("binary_cross_entropy_with_logits", real(3), real(3)),
        ),
    ),
    op(
        "rrelu_with_noise",
        define=rrelu_with_noise,
        samples=(
            sample("rrelu_with_noise", real(2, 3), Given([[0.0] * 3] * 2), 0.1, 0.3, True),
            sample("rrelu_with_noise", real(4), Given([0.0] * 4), 0.1, 0.3, False),
        ),
    ),
)
