"""losing tensors"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from corpus.again.backwards import make
from corpus.again.matrices import L, cond, spd, symmetric
from corpus.again.table import BF16, F32, F64, Table, normal

WANT = ("inaccurate",)
T = Table()
LD = (F64, F32, BF16)


def b(name, fn, spec64, spec32, specb=None):
    for s, d in ((spec64, F64), (spec32, F32), (specb, BF16)):
        if s is not None:
            T.add(name, fn, *s, dt=(d,))


def tall(c):
    return torch.cat([cond(3, c), normal(2, 3) * (1.0 / c)])


b(
    "least squares by normal equations",
    lambda x, y: L.solve(x.T @ x, x.T @ y),
    (tall(1e5), normal(5, 1)),
    (tall(300.0), normal(5, 1)),
)
b("inverse by normal equations", lambda x: L.solve(x.T @ x, x.T), (cond(3, 1e6),), (cond(3, 1e3),))
b(
    "inverse fn backward by normal equations",
    make(
        lambda ctx, x: (lambda y: (ctx.save_for_backward(x), y)[1])(L.inv(x)),
        lambda ctx, g: (lambda x: (lambda y: -y.mT @ g @ y.mT)(L.solve(x.T @ x, x.T)))(ctx.saved_tensors[0]),
    ),
    (cond(3, 1e6),),
    (cond(3, 1e3),),
)
b(
    "solve backward by normal equations",
    make(
        lambda ctx, A, r: (lambda y: (ctx.save_for_backward(A, y), y)[1])(L.solve(A, r)),
        lambda ctx, g: (lambda A, y: (lambda gb: (-gb @ y.T, gb))(L.solve(A @ A.T, A @ g)))(*ctx.saved_tensors),
    ),
    (cond(3, 1e6), normal(3, 1)),
    (cond(3, 1e3), normal(3, 1)),
)
b("svdvals by eig of gram", lambda x: L.eigvalsh(x.T @ x).sqrt(), (cond(3, 1e6),), (cond(3, 1e3),))
b(
    "logdet by log of det",
    lambda x: torch.log(L.det(x)),
    None,
    (torch.eye(6).double() * 1e-8 + 1e-9 * normal(6, 6) * 0.1,),
)
b("cholesky through inverse twice", lambda x: L.inv(L.inv(symmetric(x))), (spd(3, 1e6),), (spd(3, 1e3),))
b(
    "mahalanobis by inverse of gram",
    lambda x, d: d @ L.inv(x.T @ x) @ d,
    (tall(1e5), normal(3)),
    (tall(300.0), normal(3)),
)
b("gram schmidt classical", lambda x: _cgs(x), (cond(4, 1e7),), (cond(4, 3e3),))


def _cgs(x):
    qs = []
    for j in range(x.shape[1]):
        v = x[:, j]
        for q in qs:
            v = v - (q @ x[:, j]) * q
        qs.append(v / v.norm())
    return torch.stack(qs, 1)


b("polar projection by gram", lambda x: x @ L.inv(_sqrtm(x.T @ x)), (cond(3, 1e5),), (cond(3, 200.0),))


def _sqrtm(a):
    e = L.eigh(a)
    return e.eigenvectors @ torch.diag(e.eigenvalues.sqrt()) @ e.eigenvectors.T


b(
    "distance matrix by gram, sqrt",
    lambda x: (lambda G: torch.sqrt(torch.clamp(G.diagonal()[:, None] + G.diagonal()[None] - 2 * G, min=0) + 1e-12))(
        x @ x.T
    ),
    (normal(3, 4, shift=1e5),),
    (normal(3, 4, shift=300.0),),
    (normal(3, 4, shift=8.0),),
)
b(
    "rbf kernel by gram",
    lambda x: (lambda G: torch.exp(-(G.diagonal()[:, None] + G.diagonal()[None] - 2 * G)))(x @ x.T),
    (normal(3, 2, scale=0.3, shift=1e5),),
    (normal(3, 2, scale=0.3, shift=300.0),),
    (normal(3, 2, scale=0.5, shift=8.0),),
)
b(
    "cross product area squared",
    lambda x, y: (x @ x) * (y @ y) - (x @ y) ** 2,
    ([1.0, 2.0, 3.0], [1.0, 2.0, 3.00001]),
    ([1.0, 2.0, 3.0], [1.0, 2.0, 3.01]),
    ([1.0, 2.0, 3.0], [1.0, 2.0, 3.25]),
)
b(
    "quaternion log near identity",
    lambda q: 2 * torch.acos(q[0] / q.norm()) * q[1:] / q[1:].norm(),
    ([1.0, 1e-6, 2e-6, 0.0],),
    ([1.0, 1e-3, 2e-3, 0.0],),
    ([1.0, 0.1, 0.05, 0.0],),
)
b(
    "rotation angle from trace",
    lambda w: torch.acos(
        (
            torch.trace(
                L.matrix_exp(
                    torch.stack(
                        [
                            torch.stack([0 * w[0], -w[2], w[1]]),
                            torch.stack([w[2], 0 * w[0], -w[0]]),
                            torch.stack([-w[1], w[0], 0 * w[0]]),
                        ]
                    )
                )
            )
            - 1
        )
        / 2
    ),
    ([1e-5, 2e-5, 0.0],),
    ([1e-2, 2e-2, 0.0],),
)
b(
    "circumradius differences",
    lambda p, q: (p - 1e6) - (q - 1e6),
    ([0.123456], [0.654321]),
    ([0.123], [0.654]),
    ([0.123], [0.654]),
)
b(
    "batch norm one pass",
    lambda x: (lambda v: (x - x.mean(0)) / torch.sqrt(v + 1e-5))((x**2).mean(0) - x.mean(0) ** 2),
    (normal(6, 2, shift=1e5),),
    (normal(6, 2, shift=300.0),),
    (normal(6, 2, shift=9.0),),
)
b(
    "group norm one pass fn",
    make(
        lambda ctx, x: (
            lambda m: (lambda r: (ctx.save_for_backward(x, m, r), (x - m) * r)[1])(
                torch.rsqrt((x * x).mean() - m * m + 1e-5)
            )
        )(x.mean()),
        lambda ctx, g: (lambda x, m, r: (lambda h: r * (g - g.mean() - h * (g * h).mean()))((x - m) * r))(
            *ctx.saved_tensors
        ),
    ),
    (normal(8, shift=1e5),),
    (normal(8, shift=300.0),),
    (normal(8, shift=9.0),),
)
b(
    "pearson one pass",
    lambda x, y: (
        lambda n: (
            (n * (x * y).sum() - x.sum() * y.sum())
            / torch.sqrt((n * (x * x).sum() - x.sum() ** 2) * (n * (y * y).sum() - y.sum() ** 2))
        )
    )(len(x)),
    (normal(8, shift=1e5), normal(8, seed=1, shift=1e5)),
    (normal(8, shift=200.0), normal(8, seed=1, shift=200.0)),
    (normal(8, shift=9.0), normal(8, seed=1, shift=9.0)),
)
b(
    "skewness by raw moments",
    lambda x: (x**3).mean() - 3 * x.mean() * (x**2).mean() + 2 * x.mean() ** 3,
    (normal(8, shift=1e4),),
    (normal(8, shift=100.0),),
    (normal(8, shift=8.0),),
)
b(
    "linear regression slope raw sums",
    lambda x, y: (lambda n: (n * (x * y).sum() - x.sum() * y.sum()) / (n * (x * x).sum() - x.sum() ** 2))(len(x)),
    (normal(8, shift=1e5), normal(8, seed=1)),
    (normal(8, shift=200.0), normal(8, seed=1)),
    (normal(8, shift=9.0), normal(8, seed=1)),
)
b(
    "softmax minus its limit",
    lambda x: 1 - x.softmax(-1)[..., 0],
    ([30.0, 0.0, 1.0],),
    ([12.0, 0.0, 1.0],),
    ([4.5, 0.0, 0.5],),
)
b(
    "attention fn saved p in half",
    make(
        lambda ctx, q, k, v: (lambda p: (ctx.save_for_backward(q, k, v, p.half()), p @ v)[1])((q @ k.T).softmax(-1)),
        lambda ctx, g: (
            lambda q, k, v, p: (
                lambda p: (lambda ds: (ds @ k, ds.T @ q, p.T @ g))(p * (g @ v.T - (g * (p @ v)).sum(-1, keepdim=True)))
            )(p.to(g.dtype))
        )(*ctx.saved_tensors),
    ),
    (normal(3, 2), normal(4, 2), normal(4, 2)),
    (normal(3, 2), normal(4, 2), normal(4, 2)),
)
b(
    "layer norm fn stats in BF16",
    make(
        lambda ctx, x: (lambda m, r: (ctx.save_for_backward(x, m, r), F.layer_norm(x, (6,)))[1])(
            x.bfloat16().mean(-1, keepdim=True), torch.rsqrt(x.bfloat16().var(-1, keepdim=True, correction=0) + 1e-5)
        ),
        lambda ctx, g: (
            lambda x, m, r: (
                lambda h: r.to(g.dtype) * (g - g.mean(-1, keepdim=True) - h * (g * h).mean(-1, keepdim=True))
            )((x - m.to(g.dtype)) * r.to(g.dtype))
        )(*ctx.saved_tensors),
    ),
    (normal(2, 6),),
    (normal(2, 6),),
)
