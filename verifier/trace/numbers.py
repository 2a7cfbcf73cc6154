"""The numbers of a tensor as they are kept beside a record, and what a tensor may be followed for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from verifier.trace.record import Geometry

Array = NDArray[Any]


#: What is said of a tensor that autograd follows and no recorded call made: a kernel filled memory by its address.
UNSEEN = "a tensor that requires grad comes out of code that makes no calls that can be followed"


def rests_on(tensor: torch.Tensor, inputs: Sequence[torch.Tensor]) -> bool:
    """Whether autograd sees a path from one of the inputs, which are leaves, to a tensor."""
    waiting, seen = [tensor.grad_fn], set()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        if any(getattr(node, "variable", None) is leaf for leaf in inputs):
            return True
        seen.add(node)
        waiting += [function for function, _ in node.next_functions]
    return False


def may_vary(tensor: torch.Tensor) -> bool:
    """Whether its numbers can be differentiated by something."""
    return tensor.is_floating_point() or tensor.is_complex()


def is_condition(tensor: torch.Tensor) -> bool:
    """Whether it holds truth values."""
    return tensor.dtype == torch.bool


def is_sparse(tensor: torch.Tensor) -> bool:
    """Whether it stores some of its entries alone, and the others are 0: as COO, or one matrix as CSR or CSC."""
    compressed = tensor.layout in (torch.sparse_csr, torch.sparse_csc) and tensor.dim() == 2
    return compressed or tensor.layout == torch.sparse_coo


def stored_places(tensor: torch.Tensor) -> torch.Tensor:
    """The indices of the entries that a sparse tensor stores, in their order; a row for each axis that is sparse."""
    with torch.no_grad():
        plain = tensor.detach()
        if plain.layout == torch.sparse_coo:
            return plain.coalesce().indices()
        rows = plain.layout == torch.sparse_csr
        bounds, inner = (
            (plain.crow_indices(), plain.col_indices()) if rows else (plain.ccol_indices(), plain.row_indices())
        )
        outer = torch.repeat_interleave(bounds.diff())
        return torch.stack((outer, inner) if rows else (inner, outer))


def change(old: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
    """What a write changed, 0 where nothing did: also where infinity stayed infinity."""
    wide = torch.complex128 if new.is_complex() else torch.float64
    before, after = old.to(wide), new.detach().to(wide)
    return torch.where(before == after, torch.zeros_like(after), after - before)


def numbers_of(tensor: torch.Tensor) -> Array:
    """A copy of the numbers, exactly; complex ones as pairs along a last axis, conditions as 0 and 1."""
    with torch.no_grad():
        plain = tensor.detach().to_dense() if is_sparse(tensor) else tensor.detach().resolve_conj().resolve_neg()
        if plain.is_complex():
            plain = torch.view_as_real(plain.to(torch.complex128))
        elif plain.is_floating_point():
            plain = plain.to(torch.float64)
        else:
            plain = plain.to(torch.int64)
        return np.array(plain.numpy(), order="C")


def geometry_of_numbers(shape: tuple[int, ...], dtype: str) -> Geometry:
    """How `numbers_of` a tensor of this shape and dtype lie."""
    if dtype.startswith("complex"):
        return Geometry.contiguous((*shape, 2), "float64")
    return Geometry.contiguous(shape, dtype)
