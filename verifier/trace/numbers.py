"""The numbers that a tensor has at one moment of a run."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from verifier.trace.record import Geometry


def change(old: torch.Tensor, new: torch.Tensor) -> torch.Tensor:
    """What a write changed, 0 where nothing did: also where infinity stayed infinity."""
    wide = torch.complex128 if new.is_complex() else torch.float64
    before, after = old.to(wide), new.detach().to(wide)
    return torch.where(before == after, torch.zeros_like(after), after - before)


def numbers(tensor: torch.Tensor) -> NDArray[Any]:
    """A tensor's numbers: float64, complex ones as pairs along a last axis, whole numbers and conditions as int64."""
    with torch.no_grad():
        plain = tensor.detach().resolve_conj().resolve_neg()
        if plain.is_complex():
            plain = torch.view_as_real(plain.to(torch.complex128))
        elif plain.is_floating_point():
            plain = plain.to(torch.float64)
        else:
            plain = plain.to(torch.int64)
        return np.array(plain.numpy(), order="C")


def geometry_of_numbers(shape: tuple[int, ...], dtype: str) -> Geometry:
    """How the numbers of a tensor lie, as `numbers` gives them."""
    if dtype.startswith("complex"):
        return Geometry.contiguous((*shape, 2), "float64")
    return Geometry.contiguous(shape, dtype)
