"""The largest, the smallest and the middle entries, without their places.

Where several entries are equal, torch divides the derivative evenly between them. For the largest and the smallest the
borders between them are kinks of the program, and any division is a subgradient. Of the middle entries each that is
equal to the chosen one may have a share: terms Max(entry − chosen, 0) beside it are zero, and have a kink there.
"""

from __future__ import annotations

from sympy import Expr, Integer, Mod, Piecewise, Rational, true

from verifier.op import Given, Operand, op, real, sample
from verifier.symbolic.axes import Dims, axes_of, kept, largest, rows
from verifier.symbolic.presence import IsNumber
from verifier.symbolic.scope import Scope, entrywise
from verifier.symbolic.selection import Argsort
from verifier.symbolic.tensor import Tensor, scalar, total


def amax(self: Operand, dim: Dims = (), keepdim: bool = False, *, scope: Scope) -> Tensor:
    """amax(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor, and max(Tensor self) -> Tensor"""
    axes = axes_of(dim, len(self.shape))
    return kept(largest(self, axes, scope), axes, keepdim)


def amin(self: Operand, dim: Dims = (), keepdim: bool = False, *, scope: Scope) -> Tensor:
    """amin(Tensor self, int[1] dim=[], bool keepdim=False) -> Tensor, and min(Tensor self) -> Tensor"""
    axes = axes_of(dim, len(self.shape))
    negative = largest(entrywise(lambda x: -x, self), axes, scope)
    return kept(entrywise(lambda x: -x, negative), axes, keepdim)


def aminmax(self: Operand, *, dim: int | None = None, keepdim: bool = False, scope: Scope) -> tuple[Tensor, Tensor]:
    """aminmax(Tensor self, *, int? dim=None, bool keepdim=False) -> (Tensor min, Tensor max)"""
    return amin(self, dim, keepdim, scope=scope), amax(self, dim, keepdim, scope=scope)


def median(self: Operand, *, scope: Scope) -> Tensor:
    """median(Tensor self) -> Tensor; of an even number of entries the lower one of the two in the middle"""
    entries = rows(self, range(len(self.shape)), scope)
    return _ranked(entries, Integer(int(entries.shape[0] - 1) // 2), scope)


def nanmedian(self: Operand, *, scope: Scope) -> Tensor:
    """nanmedian(Tensor self) -> Tensor; the median of the entries that are not NaN, which are sorted last"""
    entries = rows(self, range(len(self.shape)), scope)
    length = entries.shape[0]
    numbers = scope.settled(scalar(total(length, lambda j: IsNumber(entries[j]))))
    middle = scope.whole(entrywise(lambda n: (n - 1) * Rational(1, 2), numbers))
    return _ranked(entries, Mod(middle[()], length), scope)


def _ranked(entries: Tensor, rank: Expr, scope: Scope) -> Tensor:
    """The entry with so many others before it in their order, in which all that are equal to it have a share.

    Where the rank depends on the entries, the one that comes first in their order has all of it.
    """
    length = entries.shape[0]
    order = scope.add(Argsort(scope.name(entries), entries.shape), "order")
    place = scope.settled(scalar(order[rank]), "place")
    if not rank.is_Integer:
        return scalar(entries[place[()]])
    chosen = scope.settled(scalar(entries[place[()]]), "chosen")
    ordered = scope.settled(Tensor((length,), lambda j: entries[order[j]]), "ordered")
    before = total(rank, lambda j: _above(ordered[j], chosen[()]))
    after = total(length - 1 - rank, lambda j: _above(-ordered[j + rank + 1], -chosen[()]))
    return scalar(chosen[()] + before - after)


def _above(entry: Expr, other: Expr) -> Expr:
    """How far an entry is above another one; nothing if it is not."""
    return Piecewise((entry - other, entry > other), (Integer(0), true), evaluate=False)


DISTINCT = real(2, 5, distinct=True)

OPS = (
    op(
        *("amax", "max"),
        define=amax,
        samples=(
            sample("amax", DISTINCT, [0], True),
            sample("amax", real(2, 3, 2, distinct=True), [-1, 0]),
            sample("max", DISTINCT),
            sample("amax", real(), [0]),
        ),
    ),
    op(
        *("amin", "min"),
        define=amin,
        samples=(sample("amin", DISTINCT, [1]), sample("min", DISTINCT), sample("amin", real(2, 3, distinct=True))),
    ),
    op(
        "aminmax",
        define=aminmax,
        samples=(sample("aminmax", DISTINCT), sample("aminmax", DISTINCT, dim=0, keepdim=True)),
    ),
    op("median", define=median, samples=(sample("median", DISTINCT), sample("median", real(7, distinct=True)))),
    op(
        "nanmedian",
        define=nanmedian,
        samples=(
            sample("nanmedian", DISTINCT),
            sample("nanmedian", Given([float("nan"), 3.0, 1.0, 2.0, float("nan"), 0.5], varies=True)),
        ),
    ),
)
