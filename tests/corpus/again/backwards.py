"""backwards"""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from corpus.again.table import BF16, F32, F64, Constant, Table, normal

T = Table()
a = T.add


def make(fwd, bwd, name="Fn"):
    class Fn(torch.autograd.Function):
        @staticmethod
        def forward(ctx, *xs):
            return fwd(ctx, *xs)

        @staticmethod
        def backward(ctx, *gs):
            return bwd(ctx, *gs)

    Fn.__name__ = name
    return Fn.apply


def saved(fwd, bwd):
    """forward(*xs), backward(g, *xs)."""

    def f(ctx, *xs):
        ctx.save_for_backward(*xs)
        return fwd(*xs)

    def b(ctx, gr):
        return bwd(gr, *ctx.saved_tensors)

    return make(f, b)


def outs(fwd, bwd):
    """backward(g, y) from the output."""

    def f(ctx, *xs):
        y = fwd(*xs)
        ctx.save_for_backward(y)
        return y

    def b(ctx, gr):
        return bwd(gr, *ctx.saved_tensors)

    return make(f, b)


a("square", saved(lambda x: x * x, lambda g, x: 2 * x * g), normal(5))
a("cube", saved(lambda x: x**3, lambda g, x: 3 * g * x * x), normal(5))
a("relu fn", saved(lambda x: x.clamp(min=0), lambda g, x: g * (x > 0)), [0.0, 1.0, -1.0])
a("relu fn other convention", saved(lambda x: x.clamp(min=0), lambda g, x: g * (x >= 0)), [0.0, 1.0, -1.0])
a(
    "relu fn half",
    saved(lambda x: x.clamp(min=0), lambda g, x: g * ((x > 0).to(g.dtype) + 0.5 * (x == 0))),
    [0.0, 1.0, -1.0],
)
a("abs fn", saved(torch.abs, lambda g, x: g * torch.sign(x)), [0.0, 1.0, -1.0])
a("exp from output", outs(torch.exp, lambda g, y: g * y), [-5.0, 0.0, 5.0])
a("sqrt from output", outs(torch.sqrt, lambda g, y: g / (2 * y)), [1e-4, 1.0, 100.0])
a("sigmoid from output moderate", outs(torch.sigmoid, lambda g, y: g * y * (1 - y)), [-3.0, 0.0, 2.0])
a(
    "sigmoid from input",
    saved(torch.sigmoid, lambda g, x: g * torch.sigmoid(x) * torch.sigmoid(-x)),
    [-20.0, 0.0, 20.0, 9.0],
)
a("tanh from output moderate", outs(torch.tanh, lambda g, y: g * (1 - y * y)), [-1.0, 0.0, 0.5])
a("tanh by cosh", saved(torch.tanh, lambda g, x: g / torch.cosh(x) ** 2), [-4.0, 0.0, 4.0])
a(
    "tanh sech exps",
    saved(torch.tanh, lambda g, x: (lambda e: g * 4 * e / (1 + e) ** 2)(torch.exp(-2 * x.abs()))),
    [-8.0, 0.0, 8.0, 15.0],
    dt=(F64, F32, BF16),
)
a("softplus fn", saved(F.softplus, lambda g, x: g * torch.sigmoid(x)), [-10.0, 0.0, 10.0])
a(
    "softplus stable by hand",
    saved(lambda x: x.clamp(min=0) + torch.log1p(torch.exp(-x.abs())), lambda g, x: g * torch.sigmoid(x)),
    [-10.0, 0.0, 10.0, 30.0],
)
a(
    "silu fn",
    saved(lambda x: x * torch.sigmoid(x), lambda g, x: (lambda s: g * (s + x * s * (1 - s)))(torch.sigmoid(x))),
    [-5.0, 0.0, 3.0],
)
a(
    "gelu fn",
    saved(
        lambda x: 0.5 * x * (1 + torch.erf(x / math.sqrt(2))),
        lambda g, x: g * (0.5 * (1 + torch.erf(x / math.sqrt(2))) + x * torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)),
    ),
    [-1.0, 0.0, 2.0],
)


def gelu_tanh_b(g, x):
    k = math.sqrt(2 / math.pi)
    t = torch.tanh(k * (x + 0.044715 * x**3))
    return g * (0.5 * (1 + t) + 0.5 * x * (1 - t * t) * k * (1 + 3 * 0.044715 * x * x))


a("gelu tanh fn", saved(lambda x: F.gelu(x, approximate="tanh"), gelu_tanh_b), [-1.0, 0.0, 2.0, 0.5])
a("log1p fn", saved(torch.log1p, lambda g, x: g / (1 + x)), [1e-3, 1.0, -0.5])
a("matmul fn", saved(torch.matmul, lambda g, x, w: (g @ w.T, x.T @ g)), normal(3, 4), normal(4, 2))
a(
    "linear fn bias",
    saved(lambda x, w, b: x @ w.T + b, lambda g, x, w, b: (g @ w, g.T @ x, g.sum(0))),
    normal(3, 4),
    normal(2, 4),
    normal(2),
)
a("bmm fn", saved(torch.bmm, lambda g, x, w: (g @ w.mT, x.mT @ g)), normal(2, 3, 4), normal(2, 4, 2))
a(
    "mul broadcast fn",
    saved(lambda x, y: x * y, lambda g, x, y: ((g * y).sum(1, keepdim=True), (g * x).sum(0))),
    normal(3, 1),
    normal(4),
)
a("sum dim fn", saved(lambda x: x.sum(1), lambda g, x: g[:, None].expand_as(x)), normal(3, 4))
a("mean fn", saved(lambda x: x.mean(), lambda g, x: g.expand_as(x) / x.numel()), normal(3, 4))
a("softmax fn", outs(lambda x: x.softmax(-1), lambda g, y: y * (g - (g * y).sum(-1, keepdim=True))), normal(2, 5))
a("log softmax fn", outs(lambda x: x.log_softmax(-1), lambda g, y: g - y.exp() * g.sum(-1, keepdim=True)), normal(2, 5))


def lsm(ctx, x):
    y = x.logsumexp(-1)
    ctx.save_for_backward(x, y)
    return y


a(
    "logsumexp fn",
    make(lsm, lambda ctx, g: g[:, None] * (ctx.saved_tensors[0] - ctx.saved_tensors[1][:, None]).exp()),
    normal(2, 5, scale=20),
)


def cef(ctx, x, t):
    p = x.softmax(-1)
    ctx.save_for_backward(p, t)
    return F.cross_entropy(x, t)


def ceb(ctx, g):
    p, t = ctx.saved_tensors
    p = p.clone()
    p[torch.arange(len(t)), t] -= 1
    return g * p / len(t), None


a("cross entropy fused fn", make(cef, ceb), normal(3, 5), Constant(torch.tensor([1, 0, 4])))


def lnf(ctx, x, w, b, eps=1e-5):
    mu = x.mean(-1, keepdim=True)
    r = torch.rsqrt(((x - mu) ** 2).mean(-1, keepdim=True) + eps)
    h = (x - mu) * r
    ctx.save_for_backward(h, r, w)
    return h * w + b


def lnb(ctx, g):
    h, r, w = ctx.saved_tensors
    gh = g * w
    return r * (gh - gh.mean(-1, keepdim=True) - h * (gh * h).mean(-1, keepdim=True)), (g * h).sum(0), g.sum(0)


a("layer norm fn", make(lnf, lnb), normal(3, 6), normal(6), normal(6, seed=1))


def lnf32(ctx, x, w, b):
    h32 = x.float() if x.dtype != F64 else x
    mu = h32.mean(-1, keepdim=True)
    r = torch.rsqrt(h32.var(-1, keepdim=True, correction=0) + 1e-5)
    h = (h32 - mu) * r
    ctx.save_for_backward(h, r, w)
    return (h * w.to(h.dtype) + b.to(h.dtype)).to(x.dtype)


def lnb32(ctx, g):
    h, r, w = ctx.saved_tensors
    d = g.dtype
    g = g.to(h.dtype)
    gh = g * w.to(h.dtype)
    return (
        (r * (gh - gh.mean(-1, keepdim=True) - h * (gh * h).mean(-1, keepdim=True))).to(d),
        (g * h).sum(0).to(d),
        g.sum(0).to(d),
    )


a("layer norm fn upcast", make(lnf32, lnb32), normal(3, 6), normal(6), normal(6, seed=1))


def rmsf(ctx, x, w):
    r = torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6)
    ctx.save_for_backward(x, w, r)
    return x * r * w


def rmsb(ctx, g):
    x, w, r = ctx.saved_tensors
    gw = g * w
    return r * gw - x * r**3 * (gw * x).mean(-1, keepdim=True), (g * x * r).sum(0)


a("rms norm fn", make(rmsf, rmsb), normal(3, 6), normal(6))
