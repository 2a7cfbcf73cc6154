"""code"""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from corpus.again.table import BF16, EVERY, F16, F32, F64, WIDE, Constant, Table, normal, uniform

T = Table()
a = T.add
I = torch.tensor


def inplace(x):
    y = x.clone()
    y[0] = y[1] * 2
    y.mul_(3).add_(x)
    y[1:].exp_()
    return y


a("in place", inplace, normal(4))


def views(x):
    y = x.reshape(2, 3).t()
    z = y[1:].contiguous().view(-1)
    return z * y.flatten()[:4]


a("views", views, normal(6))


def fill(x):
    out = torch.empty(3, 4, dtype=x.dtype)
    for i in range(3):
        out[i] = x * (i + 1)
    return out


a("fill empty", fill, normal(4))


def copy_slices(x, y):
    o = torch.zeros(6, dtype=x.dtype)
    o[::2] = x
    o[1::2].copy_(y)
    o[0] += o[5]
    return o.cumsum(0)


a("copy into slices", copy_slices, normal(3), normal(3, seed=1))
a("as strided", lambda x: torch.as_strided(x * 1, (3, 2), (1, 1)), normal(4))
a("unfold overlapping", lambda x: x.unfold(0, 3, 1) ** 2, normal(6))
a("diagonal write", lambda x, d: (lambda m: (m.diagonal().copy_(d), m)[1])(x.clone()), normal(3, 3), normal(3))
a("expand sum", lambda x: (x.expand(4, 3) * torch.arange(12, dtype=x.dtype).view(4, 3)).sum(0), normal(3))
a("broadcast mixed", lambda x, y, z: x * y + z, normal(3, 1), normal(4), I(0.5))
a("zero dim", lambda x: x * x.sin(), I(0.7))
a("zero dim broadcast", lambda x, y: x * y, I(0.7), normal(3))
a("empty", lambda x: x * 2, torch.zeros(0))
a("empty sum", lambda x: x.sum() + 1, torch.zeros(0))
a("empty matmul", lambda x, y: x @ y, torch.zeros(2, 0), torch.zeros(0, 3))
a("size one axes", lambda x: F.layer_norm(x, (3,)).squeeze() * x.mean(0).squeeze(), normal(1, 1, 3))
a("softmax of one", lambda x: x.softmax(-1) * 2, normal(3, 1))
a("var of one unbiased off", lambda x: x.var(-1, correction=0), normal(3, 1))
a("batch norm single spatial", lambda x: F.batch_norm(x, None, None, training=True), normal(1, 2, 3))
a("unused input", lambda x, y: x * 2, normal(3), normal(3))
a("constant output plus", lambda x: torch.ones(3, dtype=x.dtype) + 0 * x, normal(3))
a("several outputs", lambda x, y: (x * y, x.sum(), y.exp()), normal(3), normal(3, seed=1))
a("dict output", lambda x: {"a": x.sin(), "b": (x * 2, x.sum())}, normal(3))
a("output with integers", lambda x: x.max(0), [1.0, 3.0, 2.0])
a("output is input", lambda x: x, normal(3))
a("output is view", lambda x: x.view(2, 2).T, normal(4))
a("same input twice in sum", lambda x: x + x, normal(3))
a("integer side input", lambda x, i: x[i] * i.to(x.dtype), normal(4), Constant(I([0, 2, 2])))
a("bool side input", lambda x, m: torch.where(m, x, -x), normal(3), Constant(I([True, False, True])))
a("constant float input", lambda x, c: x * c, normal(3), Constant(normal(3, seed=1)))
W = {d: normal(3, 3, seed=9).to(d).requires_grad_() for d in EVERY}
a("closed over parameter", lambda x: torch.tanh(x @ W[x.dtype]), normal(2, 3))


class _MHA(nn.Module):
    def __init__(self):
        super().__init__()
        self.m = nn.MultiheadAttention(4, 2)

    def forward(self, x):
        return self.m(x, x, x)[0]


def mod(factory):
    mods = {}

    def fn(x):
        if x.dtype not in mods:
            torch.manual_seed(3)
            mods[x.dtype] = factory().to(x.dtype)
        return mods[x.dtype](x)

    for d in EVERY:
        torch.manual_seed(3)
        mods[d] = factory().to(d)
    return fn


a("module linear", mod(lambda: nn.Linear(3, 2)), normal(2, 3))
a("module mlp", mod(lambda: nn.Sequential(nn.Linear(3, 4), nn.GELU(), nn.LayerNorm(4), nn.Linear(4, 1))), normal(2, 3))
a("module batch norm train", mod(lambda: nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2))), normal(4, 3))
a(
    "module conv bn relu pool",
    mod(lambda: nn.Sequential(nn.Conv2d(1, 2, 3), nn.BatchNorm2d(2), nn.ReLU(), nn.MaxPool2d(2))),
    normal(2, 1, 6, 6),
)
a("module gru", mod(lambda: nn.GRU(2, 3)), normal(3, 1, 2), dt=WIDE)
a("module mha", (lambda f: f)(mod(lambda: _MHA())), normal(3, 1, 4), dt=WIDE)
a("module transformer layer", mod(lambda: nn.TransformerEncoderLayer(4, 2, 8, dropout=0.0)), normal(3, 1, 4), dt=WIDE)
a("module spectral norm", mod(lambda: nn.utils.parametrizations.spectral_norm(nn.Linear(3, 2))), normal(2, 3), dt=WIDE)
a("module embedding bagless", mod(lambda: nn.Sequential(nn.Linear(3, 2), nn.Softmax(-1), nn.PReLU())), normal(2, 3))


def hook(x):
    y = x * 2
    if y.requires_grad:
        y.register_hook(lambda gr: gr.clone())
    return y.sin()


a("hook that observes", hook, normal(3))


def retain(x):
    y = x * 2
    if y.requires_grad:
        y.retain_grad()
    return y.sin()


a("retain grad", retain, normal(3))
a("detach intended", lambda x: x * x.detach(), normal(3))
a("stop gradient target", lambda x, y: ((x - y.detach()) ** 2).mean(), normal(3), normal(3, seed=1))
a("normalise by detached max", lambda x: x / x.detach().abs().max(), normal(3))
a(
    "softmax by hand detached shift",
    lambda x: (lambda e: e / e.sum())(torch.exp(x - x.max().detach())),
    [1000.0, 999.0, 990.0],
)
a(
    "logsumexp by hand detached shift",
    lambda x: (lambda m: m + torch.log(torch.exp(x - m).sum()))(x.max().detach()),
    [1000.0, 999.0, 990.0],
)
a(
    "logsumexp by hand shift attached",
    lambda x: (lambda m: m + torch.log(torch.exp(x - m).sum()))(x.max()),
    [1000.0, 999.0, 990.0],
)


def nograd(x):
    with torch.no_grad():
        s = x.norm()
    return x / s


a("no grad scale", nograd, normal(3))


def branch(x):
    return x.sin() if x.sum() > 0 else x.cos()


a("branch on value", branch, [1.0, 2.0])


def loop(x):
    while x.norm() > 1:
        x = x / 2
    return x * x


a("while loop on value", loop, [3.0, 5.0])
a("item coefficient", lambda x: x * float(x.detach()[0]), [3.0, 5.0])
a("upcast inside", lambda x: (x.float().exp().log1p()).to(x.dtype), normal(4), dt=(F32, BF16, F16))
a("upcast to double inside", lambda x: (x.double() ** 2 + 1).sqrt().to(x.dtype), normal(4))
a("softmax upcast", lambda x: x.float().softmax(-1).to(x.dtype), normal(2, 4), dt=(F32, BF16, F16))
a(
    "matmul in float accum",
    lambda x, y: (x.float() @ y.float()).to(x.dtype),
    normal(2, 8),
    normal(8, 2),
    dt=(F32, BF16, F16),
)
a("output upcast", lambda x: (x * x).float(), normal(3), dt=(F32, BF16, F16))
a("loss in float", lambda x: F.cross_entropy(x.float(), I([1, 0])), normal(2, 3), dt=(F32, BF16, F16))
a("autocast", lambda x, w: _autocast(x, w), normal(2, 3), normal(3, 2), dt=(F32,))


def _autocast(x, w):
    with torch.autocast("cpu", dtype=BF16):
        return x @ w


a("nested list output", lambda x: [x, [x * 2, (x.exp(),)]], normal(3))
a("stack unbind", lambda x: torch.stack([r * (i + 1) for i, r in enumerate(x.unbind(0))]), normal(3, 2))
a("split cat roll flip", lambda x: torch.cat(x.split([1, 3]), 0).roll(1).flip(0) * x, normal(4))
a("meshgrid", lambda x, y: (lambda m: m[0] * m[1])(torch.meshgrid(x, y, indexing="ij")), normal(3), normal(2))
a("cartesian combos", lambda x: torch.combinations(x).prod(1), normal(4))
a("block diag", lambda x, y: torch.block_diag(x, y), normal(2, 2), normal(1, 3))
a("vmap", lambda x, w: torch.func.vmap(lambda r: (r @ w).sin())(x), normal(3, 2), normal(2, 2))
a("func grad inside", lambda x: torch.func.grad(lambda z: (z**3).sum())(x), normal(3), dt=WIDE)
a("inner autograd grad", lambda x: _inner(x), normal(3), dt=WIDE)


def _inner(x):
    if not x.requires_grad:
        x = x.requires_grad_()
    y = (x.sin() * x).sum()
    return torch.autograd.grad(y, x, create_graph=True)[0]


a("tensor methods out", lambda x: torch.add(x, x, alpha=3), normal(3))
a("lerp", lambda x, y, w: torch.lerp(x, y, w), normal(3), normal(3, seed=1), uniform(3))
a("addcdiv", lambda x, y, z: torch.addcdiv(x, y, z, value=0.5), normal(3), normal(3, seed=1), [1.0, -2.0, 0.5])
a("clone contiguous permute", lambda x: x.permute(2, 0, 1).contiguous().clone().transpose(0, 1), normal(2, 3, 4))
a(
    "channels last conv",
    lambda x, w: F.conv2d(x.contiguous(memory_format=torch.channels_last), w),
    normal(1, 2, 4, 4),
    normal(2, 2, 3, 3),
)
a("global buffer state", lambda x: _count(x), normal(3))
STATE = {"n": 0}


def _count(x):
    STATE["n"] += 1
    return x * 2


a("running mean side effect", lambda x: _ema(x), normal(3), dt=WIDE)
BUF = torch.zeros(3, dtype=F64)


def _ema(x):
    with torch.no_grad():
        BUF.mul_(0.9).add_(x.detach().double(), alpha=0.1)
    return x * 2


a("python scalars", lambda x: 3 * x + 2 - x / 7 + (-x) ** 2, normal(3))
a("rsub rdiv", lambda x: 1 - x + 2 / x, [0.5, 3.0])
a("int tensor exponent", lambda x, p: x**p, [0.5, -3.0], Constant(I([2, 3])))
a("repeat tile", lambda x: x.repeat(2, 3) * x.tile(2, 3), normal(2, 2))
a(
    "searchsorted weights",
    lambda x, y: (lambda i: y[i - 1] + (x - i.to(x.dtype)) * y[i])(
        torch.searchsorted(I([0.0, 1.0, 2.0]).to(x.dtype), x.detach()).clamp(1, 2)
    ),
    [0.5, 1.5],
    normal(3),
    dt=WIDE,
)
a(
    "bucket piecewise linear",
    lambda x: torch.where(x < 0, 0.1 * x, torch.where(x < 1, x, 1 + 0.5 * (x - 1))),
    [-1.0, 0.0, 0.5, 1.0, 2.0],
)
a("complex from parts", lambda x, y: torch.complex(x, y).abs(), normal(3), normal(3, seed=1), dt=WIDE)
a("real imag", lambda z: z.real * z.imag, I([1 + 2j, -1 + 0.5j]), dt=WIDE)
a("complex output", lambda z: z * (2 + 1j), I([1 + 2j, -1 + 0.5j]), dt=WIDE)
a("kwargs default", lambda x, p=2: x**p, normal(3))
