"""Reductions of the entries that go to the same place, or lie in the same segment.

Where several entries are the largest, torch divides the derivative evenly between them; here one of them has it all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sympy import And, Eq, Expr, Integer, Piecewise, Rational, nan, true

from verifier.op import Given, Operand, integers, op, real, sample
from verifier.symbolic.arrangement import padded
from verifier.symbolic.complex_number import exactly
from verifier.symbolic.cumulative import running_sum
from verifier.symbolic.grouping import NEUTRAL, reduced
from verifier.symbolic.indexing import added_at, along_axis, of_shape, times_named, vector
from verifier.symbolic.scope import Scope
from verifier.symbolic.tensor import Tensor, total

HALF = Rational(1, 2)


def scatter_reduce(
    self: Operand,
    dim: int,
    index: Operand,
    src: Operand,
    reduce: str,
    *,
    include_self: bool = True,
    scope: Scope,
) -> Tensor:
    """scatter_reduce.two(Tensor self, int dim, Tensor index, Tensor src, str reduce, *, bool include_self=True)"""
    target, places = vector(self), vector(index)
    source = Tensor(places.shape, vector(src).entry)
    return of_shape(_gone_to(target, dim % len(target.shape), places, source, reduce, include_self, scope), self.shape)


def index_reduce(
    self: Operand,
    dim: int,
    index: Operand,
    source: Operand,
    reduce: str,
    *,
    include_self: bool = True,
    scope: Scope,
) -> Tensor:
    """index_reduce(Tensor self, int dim, Tensor index, Tensor source, str reduce, *, bool include_self=True)"""
    target, places, values = vector(self), vector(index), vector(source)
    axis = dim % len(target.shape)
    spread = Tensor(values.shape, lambda *at: places.entry(at[axis]))
    return of_shape(_gone_to(target, axis, spread, values, reduce, include_self, scope), self.shape)


def _gone_to(
    target: Tensor, axis: int, index: Tensor, source: Tensor, kind: str, include_self: bool, scope: Scope
) -> Tensor:
    """What is at each place of `target` and what of `source` goes there, reduced; the places nothing goes to stay."""
    place = along_axis(axis, index)
    times = times_named(target.shape, index.shape, place, scope)
    if kind in ("sum", "mean"):
        added = added_at(target.shape, source, place, scope)

        def entry(*at: Expr) -> Expr:
            together = added[at] + target.entry(*at) if include_self else added[at]
            number = Integer(1) if kind == "sum" else times[at] + (1 if include_self else 0)
            return Piecewise((together / number, times[at] > HALF), (target.entry(*at), true), evaluate=False)

        return Tensor(target.shape, entry)
    named = padded(scope.settled(index), scope, -1)
    values = padded(scope.settled(source), scope)

    def candidate(*at: Expr) -> Expr:
        """The entry of the target first, then those of the source along the axis."""
        *own, k = at
        there = [*own[:axis], k - 1, *own[axis + 1 :]]
        stays = Eq(k, 0) if include_self else And(Eq(k, 0), times[tuple(own)] < HALF)
        return Piecewise(
            (target.entry(*own), stays),
            (values.entry(*there), Eq(named.entry(*there), own[axis])),
            (NEUTRAL[kind], true),
            evaluate=False,
        )

    rows = Tensor((*target.shape, index.shape[axis] + 1), candidate)
    return reduced(scope.settled(rows, "candidates"), kind, scope)


def segment_reduce(
    data: Operand,
    reduce: str,
    *,
    lengths: Operand | None = None,
    indices: Operand | None = None,
    offsets: Operand | None = None,
    axis: int = 0,
    unsafe: bool = False,
    initial: Any = None,
    scope: Scope,
) -> Tensor:
    """segment_reduce(Tensor data, str reduce, *, Tensor? lengths=None, Tensor? indices=None, Tensor? offsets=None, ...)

    Segments follow one another along an axis, whose index comes last in lengths and offsets. A given `initial` goes
    into each of them, and is all there is of an empty one.
    """
    segments, start, stop = _borders(lengths, offsets, scope)
    length = data.shape[axis]
    start_with = None if initial is None else exactly(initial)

    def inside(at: tuple[Expr, ...], j: Expr) -> Any:
        return And(j >= start(*at[: axis + 1]), j < stop(*at[: axis + 1]))

    def along(at: tuple[Expr, ...], j: Expr) -> Expr:
        return data.entry(*at[:axis], j, *at[axis + 1 :])

    shape = (*data.shape[:axis], segments, *data.shape[axis + 1 :])
    if reduce in ("sum", "mean"):
        kept = Integer(0) if start_with is None else start_with

        def entry(*at: Expr) -> Expr:
            return kept + total(length, lambda j: Piecewise((along(at, j), inside(at, j)), (Integer(0), true)))

        sums = scope.settled(Tensor(shape, entry))
        return sums if reduce == "sum" else _means(sums, axis, start, stop, nan if initial is None else start_with)
    kind = {"max": "amax", "min": "amin"}.get(reduce, reduce)
    first = NEUTRAL[kind] if start_with is None else start_with

    def candidate(*at: Expr) -> Expr:
        *own, k = at
        place = (*own[:axis], k - 1, *own[axis + 1 :])
        return Piecewise(
            (first, Eq(k, 0)), (values.entry(*place), inside(tuple(own), k - 1)), (NEUTRAL[kind], true), evaluate=False
        )

    values = padded(scope.settled(data), scope)
    return reduced(scope.settled(Tensor((*shape, length + 1), candidate), "candidates"), kind, scope)


def _borders(
    lengths: Tensor | None, offsets: Tensor | None, scope: Scope
) -> tuple[Expr, Callable[..., Expr], Callable[..., Expr]]:
    """How many segments there are, and where each one begins and ends."""
    if offsets is not None:
        return offsets.shape[-1] - 1, offsets.entry, lambda *at: offsets.entry(*at[:-1], at[-1] + 1)
    assert lengths is not None
    ends = running_sum(lengths, scope)
    return lengths.shape[-1], lambda *at: ends.entry(*at) - lengths.entry(*at), ends.entry


def _means(sums: Tensor, axis: int, start: Callable[..., Expr], stop: Callable[..., Expr], empty: Any) -> Tensor:
    def entry(*at: Expr) -> Expr:
        size = stop(*at[: axis + 1]) - start(*at[: axis + 1])
        return Piecewise((sums[at] / size, size > HALF), (empty, true), evaluate=False)

    return Tensor(sums.shape, entry)


TWICE = Given([[0, 2, 0], [0, 3, 2]], "int64")

OPS = (
    op(
        "scatter_reduce.two",
        define=scatter_reduce,
        samples=(
            sample("scatter_reduce.two", real(4, 3), 0, TWICE, real(2, 3), "sum", include_self=False),
            sample("scatter_reduce.two", real(3, 4), -1, TWICE, real(2, 3), "mean"),
            sample("scatter_reduce.two", real(3, 4), -1, TWICE, real(2, 3), "mean", include_self=False),
            sample("scatter_reduce.two", real(3, 4), 1, TWICE, real(2, 3), "prod", include_self=False),
            sample(
                "scatter_reduce.two", real(4), 0, integers(5), Given([0.0, 2.0, 0.0, 1.5, -3.0], varies=True), "prod"
            ),
            sample("scatter_reduce.two", real(3, 4), 1, TWICE, real(2, 3), "amax"),
            sample("scatter_reduce.two", real(3, 4), 1, TWICE, real(2, 3), "amin", include_self=False),
            sample("scatter_reduce.two", real(), 0, Given(0, "int64"), real(), "amax"),
        ),
    ),
    op(
        "index_reduce",
        define=index_reduce,
        samples=(
            sample("index_reduce", real(2, 4), 1, Given([1, 3, 1], "int64"), real(2, 3), "mean"),
            sample("index_reduce", real(4, 2), 0, Given([1, 3, 1], "int64"), real(3, 2), "prod", include_self=False),
            sample("index_reduce", real(4), 0, Given([1, 3, 1], "int64"), real(3), "amin"),
        ),
    ),
    op(
        "segment_reduce",
        define=segment_reduce,
        samples=(
            *(
                sample("segment_reduce", real(5, 2), kind, lengths=Given([2, 0, 3], "int64"), initial=start)
                for kind, start in (("sum", None), ("mean", 1.5), ("max", -3), ("min", 0.5), ("prod", 2))
            ),
            sample("segment_reduce", real(5), "prod", offsets=Given([0, 1, 5], "int64")),
            sample("segment_reduce", real(2, 3), "sum", lengths=Given([[1, 2], [3, 0]], "int64"), axis=1, unsafe=True),
        ),
    ),
)
