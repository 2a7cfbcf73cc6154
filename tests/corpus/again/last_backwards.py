"""backwards"""

from __future__ import annotations

import math

import torch

from corpus.again.backwards import make
from corpus.again.table import WIDE, Table, normal

T = Table()
a = T.add


a(
    "fixed point implicit",
    make(
        lambda ctx, c: (lambda y: (ctx.save_for_backward(y), y)[1])(_fix(c)),
        lambda ctx, g: g / (1 + 0.5 * ctx.saved_tensors[0].sin()),
    ),
    [0.3, 1.0],
)


def _fix(c):
    y = torch.zeros_like(c)
    for _ in range(80):
        y = c + 0.5 * torch.cos(y)
    return y


a(
    "lambert newton fn",
    make(
        lambda ctx, z: (lambda w: (ctx.save_for_backward(w), w)[1])(_lam(z)),
        lambda ctx, g: (lambda w: g / (w.exp() * (1 + w)))(ctx.saved_tensors[0]),
    ),
    [0.5, 2.0],
    dt=WIDE,
)


def _lam(z):
    w = torch.log1p(z)
    for _ in range(20):
        w = w - (w * w.exp() - z) / (w.exp() * (1 + w))
    return w


a(
    "logsigmoid stable",
    lambda x: torch.minimum(x, torch.zeros_like(x)) - torch.log1p(torch.exp(-x.abs())),
    [-20.0, 0.5, 20.0],
)
a(
    "logaddexp by hand",
    lambda x, y: torch.maximum(x, y) + torch.log1p(torch.exp(-(x - y).abs())),
    [100.0, 1.0],
    [1.0, 1.5],
)
a(
    "log1mexp branch",
    lambda x: torch.where(x < math.log(2), torch.log(-torch.expm1(-x)), torch.log1p(-torch.exp(-x))),
    [1e-3, 0.5, 5.0],
)
a(
    "expm1 over x safe",
    lambda x: torch.where(
        x.abs() < 1e-4, 1 + x / 2, torch.expm1(x) / torch.where(x.abs() < 1e-4, torch.ones_like(x), x)
    ),
    [0.5, -2.0],
    dt=WIDE,
)
a(
    "sigmoid by branches",
    lambda x: torch.where(x >= 0, 1 / (1 + torch.exp(-x.abs())), torch.exp(-x.abs()) / (1 + torch.exp(-x.abs()))),
    [-9.0, 0.5, 9.0],
)
a("welford variance", lambda x: _welford(x), normal(8, shift=50.0))


def _welford(x):
    m, s = x[0], torch.zeros((), dtype=x.dtype)
    for k in range(1, len(x)):
        d = x[k] - m
        m = m + d / (k + 1)
        s = s + d * (x[k] - m)
    return s / len(x)


a("two pass variance", lambda x: ((x - x.mean()) ** 2).mean(), normal(8, shift=50.0))
a("kahan sum", lambda x: _kahan(x), normal(12))


def _kahan(x):
    s = c = torch.zeros((), dtype=x.dtype)
    for v in x:
        y = v - c
        t = s + y
        c = (t - s) - y
        s = t
    return s


a("pairwise sum", lambda x: x.view(2, 2, 2).sum(0).sum(0).sum(0), normal(8))
a("horner", lambda x: ((3 * x - 2) * x + 1) * x - 5, normal(5))
a("rodrigues safe", lambda w: _rod(w), [1e-3, 2e-3, -1e-3], dt=WIDE)


def _rod(w):
    th = w.norm()
    K_ = torch.stack(
        [
            torch.stack([0 * w[0], -w[2], w[1]]),
            torch.stack([w[2], 0 * w[0], -w[0]]),
            torch.stack([-w[1], w[0], 0 * w[0]]),
        ]
    )
    return (
        torch.eye(3, dtype=w.dtype)
        + torch.sinc(th / math.pi) * K_
        + 0.5 * torch.sinc(th / (2 * math.pi)) ** 2 * (K_ @ K_)
    )


a(
    "haversine",
    lambda p, q: 2 * torch.asin(torch.sqrt(torch.sin((p - q) / 2) ** 2 + torch.cos(p) * torch.cos(q) * 0.01)),
    [0.5],
    [0.4],
)
