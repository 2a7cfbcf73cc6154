"""Run a function at another point with everything that is a constant for autograd held at its value at the base point.

Otherwise finite differences would answer for another function than the gradient is of: `x * x.detach()` has slope x to
autograd, and 2x to whoever moves both factors.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from verifier.trace.recorder import Call, DispatchMode, Recorder, Write, copied, written


class AnotherPath(Exception):  # noqa: N818 - not an error: the function branches, which it may
    """The function makes other calls at this point than at the base point; the text says which."""


@dataclass(frozen=True)
class Frozen:
    """A function's calls at the base point, in order; empty where nothing has to be held."""

    calls: tuple[Call, ...] = ()

    @property
    def held(self) -> int:
        """How many calls have their result held."""
        return sum(call.cut for call in self.calls)

    def run(self, function: Callable[[], torch.Tensor]) -> torch.Tensor:
        """The function's result with the held values in place.

        Raises:
            AnotherPath: it makes other calls than it made at the base point.
        """
        if not self.calls:
            return function()
        with _Replay(self.calls) as replay:
            result = function()
        # Told only now: raised in the middle, it could be caught by the function itself.
        if replay.departure is None and replay.position < len(self.calls):
            replay.departure = f"it ends before {_name(self.calls[replay.position].function)}"
        if replay.departure is not None:
            raise AnotherPath(f"the function takes another path there: {replay.departure}")
        return result


def freeze(function: Callable[[], torch.Tensor], *, saves: bool = False) -> Frozen:
    """Run the function at the base point, and hold what is a constant for autograd.

    `saves` says that its tensors require grad, so that autograd saves some of them.

    Held are a user's `detach`, `.data` and `.item()`, all that happens under `no_grad`, and random draws. Inside a
    custom `autograd.Function` nothing is held: its backward promises the gradient of all that its forward does.
    """
    with Recorder(saves=saves) as recorder:
        function()
    return Frozen(tuple(recorder.calls)) if any(call.cut for call in recorder.calls) else Frozen()


class _Replay(DispatchMode):
    def __init__(self, calls: Sequence[Call]) -> None:
        super().__init__()
        self.calls, self.position = calls, 0
        self.departure: str | None = None

    def __torch_dispatch__(
        self,
        func: Any,
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        kwargs = kwargs or {}
        recorded = self._recorded(func)
        if recorded is None or not (recorded.writes or recorded.result is not None):
            return func(*args, **kwargs)
        if recorded.held is not None:
            return torch.where(recorded.held, copied(recorded.result), func(*args, **kwargs))
        if not recorded.writes:
            return copied(recorded.result)
        targets = written(func, args, kwargs)
        before = [target.clone() for target in targets]
        result = func(*args, **kwargs)
        for target, old, write in zip(targets, before, recorded.writes, strict=True):
            target.copy_(write.after if recorded.drawn else _carried_over(old, write))
        return result

    def _recorded(self, func: Any) -> Call | None:
        if self.departure is not None:
            return None
        if self.position == len(self.calls):
            self.departure = f"{_name(func)} comes after its end"
            return None
        recorded = self.calls[self.position]
        if recorded.function is not func:
            self.departure = f"{_name(func)} instead of {_name(recorded.function)}"
            return None
        self.position += 1
        return recorded


def _carried_over(now: torch.Tensor, write: Write) -> torch.Tensor:
    """What a write under no_grad makes of a tensor that may have moved: its own change, plus the change held.

    That is how autograd sees such a write: the tensor keeps its derivative.
    """
    if not now.is_floating_point() or now.shape != write.before.shape:
        return write.after
    unmoved = (now == write.before) | (write.before != write.before)
    return torch.where(unmoved, write.after, now + (write.after - write.before))


def _name(function: Any) -> str:
    return str(function)
