"""networks"""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from corpus.again.table import BF16, F16, F64, WIDE, Constant, Table, normal, uniform

T = Table()
a = T.add
I = torch.tensor
a(
    "conv2d stride dilation",
    lambda x, w, b: F.conv2d(x, w, b, stride=2, dilation=2, padding=1),
    normal(1, 2, 7, 7),
    normal(3, 2, 2, 2),
    normal(3),
)
a("conv2d groups", lambda x, w: F.conv2d(x, w, groups=2, padding=1), normal(2, 4, 5, 5), normal(4, 2, 3, 3))
a(
    "conv2d depthwise same",
    lambda x, w: F.conv2d(x, w, groups=3, padding="same"),
    normal(1, 3, 5, 5),
    normal(3, 1, 3, 3),
)
a("conv1d", lambda x, w, b: F.conv1d(x, w, b, padding=2), normal(2, 3, 6), normal(4, 3, 3), normal(4))
a("conv3d", lambda x, w: F.conv3d(x, w), normal(1, 2, 3, 3, 3), normal(2, 2, 2, 2, 2))
a(
    "conv transpose 2d",
    lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1, output_padding=1),
    normal(1, 2, 3, 3),
    normal(2, 3, 3, 3),
    normal(3),
)
a(
    "conv transpose 1d groups",
    lambda x, w: F.conv_transpose1d(x, w, stride=2, groups=2),
    normal(1, 4, 4),
    normal(4, 2, 3),
)
a("unfold fold", lambda x: F.fold(F.unfold(x, 2), (4, 4), 2), normal(1, 2, 4, 4))
a("avg pool pad", lambda x: F.avg_pool2d(x, 3, stride=2, padding=1, count_include_pad=False), normal(1, 2, 5, 5))
a("adaptive avg pool", lambda x: F.adaptive_avg_pool2d(x, (2, 3)), normal(1, 2, 5, 5))
a("adaptive max pool", lambda x: F.adaptive_max_pool2d(x, (2, 3)), normal(1, 2, 5, 5))
a("lp pool", lambda x: F.lp_pool2d(x, 2, 2), normal(1, 2, 4, 4))
a("max pool dilation", lambda x: F.max_pool2d(x, 2, stride=1, dilation=2), normal(1, 2, 5, 5))
a("max unpool", lambda x: F.max_unpool1d(*F.max_pool1d(x, 2, return_indices=True), 2), normal(1, 2, 6))
a(
    "interpolate bilinear",
    lambda x: F.interpolate(x, size=(5, 7), mode="bilinear", align_corners=True),
    normal(1, 2, 3, 3),
)
a("interpolate bicubic", lambda x: F.interpolate(x, scale_factor=1.7, mode="bicubic"), normal(1, 1, 4, 4), dt=WIDE)
a("interpolate nearest", lambda x: F.interpolate(x, scale_factor=2), normal(1, 2, 3, 3))
a("interpolate area", lambda x: F.interpolate(x, size=(2, 2), mode="area"), normal(1, 2, 5, 5))
a(
    "interpolate antialias",
    lambda x: F.interpolate(x, size=(3, 3), mode="bilinear", antialias=True),
    normal(1, 1, 6, 6),
    dt=WIDE,
)
a(
    "grid sample",
    lambda x, y: F.grid_sample(x, y, align_corners=False),
    normal(1, 2, 4, 4),
    uniform(1, 3, 3, 2, lo=-1.2, hi=1.2),
    dt=WIDE,
)
a(
    "grid sample border reflection",
    lambda x, y: F.grid_sample(x, y, padding_mode="reflection", align_corners=True),
    normal(1, 2, 4, 4),
    uniform(1, 3, 3, 2, lo=-1.2, hi=1.2),
    dt=WIDE,
)
a("affine grid", lambda t: F.affine_grid(t, [1, 1, 3, 3], align_corners=False), normal(1, 2, 3), dt=WIDE)
a("pixel shuffle", lambda x: F.pixel_shuffle(x, 2), normal(1, 4, 2, 2))
a("pad reflect", lambda x: F.pad(x, (1, 2, 1, 1), mode="reflect"), normal(1, 2, 4, 4))
a("pad circular", lambda x: F.pad(x, (1, 2), mode="circular"), normal(1, 2, 4))
a("pad replicate", lambda x: F.pad(x, (1, 2), mode="replicate") ** 2, normal(1, 2, 4))
a("pad negative", lambda x: F.pad(x, (-1, 2), value=3.0), normal(2, 4))
a(
    "batch norm train",
    lambda x, w, b: F.batch_norm(x, None, None, w, b, training=True),
    normal(4, 3),
    normal(3),
    normal(3),
)
a(
    "batch norm train 4d",
    lambda x, w, b: F.batch_norm(x, torch.zeros(3, dtype=x.dtype), torch.ones(3, dtype=x.dtype), w, b, training=True),
    normal(2, 3, 2, 2),
    normal(3),
    normal(3),
)
a(
    "batch norm eval",
    lambda x, w, b: F.batch_norm(x, I([0.1, 0.2, 0.3], dtype=x.dtype), I([1.0, 2.0, 0.5], dtype=x.dtype), w, b),
    normal(4, 3),
    normal(3),
    normal(3),
)
a("layer norm", lambda x, w, b: F.layer_norm(x, (2, 4), w, b), normal(3, 2, 4), normal(2, 4), normal(2, 4))
a("group norm", lambda x, w, b: F.group_norm(x, 2, w, b), normal(2, 4, 3), normal(4), normal(4))
a("instance norm", lambda x: F.instance_norm(x), normal(2, 3, 5))
a("rms norm", lambda x, w: F.rms_norm(x, (5,), w), normal(2, 5), normal(5))
a("rms norm by hand", lambda x, w: x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-6) * w, normal(2, 5), normal(5))


def rms_up(x, w):
    h = x.float() if x.dtype in (BF16, F16) else x
    return (h * torch.rsqrt(h.pow(2).mean(-1, keepdim=True) + 1e-6)).to(x.dtype) * w


a("rms norm upcast", rms_up, normal(2, 5), normal(5))
a("local response norm", lambda x: F.local_response_norm(x, 3), normal(1, 4, 3), dt=WIDE)
a("weight norm by hand", lambda v, s: s * v / v.norm(dim=1, keepdim=True), normal(3, 4), normal(3, 1))


def rope(x, y):
    n, d = x.shape[-2], x.shape[-1]
    ang = torch.arange(n, dtype=F64)[:, None] * 10000.0 ** (-torch.arange(0, d, 2, dtype=F64) / d)
    c, s = ang.cos().to(x.dtype), ang.sin().to(x.dtype)

    def rot(v):
        p, q = v[..., 0::2], v[..., 1::2]
        return torch.stack([p * c - q * s, p * s + q * c], -1).flatten(-2)

    return rot(x) @ rot(y).mT


a("rope", rope, normal(3, 4), normal(3, 4, seed=1))


def rope_half(x):
    d = x.shape[-1] // 2
    ang = torch.arange(x.shape[-2])[:, None] / 100.0 ** (torch.arange(d) / d)
    cos, sin = torch.cat([ang.cos()] * 2, -1).to(x.dtype), torch.cat([ang.sin()] * 2, -1).to(x.dtype)
    return x * cos + torch.cat([-x[..., d:], x[..., :d]], -1) * sin


a("rope rotate half", rope_half, normal(2, 3, 4))
a(
    "rope complex",
    lambda x: torch.view_as_real(
        torch.view_as_complex(x.reshape(3, 2, 2))
        * torch.polar(torch.ones(3, 2, dtype=x.dtype), torch.arange(6, dtype=x.dtype).view(3, 2))
    ),
    normal(3, 4),
    dt=WIDE,
)
a(
    "swiglu",
    lambda x, w, v, o: (F.silu(x @ w) * (x @ v)) @ o,
    normal(2, 3),
    normal(3, 4),
    normal(3, 4, seed=1),
    normal(4, 3),
)
a("geglu", lambda x: (lambda p: p[0] * F.gelu(p[1]))(x.chunk(2, -1)), normal(2, 6))
a("glu", F.glu, normal(2, 6))
a("gelu tanh by hand", lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))), normal(6))


def attn(q, k, v, causal=False):
    s = q @ k.mT / q.shape[-1] ** 0.5
    if causal:
        s = s.masked_fill(torch.ones(s.shape[-2:], dtype=torch.bool).triu(1), -math.inf)
    return s.softmax(-1) @ v


qkv = (normal(2, 3, 4), normal(2, 3, 4, seed=1), normal(2, 3, 4, seed=2))
a("attention by hand", attn, *qkv)
a("attention causal by hand", lambda q, k, v: attn(q, k, v, True), *qkv)
a("sdpa", lambda q, k, v: F.scaled_dot_product_attention(q, k, v), *(t[None] for t in qkv))
a("sdpa causal", lambda q, k, v: F.scaled_dot_product_attention(q, k, v, is_causal=True), *(t[None] for t in qkv))
a(
    "sdpa mask",
    lambda q, k, v: F.scaled_dot_product_attention(
        q, k, v, attn_mask=I([[True, False, True], [True, True, False], [False, True, True]])
    ),
    *(t[None] for t in qkv),
)
a(
    "sdpa float bias",
    lambda q, k, v, b: F.scaled_dot_product_attention(q, k, v, attn_mask=b),
    *(t[None] for t in qkv),
    normal(3, 3),
)
a(
    "gqa",
    lambda q, k, v: F.scaled_dot_product_attention(q, k, v, enable_gqa=True),
    normal(1, 4, 3, 2),
    normal(1, 2, 3, 2),
    normal(1, 2, 3, 2, seed=1),
)
a(
    "gqa repeat interleave",
    lambda q, k, v: attn(q, k.repeat_interleave(2, 1), v.repeat_interleave(2, 1)),
    normal(1, 4, 3, 2),
    normal(1, 2, 3, 2),
    normal(1, 2, 3, 2, seed=1),
)
a(
    "alibi attention",
    lambda q, k, v: (q @ k.mT - (torch.arange(3)[:, None] - torch.arange(3)).abs().to(q.dtype) * 0.5).softmax(-1) @ v,
    *qkv,
)
a("attention logit cap", lambda q, k, v: (5 * torch.tanh((q @ k.mT) / 5)).softmax(-1) @ v, *qkv)
a(
    "linear attention",
    lambda q, k, v: (lambda q, k: q @ (k.mT @ v) / (q @ k.sum(-2).unsqueeze(-1)))(F.elu(q) + 1, F.elu(k) + 1),
    *qkv,
)
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
a(
    "nerf volume render",
    lambda s, c: (
        lambda al: (al * torch.cumprod(torch.cat([torch.ones(1, dtype=s.dtype), 1 - al + 1e-10])[:-1], 0)) @ c
    )(1 - torch.exp(-F.relu(s) * 0.3)),
    normal(6),
    normal(6, 3),
)
