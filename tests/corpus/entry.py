"""One function of the corpus, and how its inputs are made."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

Make = Callable[[torch.dtype], Sequence[torch.Tensor]]

F64 = torch.float64
F32 = torch.float32
BF16 = torch.bfloat16
F16 = torch.float16

WIDE = (F64, F32)
ALL = (F64, F32, BF16)


@dataclass(frozen=True)
class Entry:
    """A function under a name, the inputs for a dtype, and the dtypes in which it is what its table says.

    function: takes the inputs; with `by_dtype` it takes a dtype and returns a function for it (parameters have one).
    culprit: the name of the input whose gradient is wrong, if just one is; `closed over` where no input is.
    """

    name: str
    function: Callable[..., Any]
    inputs: Make
    dtypes: tuple[torch.dtype, ...] = ALL
    culprit: str | None = None
    by_dtype: bool = False

    def function_in(self, dtype: torch.dtype) -> Callable[..., Any]:
        """The function for inputs of a dtype."""
        chosen: Callable[..., Any] = self.function(dtype) if self.by_dtype else self.function
        return chosen


def given(*values: Any) -> Make:
    """Tensors of these numbers in the dtype that is asked for; whole-number tensors stay what they are."""
    return lambda dtype: [_tensor(value, dtype) for value in values]


def drawn(*shapes: Sequence[int], seed: int = 0, scale: float = 1.0, shift: float = 0.0) -> Make:
    """Normal numbers, times `scale`, plus `shift`: the same for every dtype but for rounding."""

    def make(dtype: torch.dtype) -> list[torch.Tensor]:
        generator = torch.Generator().manual_seed(seed)
        numbers = [torch.randn(*shape, dtype=F64, generator=generator) * scale + shift for shape in shapes]
        return [n.to(dtype).requires_grad_() for n in numbers]

    return make


def positive(*shapes: Sequence[int], seed: int = 0) -> Make:
    """Numbers from 1/2 to 2."""

    def make(dtype: torch.dtype) -> list[torch.Tensor]:
        generator = torch.Generator().manual_seed(seed)
        return [(0.5 + 1.5 * torch.rand(*s, dtype=F64, generator=generator)).to(dtype).requires_grad_() for s in shapes]

    return make


def _tensor(value: Any, dtype: torch.dtype) -> torch.Tensor:
    if isinstance(value, torch.Tensor) and not value.is_floating_point():
        return value
    return torch.as_tensor(value, dtype=F64).to(dtype).requires_grad_()
