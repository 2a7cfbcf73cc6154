"""The part of an input that a function is defined by, where it takes it for granted that there is no other."""

from __future__ import annotations

from collections.abc import Callable

import torch

#: From a tensor to one of the same shape, linear, and applied again without effect.
Part = Callable[[torch.Tensor], torch.Tensor]


def whole(tensor: torch.Tensor) -> torch.Tensor:
    """All of it."""
    return tensor


def symmetric_part(matrix: torch.Tensor) -> torch.Tensor:
    """(A + Aᵀ)/2 of the matrices in the last two axes: A itself where it is symmetric."""
    return (matrix + matrix.mT) / 2


def hermitian_part(pairs: torch.Tensor) -> torch.Tensor:
    """(A + Aᴴ)/2 of complex matrices as pairs of real numbers, whose last axis holds real and imaginary parts."""
    return (pairs + pairs.transpose(-2, -3) * pairs.new_tensor([1.0, -1.0])) / 2
