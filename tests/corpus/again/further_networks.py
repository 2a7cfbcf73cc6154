"""networks"""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from corpus.again.networks import I, attn, qkv
from corpus.again.table import WIDE, Constant, Table, normal, uniform

T = Table()
a = T.add
a("attention sharp", lambda q, k, v: attn(q * 30, k, v), *qkv)
a(
    "cross attention additive",
    lambda q, k, w: torch.tanh(q[:, None] + k[None]) @ w,
    normal(2, 3),
    normal(4, 3),
    normal(3),
)
a("cross entropy smoothing", lambda x: F.cross_entropy(x, I([1, 0, 3]), label_smoothing=0.1), normal(3, 4))
a("cross entropy ignore", lambda x: F.cross_entropy(x, I([1, -100, 3])), normal(3, 4))
a(
    "cross entropy weights",
    lambda x, w: F.cross_entropy(x, I([1, 2, 3]), weight=w.detach()),
    normal(3, 4),
    Constant(I([0.5, 1.0, 2.0, 1.0])),
)
a("cross entropy soft", lambda x, t: F.cross_entropy(x, t.softmax(-1)), normal(3, 4), normal(3, 4, seed=1))
a("cross entropy 2d", lambda x: F.cross_entropy(x, I([[1, 0], [2, 2]])), normal(2, 3, 2))
a("nll", lambda x: F.nll_loss(x.log_softmax(-1), I([1, 0]), reduction="none"), normal(2, 4))
a("multi margin", lambda x: F.multi_margin_loss(x, I([1, 0])), normal(2, 4), dt=WIDE)
a("multilabel soft margin", lambda x: F.multilabel_soft_margin_loss(x, I([[1.0, 0, 1, 0]]).to(x.dtype)), normal(1, 4))
a(
    "cosine embedding",
    lambda x, y: F.cosine_embedding_loss(x, y, I([1.0, -1.0]).to(x.dtype)),
    normal(2, 4),
    normal(2, 4, seed=1),
)
a("ctc", lambda x: F.ctc_loss(x.log_softmax(-1), I([[1, 2]]), I([5]), I([2])), normal(5, 1, 3), dt=WIDE)
a(
    "info nce",
    lambda x, y: F.cross_entropy(F.normalize(x, dim=1) @ F.normalize(y, dim=1).T / 0.07, torch.arange(4)),
    normal(4, 3),
    normal(4, 3, seed=1),
)
a(
    "dice",
    lambda x: 1 - (2 * (torch.sigmoid(x) * I([1.0, 0, 1])).sum() + 1) / (torch.sigmoid(x).sum() + 3),
    normal(3),
    dt=WIDE,
)
a("soft dtw-ish softmin", lambda x: -torch.logsumexp(-x / 0.1, 0) * 0.1, normal(5))
a("embedding padding", lambda w: F.embedding(I([0, 2, 2, 1]), w, padding_idx=0), normal(4, 3))
a("embedding max norm off", lambda w: F.embedding(I([[1, 1], [3, 0]]), w, scale_grad_by_freq=False), normal(4, 3))
a("embedding bag", lambda w: F.embedding_bag(I([1, 1, 3, 0]), w, I([0, 2]), mode="mean"), normal(4, 3), dt=WIDE)
a("index add repeat", lambda x, y: x.index_add(0, I([0, 2, 0]), y), normal(3, 2), normal(3, 2, seed=1))
a("scatter add", lambda x, y: x.scatter_add(0, I([[0, 1], [0, 1], [2, 1]]), y), normal(3, 2), normal(3, 2, seed=1))
a("scatter distinct", lambda x, y: x.scatter(0, I([[1, 0]]), y), normal(3, 2), normal(1, 2))
a("scatter reduce mean", lambda x, y: x.scatter_reduce(0, I([0, 1, 0]), y, "mean"), normal(3), normal(3, seed=1))
a("scatter reduce amax", lambda x, y: x.scatter_reduce(0, I([0, 1, 0]), y, "amax"), normal(3), normal(3, seed=1))
a("gather repeat", lambda x: x.gather(1, I([[0, 0, 1], [2, 2, 2]])), normal(2, 3))
a("advanced indexing", lambda x: x[I([0, 1, 1]), I([2, 0, 0])], normal(2, 3))
a("boolean mask", lambda x: x[x > 0] ** 2, normal(6))
a("index put accumulate", lambda x, y: x.index_put((I([0, 0, 1]),), y, accumulate=True), normal(3), normal(3, seed=1))
a("take along", lambda x: torch.take_along_dim(x, x.argsort(1), 1), normal(2, 4))
a("sort gather weights", lambda x, w: x.sort(-1, descending=True).values @ w, normal(2, 4), normal(4))
a(
    "topk gating",
    lambda x, e: (lambda t: torch.einsum("bk,bkd->bd", t.values.softmax(-1), e[t.indices]))(x.topk(2)),
    normal(3, 4),
    normal(4, 2),
)


def lstm(x, h, c, w, r, b):
    for t in range(x.shape[0]):
        i, f, gg, o = (x[t] @ w + h @ r + b).chunk(4, -1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(gg)
        h = torch.sigmoid(o) * torch.tanh(c)
    return h


a("lstm cell loop", lstm, normal(3, 2, 3), normal(2, 2), normal(2, 2, seed=1), normal(3, 8), normal(2, 8), normal(8))
a(
    "gru by hand",
    lambda x, h, w, r: (lambda z, n: (1 - z) * n + z * h)(torch.sigmoid(x @ w + h @ r), torch.tanh(x @ w)),
    normal(2, 3),
    normal(2, 2),
    normal(3, 2),
    normal(2, 2, seed=2),
)


def linrec(a_, x):
    h, out = torch.zeros_like(x[0]), []
    for t in range(x.shape[0]):
        h = torch.sigmoid(a_[t]) * h + x[t]
        out.append(h)
    return torch.stack(out)


a("linear recurrence", linrec, normal(6, 2), normal(6, 2, seed=1))


def ssm(x, d, A_, B, Cc):
    h, ys = torch.zeros(A_.shape, dtype=x.dtype), []
    for t in range(x.shape[0]):
        dt = F.softplus(d[t])
        h = torch.exp(-dt[:, None] * torch.exp(A_)) * h + dt[:, None] * B[t] * x[t][:, None]
        ys.append(h @ Cc[t])
    return torch.stack(ys)


a("selective ssm", ssm, normal(4, 2), normal(4, 2, seed=1), normal(2, 3), normal(4, 3), normal(4, 3, seed=1))
a("iir long recurrence", lambda x: (lambda st: torch.stack(st))(list(_iir(x))), normal(12))


def _iir(x):
    h = x[0]
    for v in x:
        h = 0.9 * h + v
        yield h


a(
    "segment sum cumsum decay",
    lambda x: torch.exp(torch.tril(x.cumsum(-1)[..., :, None] - x.cumsum(-1)[..., None, :])).tril(),
    -uniform(2, 5),
)
a("newton iterations sqrt", lambda x: _newton(x), [2.0, 9.0, 0.5])


def _newton(x):
    y = x
    for _ in range(8):
        y = 0.5 * (y + x / y)
    return y


a("power iteration", lambda A_, v: _pow(A_, v), normal(3, 3) + 2 * torch.eye(3), normal(3))


def _pow(A_, v):
    for _ in range(3):
        v = A_ @ v
        v = v / v.norm()
    return v @ A_ @ v


a("sinkhorn", lambda x: _sink(x), normal(3, 3))


def _sink(x):
    for _ in range(4):
        x = x - x.logsumexp(0, keepdim=True)
        x = x - x.logsumexp(1, keepdim=True)
    return x.exp()


a("gumbel softmax", lambda x: F.gumbel_softmax(x, tau=0.7), normal(2, 4))
a("dropout", lambda x: F.dropout(x, 0.4) * x, normal(20))
a("feature alpha dropout", lambda x: F.alpha_dropout(x, 0.4, True), normal(20))
a(
    "reparameterised normal",
    lambda m, s: m + torch.randn(4, dtype=m.dtype) * F.softplus(s),
    normal(4),
    normal(4, seed=1),
)
a("noise like", lambda x: x * torch.rand_like(x), normal(4))
a(
    "checkpoint",
    lambda x, w: checkpoint(lambda x: torch.tanh(x @ w), x, use_reentrant=False).sum(),
    normal(2, 3),
    normal(3, 3),
)
a(
    "checkpoint reentrant",
    lambda x, w: checkpoint(lambda x, w: torch.tanh(x @ w), x, w, use_reentrant=True),
    normal(2, 3),
    normal(3, 3),
)
a("checkpoint dropout", lambda x: checkpoint(lambda x: F.dropout(x * x, 0.5), x, use_reentrant=False), normal(8))
a("mlp", lambda x, w, b, v: F.relu(x @ w + b) @ v, normal(4, 3), normal(3, 5), normal(5), normal(5, 2))
a(
    "transformer block",
    lambda x, q, k, v, o: F.layer_norm(x + attn(x @ q, x @ k, x @ v, True) @ o, (4,)),
    normal(3, 4),
    *(normal(4, 4, seed=s) for s in range(4)),
)
a(
    "moe dense",
    lambda x, r, e: torch.einsum("be,bed->bd", (x @ r).softmax(-1), torch.einsum("bi,eid->bed", x, e)),
    normal(2, 3),
    normal(3, 2),
    normal(2, 3, 4),
)
a(
    "vq straight through",
    lambda x, e: x + (e[torch.cdist(x.detach(), e.detach()).argmin(1)] - x).detach(),
    normal(3, 2),
    normal(4, 2),
    dt=WIDE,
)
a("ste round", lambda x: x + (x.round() - x).detach(), normal(5, scale=3))
a(
    "quaternion normalise rotate",
    lambda q, v: (lambda q: v + 2 * torch.linalg.cross(q[1:], torch.linalg.cross(q[1:], v) + q[0] * v))(q / q.norm()),
    normal(4),
    normal(3),
)
a(
    "histogram soft",
    lambda x: torch.exp(-((x[:, None] - torch.linspace(-1, 1, 5, dtype=x.dtype)) ** 2) * 4).sum(0),
    normal(6),
)
a("siren", lambda x, w: torch.sin(30 * (x @ w)), uniform(3, 2), uniform(2, 3, lo=-0.3, hi=0.3))
a(
    "fourier features",
    lambda x, w: torch.cat([torch.sin(2 * math.pi * x @ w), torch.cos(2 * math.pi * x @ w)], -1),
    uniform(2, 2),
    normal(2, 3),
)
