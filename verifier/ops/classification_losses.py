"""Losses whose targets are classes."""

from __future__ import annotations

from typing import Any

from sympy import And, Eq, Expr, Integer, Max, Ne, Piecewise, Rational, true

from verifier.op import Given, Operand, op, real, sample
from verifier.symbolic.arrangement import padded, reshaped
from verifier.symbolic.complex_number import exactly
from verifier.symbolic.losses import MEAN, NONE, SUM, reduced, summed
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor, total
from verifier.symbolic.windows import total_over

HALF = Rational(1, 2)


def nll_loss(
    self: Operand, target: Operand, weight: Operand | None, reduction: int, ignore_index: int, *, scope: Scope
) -> tuple[Tensor, Tensor | None]:
    """nll_loss_forward(Tensor self, Tensor target, Tensor? weight, int reduction, SymInt ignore_index), and

    nll_loss2d_forward: the classes are along the axis 1, or along the only one. The mean is by weight; the total of the
    weights is constant.
    """
    axis = min(1, len(self.shape) - 1)
    scores = padded(self, scope)
    weights = None if weight is None else padded(weight, scope)

    def weighted(value: Expr, at: tuple[Expr, ...]) -> Expr:
        label = target.entry(*at)
        factor = Integer(1) if weights is None else weights[label]
        return Piecewise((factor * value, Ne(label, ignore_index)), (Integer(0), true), evaluate=False)

    terms = Tensor(target.shape, lambda *at: weighted(-scores.entry(*at[:axis], target.entry(*at), *at[axis:]), at))
    if reduction == NONE:
        return terms, None
    count = scope.detached(summed(Tensor(target.shape, lambda *at: weighted(Integer(1), at)), scope))
    losses = summed(terms, scope)
    return (Tensor((), lambda: losses.entry() / count.entry()) if reduction == MEAN else losses), count


def multi_margin_loss(
    self: Operand,
    target: Operand,
    p: int = 1,
    margin: float = 1,
    weight: Operand | None = None,
    reduction: int = MEAN,
    *,
    scope: Scope,
) -> Tensor:
    """multi_margin_loss(Tensor self, Tensor target, Scalar p=1, Scalar margin=1, Tensor? weight=None, ...) -> Tensor"""
    rows, labels = _of_order(self, 2), _of_order(target, 1)
    classes = rows.shape[1]

    def term(n: Expr) -> Expr:
        label = labels[n]

        def hinge(j: Expr) -> Expr:
            beyond = Max(0, exactly(margin) - rows[n, label] + rows[n, j]) ** int(p)
            return Piecewise((beyond, Ne(j, label)), (Integer(0), true), evaluate=False)

        factor = Integer(1) if weight is None else weight[label]
        return factor * total(classes, hinge) / classes

    return _reduced_rows(Tensor((rows.shape[0],), term), len(self.shape) < 2, reduction, scope)


def multilabel_margin_loss(self: Operand, target: Operand, reduction: int, *, scope: Scope) -> tuple[Tensor, None]:
    """multilabel_margin_loss_forward(Tensor self, Tensor target, int reduction) -> (Tensor output, Tensor is_target)

    The targets of a row are its labels before the first negative one.
    """
    rows, labels = _of_order(self, 2), _of_order(target, 2)
    count, classes = rows.shape
    ended = scope.settled(
        Tensor((count, classes), lambda n, j: total(classes, lambda k: _one(labels[n, k] < 0, k <= j))), "ended"
    )
    is_target = scope.settled(
        Tensor((count, classes), lambda n, i: total(classes, lambda j: _one(Eq(labels[n, j], i), ended[n, j] < HALF))),
        "is_target",
    )
    scores = padded(rows, scope)

    def hinge(n: Expr, j: Expr, i: Expr) -> Expr:
        beyond = Max(0, 1 - scores[n, labels[n, j]] + scores[n, i])
        counts = And(ended[n, j] < HALF, is_target[n, i] < HALF)
        return Piecewise((beyond, counts), (Integer(0), true), evaluate=False)

    terms = Tensor((count,), lambda n: total_over((classes, classes), lambda j, i: hinge(n, j, i)) / classes)
    return _reduced_rows(terms, len(self.shape) < 2, reduction, scope), None


def _of_order(tensor: Tensor, order: int) -> Tensor:
    """A tensor with axes of extent 1 in front, so that there is a row for each example."""
    lacking = order - len(tensor.shape)
    shape = (Integer(1),) * lacking + tensor.shape
    return tensor if not lacking else Tensor(shape, lambda *at: tensor.entry(*at[lacking:]))


def _reduced_rows(terms: Tensor, single: bool, reduction: int, scope: Scope) -> Tensor:
    result = reduced(terms, reduction, scope)
    return reshaped(scope.settled(result), (), scope) if single and reduction == NONE else result


def _one(*conditions: Any) -> Expr:
    """1 where conditions hold, 0 elsewhere."""
    return Piecewise((Integer(1), And(*conditions)), (Integer(0), true), evaluate=False)


OPS = (
    op(
        "nll_loss_forward",
        "nll_loss2d_forward",
        define=nll_loss,
        samples=(
            sample("nll_loss_forward", real(3, 4), Given([1, 3, 1], "int64"), Given([0.5, 1.0, 2.0, 1.5]), MEAN, 3),
            sample("nll_loss_forward", real(3, 4), Given([1, -100, 1], "int64"), None, NONE, -100),
            sample("nll_loss_forward", real(4), Given(2, "int64"), None, MEAN, -100),
            sample("nll_loss2d_forward", real(1, 3, 2, 2), Given([[[1, 2], [0, 0]]], "int64"), None, SUM, 0),
        ),
    ),
    op(
        "multi_margin_loss",
        define=multi_margin_loss,
        samples=(
            sample("multi_margin_loss", real(3, 4), Given([1, 3, 1], "int64"), 2, 0.5, Given([0.5, 1.0, 2.0, 1.5])),
            sample("multi_margin_loss", real(4), Given(2, "int64"), 1, 1, None, NONE),
        ),
    ),
    op(
        "multilabel_margin_loss_forward",
        define=multilabel_margin_loss,
        samples=(
            sample("multilabel_margin_loss_forward", real(2, 4), Given([[1, 3, -1, 0], [2, -1, 1, 1]], "int64"), MEAN),
            sample("multilabel_margin_loss_forward", real(3), Given([1, -1, 0], "int64"), NONE),
        ),
    ),
)
