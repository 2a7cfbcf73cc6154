"""Every ATen call of a function, below autograd, with what the user cut off from the gradient."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_map_only

from verifier.trace.cuts import Cuts
from verifier.trace.padding import held_rows

aten = torch.ops.aten

#: What these return is whatever the memory held; a write under no_grad has to find the same garbage again.
UNINITIALISED = frozenset(
    {
        aten.empty.memory_format,
        aten.empty_like.default,
        aten.empty_strided.default,
        aten.new_empty.default,
        aten.new_empty_strided.default,
    }
)


@dataclass(frozen=True)
class Write:
    """What a call wrote to one of its arguments: copies from before and after."""

    before: torch.Tensor
    after: torch.Tensor


@dataclass(frozen=True)
class Call:
    """One ATen call.

    cut: whether its result is a constant for autograd: the user's detach, no_grad or `.item()`, or a random draw.
    drawn: whether it is a random draw.
    result: copies of what it returned, for a call that is cut in whole or in part, or returns uninitialised memory.
    held: the part of its result that is a constant, as a mask; None where it is all or nothing.
    writes: what it wrote to its arguments, for a call that is cut.
    """

    function: Callable[..., Any]
    cut: bool = False
    drawn: bool = False
    result: Any = None
    writes: tuple[Write, ...] = ()
    held: torch.Tensor | None = None


class DispatchMode(TorchDispatchMode):
    """A dispatch mode whose first call does not import torch._dynamo, which takes over a second."""

    @classmethod
    def _should_skip_dynamo(cls) -> bool:
        return False


class FollowingMode(DispatchMode):
    """A dispatch mode that follows the user's grad switches while it is entered."""

    def __init__(self, *, saves: bool) -> None:
        super().__init__()
        self.cuts = Cuts(saves=saves)

    def __enter__(self) -> Self:
        self.cuts.switches.__enter__()
        super().__enter__()
        return self

    def __exit__(self, *raised: Any) -> None:
        super().__exit__(*raised)
        self.cuts.switches.__exit__(*raised)


class Recorder(FollowingMode):
    """Records the calls that are made while it is entered.

    saves: whether autograd runs as well, and detaches what it saves: only the detaches that the user calls are cuts.
    """

    def __init__(self, *, saves: bool = False) -> None:
        super().__init__(saves=saves)
        self.calls: list[Call] = []

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        drawn = self.cuts.draws(func)
        if not (drawn or self.cuts.cuts(func, args)):
            result, held = func(*args, **kwargs), held_rows(func, args, kwargs)
            keeps = held is not None or func in UNINITIALISED
            self.calls.append(Call(func, held is not None, result=copied(result) if keeps else None, held=held))
            return result
        before = [t.clone() for t in written(func, args, kwargs)]
        result = func(*args, **kwargs)
        after = [t.clone() for t in written(func, args, kwargs)]
        writes = tuple(Write(old, new) for old, new in zip(before, after, strict=True))
        self.calls.append(Call(func, True, drawn, None if writes else copied(result), writes))
        return result


def tensors_in(value: Any) -> list[torch.Tensor]:
    """The tensors in what a call is given or returns, in order, also within lists, tuples and dictionaries."""
    if isinstance(value, torch.Tensor):
        return [value]
    if isinstance(value, dict):
        value = value.values()
    elif not isinstance(value, list | tuple):
        return []
    return [tensor for part in value for tensor in tensors_in(part)]


def written(func: Any, args: Sequence[Any], kwargs: Mapping[str, Any]) -> list[torch.Tensor]:
    """The tensors that a call writes to, by its schema."""
    schema = func._schema
    if not schema.is_mutable:
        return []
    given = {formal.name: actual for formal, actual in zip(schema.arguments, args, strict=False)} | dict(kwargs)
    names = [f.name for f in schema.arguments if f.alias_info is not None and f.alias_info.is_write]
    return [given[name] for name in names if isinstance(given.get(name), torch.Tensor)]


def copied(result: Any) -> Any:
    """The same, with fresh copies of its tensors, which are ordinary ones even within inference mode."""
    with torch.inference_mode(False):
        return tree_map_only(torch.Tensor, torch.clone, result)
