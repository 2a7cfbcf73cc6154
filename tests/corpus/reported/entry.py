"""Entries of the corpus of wrong gradients: a function, its inputs, and which input is the culprit."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from zlib import crc32

import torch
from torch import Tensor

DOUBLE, SINGLE, HALF, BRAIN = torch.float64, torch.float32, torch.float16, torch.bfloat16
ALL = (DOUBLE, SINGLE, BRAIN, HALF)
WIDE = (DOUBLE, SINGLE)
ONLY_DOUBLE = (DOUBLE,)

Make = Callable[[torch.Generator], Tensor]


@dataclass(frozen=True)
class Entry:
    """A function whose gradient by `culprits` is wrong, and by nothing else.

    outcomes: what it may be called. asked: keywords of the check.
    """

    name: str
    culprits: frozenset[str]
    function: Callable[..., Any]
    makes: dict[str, Make]
    dtypes: tuple[torch.dtype, ...] = ALL
    outcomes: tuple[str, ...] = ("wrong",)
    asked: dict[str, Any] = field(default_factory=dict)

    def function_in(self, dtype: torch.dtype) -> Callable[..., Any]:
        """The function, which is the same for all dtypes."""
        return self.function

    def inputs(self, dtype: torch.dtype) -> dict[str, Tensor]:
        """The inputs at `dtype`, the same numbers at each call."""
        made = {}
        for name, make in self.makes.items():
            tensor = make(torch.Generator().manual_seed(crc32(f"{self.name} {name}".encode())))
            if tensor.is_complex():
                tensor = tensor.to(torch.complex128 if dtype is DOUBLE else torch.complex64)
            else:
                tensor = tensor.to(dtype)
            made[name] = tensor.requires_grad_()
        return made


def wrong(
    name: str,
    culprits: str,
    function: Callable[..., Any],
    /,
    dtypes: tuple[torch.dtype, ...] = ALL,
    outcomes: tuple[str, ...] = ("wrong",),
    asked: dict[str, Any] | None = None,
    **inputs: Make,
) -> Entry:
    """An entry; `culprits` are names of inputs, separated by blanks."""
    return Entry(name, frozenset(culprits.split()), function, inputs, dtypes, outcomes, asked or {})


def custom(forward: Callable[..., Any], backward: Callable[..., Any]) -> Callable[..., Any]:
    """`Function.apply` of `forward(*inputs)` with `backward(*cotangents, *inputs, *outputs)`."""

    class Custom(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, *inputs: Tensor) -> Any:
            result = forward(*inputs)
            results = result if isinstance(result, tuple) else (result,)
            ctx.save_for_backward(*inputs, *results)
            return result

        @staticmethod
        def backward(ctx: Any, *cotangents: Tensor) -> Any:
            return backward(*cotangents, *ctx.saved_tensors)

    return Custom.apply


def given(values: Any) -> Make:
    """The numbers as they are."""
    return lambda _: torch.tensor(values, dtype=DOUBLE)


def normal(*shape: int, scale: float = 1.0, shift: float = 0.0) -> Make:
    """Normal numbers."""
    return lambda generator: torch.randn(shape, generator=generator, dtype=DOUBLE) * scale + shift


def between(low: float, high: float, *shape: int) -> Make:
    """Numbers between `low` and `high`."""
    return lambda generator: low + (high - low) * torch.rand(shape, generator=generator, dtype=DOUBLE)


def signed(low: float, high: float, *shape: int) -> Make:
    """Numbers of both signs in turn, with sizes between `low` and `high`."""

    def make(generator: torch.Generator) -> Tensor:
        sizes = low + (high - low) * torch.rand(shape, generator=generator, dtype=DOUBLE)
        signs = 1.0 - 2.0 * (torch.arange(math.prod(shape)) % 2).to(DOUBLE)
        return sizes * signs.reshape(shape)

    return make


def definite(size: int) -> Make:
    """A symmetric positive definite matrix."""

    def make(generator: torch.Generator) -> Tensor:
        root = torch.randn(size, size, generator=generator, dtype=DOUBLE)
        return root @ root.T + size * torch.eye(size, dtype=DOUBLE)

    return make


def regular(size: int) -> Make:
    """A matrix that is far from singular."""
    return lambda generator: torch.randn(size, size, generator=generator, dtype=DOUBLE) + 3 * torch.eye(size)


def complex_normal(*shape: int) -> Make:
    """Complex normal numbers."""
    return lambda generator: torch.randn(shape, generator=generator, dtype=torch.complex128)
