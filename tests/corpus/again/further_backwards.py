"""backwards"""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from corpus.again.backwards import make, outs, saved
from corpus.again.table import WIDE, Constant, Table, normal, uniform

T = Table()
a = T.add


def bnf(ctx, x, w, b):
    mu, v = x.mean(0), x.var(0, correction=0)
    r = (v + 1e-5).rsqrt()
    h = (x - mu) * r
    ctx.save_for_backward(h, r, w)
    return h * w + b


def bnb(ctx, g):
    h, r, w = ctx.saved_tensors
    n = len(h)
    return w * r / n * (n * g - g.sum(0) - h * (g * h).sum(0)), (g * h).sum(0), g.sum(0)


a("batch norm fn", make(bnf, bnb), normal(5, 3), normal(3), normal(3, seed=1))


def atf(ctx, q, k, v):
    s = q.shape[-1] ** -0.5
    p = (q @ k.mT * s).softmax(-1)
    ctx.save_for_backward(q, k, v, p)
    ctx.s = s
    return p @ v


def atb(ctx, g):
    q, k, v, p = ctx.saved_tensors
    dv = p.mT @ g
    dp = g @ v.mT
    ds = p * (dp - (dp * p).sum(-1, keepdim=True)) * ctx.s
    return ds @ k, ds.mT @ q, dv


a("attention fn", make(atf, atb), normal(3, 4), normal(5, 4), normal(5, 2))


def flf(ctx, q, k, v):
    s = q.shape[-1] ** -0.5
    l = (q @ k.mT * s).logsumexp(-1, keepdim=True)
    o = (q @ k.mT * s - l).exp() @ v
    ctx.save_for_backward(q, k, v, l, o)
    ctx.s = s
    return o


def flb(ctx, g):
    q, k, v, l, o = ctx.saved_tensors
    p = (q @ k.mT * ctx.s - l).exp()
    d = (g * o).sum(-1, keepdim=True)
    ds = p * (g @ v.mT - d) * ctx.s
    return ds @ k, ds.mT @ q, p.mT @ g


a("flash style attention fn", make(flf, flb), normal(3, 4), normal(5, 4), normal(5, 2))


def onf(ctx, q, k, v):  # online softmax over blocks
    m = torch.full((len(q), 1), -math.inf, dtype=q.dtype)
    l = torch.zeros_like(m)
    o = torch.zeros(len(q), v.shape[1], dtype=q.dtype)
    for j in range(0, len(k), 2):
        s = q @ k[j : j + 2].T
        mn = torch.maximum(m, s.amax(-1, keepdim=True))
        c = (m - mn).exp()
        e = (s - mn).exp()
        l = l * c + e.sum(-1, keepdim=True)
        o = o * c + e @ v[j : j + 2]
        m = mn
    o = o / l
    ctx.save_for_backward(q, k, v, m + l.log(), o)
    return o


def onb(ctx, g):
    q, k, v, L, o = ctx.saved_tensors
    p = (q @ k.T - L).exp()
    ds = p * (g @ v.T - (g * o).sum(-1, keepdim=True))
    return ds @ k, ds.T @ q, p.T @ g


a("online softmax attention fn", make(onf, onb), normal(3, 4), normal(5, 4), normal(5, 2))
a(
    "swiglu fn",
    saved(
        lambda x, y: F.silu(x) * y,
        lambda g, x, y: (lambda s: (g * y * s * (1 + x * (1 - s)), g * x * s))(torch.sigmoid(x)),
    ),
    normal(5),
    normal(5, seed=1),
)
a("inverse fn", outs(torch.linalg.inv, lambda g, y: -y.mT @ g @ y.mT), normal(3, 3) + 2 * torch.eye(3), dt=WIDE)


def slf(ctx, A_, b):
    x = torch.linalg.solve(A_, b)
    ctx.save_for_backward(A_, x)
    return x


def slb(ctx, g):
    A_, x = ctx.saved_tensors
    gb = torch.linalg.solve(A_.mT, g)
    return -gb @ x.mT, gb


a("solve fn", make(slf, slb), normal(3, 3) + 2 * torch.eye(3), normal(3, 2), dt=WIDE)


def detf(ctx, A_):
    d = torch.linalg.det(A_)
    ctx.save_for_backward(A_, d)
    return d


a(
    "det fn",
    make(detf, lambda ctx, g: g * ctx.saved_tensors[1] * torch.linalg.inv(ctx.saved_tensors[0]).mT),
    normal(3, 3) + 2 * torch.eye(3),
    dt=WIDE,
)


def chf(ctx, A_):
    l = torch.linalg.cholesky((A_ + A_.mT) / 2)
    ctx.save_for_backward(l)
    return l


def chb(ctx, g):
    (l,) = ctx.saved_tensors
    phi = (l.mT @ g).tril()
    phi = phi - 0.5 * torch.diag(phi.diagonal())
    li = torch.linalg.inv(l)
    s = li.mT @ phi @ li
    return (s + s.mT) / 2


a("cholesky fn", make(chf, chb), torch.eye(3) * 2 + 0.3, dt=WIDE)


def cumf(ctx, x):
    return x.cumsum(0)


a("cumsum fn", make(cumf, lambda ctx, g: g.flip(0).cumsum(0).flip(0)), normal(6))


def scf(ctx, a_, x):
    h, hs = torch.zeros_like(x[0]), []
    for t in range(len(x)):
        h = a_[t] * h + x[t]
        hs.append(h)
    hs = torch.stack(hs)
    ctx.save_for_backward(a_, hs)
    return hs


def scb(ctx, g):
    a_, hs = ctx.saved_tensors
    lam = torch.zeros_like(g[0])
    ga, gx = torch.zeros_like(a_), torch.zeros_like(g)
    for t in reversed(range(len(g))):
        lam = lam + g[t]
        gx[t] = lam
        if t:
            ga[t] = lam * hs[t - 1]
        lam = lam * a_[t]
    return ga, gx


a("scan fn", make(scf, scb), uniform(5, 2), normal(5, 2))


def embf(ctx, w, i):
    ctx.save_for_backward(i)
    ctx.n = w.shape
    return w[i]


def embb(ctx, g):
    (i,) = ctx.saved_tensors
    o = torch.zeros(ctx.n, dtype=g.dtype)
    o.index_add_(0, i, g)
    return o, None


a("embedding fn", make(embf, embb), normal(4, 3), Constant(torch.tensor([1, 1, 3])))


def cvf(ctx, x, w):
    ctx.save_for_backward(x, w)
    return F.conv2d(x, w, padding=1)


def cvb(ctx, g):
    x, w = ctx.saved_tensors
    return torch.nn.grad.conv2d_input(x.shape, w, g, padding=1), torch.nn.grad.conv2d_weight(x, w.shape, g, padding=1)


a("conv fn", make(cvf, cvb), normal(1, 2, 4, 4), normal(3, 2, 3, 3))


def cbf(ctx, x, w):  # im2col
    c = F.unfold(x, 3)
    ctx.save_for_backward(c, w)
    ctx.s = x.shape
    return (w.flatten(1) @ c).view(x.shape[0], len(w), x.shape[2] - 2, x.shape[3] - 2)


def cbb(ctx, g):
    c, w = ctx.saved_tensors
    gf = g.flatten(2)
    return F.fold(w.flatten(1).T @ gf, ctx.s[2:], 3), torch.einsum("bol,bkl->ok", gf, c).view_as(w)


a("im2col conv fn", make(cbf, cbb), normal(2, 2, 4, 4), normal(3, 2, 3, 3))
