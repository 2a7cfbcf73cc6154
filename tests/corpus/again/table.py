"""A table of functions with the numbers that they are tried at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from corpus.entry import BF16, F16, F32, F64, WIDE, Entry

EVERY = (F64, F32, BF16, F16)
PAIRS = {F64: torch.complex128, F32: torch.complex64}


class Constant:
    """An input that is not in question: its numbers."""

    def __init__(self, numbers: Any) -> None:
        self.numbers = torch.as_tensor(numbers)


class Table(list[Entry]):
    """Entries that are added one by one: a name, a function, its inputs in float64, and the dtypes."""

    def add(self, name: str, function: Callable[..., Any], *inputs: Any, dt: Any = EVERY) -> None:
        self.append(Entry(name, function, lambda dtype: [_cast(numbers, dtype) for numbers in inputs], tuple(dt)))


def normal(*shape: int, seed: int = 0, scale: float = 1.0, shift: float = 0.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed + 31 * sum(shape) + len(shape))
    return torch.randn(*shape, generator=generator, dtype=F64) * scale + shift


def uniform(*shape: int, seed: int = 0, lo: float = 0.0, hi: float = 1.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed + 77 * sum(shape) + len(shape))
    return torch.rand(*shape, generator=generator, dtype=F64) * (hi - lo) + lo


def _cast(numbers: Any, dtype: torch.dtype) -> torch.Tensor:
    if isinstance(numbers, Constant):
        return numbers.numbers.to(dtype) if numbers.numbers.is_floating_point() else numbers.numbers
    tensor = numbers if isinstance(numbers, torch.Tensor) else torch.as_tensor(numbers, dtype=F64)
    return tensor.to(PAIRS[dtype] if tensor.is_complex() else dtype).detach().clone().requires_grad_()


__all__ = ["BF16", "EVERY", "F16", "F32", "F64", "WIDE", "Constant", "Table", "normal", "uniform"]
