"""Whether torch code computes in a narrower dtype than the one that it is given."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import torch

from verifier.trace.recorder import DispatchMode, tensors_in


class Narrowing(DispatchMode):
    """Collects the floating dtypes that wider tensors are converted to while it is entered."""

    def __init__(self) -> None:
        super().__init__()
        self.dtypes: set[torch.dtype] = set()

    def __torch_dispatch__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        given = [torch.finfo(dtype).eps for dtype in _floating([*args, *(kwargs or {}).values()])]
        self.dtypes |= {d for d in _floating(result) if given and torch.finfo(d).eps > min(given)}
        return result


def _floating(values: Any) -> Iterator[torch.dtype]:
    """The dtypes of the floating tensors in nested values; of those with axes, for numbers adapt to them."""
    return (tensor.dtype for tensor in tensors_in(values) if tensor.is_floating_point())
