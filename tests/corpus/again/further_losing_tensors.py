"""losing tensors"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from corpus.again.backwards import make, saved
from corpus.again.table import BF16, F32, F64, Table, normal

T = Table()


def b(name, fn, spec64, spec32, specb=None):
    for s, d in ((spec64, F64), (spec32, F32), (specb, BF16)):
        if s is not None:
            T.add(name, fn, *s, dt=(d,))


b(
    "cross entropy fn prob in half",
    make(
        lambda ctx, x: (ctx.save_for_backward(x.softmax(-1).half()), x.logsumexp(-1) - x[:, 0])[1],
        lambda ctx, g: (lambda p: g[:, None] * (p - torch.eye(p.shape[1], dtype=p.dtype)[0]))(
            ctx.saved_tensors[0].to(g.dtype)
        ),
    ),
    (normal(2, 6),),
    (normal(2, 6),),
)
b(
    "conv backward in float32",
    make(
        lambda ctx, x, w: (ctx.save_for_backward(x, w), F.conv2d(x, w))[1],
        lambda ctx, g: (
            lambda x, w: (
                torch.nn.grad.conv2d_input(x.shape, w.float(), g.float()).to(g.dtype),
                torch.nn.grad.conv2d_weight(x.float(), w.shape, g.float()).to(g.dtype),
            )
        )(*ctx.saved_tensors),
    ),
    (normal(1, 2, 4, 4), normal(2, 2, 2, 2)),
    None,
)
b(
    "index add in half",
    make(
        lambda ctx, w, i=torch.tensor([0, 0, 0, 1]): w[i],
        lambda ctx, g, i=torch.tensor([0, 0, 0, 1]): (
            torch.zeros(3, dtype=torch.half).index_add(0, i, g.half()).to(g.dtype)
        ),
    ),
    (normal(3),),
    (normal(3),),
)
b(
    "gradient scaled by 1e-6 through half",
    make(lambda ctx, x: x.sin() * 1, lambda ctx, g: g)
    if False
    else saved(torch.sin, lambda g, x: (g * x.cos() * 1e-3).half().to(g.dtype) * 1e3),
    (normal(4),),
    (normal(4),),
)
b(
    "tf32-like truncation",
    saved(torch.mul, lambda g, x, y: (g * _trunc(y), g * _trunc(x))),
    None,
    (normal(4), normal(4, seed=1)),
)


def _trunc(x):
    return (x.view(torch.int32) & ~0x1FFF).view(torch.float32)


b("exp by repeated squaring fn", saved(torch.exp, lambda g, x: g * (1 + x / 2**26) ** (2**26)), ([1.0, 2.0],), None)
b(
    "harmonic difference of digammas",
    lambda x: torch.lgamma(x + 1) - torch.lgamma(x) - torch.log(x) + 1e-3 * x,
    None,
    ([30000.0, 20000.0],),
)
b(
    "beta via lgammas",
    lambda x, y: torch.exp(torch.lgamma(x) + torch.lgamma(y) - torch.lgamma(x + y)),
    ([1e7], [2.0]),
    ([3e3], [2.0]),
)
b("complex abs naive minus real", lambda x, y: torch.complex(x, y).abs() - x, ([1e5], [1.0]), ([300.0], [1.0]))
b("mean shift by big constant", lambda x: (x + 1e7).mean() - 1e7, (normal(5),), (normal(5),))
b("softplus inverse naive", lambda x: torch.log(torch.exp(x) - 1), ([1e-9, 1e-10],), ([1e-4, 1e-5],), ([0.03, 0.02],))
b("gumbel cdf naive", lambda x: 1 - torch.exp(-torch.exp(-x)), ([25.0, 30.0],), ([10.0, 12.0],), ([4.0, 5.0],))
b("weibull hazard naive", lambda x: 1 - torch.exp(-(x**2)), ([1e-5, 1e-6],), ([1e-2, 5e-3],), ([0.15, 0.1],))
b("student t naive log", lambda x: torch.log(1 + x * x / 1e3) * 1e3, ([1e-5, 1e-4],), ([0.1, 0.05],), ([3.0, 2.0],))
b("box cox near zero", lambda x: (x**1e-6 - 1) / 1e-6, ([2.0, 3.0],), ([2.0, 3.0],))
b("tsallis entropy near 1", lambda x: (1 - (x ** (1 + 1e-6)).sum()) / 1e-6, ([0.2, 0.3, 0.5],), None)
b("renyi near 1", lambda x: torch.log((x ** (1 + 1e-6)).sum()) / -1e-6, ([0.2, 0.3, 0.5],), None)
b("compound interest naive", lambda r: (1 + r) ** 12 - 1, ([1e-9, 1e-10],), ([1e-4, 1e-5],), ([0.01, 0.015],))
b(
    "relativistic kinetic naive",
    lambda v: 1 / torch.sqrt(1 - v * v) - 1,
    ([1e-5, 1e-6],),
    ([1e-2, 5e-3],),
    ([0.15, 0.2],),
)
b("lens maker difference", lambda x: 1 / (1 - x) - 1 / (1 + x), ([1e-9, 1e-10],), ([1e-4, 1e-5],), ([0.01, 0.02],))
b("sigmoid difference", lambda x: torch.sigmoid(x + 1e-3) - torch.sigmoid(x), ([0.5, 1.0],), ([0.5, 1.0],))
b(
    "logistic mixture cdf difference",
    lambda x: torch.sigmoid((x + 1 / 255) * 20) - torch.sigmoid((x - 1 / 255) * 20),
    ([1.6, 1.7],),
    ([0.7, 0.8],),
    ([0.3, 0.35],),
)
