"""Normalisations and softmax."""

import torch
import torch.nn.functional as F
from torch import nn

from corpus.reported.entry import WIDE, between, custom, normal, signed, wrong

EPS = 1e-5


def parts(x, dim=-1, unbiased=False):
    mean = x.mean(dim, keepdim=True)
    rstd = torch.rsqrt(x.var(dim, keepdim=True, unbiased=unbiased) + EPS)
    return (x - mean) * rstd, rstd


def layer_norm(x, w, b):
    return F.layer_norm(x, x.shape[-1:], w, b, EPS)


def layer_backward(by_x=None, by_w=None, by_b=None):
    """Right but for what is given in place of a part."""

    def backward(g, x, w, b, y):
        hat, rstd = parts(x)
        k = g * w
        right = rstd * (k - k.mean(-1, keepdim=True) - hat * (k * hat).mean(-1, keepdim=True))
        return (
            by_x(g, x, w, hat, rstd) if by_x else right,
            by_w(g, hat) if by_w else (g * hat).sum(0),
            by_b(g) if by_b else g.sum(0),
        )

    return backward


def layer(name, culprit, dtypes=None, **twists):
    return wrong(
        f"layer norm, {name}", culprit, custom(layer_norm, layer_backward(**twists)),
        **({"dtypes": dtypes} if dtypes else {}), x=normal(4, 4, scale=2, shift=0.5), w=between(0.5, 2, 4), b=normal(4),
    )


def rms(x, w):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + EPS) * w


def rms_backward(by_x=None, by_w=None):
    def backward(g, x, w, y):
        r = torch.rsqrt(x.square().mean(-1, keepdim=True) + EPS)
        k = g * w
        right = r * k - x * r**3 * (k * x).mean(-1, keepdim=True)
        return by_x(k, x, r, g) if by_x else right, by_w(g, x, r) if by_w else (g * x * r).sum(0)

    return backward


def rmsnorm(name, culprit, **twists):
    return wrong(f"rms norm, {name}", culprit, custom(rms, rms_backward(**twists)), x=normal(4, 4, scale=2), w=between(0.5, 2, 4))


def batch_norm(x):
    return parts(x, 0)[0]


class BatchNorm(nn.Module):
    """A batch norm whose backward treats the running statistics as those of the batch."""

    def __init__(self, training):
        super().__init__()
        self.register_buffer("mean", torch.tensor([0.5, -0.25, 1.0]))
        self.register_buffer("var", torch.tensor([0.5, 2.0, 1.5]))
        self.training = training

    def forward(self, x):
        mean, var = self.mean.to(x.dtype), self.var.to(x.dtype)

        def backward(g, x, y):
            return (g - g.mean(0)) * torch.rsqrt(var + EPS)

        return custom(lambda x: (x - mean) * torch.rsqrt(var + EPS), backward)(x)


def group_norm(x):
    return F.group_norm(x, 2, eps=EPS)


def channel_wise(g, x, y):
    n, c, length = x.shape
    hat, rstd = parts(x.reshape(n, 2, -1))
    hat, k = hat.reshape(x.shape), g
    rstd = rstd.repeat_interleave(c // 2, 1)
    return rstd * (k - k.mean(-1, keepdim=True) - hat * (k * hat).mean(-1, keepdim=True))


def weight_norm(v, s):
    return s * v / v.norm(dim=-1, keepdim=True)


def unit(x):
    return x / x.norm(dim=-1, keepdim=True)


def spectral(w):
    with torch.no_grad():
        u, _, v = torch.linalg.svd(w)
    return w / (u[:, 0] @ w @ v[0])


def lrn(x):
    return x / (1 + F.avg_pool1d(x.square()[None], 3, 1, 1)[0]) ** 0.75


def softmax_backward(g, x, y):
    return y * (g - (g * y).sum(-1, keepdim=True))


def masked_softmax(x):
    mask = torch.ones(4, 4, dtype=torch.bool).tril()
    return torch.softmax(x.masked_fill(~mask, float("-inf")), -1) * 1.0


def sparsemax(x):
    ordered = x.sort(-1, descending=True).values
    sums = ordered.cumsum(-1) - 1
    count = ((ordered * torch.arange(1, x.shape[-1] + 1) > sums).sum(-1, keepdim=True)).detach()
    return (x - sums.gather(-1, count - 1) / count).clamp(min=0)


soft = torch.softmax
square, wide = normal(4, 4), normal(3, 5)
WRONG = [
    layer("weight ignored", "x", by_x=lambda g, x, w, h, r: r * (g - g.mean(-1, keepdim=True) - h * (g * h).mean(-1, keepdim=True))),
    layer("mean's path forgotten", "x", by_x=lambda g, x, w, h, r: r * (g * w - h * (g * w * h).mean(-1, keepdim=True))),
    layer("variance's path forgotten", "x", by_x=lambda g, x, w, h, r: r * (g * w - (g * w).mean(-1, keepdim=True))),
    layer("both statistics held", "x", by_x=lambda g, x, w, h, r: r * g * w),
    layer("sum for mean", "x", by_x=lambda g, x, w, h, r: r * (g * w - (g * w).sum(-1, keepdim=True) - h * (g * w * h).sum(-1, keepdim=True))),
    layer("n - 1 in one mean", "x", by_x=lambda g, x, w, h, r: r * (g * w - (g * w).mean(-1, keepdim=True) - h * (g * w * h).sum(-1, keepdim=True) / 3)),
    layer("row terms broadcast across columns", "x", by_x=lambda g, x, w, h, r: r * (g * w - (g * w).mean(-1) - h * (g * w * h).mean(-1))),
    layer("rstd of the next row", "x", by_x=lambda g, x, w, h, r: r.roll(1, 0) * (g * w - (g * w).mean(-1, keepdim=True) - h * (g * w * h).mean(-1, keepdim=True))),
    layer("x for the normalised x", "x", by_x=lambda g, x, w, h, r: r * (g * w - (g * w).mean(-1, keepdim=True) - x * (g * w * h).mean(-1, keepdim=True))),
    layer("weight applied after the means", "x", by_x=lambda g, x, w, h, r: w * r * (g - g.mean(-1, keepdim=True) - h * (g * h).mean(-1, keepdim=True))),
    layer("eps added to the standard deviation", "x", WIDE, by_x=lambda g, x, w, h, r: (lambda q: q * (g * w - (g * w).mean(-1, keepdim=True) - h * (g * w * h).mean(-1, keepdim=True)))(1 / (x.std(-1, keepdim=True, unbiased=False) + 1e-5))),
    layer("weight's gradient of the raw x", "w", by_w=lambda g, h: (g * h.cumsum(-1)).sum(0)),
    layer("weight's gradient averaged", "w", by_w=lambda g, h: (g * h).mean(0)),
    layer("weight's gradient of the first row", "w", by_w=lambda g, h: (g * h)[0]),
    layer("weight's gradient without the last block of rows", "w", by_w=lambda g, h: (g * h)[:3].sum(0)),
    layer("weight's gradient over the features", "w", by_w=lambda g, h: (g * h).sum(1)),
    layer("bias averaged", "b", by_b=lambda g: g.mean(0)),
    layer("bias None", "b", by_b=lambda g: None),
    layer("bias and weight exchanged", "w b", by_b=lambda g: g.sum(1), by_w=lambda g, h: g.sum(0)),
    rmsnorm("row term broadcast across columns", "x", by_x=lambda k, x, r, g: r * k - x * r**3 * (k * x).mean(-1)),
    rmsnorm("sum for mean", "x", by_x=lambda k, x, r, g: r * k - x * r**3 * (k * x).sum(-1, keepdim=True)),
    rmsnorm("scale squared", "x", by_x=lambda k, x, r, g: r * k - x * r**2 * (k * x).mean(-1, keepdim=True)),
    rmsnorm("scale held", "x", by_x=lambda k, x, r, g: r * k),
    rmsnorm("sign of the projection", "x", by_x=lambda k, x, r, g: r * k + x * r**3 * (k * x).mean(-1, keepdim=True)),
    rmsnorm("weight forgotten within the mean", "x", by_x=lambda k, x, r, g: r * k - x * r**3 * (g * x).mean(-1, keepdim=True)),
    rmsnorm("weight's gradient of x", "w", by_w=lambda g, x, r: (g * x).sum(0)),
    rmsnorm("weight's gradient in float16", "w", by_w=lambda g, x, r: (g * x).sum(0) * r.mean()),
    wrong("rms norm of Gemma, the 1 forgotten", "x", custom(lambda x, w: rms(x, 1 + w), rms_backward()), x=normal(4, 4), w=between(0.1, 0.5, 4)),
    wrong("add and rms norm, residual's cotangent dropped", "x r", custom(lambda x, r: (rms(x + r, torch.ones(4, dtype=x.dtype)), x + r), lambda g, h, x, r, y, s: (rms_backward()(g, s, torch.ones(4, dtype=x.dtype), y)[0],) * 2), x=normal(3, 4), r=normal(3, 4)),
    wrong("batch norm, batch's mean held", "x", custom(batch_norm, lambda g, x, y: parts(x, 0)[1] * (g - y * (g * y).mean(0))), x=normal(5, 3, scale=2)),
    wrong("batch norm, variance of n - 1", "x", custom(batch_norm, lambda g, x, y: parts(x, 0, True)[1] * (g - g.mean(0) - y * (g * y).mean(0))), x=normal(5, 3, scale=2)),
    wrong("batch norm in evaluation, statistics differentiated", "x", BatchNorm(False), x=normal(5, 3)),
    wrong("group norm, means per channel", "x", custom(group_norm, channel_wise), x=normal(2, 4, 3)),
    wrong("instance norm, cotangent's mean over the batch", "x", custom(lambda x: parts(x)[0], lambda g, x, y: parts(x)[1] * (g - g.mean() - y * (g * y).mean(-1, keepdim=True))), x=normal(2, 3, 5)),
    wrong("weight norm, projection forgotten", "v", custom(weight_norm, lambda g, v, s, y: (s * g / v.norm(dim=-1, keepdim=True), (g * v / v.norm(dim=-1, keepdim=True)).sum(-1, keepdim=True))), v=normal(3, 4), s=between(0.5, 2, 3, 1)),
    wrong("weight norm, scale's gradient not divided", "s", custom(weight_norm, lambda g, v, s, y: (s / v.norm(dim=-1, keepdim=True) * (g - unit(v) * (g * unit(v)).sum(-1, keepdim=True)), (g * v).sum(-1, keepdim=True))), v=normal(3, 4), s=between(0.5, 2, 3, 1)),
    wrong("normalise, projection onto x and not its unit", "x", custom(unit, lambda g, x, y: (g - x * (g * y).sum(-1, keepdim=True)) / x.norm(dim=-1, keepdim=True)), x=normal(3, 4)),
    wrong("normalise, projection forgotten", "x", custom(unit, lambda g, x, y: g / x.norm(dim=-1, keepdim=True)), x=normal(3, 4)),
    wrong("norm, not divided", "x", custom(lambda x: x.norm(), lambda g, x, y: g * x), x=normal(5)),
    wrong("p-norm, power of one less", "x", custom(lambda x: x.norm(3), lambda g, x, y: g * x.abs() ** 2 / y**2), x=signed(0.3, 2, 6)),
    wrong("spectral norm, sigma held", "w", custom(spectral, lambda g, w, y: g / torch.linalg.matrix_norm(w, 2)), dtypes=WIDE, w=normal(3, 4)),
    wrong("local response norm, neighbours' terms", "x", custom(lrn, lambda g, x, y: g * (1 + F.avg_pool1d(x.square()[None], 3, 1, 1)[0]) ** -0.75), x=normal(2, 5)),
    wrong("softmax, diagonal alone", "x", custom(lambda x: soft(x, -1), lambda g, x, y: g * y * (1 - y)), x=wide),
    wrong("softmax, sum over everything", "x", custom(lambda x: soft(x, -1), lambda g, x, y: y * (g - (g * y).sum())), x=wide),
    wrong("softmax, sum over the other axis", "x", custom(lambda x: soft(x, -1), lambda g, x, y: y * (g - (g * y).sum(0, keepdim=True))), x=square),
    wrong("softmax, sum not kept, square", "x", custom(lambda x: soft(x, -1), lambda g, x, y: y * (g - (g * y).sum(-1))), x=square),
    wrong("softmax, mean for sum", "x", custom(lambda x: soft(x, -1), lambda g, x, y: y * (g - (g * y).mean(-1, keepdim=True))), x=wide),
    wrong("softmax, plain sum of the cotangent", "x", custom(lambda x: soft(x, -1), lambda g, x, y: y * (g - g.sum(-1, keepdim=True))), x=wide),
    wrong("softmax, temperature forgotten", "x", custom(lambda x: soft(x / 2, -1), softmax_backward), x=wide),
    wrong("softmin, sign", "x", custom(lambda x: soft(-x, -1), softmax_backward), x=wide),
    wrong("scaled masked softmax, scale forgotten", "x", custom(lambda x: masked_softmax(0.25 * x), softmax_backward), x=square),
    wrong("masked softmax, masked by the transpose", "x", custom(masked_softmax, lambda g, x, y: softmax_backward(g, x, y) * torch.ones(4, 4, dtype=x.dtype).triu()), x=square),
    wrong("log softmax, cotangent's sum is one", "x", custom(lambda x: torch.log_softmax(x, -1), lambda g, x, y: g - y.exp()), x=wide),
    wrong("log softmax, log for exp", "x", custom(lambda x: torch.log_softmax(x, -1), lambda g, x, y: g - y * g.sum(-1, keepdim=True)), x=wide),
    wrong("softmax plus bias over rows, bias not reduced", "b", custom(lambda x, b: soft(x + b, -1), lambda g, x, b, y: (softmax_backward(g, x, y), softmax_backward(g, x, y)[:1])), x=wide, b=normal(1, 5)),
    wrong("softmax of one, next to it", "x", custom(lambda x: 1 / (1 + (-x).exp().sum(-1)), lambda g, x, y: (g * y * (1 - y))[:, None] * soft(x, -1)), x=wide),
    wrong("sparsemax, mean over all", "x", custom(sparsemax, lambda g, x, y: (y > 0) * (g - (g * (y > 0)).mean(-1, keepdim=True))), dtypes=WIDE, x=wide),
    wrong("standardise, deviation held", "x", custom(lambda x: (x - x.mean()) / x.std(), lambda g, x, y: (g - g.mean()) / x.std()), x=normal(6)),
    wrong("variance, n for n - 1", "x", custom(lambda x: x.var(), lambda g, x, y: 2 * g * (x - x.mean()) / 6), x=normal(6)),
    wrong("standard deviation, of the variance", "x", custom(lambda x: x.std(), lambda g, x, y: 2 * g * (x - x.mean()) / 5), x=normal(6)),
    wrong("mean of rows, divided by everything", "x", custom(lambda x: x.mean(-1), lambda g, x, y: g[:, None].expand_as(x) / x.numel()), x=wide),
    wrong("min-max, the ends' own terms", "x", custom(lambda x: (x - x.min()) / (x.max() - x.min()), lambda g, x, y: g / (x.max() - x.min())), x=normal(6)),
    wrong("dyt, alpha's slope lost", "x", custom(lambda x, a: torch.tanh(a * x), lambda g, x, a, y: (g * (1 - y * y), (g * (1 - y * y) * x).sum().reshape(1))), x=wide, a=between(0.5, 0.8, 1)),
]
