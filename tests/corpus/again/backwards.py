"""backwards"""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from corpus.again.table import BF16, F16, F32, F64, WIDE, Constant, Table, normal, uniform

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
