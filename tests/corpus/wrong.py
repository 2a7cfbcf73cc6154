"""Custom Functions whose forward is right and whose backward is not: slips that people made."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from corpus.entry import ALL, F64, WIDE, Entry, drawn, given, positive


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


WRONG = [
    slip("missing factor 2", lambda x: x * x, lambda g, y, x: g * x, drawn((4,)), "x0"),
    slip("wrong sign", torch.cos, lambda g, y, x: g * x.sin(), drawn((4,))),
    slip("missing transpose", lambda x, w: x @ w, lambda g, y, x, w: (g @ w, x.T @ g), drawn((3, 3), (3, 3)), "x0"),
    slip("swapped gradients", lambda x, w: x * w, lambda g, y, x, w: (g * x, g * w), drawn((3,), (3,))),
    slip(
        "mean over a broadcast axis",
        lambda x, b: x * b,
        lambda g, y, x, b: (g * b, (g * x).mean(0)),
        drawn((4, 3), (3,)),
        "x1",
    ),
    slip("one row for a broadcast axis", lambda x, b: x + b, lambda g, y, x, b: (g, g[0]), drawn((4, 3), (3,)), "x1"),
    slip("missing mean", lambda x: x.square().mean(), lambda g, y, x: g * 2 * x, drawn((5,))),
    slip(
        "wrong denominator of a mean",
        lambda x: x.mean(-1).sum(),
        lambda g, y, x: g * torch.ones_like(x) / x.numel(),
        drawn((3, 4)),
    ),
    slip("relu of everything", torch.relu, lambda g, y, x: g, drawn((6,))),
    slip("negative side has slope 0", lambda x: F.leaky_relu(x, 0.01), lambda g, y, x: g * (x > 0), drawn((6,))),
    slip(
        "leaky slope wrong",
        lambda x: F.leaky_relu(x, 0.01),
        lambda g, y, x: torch.where(x > 0, g, 0.1 * g),
        drawn((6,)),
    ),
    slip("zero at a tie", torch.maximum, lambda g, y, x, w: (g * (x > w), g * (w > x)), given([1.0, 2.0], [1.0, 3.0])),
    slip(
        "both at a tie", torch.maximum, lambda g, y, x, w: (g * (x >= w), g * (w >= x)), given([1.0, 2.0], [1.0, 3.0])
    ),
    slip("undivided tie mask", lambda x: x.amax(), lambda g, y, x: g * (x == y), given([1.0, 3.0, 3.0])),
    slip(
        "no gradient at ties",
        lambda x: x.amax(),
        lambda g, y, x: g * (x == y) * ((x == y).sum() == 1),
        given([1.0, 3.0, 3.0]),
    ),
    slip(
        "undivided mask along rows",
        lambda x: x.amax(-1),
        lambda g, y, x: g[:, None] * (x == y[:, None]),
        given([[1.0, 2.0, 2.0], [5.0, 5.0, 5.0]]),
    ),
    slip("argmin for argmax", lambda x: x.amax(), lambda g, y, x: g * (x == x.amin()), drawn((5,))),
    slip("clamp lets everything through", lambda x: x.clamp(-0.5, 0.5), lambda g, y, x: g, drawn((8,))),
    slip("clamp minimum forgotten", lambda x: x.clamp(-0.5, 0.5), lambda g, y, x: g * (x < 0.5), drawn((8,))),
    slip("masked entries get gradients", masked_mean, lambda g, y, x: g * torch.ones_like(x) / 3, drawn((5,))),
    slip(
        "padding row of an embedding",
        lambda w: F.embedding(ROWS, w),
        lambda g, y, w: torch.zeros_like(w).index_add(0, ROWS, g).index_fill(0, torch.tensor([3]), 0.0),
        drawn((4, 3)),
    ),
    slip(
        "repeated rows overwrite",
        lambda w: F.embedding(ROWS, w),
        lambda g, y, w: torch.zeros_like(w).index_copy(0, ROWS.unique(), g[1:]),
        drawn((4, 3)),
    ),
    slip(
        "repeats not accumulated",
        lambda x: x[torch.tensor([0, 2, 0])],
        lambda g, y, x: torch.zeros_like(x).index_put((torch.tensor([0, 2, 0]),), g),
        drawn((3,)),
    ),
    slip(
        "forgotten eps",
        lambda x: x / (x.norm() + 0.1),
        lambda g, y, x: (g - x * (g * x).sum() / x.norm() ** 2) / x.norm(),
        drawn((4,)),
    ),
    slip(
        "eps of another size",
        lambda x: torch.rsqrt(x.square().mean() + 1e-5),
        lambda g, y, x: -g * torch.rsqrt(x.square().mean() + 1e-3) ** 3 * x / x.numel(),
        drawn((4,), scale=0.1),
    ),
    Entry("saved tensor overwritten", Overwritten.apply, drawn((4,))),
    Entry("backward changes what was saved", OneBackward.apply, drawn((4,))),
    Entry("backward writes into its cotangent", CotangentWriter.apply, drawn((4,))),
    Entry("strides of the cotangent ignored", Contiguous.apply, drawn((3, 4))),
    slip("transposed gradient", lambda x: x.T @ x, lambda g, y, x: x @ (g - g.T), drawn((3, 3))),
    slip("half of a symmetric gradient", lambda x: x.T @ x, lambda g, y, x: x @ g, drawn((3, 3))),
    slip(
        "weights but not bias",
        lambda x, w, b: x @ w.T + b,
        lambda g, y, x, w, b: (g @ w, g.T @ x, torch.zeros_like(b)),
        drawn((4, 3), (2, 3), (2,)),
        "x2",
    ),
    Entry("None for an input", Forgotten.apply, drawn((3,), (3,)), ALL, "x1"),
    Entry("closed-over parameter", closed_over(), drawn((2, 3)), (F64,), "w"),
    Entry("closed-over bias", closed_over_module(), drawn((4, 3)), (F64,)),
    slip("one entry off by a hundredth", torch.sin, one_entry, drawn((3, 3))),
    slip(
        "one entry of many off by 1e-6",
        lambda x: x.square().sum(),
        lambda g, y, x: 2 * g * x * (1 + 1e-6 * (torch.arange(x.numel()) == 17)),
        drawn((20_000,)),
        None,
        (F64,),
    ),
    slip("a factor of 1 + 1e-7", torch.exp, lambda g, y, x: g * y * (1 + 1e-7), drawn((4,)), None, (F64,)),
    slip(
        "constant with four digits",
        gelu_erf,
        lambda g, y, x: g * (0.5 * (1 + torch.erf(x / math.sqrt(2))) + x * torch.exp(-x * x / 2) * 0.3989),
        drawn((5,)),
        None,
        WIDE,
    ),
    slip("negative inputs only", lambda x: x.abs() ** 1.5, lambda g, y, x: g * 1.5 * x.abs() ** 0.5, drawn((6,))),
    slip("sign of abs", torch.abs, lambda g, y, x: g * torch.ones_like(x), drawn((6,))),
    slip(
        "second input only",
        torch.atan2,
        lambda g, y, a, b: (g * b / (a * a + b * b), g * a / (a * a + b * b)),
        drawn((4,), (4,)),
    ),
    slip(
        "quotient without the square",
        lambda x, w: x / w,
        lambda g, y, x, w: (g / w, -g * x / w),
        positive((4,), (4,)),
        "x1",
    ),
    slip("power without log", torch.pow, lambda g, y, x, p: (g * p * x ** (p - 1), g * y), positive((4,), (4,)), "x1"),
    slip("power not lowered", lambda x: x**3, lambda g, y, x: g * 3 * x**3, drawn((4,))),
    slip("layer norm without the mean", layer_norm, layer_norm_without_mean, drawn((3, 5), (5,), (5,))),
    slip("layer norm without the projection", layer_norm, layer_norm_without_projection, drawn((3, 5), (5,), (5,))),
    slip("layer norm weight by raw input", layer_norm, layer_norm_without_rstd_in_weight, drawn((3, 5), (5,), (5,))),
    slip("rms norm without the projection", rms, rms_without_projection, drawn((3, 5))),
    slip("batch norm as in evaluation", batch_norm, batch_norm_as_if_eval, drawn((5, 3))),
    slip("softmax without the sum", lambda x: x.softmax(-1), lambda g, y, x: g * y, drawn((3, 4))),
    slip("softmax as if a sigmoid", lambda x: x.softmax(-1), lambda g, y, x: g * y * (1 - y), drawn((3, 4))),
    slip(
        "softmax sum over another axis",
        lambda x: x.softmax(-1),
        lambda g, y, x: y * (g - (g * y).sum(0)),
        drawn((3, 3)),
    ),
    slip("log_softmax without the sum", lambda x: x.log_softmax(-1), lambda g, y, x: g - y.exp(), drawn((3, 4))),
    slip(
        "attention without scale",
        attend,
        lambda g, y, q, k, v: attend_backward(g, q, k, v, 1.0),
        drawn((3, 4), (5, 4), (5, 4)),
    ),
    slip(
        "attention scaled twice",
        attend,
        lambda g, y, q, k, v: attend_backward(g, q, k, v, 0.25),
        drawn((3, 4), (5, 4), (5, 4)),
    ),
    slip("gelu's other slope", gelu_erf, lambda g, y, x: g * gelu_tanh_slope(x), drawn((6,)), None, WIDE),
    slip("silu as if sigmoid", F.silu, lambda g, y, x: g * torch.sigmoid(x) * (1 - torch.sigmoid(x)), drawn((4,))),
    Entry("a factor held constant", DetachedPart.apply, drawn((4,))),
    slip("tanh of the wrong argument", torch.tanh, lambda g, y, x: g * (1 - x * x), drawn((4,))),
    slip(
        "cross entropy without the mean",
        cross_entropy,
        lambda g, y, x: g * (x.softmax(-1) - torch.eye(*x.shape, dtype=x.dtype)),
        drawn((3, 3)),
    ),
    slip("cross entropy without the target", cross_entropy, lambda g, y, x: g * x.softmax(-1) / len(x), drawn((3, 3))),
    slip("cotangent ignored", torch.sin, lambda g, y, x: x.cos(), drawn((4,))),
    slip("cotangent squared", torch.sin, lambda g, y, x: g * g * x.cos(), drawn((4,))),
    slip(
        "kernel not flipped",
        conv,
        lambda g, y, x, w: conv_backward(g, y, x, w, False),
        drawn((2, 2, 5), (2, 2, 3)),
        "x0",
        WIDE,
    ),
    slip(
        "kernel gradient flipped",
        conv,
        lambda g, y, x, w: conv_backward(g, y, x, w, True),
        drawn((2, 2, 5), (2, 2, 3)),
        "x1",
        WIDE,
    ),
    slip("cumsum not reversed", lambda x: x.cumsum(0), lambda g, y, x: g.cumsum(0), drawn((5,))),
    slip("sort not undone", lambda x: x.sort().values, lambda g, y, x: g, drawn((5,))),
    slip("inverse without transpose", torch.linalg.inv, lambda g, y, x: -y @ g @ y, drawn((3, 3)), None, WIDE),
    slip(
        "determinant's inverse not transposed",
        torch.linalg.det,
        lambda g, y, x: g * y * torch.linalg.inv(x),
        drawn((3, 3)),
        None,
        WIDE,
    ),
    slip(
        "logsumexp without the shift",
        lambda x: x.logsumexp(-1),
        lambda g, y, x: g[:, None] * x.exp() / x.exp().amax(),
        drawn((2, 4)),
    ),
    slip("huber slope outside", huber, lambda g, y, x: torch.where(x.abs() < 1, g * x, g), drawn((8,), scale=2.0)),
    slip("softplus with beta", lambda x: F.softplus(x, 2.0), lambda g, y, x: 2 * g * torch.sigmoid(2 * x), drawn((4,))),
    slip(
        "variance, biased for unbiased",
        lambda x: x.var(),
        lambda g, y, x: g * 2 * (x - x.mean()) / x.numel(),
        drawn((5,)),
    ),
    slip("zero for a norm", torch.linalg.norm, lambda g, y, x: torch.zeros_like(x), drawn((4,))),
    slip(
        "NaN at 0", lambda x: x * torch.sin(x), lambda g, y, x: g * (x.sin() + x * x * x.cos() / x), given([0.0, 1.0])
    ),
    slip(
        "gradient zero where the input is zero",
        lambda x: x * x + x,
        lambda g, y, x: g * (2 * x + x / x).nan_to_num(0.0),
        given([0.0, 1.0, 2.0]),
    ),
    slip("prod by division", lambda x: x.prod(), lambda g, y, x: g * (y / x).nan_to_num(0.0), given([2.0, 0.0, 3.0])),
    slip("tail cut off", torch.exp, lambda g, y, x: g * y.clamp(max=20.0), given([0.0, 2.0, 4.0])),
    slip(
        "swish beta forgotten",
        lambda x: x * torch.sigmoid(1.702 * x),
        lambda g, y, x: g * (torch.sigmoid(1.702 * x) + x * torch.sigmoid(1.702 * x) * (1 - torch.sigmoid(1.702 * x))),
        drawn((4,)),
    ),
    Entry(
        "torch's det of a singular matrix, whose gradient is 0", torch.linalg.det, given([[1.0, 2.0], [2.0, 4.0]]), WIDE
    ),
    slip("gradient in float32's range", torch.exp, lambda g, y, x: g * torch.where(x > 3, 0.0, y), given([1.0, 4.0])),
]
