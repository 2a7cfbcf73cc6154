"""The functions of the table in `wrong.py`."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from corpus.entry import ALL, F64, Entry


def function(forward: Callable[..., Tensor], backward: Callable[..., Any], name: str = "Op") -> Callable[..., Tensor]:
    """The `apply` of a custom Function; `backward(g, y, *inputs)` gets the result and what the forward got."""

    def run(ctx: Any, *inputs: Any) -> Tensor:
        result = forward(*inputs)
        ctx.save_for_backward(*inputs, result)
        return result

    def back(ctx: Any, cotangent: Tensor) -> Any:
        *inputs, result = ctx.saved_tensors
        return backward(cotangent, result, *inputs)

    return type(name, (torch.autograd.Function,), {"forward": staticmethod(run), "backward": staticmethod(back)}).apply


def slip(
    name: str,
    forward: Callable[..., Tensor],
    backward: Callable[..., Any],
    inputs: Any,
    culprit: str | None = None,
    dtypes: Any = ALL,
) -> Entry:
    return Entry(name, function(forward, backward), inputs, dtypes, culprit)


def normalised(x: Tensor) -> tuple[Tensor, Tensor]:
    centred = x - x.mean(-1, keepdim=True)
    rstd = torch.rsqrt(centred.square().mean(-1, keepdim=True) + 1e-5)
    return centred * rstd, rstd


def layer_norm(x: Tensor, w: Tensor, b: Tensor) -> Tensor:
    return normalised(x)[0] * w + b


def layer_norm_without_mean(g: Tensor, y: Tensor, x: Tensor, w: Tensor, b: Tensor) -> Any:
    hat, rstd = normalised(x)
    gw = g * w
    return rstd * (gw - hat * (gw * hat).mean(-1, keepdim=True)), (g * hat).sum(0), g.sum(0)


def layer_norm_without_projection(g: Tensor, y: Tensor, x: Tensor, w: Tensor, b: Tensor) -> Any:
    hat, rstd = normalised(x)
    gw = g * w
    return rstd * (gw - gw.mean(-1, keepdim=True)), (g * hat).sum(0), g.sum(0)


def layer_norm_without_rstd_in_weight(g: Tensor, y: Tensor, x: Tensor, w: Tensor, b: Tensor) -> Any:
    hat, rstd = normalised(x)
    gw = g * w
    gx = rstd * (gw - gw.mean(-1, keepdim=True) - hat * (gw * hat).mean(-1, keepdim=True))
    return gx, (g * x).sum(0), g.sum(0)


def attend(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return torch.softmax(q @ k.T / q.shape[-1] ** 0.5, -1) @ v


def attend_backward(g: Tensor, q: Tensor, k: Tensor, v: Tensor, scale: float) -> Any:
    p = torch.softmax(q @ k.T / q.shape[-1] ** 0.5, -1)
    gp = g @ v.T
    gs = p * (gp - (gp * p).sum(-1, keepdim=True)) * scale
    return gs @ k, gs.T @ q, p.T @ g


def rms(x: Tensor) -> Tensor:
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5)


def rms_without_projection(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
    return g * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-5)


def gelu_erf(x: Tensor) -> Tensor:
    return 0.5 * x * (1 + torch.erf(x / math.sqrt(2)))


def gelu_tanh_slope(x: Tensor) -> Tensor:
    c = math.sqrt(2 / math.pi)
    t = torch.tanh(c * (x + 0.044715 * x**3))
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * c * (1 + 3 * 0.044715 * x * x)


ROWS = torch.tensor([1, 1, 3])


def one_entry(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
    gx = g * x.cos()
    gx.view(-1)[4] *= 1.01
    return gx


def huber(x: Tensor) -> Tensor:
    return torch.where(x.abs() < 1, 0.5 * x * x, x.abs() - 0.5)


class Overwritten(torch.autograd.Function):
    """The saved tensor is changed after it was saved, behind autograd's back."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = x.exp()
        ctx.save_for_backward(y)
        result = y * 1
        y.data.mul_(2)
        return result

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return g * y


class OneBackward(torch.autograd.Function):
    """Its backward changes what was saved."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = x.exp()
        ctx.kept = y.clone()
        return y

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return ctx.kept.mul_(g)


class CotangentWriter(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g.mul_(x.cos())


class Contiguous(torch.autograd.Function):
    """Reads its cotangent in memory order, as kernels do that forget strides."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        return x.T * 2

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return g.contiguous().view(g.shape[1], g.shape[0]) * 2


class DetachedPart(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x * torch.sigmoid(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * torch.sigmoid(x)


class Forgotten(torch.autograd.Function):
    """No gradient for the second input."""

    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor) -> Tensor:
        ctx.save_for_backward(x, w)
        return x * w

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Any:
        _, w = ctx.saved_tensors
        return g * w, None


_times = function(lambda x, w: x @ w, lambda g, y, x, w: (g @ w.T, x.T @ g * 1.5))


def closed_over() -> Callable[[Tensor], Tensor]:
    """A parameter that the function holds, with a wrong gradient."""
    w = torch.linspace(-1, 1, 6, dtype=F64).reshape(3, 2).requires_grad_()
    return lambda x: _times(x, w)


def closed_over_module() -> Callable[[Tensor], Tensor]:
    layer = torch.nn.Linear(3, 2).double()
    wrong = function(lambda x, w, b: x @ w.T + b, lambda g, y, x, w, b: (g @ w, g.T @ x, g.mean(0)))
    return lambda x: wrong(x, layer.weight, layer.bias)


def conv(x: Tensor, w: Tensor) -> Tensor:
    return F.conv1d(x, w, padding=1)


def conv_backward(g: Tensor, y: Tensor, x: Tensor, w: Tensor, flip: bool) -> Any:
    kernel = w.transpose(0, 1)
    gx = F.conv1d(g, kernel.flip(-1) if flip else kernel, padding=1)
    gw = F.conv1d(x.transpose(0, 1), g.transpose(0, 1), padding=1).transpose(0, 1)
    return gx, gw if not flip else gw.flip(-1)


def batch_norm(x: Tensor) -> Tensor:
    return (x - x.mean(0)) * torch.rsqrt(x.var(0, unbiased=False) + 1e-5)


def batch_norm_as_if_eval(g: Tensor, y: Tensor, x: Tensor) -> Tensor:
    return g * torch.rsqrt(x.var(0, unbiased=False) + 1e-5)


def cross_entropy(x: Tensor) -> Tensor:
    return F.cross_entropy(x, torch.arange(len(x)))


def masked_mean(x: Tensor) -> Tensor:
    return (x * (torch.arange(x.shape[0]) < 3)).sum() / 3
