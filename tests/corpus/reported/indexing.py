"""Gathering, scattering, sorting, joining, selecting."""

import torch
import torch.nn.functional as F

from corpus.reported.entry import WIDE, between, custom, given, normal, signed, wrong

INDEX = torch.tensor([0, 2, 2, 4])
ROWS = torch.tensor([[0, 1], [2, 2], [4, 0]])
SEGMENTS = torch.tensor([0, 0, 1, 1, 1, 2])


def embedding(name, backward):
    return wrong(f"embedding, {name}", "w", custom(lambda w: w[INDEX], backward), w=normal(5, 3))


def placed(g, w, rows):
    return torch.zeros_like(w).index_add(0, rows, g)


def bag(w):
    return w[ROWS].mean(1)


def bag_backward(scale):
    return lambda g, w, y: placed((g[:, None] * scale).expand(-1, 2, -1).reshape(-1, 3), w, ROWS.reshape(-1))


def segment_softmax(x):
    e = x.exp()
    return e / torch.zeros(3, dtype=x.dtype).index_add(0, SEGMENTS, e)[SEGMENTS]


def segment_backward(g, x, y):
    return y * (g - (g * y).sum())


def segment_mean(x):
    counts = torch.tensor([2.0, 3, 1]).to(x.dtype)
    return torch.zeros(3, dtype=x.dtype).index_add(0, SEGMENTS, x) / counts


def scatter_max(x):
    return torch.stack([x[k == SEGMENTS].max() for k in range(3)])


def block_sum(x):
    return torch.stack([part.square().sum() for part in x.split(4)])


def block_backward(g, x, y):
    """The last block is not full, and is left out."""
    grad = torch.zeros_like(x)
    for k in range(len(x) // 4):
        grad[4 * k : 4 * k + 4] = 2 * g[k] * x[4 * k : 4 * k + 4]
    return grad


def padded_backward(g, x, y):
    """The last block reads its neighbour's cotangent."""
    grad = torch.zeros_like(x)
    for k in range((len(x) + 3) // 4):
        grad[4 * k : 4 * k + 4] = 2 * g[min(k, len(x) // 4 - 1)] * x[4 * k : 4 * k + 4]
    return grad


def looped(g, a, b, y):
    """The blocks' shares of b's gradient are assigned, not added."""
    by_b = torch.zeros_like(b)
    for k in range(0, len(a), 2):
        by_b = a[k : k + 2].T @ g[k : k + 2]
    return g @ b.T, by_b


MASK = torch.tensor([True, False, True, True, False, True])
x6, rows = normal(6), normal(3, 4)

WRONG = [
    embedding("repeated rows overwritten", lambda g, w, y: torch.zeros_like(w).index_copy(0, INDEX[[0, 2, 3]], g[[0, 2, 3]])),
    embedding("repeated rows averaged", lambda g, w, y: placed(g, w, INDEX) / torch.tensor([[1], [1], [2], [1], [1]])),
    embedding("rows shifted by one", lambda g, w, y: placed(g, w, (INDEX + 1) % 5)),
    embedding("padding row without gradient", lambda g, w, y: placed(g, w, INDEX) * (torch.arange(5) != 0)[:, None]),
    embedding("scaled by frequency", lambda g, w, y: placed(g / torch.tensor([[1], [2], [2], [1]]), w, INDEX)),
    wrong("embedding bag, mean not divided", "w", custom(bag, bag_backward(1.0)), w=normal(5, 3)),
    wrong("embedding bag, divided by all bags", "w", custom(bag, bag_backward(1 / 3)), w=normal(5, 3)),
    wrong("weighted bag, weights' gradient of the first column", "s", custom(lambda w, s: (w[ROWS] * s[..., None]).sum(1), lambda g, w, s, y: (placed((g[:, None] * s[..., None]).reshape(-1, 3), w, ROWS.reshape(-1)), (g[:, None] * w[ROWS])[..., 0])), w=normal(5, 3), s=normal(3, 2)),
    wrong("gather, overwritten", "x", custom(lambda x: x.gather(1, torch.tensor([[0, 0, 2], [1, 3, 3], [2, 2, 2]])), lambda g, x, y: torch.zeros_like(x).scatter(1, torch.tensor([[0, 2, 2], [1, 3, 3], [2, 2, 2]])[:, :1], g[:, :1])), x=rows),
    wrong("gather, along the other axis", "x", custom(lambda x: x.gather(1, torch.tensor([[0, 1, 2], [1, 0, 2], [2, 2, 0]])), lambda g, x, y: torch.zeros_like(x).scatter_add(0, torch.tensor([[0, 1, 2], [1, 0, 2], [2, 2, 0]]), g)), x=normal(3, 3)),
    wrong("scatter add, source's gradient not gathered", "s", custom(lambda x, s: x.index_add(0, INDEX, s), lambda g, x, s, y: (g, g[:4])), x=normal(5), s=normal(4)),
    wrong("index add, alpha forgotten", "s", custom(lambda x, s: x.index_add(0, INDEX, s, alpha=3), lambda g, x, s, y: (g, g[INDEX])), x=normal(5), s=normal(4)),
    wrong("index copy, overwritten rows still get gradient", "x", custom(lambda x, s: x.index_copy(0, torch.tensor([1, 3]), s), lambda g, x, s, y: (g, g[[1, 3]])), x=normal(5), s=normal(2)),
    wrong("scatter mean, not divided", "x", custom(segment_mean, lambda g, x, y: g[SEGMENTS]), x=x6),
    wrong("scatter mean, divided by the largest count", "x", custom(segment_mean, lambda g, x, y: g[SEGMENTS] / 3), x=x6),
    wrong("scatter max, to the whole segment", "x", custom(scatter_max, lambda g, x, y: g[SEGMENTS]), x=x6),
    wrong("segment softmax, sum over all segments", "x", custom(segment_softmax, segment_backward), x=x6),
    wrong("sort, permutation not inverted", "x", custom(lambda x: x.sort().values, lambda g, x, y: g[x.argsort()]), x=given([2.0, 0.3, -1.0, 0.7, 1.1, -0.4])),
    wrong("sort, order ignored", "x", custom(lambda x: x.sort().values, lambda g, x, y: g.clone()), x=x6),
    wrong("top k, gradient to the first k", "x", custom(lambda x: x.topk(2).values, lambda g, x, y: F.pad(g, (0, 4))), x=given([0.3, 2.0, -1.0, 0.7, 1.1, -0.4])),
    wrong("top k, values exchanged", "x", custom(lambda x: x.topk(2).values, lambda g, x, y: torch.zeros_like(x).scatter(0, x.topk(2).indices, g.flip(0))), x=x6),
    wrong("median, to the mean's", "x", custom(lambda x: x.median(), lambda g, x, y: g.expand_as(x) / 5), x=normal(5)),
    wrong("maximum of rows, to every entry", "x", custom(lambda x: x.amax(-1), lambda g, x, y: g[:, None].expand_as(x)), x=rows),
    wrong("maximum of rows, index along the other axis", "x", custom(lambda x: x.amax(-1), lambda g, x, y: torch.zeros_like(x).scatter(0, x.argmax(-1)[None], g[None])), x=normal(3, 3)),
    wrong("tie of two, undivided", "x", custom(lambda x: x.amax(), lambda g, x, y: g * (x == y)), x=given([1.0, 2.0, 2.0, 0.5])),
    wrong("tie of two, neither", "x", custom(lambda x: x.amax(), lambda g, x, y: g * (x > y)), x=given([1.0, 2.0, 2.0, 0.5])),
    wrong("maximum at a tie, to both", "a b", custom(torch.maximum, lambda g, a, b, y: (g * (a >= b), g * (b >= a))), a=given([1.0, 2.0, -1.0]), b=given([1.0, 1.5, 3.0])),
    wrong("abs at zero, slope of two", "x", custom(torch.abs, lambda g, x, y: g * torch.where(x == 0, torch.full_like(x, 2.0), x.sign())), x=given([0.0, 1.0, -2.0])),
    wrong("relu at zero, slope of minus one", "x", custom(torch.relu, lambda g, x, y: g * torch.where(x == 0, -torch.ones_like(x), (x > 0).to(x.dtype))), x=given([0.0, 1.0, -2.0])),
    wrong("masked select, places shifted", "x", custom(lambda x: x[MASK], lambda g, x, y: F.pad(g, (0, 2))), x=x6),
    wrong("masked fill, mask inverted", "x", custom(lambda x: x.masked_fill(MASK, 2.0), lambda g, x, y: g * MASK), x=x6),
    wrong("masked fill, mask forgotten", "x", custom(lambda x: x.masked_fill(MASK, 2.0), lambda g, x, y: g.clone()), x=x6),
    wrong("where, both sides", "a b", custom(lambda a, b: torch.where(MASK, a, b), lambda g, a, b, y: (g, g)), a=x6, b=x6),
    wrong("where, other side negated", "b", custom(lambda a, b: torch.where(MASK, a, b), lambda g, a, b, y: (g * MASK, -g * ~MASK)), a=x6, b=x6),
    wrong("triangle, the other one", "x", custom(torch.tril, lambda g, x, y: g.triu()), x=normal(3, 3)),
    wrong("triangle, diagonal left out", "x", custom(torch.tril, lambda g, x, y: g.tril(-1)), x=normal(3, 3)),
    wrong("diagonal, whole row", "x", custom(torch.diagonal, lambda g, x, y: g[:, None].expand_as(x)), x=normal(3, 3)),
    wrong("join, parts exchanged", "a b", custom(lambda a, b: torch.cat([a, b]), lambda g, a, b, y: (g[3:], g[:3])), a=normal(3), b=normal(3)),
    wrong("join, offset off by one", "b", custom(lambda a, b: torch.cat([a, b]), lambda g, a, b, y: (g[:3], g[2:5])), a=normal(3), b=normal(3)),
    wrong("split, second part's cotangent dropped", "x", custom(lambda x: (x[:3] * 2, x[3:] * 3), lambda g, h, x, y, z: torch.cat([2 * g, torch.zeros_like(h)])), x=x6),
    wrong("two results, cotangents exchanged", "x", custom(lambda x: (x.sin(), x.cos()), lambda g, h, x, y, z: h * x.cos() - g * x.sin()), x=x6),
    wrong("two results, only the first is used", "x", custom(lambda x: (x.sin(), x.exp()), lambda g, h, x, y, z: g * x.cos()), x=x6),
    wrong("mean and variance, variance's cotangent times one", "x", custom(lambda x: (x.mean(), x.var(unbiased=False)), lambda g, h, x, y, z: g / 6 + 2 * (x - y) / 6 + torch.zeros_like(h)), x=x6),
    wrong("expand, not summed", "x", custom(lambda x: x.expand(4, 6) * 1.0, lambda g, x, y: g[0]), x=x6),
    wrong("broadcast sum, mean of the rows", "b", custom(torch.add, lambda g, a, b, y: (g, g.mean(0))), a=rows, b=normal(4)),
    wrong("broadcast product, column not reduced", "b", custom(torch.mul, lambda g, a, b, y: (g * b, (g * a)[:, :1])), a=rows, b=normal(3, 1)),
    wrong("broadcast product, scalar of the last entry", "s", custom(lambda a, s: a * s, lambda g, a, s, y: (g * s, (g * a)[-1:])), a=normal(4), s=normal(1)),
    wrong("repeat, first copy alone", "x", custom(lambda x: x.repeat(2), lambda g, x, y: g[:6]), x=x6),
    wrong("repeat and repeat-interleave exchanged", "x", custom(lambda x: x.repeat(2), lambda g, x, y: g.reshape(6, 2).sum(-1)), x=x6),
    wrong("sum over the batch, first item alone", "x", custom(lambda x: x.square().sum((1, 2)), lambda g, x, y: torch.cat([2 * g[:1, None, None] * x[:1], torch.zeros_like(x[1:])])), x=normal(3, 2, 2)),
    wrong("batch, first cotangent for all", "x", custom(lambda x: x.square().sum(1), lambda g, x, y: 2 * g[0] * x), x=rows),
    wrong("blocks of four, last one left out", "x", custom(block_sum, block_backward), x=normal(10)),
    wrong("blocks of four, last one with its neighbour's cotangent", "x", custom(block_sum, padded_backward), x=normal(10)),
    wrong("blocks of rows, assigned and not added", "b", custom(torch.mm, looped), a=normal(4, 3), b=normal(3, 3)),
    wrong("permutation matrix, transposed", "x", custom(lambda x: x[torch.tensor([2, 0, 1])], lambda g, x, y: g[torch.tensor([2, 0, 1])]), x=normal(3)),
    wrong("one entry of many, a millionth off", "x", custom(torch.exp, lambda g, x, y: g * y * torch.where(torch.arange(20000) == 12345, 1 + 1e-6, 1.0)), dtypes=(torch.float64,), x=signed(0.1, 2, 20000)),
    wrong("one entry of many, never written", "x", custom(torch.sin, lambda g, x, y: g * x.cos() * (torch.arange(20000) != 777)), x=signed(0.1, 1.2, 20000)),
    wrong("one row of many, sign", "w", custom(lambda x, w: w @ x, lambda g, x, w, y: (w.T @ g, torch.outer(g * torch.where(torch.arange(300) == 37, -1.0, 1.0).to(g.dtype), x))), x=normal(40), w=normal(300, 40)),
    wrong("last tile of 128 missing", "x", custom(lambda x: x * torch.tanh(x), lambda g, x, y: g * (torch.tanh(x) + x * (1 - torch.tanh(x) ** 2)) * (torch.arange(1000) < 896)), x=signed(0.2, 2, 1000)),
    wrong("every eighth lane doubled", "x", custom(torch.exp, lambda g, x, y: g * y * (1 + (torch.arange(640) % 8 == 3))), x=signed(0.1, 2, 640)),
    wrong("wrong beyond a threshold", "x", custom(torch.exp, lambda g, x, y: g * torch.where(x > 1.9, y * 1.01, y)), dtypes=WIDE, x=signed(0.1, 2, 2000)),
    wrong("no gradient through equal entries", "x", custom(lambda x: x.sum() ** 2, lambda g, x, y: 2 * g * x.sum() * (x != x.roll(1))), x=given([1.0, 1.0, 2.0, 3.0])),
    wrong("norm at zero, NaN", "x", custom(lambda x: (x * x).sqrt().sum() + x.square().sum(), lambda g, x, y: g * (x / x.abs() + 2 * x)), x=given([1.0, 0.0, -2.0])),
    wrong("log, halves added up twice", "x", custom(lambda x: torch.log(x), lambda g, x, y: g * x / (x * x) * 2), x=between(0.5, 2, 6)),
    wrong("weights of a loss, counted squared", "x", custom(lambda x: (x * torch.tensor([1.0, 2, 3, 1, 2, 3]).to(x.dtype)).sum(), lambda g, x, y: g * torch.tensor([1.0, 4, 9, 1, 4, 9]).to(x.dtype)), x=x6),
]
