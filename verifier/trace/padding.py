"""The rows of an embedding that its padding index names: autograd holds them constant, by torch's documentation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

#: What looks rows up in a table. Torch's forward mode, and whoever moves the table, know nothing of the padding index.
LOOKUPS = frozenset({torch.embedding, torch.nn.functional.embedding, torch.ops.aten.embedding.default})


def held_rows(func: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> torch.Tensor | None:
    """Where the result of a call is held constant, as a mask with a last axis of extent 1; None where nothing is."""
    if func not in LOOKUPS:
        return None
    names = ("input", "weight") if func is torch.nn.functional.embedding else ("weight", "indices")
    given = {**dict(zip((*names, "padding_idx"), args, strict=False)), **kwargs}
    padding, indices = given.get("padding_idx"), given["input" if "input" in names else "indices"]
    if padding is None or (padding < 0 and func is not torch.nn.functional.embedding):
        return None  # below the Python function, -1 is no padding index
    return (indices == padding % given["weight"].shape[0]).unsqueeze(-1)


class HoldsPadding(TorchFunctionMode):
    """Lets the rows of padding have no tangent either while it is entered."""

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        held = held_rows(func, args, kwargs or {})
        return result if held is None else torch.where(held, result.detach(), result)
