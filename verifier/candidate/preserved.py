"""What a function holds beside its inputs is put back as it was: its parameters, buffers, constants."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any

import torch

#: How deep containers are searched for tensors.
DEPTH = 4


@contextmanager
def preserved(function: Callable[..., Any], kwargs: Mapping[str, Any]) -> Iterator[Callable[[], tuple[str, ...]]]:
    """Puts back every tensor that the function names, owns, or gets as a keyword, also if it raises.

    Yields what tells the names of those that have changed so far. Inputs need no such care: each call gets its own.
    """
    held = dict(_tensors_of(function, kwargs))
    before = {name: tensor.detach().clone() for name, tensor in held.items()}

    def changed() -> tuple[str, ...]:
        return tuple(name for name, tensor in held.items() if not _same(tensor, before[name]))

    try:
        yield changed
    finally:
        with torch.no_grad():
            for name in changed():
                held[name].data = before[name]


def _same(tensor: torch.Tensor, before: torch.Tensor) -> bool:
    if tensor.shape != before.shape or tensor.dtype != before.dtype:
        return False
    return torch.equal(tensor, before) or bool(((tensor == before) | ((tensor != tensor) & (before != before))).all())


def _tensors_of(function: Callable[..., Any], kwargs: Mapping[str, Any]) -> Iterator[tuple[str, torch.Tensor]]:
    yield from _inside("", dict(kwargs), DEPTH)
    yield from _inside("", function, DEPTH)
    yield from _inside("", getattr(function, "__self__", None), DEPTH)
    for name, value in _named_in(function):
        yield from _inside(name, value, DEPTH)


def _named_in(function: Callable[..., Any]) -> Iterator[tuple[str, Any]]:
    """What the code of a function names beside its own variables: cells that it closes over, and globals."""
    code = getattr(function, "__code__", None)
    if code is None:
        return
    for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
        with suppress(ValueError):  # the cell is still empty
            yield name, cell.cell_contents
    yield from ((name, function.__globals__[name]) for name in code.co_names if name in function.__globals__)


def _inside(name: str, value: Any, depth: int) -> Iterator[tuple[str, torch.Tensor]]:
    if isinstance(value, torch.Tensor):
        if value.layout == torch.strided and value.device.type != "meta":
            yield name, value
    elif isinstance(value, torch.nn.Module):
        for part, tensor in (*value.named_parameters(), *value.named_buffers()):
            yield f"{name}.{part}".lstrip("."), tensor
    elif depth and isinstance(value, Mapping):
        for key, part in value.items():
            yield from _inside(f"{name}.{key}".lstrip("."), part, depth - 1)
    elif depth and isinstance(value, list | tuple):
        for position, part in enumerate(value):
            yield from _inside(f"{name}[{position}]", part, depth - 1)
