"""How a tensor of the caller's lies in memory: code that reads it in that order is right for contiguous ones alone."""

from __future__ import annotations

import torch

#: Where the caller's tensor is a small part of a large one, so much memory is taken for a copy that lies like it.
MOST_ENTRIES = 2**22


def strides_of(tensor: torch.Tensor) -> tuple[int, ...] | None:
    """The strides of a dense tensor that is not contiguous; None for all others.

    None too where entries share memory, as in an expanded tensor: the gradient is by each entry as if it were alone.
    """
    if tensor.layout != torch.strided or tensor.is_contiguous() or _overlap(tensor.shape, tensor.stride()):
        return None
    return tuple(tensor.stride())


def laid_out(tensor: torch.Tensor, strides: tuple[int, ...] | None) -> torch.Tensor:
    """The numbers of a contiguous tensor with such strides, and zeros between them."""
    if strides is None:
        return tensor
    size = 1 + sum(stride * (n - 1) for n, stride in zip(tensor.shape, strides, strict=True))
    if size > MOST_ENTRIES + 2 * tensor.numel():
        return tensor
    return tensor.new_zeros(size).as_strided(tensor.shape, strides).copy_(tensor)


def _overlap(shape: torch.Size, strides: tuple[int, ...]) -> bool:
    """Whether two entries may lie in one place."""
    reach = 0
    for stride, n in sorted((stride, n) for n, stride in zip(shape, strides, strict=True) if n > 1):
        if stride <= reach:
            return True
        reach += stride * (n - 1)
    return False
