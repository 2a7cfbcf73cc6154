"""losing scalars"""

from __future__ import annotations

import math

import torch

from corpus.again.backwards import make, outs, saved
from corpus.again.table import BF16, F32, F64, Table, normal

WANT = ("inaccurate",)
T = Table()
LD = (F64, F32, BF16)


def a(name, fn, *spec, dt=LD):
    T.add(name, fn, *spec, dt=dt)


def per(**k):  # inputs that depend on dtype
    return k


# custom functions whose backward loses digits; inputs chosen so that each dtype loses some but may keep a few
def b(name, fn, spec64, spec32, specb):
    for s, d in ((spec64, F64), (spec32, F32), (specb, BF16)):
        if s is not None:
            T.add(name, fn, *s, dt=(d,))


def each(*xs):
    return tuple(([x] if isinstance(x, list) else [list(x)]) if x is not None else None for x in xs)


b("tanh' by 1-y^2", outs(torch.tanh, lambda g, y: g * (1 - y * y)), *each([14.0, 12.0], [6.0, 7.0], [2.5, 2.7]))
b(
    "sigmoid' by y(1-y)",
    outs(torch.sigmoid, lambda g, y: g * y * (1 - y)),
    *each([25.0, 30.0], [10.0, 13.0], [4.0, 5.0]),
)
b("softplus naive", lambda x: torch.log(1 + torch.exp(x)), *each([-30.0, -25.0], [-12.0, -13.0], [-4.0, -4.5]))
b("log(1-exp(-x))", lambda x: torch.log(1 - torch.exp(-x)), *each([1e-9, 1e-10], [1e-4, 1e-5], [0.03, 0.02]))
b("expm1 absent", lambda x: torch.exp(x) - 1, *each([1e-9, 1e-10], [1e-4, 1e-5], [0.03, 0.02]))
b("log1p absent", lambda x: torch.log(1 + x), *each([1e-9, 1e-10], [1e-4, 1e-5], [0.03, 0.02]))
b("1-cos", lambda x: 1 - torch.cos(x), *each([1e-5, 1e-6], [1e-2, 2e-3], [0.2, 0.15]))
b("(1-cos)/x^2", lambda x: (1 - torch.cos(x)) / x**2, *each([1e-5, 1e-6], [1e-2, 2e-3], [0.2, 0.15]))
b("sqrt(x+1)-sqrt(x)", lambda x: torch.sqrt(x + 1) - torch.sqrt(x), *each([1e10, 1e12], [1e5, 1e4], [300.0, 200.0]))
b("sqrt(1+x)-1", lambda x: torch.sqrt(1 + x) - 1, *each([1e-9, 1e-10], [1e-4, 1e-5], [0.05, 0.03]))
b("sinh by exps", lambda x: (torch.exp(x) - torch.exp(-x)) / 2, *each([1e-9, 1e-10], [1e-4, 1e-5], [0.03, 0.02]))
b(
    "tanh by exps",
    lambda x: (torch.exp(x) - torch.exp(-x)) / (torch.exp(x) + torch.exp(-x)),
    *each([1e-9, 1e-10], [1e-4, 1e-5], [0.03, 0.02]),
)
b("asinh naive", lambda x: torch.log(x + torch.sqrt(x * x + 1)), *each([-1e6, -1e5], [-300.0, -100.0], [-6.0, -5.0]))
b("atanh naive", lambda x: 0.5 * torch.log((1 + x) / (1 - x)), *each([1e-9, 1e-10], [1e-4, 1e-5], [0.03, 0.02]))
b(
    "variance one pass",
    lambda x: (x * x).mean() - x.mean() ** 2,
    (normal(8, shift=1e5),),
    (normal(8, shift=500.0),),
    (normal(8, shift=20.0),),
)
b(
    "std one pass",
    lambda x: ((x * x).mean() - x.mean() ** 2).sqrt(),
    (normal(8, shift=1e5),),
    (normal(8, shift=200.0),),
    (normal(8, shift=8.0),),
)


def ln1(x):
    v = (x * x).mean(-1, keepdim=True) - x.mean(-1, keepdim=True) ** 2
    return (x - x.mean(-1, keepdim=True)) * torch.rsqrt(v + 1e-5)


b("layer norm one pass", ln1, (normal(2, 8, shift=1e5),), (normal(2, 8, shift=300.0),), (normal(2, 8, shift=9.0),))
b(
    "covariance E[xy]-E[x]E[y]",
    lambda x, y: (x * y).mean() - x.mean() * y.mean(),
    (normal(8, shift=1e5), normal(8, seed=1, shift=1e5)),
    (normal(8, shift=300.0), normal(8, seed=1, shift=300.0)),
    (normal(8, shift=20.0), normal(8, seed=1, shift=20.0)),
)
b(
    "gram distances",
    lambda x, y: (x * x).sum(-1) + (y * y).sum(-1) - 2 * (x * y).sum(-1),
    (normal(3, 4, shift=1e4), normal(3, 4, seed=1, scale=1e-3, shift=1e4)),
    (normal(3, 4, scale=0.1, shift=100.0), normal(3, 4, seed=1, scale=0.1, shift=100.0)),
    (normal(3, 4, shift=20.0), normal(3, 4, seed=1, shift=20.0)),
)
b(
    "cdist by matmul",
    lambda x, y: torch.sqrt((x * x).sum(-1)[:, None] + (y * y).sum(-1)[None] - 2 * x @ y.T),
    (normal(3, 4, shift=1e5), normal(2, 4, seed=1, shift=1e5)),
    (normal(3, 4, shift=200.0), normal(2, 4, seed=1, shift=200.0)),
    (normal(3, 4, shift=5.0), normal(2, 4, seed=1, shift=5.0)),
)
b(
    "heron naive",
    lambda x, y, z: (lambda s: torch.sqrt(s * (s - x) * (s - y) * (s - z)))((x + y + z) / 2),
    *[([1.0], [1.0], [e]) for e in (1e-10, 1e-5, 0.02)],
)
b("quadratic root cancelling", lambda p, q: -p + torch.sqrt(p * p - q), ([1e7], [1.0]), ([1e3], [1.0]), ([12.0], [1.0]))
b(
    "angle by acos",
    lambda x, y: torch.acos((x @ y) / (x.norm() * y.norm())),
    ([1.0, 0.0, 0.1], [1.0, 1e-6, 0.1]),
    ([1.0, 0.0, 0.1], [1.0, 2e-3, 0.1]),
    ([1.0, 0.0, 0.1], [1.0, 0.15, 0.1]),
)
b(
    "rotation log by acos",
    lambda t: torch.acos((1 + 2 * torch.cos(t) - 1) / 2),
    *each([1e-6, 1e-5], [3e-3, 1e-2], [0.25, 0.2]),
)
b(
    "haversine by acos",
    lambda p, q: torch.acos(torch.sin(p) * torch.sin(q) + torch.cos(p) * torch.cos(q)),
    ([0.5], [0.500001]),
    ([0.5], [0.503]),
    ([0.5], [0.7]),
)
b("sinc-like (x-sin x)/x^3", lambda x: (x - torch.sin(x)) / x**3, *each([1e-4, 1e-5], [2e-2, 1e-2], [0.4, 0.3]))
b("(exp(x)-1)/x", lambda x: (torch.exp(x) - 1) / x, *each([1e-9, 1e-10], [1e-4, 1e-5], [0.03, 0.02]))
b("log difference", lambda x: torch.log(x + 1) - torch.log(x), *each([1e10, 1e12], [1e5, 1e4], [200.0, 100.0]))
b("1/x - 1/(x+1)", lambda x: 1 / x - 1 / (x + 1), *each([1e8, 1e10], [1e4, 1e5], [200.0, 100.0]))
b("erfc by 1-erf", lambda x: 1 - torch.erf(x), *each([5.0, 5.3], [3.0, 3.3], [1.7, 1.8]))
b(
    "log normal cdf naive",
    lambda x: torch.log(0.5 * (1 + torch.erf(x / math.sqrt(2)))),
    *each([-7.0, -7.5], [-4.0, -4.5], [-2.0, -2.2]),
)
b("logsigmoid naive pos", lambda x: torch.log(torch.sigmoid(x)), *each([25.0, 30.0], [10.0, 12.0], [4.0, 4.5]))
b("bce on probabilities", lambda x: -torch.log(1 - torch.sigmoid(x)), *each([-30.0, 30.0], [-12.0, 12.0], [-4.0, 4.5]))
b(
    "entropy by p log p of ps",
    lambda x: (lambda p: -(p * torch.log(p)).sum())(x.softmax(-1)),
    *each([30.0, 0.0], [12.0, 0.0], [5.0, 0.0]),
)
b(
    "kl of near distributions",
    lambda x, y: (lambda p, q: (p * (p.log() - q.log())).sum())(x.softmax(-1), y.softmax(-1)),
    (normal(5), normal(5) + 1e-5 * normal(5, seed=1)),
    (normal(5), normal(5) + 1e-3 * normal(5, seed=1)),
    (normal(5), normal(5) + 0.1 * normal(5, seed=1)),
)
b(
    "expanded (x-1)^6",
    lambda x: x**6 - 6 * x**5 + 15 * x**4 - 20 * x**3 + 15 * x**2 - 6 * x + 1,
    *each([1.002, 0.998], [1.05, 0.96], [1.25, 0.75]),
)
b("add and take away 1e8", lambda x: (x + 1e8) - 1e8, *each([0.1, 0.2], [0.1, 1000.3], [0.1, 1000.0]))
b(
    "cumulative difference",
    lambda x: (lambda c: c[1:] - c[:-1])(x.cumsum(0)),
    *[(torch.cat([torch.tensor([s], dtype=F64), normal(5)]),) for s in (1e8, 1e4, 100.0)],
)
b(
    "window sum by cumsum",
    lambda x: (lambda c: c[3:] - c[:-3])(x.cumsum(0)),
    *[(torch.cat([torch.tensor([s], dtype=F64), normal(8)]),) for s in (1e8, 1e4, 100.0)],
)
b(
    "finite difference backward",
    saved(
        torch.sin,
        lambda g, x: (
            g
            * (torch.sin(x + 1e-3 if x.dtype == BF16 else x + 1e-6) - torch.sin(x))
            / (1e-3 if x.dtype == BF16 else 1e-6)
        ),
    ),
    *each([0.5, 2.0], [0.5, 2.0], None) if False else (([0.5, 2.0],), ([0.5, 2.0],), None),
)
b(
    "central difference backward",
    saved(
        torch.sin,
        lambda g, x: (lambda h: g * (torch.sin(x + h) - torch.sin(x - h)) / (2 * h))(
            {F64: 1e-8, F32: 2**-12, BF16: 2**-4}[x.dtype]
        ),
    ),
    ([0.5, 2.0],),
    ([0.5, 2.0],),
    ([0.5, 1.3],),
)
b(
    "backward through float16",
    saved(lambda x: x.sin() * x, lambda g, x: ((x.half().sin() + x.half() * x.half().cos()) * g.half()).to(x.dtype)),
    (normal(6),),
    (normal(6),),
    None,
)
b(
    "backward through bfloat16",
    saved(torch.exp, lambda g, x: (g.bfloat16() * x.bfloat16().exp()).to(x.dtype)),
    (normal(6),),
    (normal(6),),
    None,
)
b(
    "backward through float32",
    saved(lambda x: x**3, lambda g, x: (3 * g.float() * x.float() ** 2).to(x.dtype)),
    (normal(6),),
    None,
    None,
)
b("forward through float16", lambda x: (x.half() * 3).sin().to(x.dtype), (normal(6),), (normal(6),), None)
b("forward through bfloat16", lambda x: torch.tanh(x.bfloat16()).to(x.dtype), (normal(6),), (normal(6),), None)
b("forward through float32", lambda x: torch.exp(x.float()).to(x.dtype), (normal(6),), None, None)
b(
    "saved in half",
    make(
        lambda ctx, x, w: (ctx.save_for_backward(x.half(), w.half()), x @ w)[1],
        lambda ctx, g: (lambda x, w: (g @ w.to(g.dtype).T, x.to(g.dtype).T @ g))(*ctx.saved_tensors),
    ),
    (normal(3, 4), normal(4, 2)),
    (normal(3, 4), normal(4, 2)),
    None,
)
