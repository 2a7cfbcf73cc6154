"""Embeddings: rows of a table, chosen by integers."""

from __future__ import annotations

from typing import Any

from sympy import And, Eq, Expr, Integer, Ne, Piecewise, Rational, true
from sympy.logic.boolalg import Boolean

from verifier.op import Given, Operand, integers, op, real, sample
from verifier.symbolic.arrangement import padded
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor, total

SUM, MEAN, MAX = range(3)


def embedding(
    weight: Operand,
    indices: Operand,
    padding_idx: int = -1,
    scale_grad_by_freq: bool = False,
    sparse: bool = False,
    *,
    scope: Scope,
) -> Tensor:
    """embedding(Tensor weight, Tensor indices, SymInt padding_idx=-1, bool scale_grad_by_freq=False, ...) -> Tensor

    The row `padding_idx` is held constant. `scale_grad_by_freq` asks for something else than the derivative.
    """
    held = scope.detached(weight)

    def entry(*at: Expr) -> Expr:
        row = indices.entry(*at[:-1])
        if padding_idx < 0:
            return weight.entry(row, at[-1])
        pieces = (held.entry(row, at[-1]), Eq(row, padding_idx)), (weight.entry(row, at[-1]), true)
        return Piecewise(*pieces, evaluate=False)

    return Tensor((*indices.shape, weight.shape[1]), entry)


def embedding_bag(
    weight: Operand,
    indices: Operand,
    offsets: Operand,
    scale_grad_by_freq: bool = False,
    mode: int = SUM,
    sparse: bool = False,
    per_sample_weights: Operand | None = None,
    include_last_offset: bool = False,
    padding_idx: int = -1,
    *,
    results: tuple[Operand | None, ...],
    scope: Scope,
) -> tuple[Any, ...]:
    """_embedding_bag(Tensor weight, Tensor indices, Tensor offsets, bool scale_grad_by_freq=False, int mode=0, ...)

    The sum, the mean or the largest entries of the rows between one offset and the next; 0 of no rows. Rows
    `padding_idx` do not count. `scale_grad_by_freq` asks for something else than the derivative.
    """
    count, width = indices.shape[0], weight.shape[1]
    bags = offsets.shape[0] - (1 if include_last_offset else 0)

    ends = padded(offsets, scope, int(count))

    def inside(bag: Expr, place: Expr) -> Boolean:
        conditions = [place >= offsets[bag], place < ends[bag + 1]]
        return And(*conditions, *([Ne(indices[place], padding_idx)] if padding_idx >= 0 else []))

    def summand(bag: Expr, column: Expr, place: Expr) -> Expr:
        entry = weight[indices[place], column]
        entry = entry if per_sample_weights is None else entry * per_sample_weights[place]
        return Piecewise((entry, inside(bag, place)), (Integer(0), true), evaluate=False)

    size = scope.settled(
        Tensor(
            (bags,),
            lambda bag: total(
                count, lambda place: Piecewise((Integer(1), inside(bag, place)), (Integer(0), true), evaluate=False)
            ),
        ),
        "size",
    )
    sums = scope.settled(
        Tensor((bags, width), lambda bag, column: total(count, lambda place: summand(bag, column, place))), "sums"
    )
    if mode == SUM:
        return sums, None, None, None
    if mode == MEAN:
        mean = Tensor(
            (bags, width),
            lambda bag, column: Piecewise(
                (sums[bag, column] / size[bag], size[bag] > Rational(1, 2)), (Integer(0), true), evaluate=False
            ),
        )
        return mean, None, None, None
    chosen = results[3]
    assert chosen is not None
    largest = Tensor(
        (bags, width),
        lambda bag, column: Piecewise(
            (weight[chosen[bag, column], column], size[bag] > Rational(1, 2)), (Integer(0), true), evaluate=False
        ),
    )
    return largest, None, None, None


OPS = (
    op(
        "embedding",
        define=embedding,
        samples=(
            sample("embedding", real(4, 3), integers(2, 5)),
            sample("embedding", real(4, 2), Given([1, 3, 1], "int64"), 2),
        ),
    ),
    op(
        "_embedding_bag",
        define=embedding_bag,
        samples=(
            sample("_embedding_bag", real(4, 3), integers(5), Given([0, 2, 2], "int64")),
            sample(
                "_embedding_bag",
                real(4, 3),
                integers(5),
                Given([0, 2, 5], "int64"),
                False,
                SUM,
                False,
                real(5),
                True,
            ),
            sample("_embedding_bag", real(4, 3), integers(5), Given([0, 2, 2], "int64"), False, MEAN),
            sample("_embedding_bag", real(4, 3), Given([0, 3, 1, 2], "int64"), Given([0, 3], "int64"), False, MAX),
        ),
    ),
)
