"""Entries chosen along an axis by their order: sorted, largest, smallest, in the middle, most frequent.

Which entries were chosen is what torch says. Of equal ones any may be: torch names one.
"""

from __future__ import annotations

from typing import Any

from verifier.op import Operand, op, real, sample
from verifier.symbolic.axes import with_unit_axes
from verifier.symbolic.tensor import Tensor

Results = tuple[Operand | None, ...]


def sort(self: Operand, dim: int = -1, descending: bool = False, *, results: Results) -> tuple[Tensor, None]:
    """sort(Tensor self, int dim=-1, bool descending=False) -> (Tensor values, Tensor indices)"""
    return _chosen(self, dim, True, results), None


def stable_sort(
    self: Operand, *, dim: int = -1, descending: bool = False, stable: bool | None = None, results: Results
) -> tuple[Tensor, None]:
    """sort.stable(Tensor self, *, bool? stable, int dim=-1, bool descending=False) -> (Tensor, Tensor)"""
    return _chosen(self, dim, True, results), None


def topk(
    self: Operand, k: int, dim: int = -1, largest: bool = True, sorted: bool = True, *, results: Results
) -> tuple[Tensor, None]:
    """topk(Tensor self, SymInt k, int dim=-1, bool largest=True, bool sorted=True) -> (Tensor, Tensor)"""
    return _chosen(self, dim, True, results), None


def kthvalue(self: Operand, k: int, dim: int = -1, keepdim: bool = False, *, results: Results) -> tuple[Tensor, None]:
    """kthvalue(Tensor self, SymInt k, int dim=-1, bool keepdim=False) -> (Tensor values, Tensor indices)"""
    return _chosen(self, dim, keepdim, results), None


def one_of(self: Operand, dim: int = -1, keepdim: bool = False, *, results: Results) -> tuple[Tensor, None]:
    """max.dim(Tensor self, int dim, bool keepdim=False) -> (Tensor values, Tensor indices), and the like of others"""
    return _chosen(self, dim, keepdim, results), None


def running(self: Operand, dim: int, *, results: Results) -> tuple[Tensor, None]:
    """cummax(Tensor self, int dim) -> (Tensor values, Tensor indices), and cummin(...)"""
    return _chosen(self, dim, True, results), None


def _chosen(tensor: Tensor, dim: int, keepdim: bool, results: Results) -> Tensor:
    """The entries at the places along an axis that torch returned with them."""
    places: Any = results[1]
    if not tensor.shape:
        return tensor
    axis = dim % len(tensor.shape)
    indices = places if keepdim else with_unit_axes(places, (axis,))
    chosen = Tensor(indices.shape, lambda *at: tensor.entry(*at[:axis], indices.entry(*at), *at[axis + 1 :]))
    return chosen if keepdim else Tensor(places.shape, lambda *at: chosen.entry(*at[:axis], 0, *at[axis:]))


DISTINCT = real(2, 5, distinct=True)

OPS = (
    op("sort", define=sort, samples=(sample("sort", DISTINCT), sample("sort", real(), 0, True))),
    op("sort.stable", define=stable_sort, samples=(sample("sort.stable", DISTINCT, stable=True, dim=0),)),
    op("topk", define=topk, samples=(sample("topk", DISTINCT, 2), sample("topk", DISTINCT, 1, 0, False))),
    op(
        "kthvalue",
        define=kthvalue,
        samples=(sample("kthvalue", DISTINCT, 2), sample("kthvalue", DISTINCT, 1, 0, True)),
    ),
    op(
        *("max.dim", "min.dim", "median.dim", "nanmedian.dim", "mode"),
        define=one_of,
        samples=(
            sample("max.dim", DISTINCT, -1, True),
            sample("min.dim", DISTINCT, 0),
            sample("median.dim", DISTINCT, 1),
            sample("nanmedian.dim", DISTINCT, 0, True),
            sample("mode", DISTINCT),
            sample("max.dim", real(), 0),
        ),
    ),
    op(
        *("cummax", "cummin"),
        define=running,
        samples=(sample("cummax", DISTINCT, 0), sample("cummin", DISTINCT, -1)),
    ),
)
