"""Formulas of which SymPy, or the reading of them, leaves nothing to round, beside torch code that computes it all."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch
from sympy import (
    Determinant,
    IndexedBase,
    Inverse,
    MatrixSymbol,
    Sum,
    Symbol,
    Trace,
    cos,
    cosh,
    exp,
    log,
    sin,
    sinh,
    sqrt,
)
from torch import Tensor

F64, F32, BF16 = torch.float64, torch.float32, torch.bfloat16

i, j = Symbol("i", integer=True), Symbol("j", integer=True)
x, y = (IndexedBase(name, shape=(5,)) for name in "xy")
X, A = MatrixSymbol("X", 4, 4), MatrixSymbol("A", 4, 4)


@dataclass(frozen=True)
class Cancelling:
    """A formula, the same in torch, and the inputs of both; `gone` are those that nothing is left of."""

    formula: Any
    function: Callable[..., Tensor]
    gone: str
    names: str
    dtypes: tuple[torch.dtype, ...] = (F64, F32, BF16)

    def tensors(self, dtype: torch.dtype) -> dict[str, Tensor]:
        """Well-conditioned inputs."""
        generator = torch.Generator().manual_seed(1)

        def drawn(name: str) -> Tensor:
            if name.isupper():
                return 2 * torch.eye(4) + 0.5 * torch.randn(4, 4, generator=generator)
            return 0.5 + torch.rand(5, generator=generator)

        return {name: drawn(name).to(dtype).requires_grad_() for name in self.names}


def over(term: Any, at: Any = i) -> Any:
    return Sum(term, (at, 0, 4))


#: torch has no factorisations in bfloat16.
FACTORISED = (F64, F32)

CANCELLING = {
    "trace of X·X⁻¹": Cancelling(
        Trace(X * Inverse(X)), lambda X: torch.trace(X @ torch.linalg.inv(X)), "X", "X", FACTORISED
    ),
    "X·X⁻¹·A": Cancelling(X * Inverse(X) * A, lambda X, A: X @ torch.linalg.inv(X) @ A, "X", "XA", FACTORISED),
    "log det X·X⁻¹": Cancelling(
        log(Determinant(X * Inverse(X))),
        lambda X: torch.logdet(X @ torch.linalg.inv(X)),
        "X",
        "X",
        FACTORISED,
    ),
    "a softmax, summed": Cancelling(
        over(exp(x[i])) / over(exp(x[j]), j), lambda x: (x.exp() / x.exp().sum()).sum(), "x", "x"
    ),
    "torch's softmax, summed": Cancelling(
        over(exp(x[i])) / over(exp(x[i])), lambda x: torch.softmax(x, 0).sum(), "x", "x"
    ),
    "x·x/x − x": Cancelling(over(x[i] * x[i] / x[i] - x[i]), lambda x: (x * x / x - x).sum(), "x", "x"),
    "log(exp x) − x": Cancelling(over(log(exp(x[i])) - x[i]), lambda x: (x.exp().log() - x).sum(), "x", "x"),
    "exp(x)·exp(−x)": Cancelling(over(exp(x[i]) * exp(-x[i])), lambda x: (x.exp() * (-x).exp()).sum(), "x", "x"),
    "log(x·y) − log x": Cancelling(
        over(log(x[i] * y[i]) - log(x[i])), lambda x, y: ((x * y).log() - x.log()).sum(), "x", "xy"
    ),
    "x·y/x": Cancelling(over(x[i] * y[i] / x[i]), lambda x, y: (x * y / x).sum(), "x", "xy"),
    "sin² + cos²": Cancelling(
        over(sin(x[i]) ** 2 + cos(x[i]) ** 2), lambda x: (x.sin() ** 2 + x.cos() ** 2).sum(), "x", "x"
    ),
    "cosh² − sinh²": Cancelling(
        over(cosh(x[i]) ** 2 - sinh(x[i]) ** 2), lambda x: (x.cosh() ** 2 - x.sinh() ** 2).sum(), "x", "x"
    ),
    "(x + 1)² − x² − 2·x": Cancelling(
        over((x[i] + 1) ** 2 - x[i] ** 2 - 2 * x[i]), lambda x: ((x + 1) ** 2 - x**2 - 2 * x).sum(), "x", "x"
    ),
    "a vector by its own norm": Cancelling(
        over((x[i] / sqrt(over(x[j] ** 2, j))) ** 2),
        lambda x: (x / torch.linalg.vector_norm(x)).square().sum(),
        "x",
        "x",
    ),
}


class _Leak(torch.autograd.Function):
    """What is given, with something added to its gradient."""

    @staticmethod
    def forward(ctx: Any, given: Tensor, leak: float) -> Tensor:
        ctx.leak = leak
        return given.clone()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:
        return g + ctx.leak, None


class _Unseen(torch.autograd.Function):
    """A function that NumPy computes as far as a trace can tell, and a backward that is right."""

    @staticmethod
    def forward(ctx: Any, function: Any, *given: Tensor) -> Tensor:
        ctx.function = function
        ctx.save_for_backward(*given)
        with torch.no_grad():
            value = function(*map(_through_numpy, given))
        return _through_numpy(value)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:
        with torch.enable_grad():
            given = [one.detach().requires_grad_() for one in ctx.saved_tensors]
            found = torch.autograd.grad(ctx.function(*given), given, g, allow_unused=True)
        return None, *found


def _through_numpy(tensor: Tensor) -> Tensor:
    return torch.from_numpy(tensor.double().numpy().copy()).to(tensor.dtype)


def leaking(sample: Cancelling, leak: float) -> Callable[..., Tensor]:
    """The function, whose gradient by what is gone is off by `leak`."""

    def wrong(**given: Tensor) -> Tensor:
        spoiled = {name: _Leak.apply(one, leak) if name in sample.gone else one for name, one in given.items()}
        return sample.function(*(spoiled[name] for name in sample.names))

    wrong.__signature__ = _signature(sample)  # type: ignore[attr-defined]  # what names the inputs
    return wrong


def unseen(sample: Cancelling, leak: float = 0.0) -> Callable[..., Tensor]:
    """The function as no trace can see it, off by `leak`."""
    code = leaking(sample, leak) if leak else sample.function

    def opaque(**given: Tensor) -> Tensor:
        ordered = [given[name] for name in sample.names]
        return _Unseen.apply(lambda *t: code(**dict(zip(sample.names, t, strict=True))), *ordered)

    opaque.__signature__ = _signature(sample)  # type: ignore[attr-defined]  # what names the inputs
    return opaque


def _signature(sample: Cancelling) -> Any:
    import inspect

    return inspect.Signature([inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY) for name in sample.names])
