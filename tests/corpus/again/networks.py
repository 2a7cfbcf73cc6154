"""networks"""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from corpus.again.table import BF16, F16, F64, WIDE, Table, normal, uniform

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
