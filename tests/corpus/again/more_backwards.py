"""backwards"""

from __future__ import annotations

import math

import torch

from corpus.again.backwards import make, saved
from corpus.again.table import F16, WIDE, Constant, Table, normal

T = Table()
a = T.add


def mxf(ctx, x):
    v, i = x.max(1)
    ctx.save_for_backward(i)
    ctx.s = x.shape
    return v


a(
    "max fn",
    make(mxf, lambda ctx, g: torch.zeros(ctx.s, dtype=g.dtype).scatter(1, ctx.saved_tensors[0][:, None], g[:, None])),
    [[1.0, 3.0, 3.0], [2.0, 0.0, 1.0]],
)
a(
    "amax even fn",
    saved(
        lambda x: x.amax(1),
        lambda g, x: (lambda m: g[:, None] * m / m.sum(1, keepdim=True))((x == x.amax(1, keepdim=True)).to(g.dtype)),
    ),
    [[1.0, 3.0, 3.0], [2.0, 0.0, 1.0]],
)


def srf(ctx, x):
    v, i = x.sort()
    ctx.save_for_backward(i)
    return v


a("sort fn", make(srf, lambda ctx, g: torch.zeros_like(g).scatter(0, ctx.saved_tensors[0], g)), [3.0, 1.0, 1.0, 2.0])
a(
    "prod fn exclusive",
    saved(
        lambda x: x.prod(), lambda g, x: g * torch.stack([torch.cat([x[:i], x[i + 1 :]]).prod() for i in range(len(x))])
    ),
    [0.0, 2.0, 3.0],
)
a("norm fn", saved(lambda x: x.norm(), lambda g, x: g * x / x.norm()), normal(4))
a(
    "norm fn safe at zero",
    saved(
        lambda x: x.norm(),
        lambda g, x: torch.where(
            x.norm() > 0, g * x / x.norm().clamp(min=1e-30 if x.dtype != F16 else 1e-7), torch.zeros_like(x)
        ),
    ),
    [0.0, 0.0],
)
a(
    "hypot scaled fn",
    saved(torch.hypot, lambda g, x, y: (lambda h: (g * (x / h), g * (y / h)))(torch.hypot(x, y))),
    [3.0, 1e-3],
    [4.0, 1e-3],
)
a(
    "atan2 fn",
    saved(torch.atan2, lambda g, y, x: (g * x / (x * x + y * y), -g * y / (x * x + y * y))),
    [0.5, -1.0],
    [1.0, -2.0],
)
a(
    "sinc fn",
    saved(
        torch.sinc,
        lambda g, x: (
            g
            * torch.where(
                x == 0,
                torch.zeros_like(x),
                (torch.cos(math.pi * x) - torch.sinc(x)) / torch.where(x == 0, torch.ones_like(x), x),
            )
        ),
    ),
    [0.0, 0.5, 1.5],
)
a(
    "clamp ste intended? no: clamp fn",
    saved(lambda x: x.clamp(-1, 1), lambda g, x: g * ((x >= -1) & (x <= 1))),
    [-1.0, 0.5, 2.0],
)
a(
    "huber fn",
    saved(lambda x: torch.where(x.abs() < 1, 0.5 * x * x, x.abs() - 0.5), lambda g, x: g * x.clamp(-1, 1)),
    [-3.0, 1.0, 0.2],
)
a("logcosh stable", lambda x: x.abs() + torch.log1p(torch.exp(-2 * x.abs())) - math.log(2), [-30.0, 1.0, 5.0])
a(
    "two outputs fn",
    make(
        lambda ctx, x, y: (ctx.save_for_backward(x, y), (x * y, x + y))[1],
        lambda ctx, g, h: (g * ctx.saved_tensors[1] + h, g * ctx.saved_tensors[0] + h),
    ),
    normal(3),
    normal(3, seed=1),
)


def nd_f(ctx, x):
    ctx.save_for_backward(x)
    m = x > 0
    ctx.mark_non_differentiable(m)
    return x * m, m


a("mark non differentiable", make(nd_f, lambda ctx, g, _: g * (ctx.saved_tensors[0] > 0)), [1.0, -2.0])


def dirty_f(ctx, x):
    ctx.mark_dirty(x)
    x.mul_(2)
    return x


D = make(dirty_f, lambda ctx, g: g * 2)
a("mark dirty", lambda x: D(x * 1).sin(), normal(3))
a(
    "needs input grad",
    make(
        lambda ctx, x, y: (ctx.save_for_backward(x, y), x * y)[1],
        lambda ctx, g: (
            g * ctx.saved_tensors[1] if ctx.needs_input_grad[0] else None,
            g * ctx.saved_tensors[0] if ctx.needs_input_grad[1] else None,
        ),
    ),
    normal(3),
    Constant(normal(3, seed=1)),
)
a(
    "none cotangent",
    lambda x: make(
        lambda ctx, x: (ctx.set_materialize_grads(False), ctx.save_for_backward(x), (x * 2, x * 3))[2],
        lambda ctx, g, h: (0 if g is None else 2 * g) + (0 if h is None else 3 * h),
    )(x)[0],
    normal(3),
)


class Once(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    @torch.autograd.function.once_differentiable
    def backward(ctx, g):
        return g * ctx.saved_tensors[0].cos()


a("once differentiable", Once.apply, normal(3))


class WithJvp(torch.autograd.Function):
    generate_vmap_rule = True

    @staticmethod
    def forward(x):
        return x.sin()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(inputs[0])
        ctx.save_for_forward(inputs[0])

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0].cos()

    @staticmethod
    def jvp(ctx, t):
        return t * ctx.saved_tensors[0].cos()


a("setup context jvp", WithJvp.apply, normal(3))


def recompute_f(ctx, x, w):
    ctx.save_for_backward(x, w)
    return torch.tanh(x @ w)


def recompute_b(ctx, g):
    x, w = (t.detach().requires_grad_() for t in ctx.saved_tensors)
    with torch.enable_grad():
        y = torch.tanh(x @ w)
    return torch.autograd.grad(y, (x, w), g)


a("recompute in backward", make(recompute_f, recompute_b), normal(3, 4), normal(4, 2))


def scaled_f(ctx, x):
    return x.clone()


GS = make(scaled_f, lambda ctx, g: g * 1.0)
a("identity fn", lambda x: GS(x) ** 2, normal(3))


def gs(x, s=1024.0):
    return (x * s).sin() / s if False else x.sin() * s / s


a("loss scaling", gs, normal(3))


def np_f(ctx, x):
    ctx.save_for_backward(x)
    return torch.from_numpy(__import__("numpy").sin(x.detach().numpy()))


a("numpy inside", make(np_f, lambda ctx, g: g * ctx.saved_tensors[0].cos()), normal(3), dt=WIDE)
