"""What the user's code says about gradients, told apart from what torch does inside a custom Function."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FunctionType
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

#: What torch's functions in Python ask before all else: whether somebody wants to be called in their place.
_ASKED = ("has_torch_function", "has_torch_function_unary", "has_torch_function_variadic")

#: The tensors that leave it to torch what its functions do with them.
_PLAIN = frozenset({torch.Tensor, torch.nn.Parameter})


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


def _body(function: Callable[..., Any]) -> Callable[..., Any] | None:
    """A function of torch's in Python that does its own work, so that what it calls is heard; None for all others.

    While somebody listens, such a function hands itself over as one call, and whoever makes it hears nothing of it.
    """
    if not isinstance(function, FunctionType) or not set(_ASKED) & {*function.__code__.co_names}:
        return None
    names = {**function.__globals__, **dict.fromkeys(_ASKED, lambda *_: False)}
    body = FunctionType(function.__code__, names, None, function.__defaults__, function.__closure__)
    body.__kwdefaults__ = function.__kwdefaults__
    return body


class GradSwitches(TorchFunctionMode):
    """Hears the user's `no_grad`, `enable_grad` and `set_grad_enabled`, outside of custom Functions.

    detaching: whether a `detach` of the user's is running.
    """

    def __init__(self, heard: Callable[[bool], None]) -> None:
        super().__init__()
        self.heard = heard
        self.detaching = False
        self._entered: list[Callable[..., Any]] = []

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        # Some, such as Tensor.unflatten, call an implementation in C that hands itself over under their own name.
        body = _body(func) if _PLAIN.issuperset(types) and func not in self._entered else None
        if body is not None:
            self._entered.append(func)
            try:
                with self:
                    return body(*args, **(kwargs or {}))
            finally:
                self._entered.pop()
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
