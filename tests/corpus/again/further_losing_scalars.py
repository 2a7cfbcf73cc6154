"""losing scalars"""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from corpus.again.backwards import make, outs, saved
from corpus.again.losing_scalars import each
from corpus.again.table import BF16, F32, F64, Table, normal, uniform

T = Table()


def b(name, fn, spec64, spec32, specb):
    for s, d in ((spec64, F64), (spec32, F32), (specb, BF16)):
        if s is not None:
            T.add(name, fn, *s, dt=(d,))


b(
    "matmul in BF16",
    make(
        lambda ctx, x, w: (ctx.save_for_backward(x, w), x @ w)[1],
        lambda ctx, g: (
            lambda x, w: ((g.bfloat16() @ w.bfloat16().T).to(g.dtype), (x.bfloat16().T @ g.bfloat16()).to(g.dtype))
        )(*ctx.saved_tensors),
    ),
    (normal(3, 4), normal(4, 2)),
    (normal(3, 4), normal(4, 2)),
    None,
)


def seqsum(v):
    s = torch.zeros((), dtype=v.dtype)
    for e in v.flatten():
        s = s + e
    return s


def bf_loop_dot(ctx, x, w):
    ctx.save_for_backward(x, w)
    return x * w


b(
    "scale grad with BF16 accumulator",
    make(
        bf_loop_dot,
        lambda ctx, g: (g * ctx.saved_tensors[1], seqsum((g * ctx.saved_tensors[0]).bfloat16()).to(g.dtype).reshape(1)),
    ),
    (uniform(300, lo=0.5, hi=1.5), [0.5]),
    (uniform(300, lo=0.5, hi=1.5), [0.5]),
    None,
)
b(
    "log' by finite eps",
    saved(torch.log, lambda g, x: g * (torch.log(x * (1 + 1e-5)) - torch.log(x)) / (1e-5 * x)),
    ([0.5, 2.0],),
    ([0.5, 2.0],),
    None,
)
b(
    "softmax backward dense cancel",
    outs(lambda x: x.softmax(-1), lambda g, y: (1e4 + g * y - y * (g * y).sum(-1, keepdim=True)) - 1e4),
    (normal(2, 4),),
    (normal(2, 4),),
    (normal(2, 4),),
)
b(
    "sqrt' by difference of reciprocals",
    saved(torch.sqrt, lambda g, x: g * (1 / (torch.sqrt(x + 1) - torch.sqrt(x)) - torch.sqrt(x + 1)) / (2 * x)),
    ([1e6, 1e7],),
    ([1e3, 1e4],),
    ([40.0, 60.0],),
)
b(
    "gelu tail by 1+tanh",
    saved(
        lambda x: F.gelu(x),
        lambda g, x: g * (0.5 * (1 + torch.erf(x / math.sqrt(2))) + x * torch.exp(-x * x / 2) / math.sqrt(2 * math.pi)),
    ),
    *each([-7.0, -6.5], [-4.5, -5.0], [-2.5, -2.75]),
)
b(
    "expm1 backward via exp minus",
    saved(lambda x: torch.expm1(x) / x, lambda g, x: g * (torch.exp(x) * (x - 1) + 1) / x**2),
    *each([1e-5, 1e-6], [1e-2, 2e-3], [0.2, 0.15]),
)
b(
    "sinc' naive",
    saved(lambda x: torch.sinc(x / math.pi), lambda g, x: g * (torch.cos(x) / x - torch.sin(x) / x**2)),
    *each([1e-5, 1e-6], [1e-2, 2e-3], [0.2, 0.15]),
)
b(
    "logcosh' by log",
    saved(lambda x: torch.log(torch.cosh(x)), lambda g, x: g * (1 - 2 / (torch.exp(2 * x) + 1))),
    *each([1e-9, 1e-10], [1e-4, 1e-5], [0.03, 0.02]),
)
b(
    "mish' naive 1-tanh^2",
    saved(
        F.mish,
        lambda g, x: (lambda t: g * (t + x * (1 - t * t) * torch.sigmoid(x)))(torch.tanh(torch.log(1 + torch.exp(x)))),
    ),
    *each([-30.0, -25.0], [-12.0, -13.0], [-5.0, -5.5]),
)
b(
    "norm' by sqrt(sum)-tiny",
    lambda x, y: torch.sqrt(x * x + y * y) - x,
    ([1e5], [1.0]),
    ([300.0], [1.0]),
    ([10.0], [1.0]),
)
b("atan difference", lambda x: torch.atan(x + 1) - torch.atan(x), *each([1e6, 1e5], [1e3, 500.0], [30.0, 20.0]))
b("pi/2 - atan", lambda x: math.pi / 2 - torch.atan(x), *each([1e9, 1e8], [1e4, 1e5], [60.0, 40.0]))
b(
    "sum of pair minus max",
    lambda x: x.exp().sum().log() - x.max(),
    *each([30.0, 0.0, 1.0], [12.0, 0.0, 1.0], [5.5, 0.0, 1.0]),
)
b(
    "geometric mean minus one",
    lambda x: x.log().mean().exp() - 1,
    (1 + 1e-9 * uniform(5, lo=0.5),),
    (1 + 1e-3 * uniform(5, lo=0.5),),
    (1 + 0.06 * uniform(5, lo=0.5),),
)
b(
    "relative log return",
    lambda p: torch.log(p[1:] / p[:-1]),
    (1 + 1e-9 * torch.arange(5, dtype=F64) ** 2,),
    (1 + 1e-4 * torch.arange(5, dtype=F64) ** 2,),
    (1 + 0.03125 * torch.arange(3, dtype=F64) ** 2,),
)
