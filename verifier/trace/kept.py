"""Tensors of the caller's that a function writes to without being given them: buffers, counters, what it closes over.

They are found by comparing bits before and after one call, and can then be put back as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from verifier.trace.recorder import DispatchMode, tensors_in


@dataclass(frozen=True)
class Kept:
    """Storages that a function writes to, each with a copy from before."""

    storages: tuple[tuple[torch.UntypedStorage, torch.UntypedStorage], ...] = ()

    def restore(self) -> None:
        """Put every bit back, unseen by autograd."""
        for storage, copy in self.storages:
            if storage.nbytes() != copy.nbytes():
                storage.resize_(copy.nbytes())
            storage.copy_(copy)


def kept_by(function: Callable[[], Any], own: Collection[torch.Tensor]) -> Kept:
    """What a call of the function writes to beside the tensors in `own`; it is put back before this returns or raises.

    Only what an operator of torch has read or written during the call is known.
    """
    with _Watch(own) as watch:
        try:
            function()
        finally:
            kept = watch.kept()
            kept.restore()
    return kept


class _Watch(DispatchMode):
    """Copies every storage that was there before the call, when it is first met."""

    def __init__(self, own: Collection[torch.Tensor]) -> None:
        super().__init__()
        # Tensors are held on to, so that no storage is freed and its address used again.
        self.own: dict[int, Any] = {}
        self.met: dict[int, tuple[torch.UntypedStorage, torch.UntypedStorage]] = {}
        self._claim(list(own))

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        for storage in _storages((args, kwargs)):
            if storage._cdata not in self.own and storage._cdata not in self.met:
                self.met[storage._cdata] = storage, storage.clone()
        result = func(*args, **(kwargs or {}))
        self._claim(result)
        return result

    def _claim(self, made: Any) -> None:
        for storage in _storages(made):
            if storage._cdata not in self.met:
                self.own[storage._cdata] = storage

    def kept(self) -> Kept:
        """The storages that are no longer what they were."""
        return Kept(tuple((now, before) for now, before in self.met.values() if not _same_bits(now, before)))


def _storages(tree: Any) -> list[torch.UntypedStorage]:
    return [tensor.untyped_storage() for tensor in tensors_in(tree) if tensor.layout == torch.strided]


def _same_bits(left: torch.UntypedStorage, right: torch.UntypedStorage) -> bool:
    bytes_of = (torch.empty(0, dtype=torch.uint8, device=s.device).set_(s) for s in (left, right))
    return left.nbytes() == right.nbytes() and torch.equal(*bytes_of)
