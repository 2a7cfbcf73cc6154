"""What the user's code says about gradients, told apart from what torch does inside a custom Function."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch.overrides import TorchFunctionMode

from verifier.trace.padding import HoldsPadding

# Compared by code object: it is found even where `f = MyFunction.apply` was bound long ago.
_APPLY = torch.autograd.Function.apply.__func__.__code__  # type: ignore[attr-defined]  # a classmethod's function

#: The user's `detach()`, `detach_()` and `.data`, as they are called.
_DETACHES = frozenset(
    {
        torch._C.TensorBase.detach,
        torch._C.TensorBase.detach_,
        torch.detach,
        torch.detach_,
        torch.Tensor.data.__get__,  # type: ignore[attr-defined]  # a property of the C extension
    }
)


def differentiated(
    output: torch.Tensor, inputs: Sequence[torch.Tensor], cotangent: torch.Tensor
) -> tuple[torch.Tensor | None, ...]:
    """The first gradient, as a function that can be differentiated again; None where torch sees no path.

    A backward pass promises the gradient of what it computes, as a Function's forward does: what is detached in there,
    or computed under `no_grad`, was not cut off by the user.
    """
    return torch.autograd.grad(output, inputs, cotangent, create_graph=True, allow_unused=True)


def running_function() -> str | None:
    """The name of the outermost custom `autograd.Function` that is running; None where none is.

    The backward pass of a first gradient counts as one. There, `detach` and grad mode are mere bookkeeping.
    """
    frame, found = sys._getframe(1), None
    while frame is not None:
        if frame.f_code is _APPLY:
            found = frame.f_locals["cls"].__name__
        elif frame.f_code is differentiated.__code__:
            found = "the backward pass"
        frame = frame.f_back  # type: ignore[assignment]  # the outermost frame has None
    return found


def inside_function() -> bool:
    """Whether a custom `autograd.Function`, or the backward pass of a first gradient, is running."""
    return running_function() is not None


class GradSwitches(TorchFunctionMode):
    """Hears the user's `no_grad`, `enable_grad` and `set_grad_enabled`, outside of custom Functions.

    detaching: whether a `detach` of the user's is running.
    """

    def __init__(self, heard: Callable[[bool], None]) -> None:
        super().__init__()
        self.heard = heard
        self.detaching = False

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        self.detaching = func in _DETACHES
        try:
            result = func(*args, **(kwargs or {}))
        finally:
            self.detaching = False
        if func is torch._C._set_grad_enabled and not inside_function():
            self.heard(args[0])
        return result


@contextmanager
def forward_mode_follows_no_grad() -> Iterator[None]:
    """Let the user's `no_grad`, and the padding of an embedding, stop forward mode too.

    By itself torch's forward mode looks through both, and would answer for another function than reverse mode.
    """
    before = torch._C._is_fwd_grad_enabled()
    try:
        with GradSwitches(torch._C._set_fwd_grad_enabled), HoldsPadding():
            yield
    finally:
        torch._C._set_fwd_grad_enabled(before)
