"""Attention, recurrences and other fused layers, rendering."""


import torch
import torch.nn.functional as F

from corpus.reported.entry import WIDE, between, custom, normal, signed, wrong

SCALE = 0.5
CAUSAL = torch.ones(4, 4, dtype=torch.bool).tril()
KEEP = torch.tensor([[1.0, 0, 1, 1], [1, 1, 0, 1], [0, 1, 1, 1], [1, 1, 1, 0]]) / 0.75


def probabilities(q, k, causal=False, cap=None):
    scores = SCALE * q @ k.transpose(-1, -2)
    if cap:
        scores = cap * torch.tanh(scores / cap)
    if causal:
        scores = scores.masked_fill(~CAUSAL, float("-inf"))
    return torch.softmax(scores, -1)


def attention(q, k, v):
    return probabilities(q, k) @ v


def attention_backward(delta=True, scale_q=SCALE, scale_k=SCALE, by_v=None, transpose=False):
    def backward(g, q, k, v, y):
        p = probabilities(q, k)
        dp = g @ v.T
        ds = p * (dp - (g * y).sum(-1, keepdim=True)) if delta else p * dp
        return scale_q * ds @ k, scale_k * (ds if transpose else ds.T) @ q, by_v(p, g) if by_v else p.T @ g

    return backward


def attending(name, culprit, forward=attention, **twists):
    backward = attention_backward(**twists)
    return wrong(f"attention, {name}", culprit, custom(forward, backward), q=normal(4, 4), k=normal(4, 4), v=normal(4, 4))


def other(name, culprit, forward, backward, **inputs):
    return wrong(f"attention, {name}", culprit, custom(forward, backward), **(inputs or {"q": normal(4, 4), "k": normal(4, 4), "v": normal(4, 4)}))


def vjp(forward, g, *inputs):
    with torch.enable_grad():
        inputs = [s.detach().requires_grad_() for s in inputs]
        return torch.autograd.grad(forward(*inputs), inputs, g)


def masked(q, k, v):
    return probabilities(q, k, causal=True) @ v


def capped(q, k, v):
    return probabilities(q, k, cap=2.0) @ v


def dropped(q, k, v):
    return (probabilities(q, k) * KEEP.to(q.dtype)) @ v


def dropped_backward(g, q, k, v, y):
    p = probabilities(q, k)
    dp = g @ v.T  # the mask and its scale are left out
    ds = p * (dp - (p * dp).sum(-1, keepdim=True))
    return SCALE * ds @ k, SCALE * ds.T @ q, (p * KEEP.to(q.dtype)).T @ g


def with_lse(q, k, v):
    scores = SCALE * q @ k.T
    return torch.softmax(scores, -1) @ v, torch.logsumexp(scores, -1)


def grouped(q, k, v):
    """Two query heads share one of keys and values."""
    return torch.stack([attention(q[h], k, v) for h in range(2)])


def grouped_backward(g, q, k, v, y):
    first, second = (attention_backward()(g[h], q[h], k, v, y[h]) for h in range(2))
    return torch.stack([first[0], second[0]]), second[1], first[2] + second[2]


def biased(q, k, b):
    return torch.softmax(SCALE * q @ k.T + b, -1)


def biased_backward(g, q, k, b, y):
    ds = y * (g - (g * y).sum(-1, keepdim=True))
    return SCALE * ds @ k, SCALE * ds.T @ q, ds  # b is one row


def angles(x):
    place = torch.arange(x.shape[0]).to(x.dtype)[:, None]
    return place * torch.tensor([1.0, 0.25]).to(x.dtype)


def rope(x):
    a, (one, two) = angles(x), x.chunk(2, -1)
    return torch.cat([one * a.cos() - two * a.sin(), two * a.cos() + one * a.sin()], -1)


def rope_same_way(g, x, y):
    return rope(g)


def rope_interleaved(g, x, y):
    a, one, two = angles(x), g[..., ::2], g[..., 1::2]
    return torch.stack([one * a.cos() + two * a.sin(), two * a.cos() - one * a.sin()], -1).flatten(-2)


def rope_first_half(g, x, y):
    a, (one, two) = angles(x), g.chunk(2, -1)
    return torch.cat([one * a.cos() + two * a.sin(), two], -1)


def rope_off_by_one(g, x, y):
    a, (one, two) = angles(x) + torch.tensor([1.0, 0.25]).to(x.dtype), g.chunk(2, -1)
    return torch.cat([one * a.cos() + two * a.sin(), two * a.cos() - one * a.sin()], -1)


def linear_attention(q, k, v):
    return (q @ k.T).tril() @ v


def linear_attention_backward(g, q, k, v, y):
    return (g @ v.T) @ k, (g @ v.T).tril().T @ q, (q @ k.T).tril().T @ g


def selective_scan(x, dt, a):
    h, states = torch.zeros_like(x[0]), []
    for t in range(len(x)):
        h = torch.exp(dt[t] * a) * h + dt[t] * x[t]
        states.append(h)
    return torch.stack(states)


def selective_backward(kind):
    def backward(g, x, dt, a, y):
        by_x, by_dt, by_a = vjp(selective_scan, g, x, dt, a)
        if kind == "decay held":
            lam, by_dt = torch.zeros_like(g[0]), torch.zeros_like(dt)
            for t in reversed(range(len(x))):
                lam = g[t] + (torch.exp(dt[t + 1] * a) * lam if t + 1 < len(x) else 0)
                by_dt[t] = lam * x[t]
        if kind == "a of the last step":
            by_a = g[-1] * dt[-1] * torch.exp(dt[-1] * a) * y[-2]
        if kind == "a taken for its logarithm":
            by_a = by_a * a
        return by_x, by_dt, by_a

    return backward


def lstm(c, i, f, o, z):
    new = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(z)
    return torch.sigmoid(o) * torch.tanh(new), new


def lstm_backward(kind):
    def backward(g, h, c, i, f, o, z, y, new):
        s, t = torch.sigmoid, torch.tanh
        inner = g * s(o) * (1 - t(new) ** 2) + (0 if kind == "state's cotangent dropped" else h)
        by_f = inner * (new if kind == "forget gate by the new state" else c) * s(f) * (1 - s(f))
        by_o = g * (new if kind == "output gate without tanh" else t(new)) * s(o) * (1 - s(o))
        by_i = inner * t(z) * s(i) * (1 - s(i))
        by_z = inner * s(i) * (1 - (z if kind == "candidate's tanh twice" else t(z)) ** 2)
        return inner * s(f), by_i, by_f, by_o, by_z

    return backward


def gated(name, culprit):
    inputs = {n: normal(5) for n in "cifoz"}
    return wrong(f"lstm, {name}", culprit, custom(lstm, lstm_backward(name)), **inputs)


def gru(h, z, r, n):
    u = torch.sigmoid(z)
    return (1 - u) * torch.tanh(n + torch.sigmoid(r) * h) + u * h


def gru_backward(g, h, z, r, n, y):
    by_h, by_z, by_r, by_n = vjp(gru, g, h, z, r, n)
    return g * torch.sigmoid(z), by_z, by_r, by_n


def mixture(x, router, experts):
    gate = torch.softmax(router, -1)
    return (gate[:, :, None] * (x[:, None] * experts[None])).sum(1)


def mixture_backward(g, x, router, experts, y):
    by_x, _, by_e = vjp(mixture, g, x, router, experts)
    gate = torch.softmax(router, -1)
    return by_x, gate * (g[:, None] * x[:, None] * experts[None]).sum(-1), by_e


def composite(density, color):
    alpha = 1 - torch.exp(-density)
    through = torch.cat([torch.ones_like(alpha[:1]), torch.cumprod(1 - alpha, 0)[:-1]])
    return (through * alpha * color).sum()


def composite_backward(g, density, color, y):
    """The light behind a sample is not dimmed by it."""
    alpha = 1 - torch.exp(-density)
    through = torch.cat([torch.ones_like(alpha[:1]), torch.cumprod(1 - alpha, 0)[:-1]])
    return g * through * color * torch.exp(-density), g * through * alpha


def splat(opacity, d):
    return opacity * torch.exp(-0.5 * d * d)


def harmonics(n, c):
    x, y, z = n
    return 0.2821 * c[0] - 0.4886 * y * c[1] + 0.4886 * z * c[2] - 0.4886 * x * c[3] + 1.0925 * x * y * c[4]


def harmonics_backward(g, n, c, out):
    x, y, z = n
    by_n = torch.stack([-0.4886 * c[3], -0.4886 * c[1], 0.4886 * c[2]])
    return g * by_n, g * torch.stack([torch.full_like(x, 0.2821), -0.4886 * y, 0.4886 * z, -0.4886 * x, 1.0925 * x * y])


def fused_loss(x, w):
    return F.cross_entropy(x @ w.T, torch.tensor([1, 0, 2]), reduction="sum")


def chunked(g, x, w, y):
    """Chunks of two rows; the last one is dropped from the weight's gradient."""
    slope = torch.softmax(x @ w.T, -1) - F.one_hot(torch.tensor([1, 0, 2]), w.shape[0]).to(x.dtype)
    return g * slope @ w, g * slope[:2].T @ x[:2]


def bias_gelu(x, b):
    return F.gelu(x + b)


def bias_gelu_backward(g, x, b, y):
    by_x, by_b = vjp(bias_gelu, g, x, b)
    return by_x, by_x.sum(0)[0]


def quantised(x, w, s):
    return x @ (w * s[:, None]).T


def bilinear(a, b, w):
    return torch.einsum("bi,kij,bj->bk", a, w, b)


q4 = normal(4, 4)
WRONG = [
    attending("delta forgotten", "q k", delta=False),
    attending("scale forgotten in q", "q", scale_q=1.0),
    attending("scale forgotten in k", "k", scale_k=1.0),
    attending("scale applied twice in k", "k", scale_k=SCALE**2),
    attending("slope not transposed for k", "k", transpose=True),
    attending("weights not transposed for v", "v", by_v=lambda p, g: p @ g),
    attending("v of the mean", "v", by_v=lambda p, g: p.mean(0)[:, None] * g),
    other("causal mask not applied in the backward", "q k v", masked, attention_backward()),
    other("soft cap's slope forgotten", "q k", capped, lambda g, q, k, v, y: (lambda p: (lambda ds: (SCALE * ds @ k, SCALE * ds.T @ q, p.T @ g))(p * (g @ v.T - (g * y).sum(-1, keepdim=True))))(probabilities(q, k, cap=2.0))),
    other("dropout's mask forgotten for the scores", "q k", dropped, dropped_backward),
    other("dropout's scale forgotten for v", "v", dropped, lambda g, q, k, v, y: (*vjp(dropped, g, q, k, v)[:2], 0.75 * vjp(dropped, g, q, k, v)[2])),
    other("cotangent of the log-sum-exp ignored", "q k", with_lse, lambda g, h, q, k, v, y, z: attention_backward()(g, q, k, v, y)),
    other("grouped heads, keys of the last one alone", "k", grouped, grouped_backward, q=normal(2, 4, 3), k=normal(4, 3), v=normal(4, 3)),
    wrong("attention, bias row not summed over queries", "b", custom(biased, lambda g, q, k, b, y: (*biased_backward(g, q, k, b, y)[:2], biased_backward(g, q, k, b, y)[2][:1])), q=q4, k=q4, b=normal(1, 4)),
    wrong("attention, distance bias transposed", "b", custom(biased, lambda g, q, k, b, y: (*biased_backward(g, q, k, b, y)[:2], biased_backward(g, q, k, b, y)[2].T)), q=q4, k=q4, b=normal(4, 4)),
    wrong("rope, turned the same way", "x", custom(rope, rope_same_way), x=normal(3, 4)),
    wrong("rope, pairs interleaved in the backward", "x", custom(rope, rope_interleaved), x=normal(3, 4)),
    wrong("rope, first half alone", "x", custom(rope, rope_first_half), x=normal(3, 4)),
    wrong("rope, places off by one", "x", custom(rope, rope_off_by_one), x=normal(3, 4)),
    wrong("linear attention, mask forgotten for q", "q", custom(linear_attention, linear_attention_backward), q=q4, k=q4, v=q4),
    wrong("selective scan, decay held in dt", "dt", custom(selective_scan, selective_backward("decay held")), dtypes=WIDE, x=normal(4, 3), dt=between(0.2, 1, 4, 3), a=between(-1.5, -0.3, 3)),
    wrong("selective scan, a of the last step", "a", custom(selective_scan, selective_backward("a of the last step")), dtypes=WIDE, x=normal(4, 3), dt=between(0.2, 1, 4, 3), a=between(-1.5, -0.3, 3)),
    wrong("selective scan, a taken for its logarithm", "a", custom(selective_scan, selective_backward("a taken for its logarithm")), dtypes=WIDE, x=normal(4, 3), dt=between(0.2, 1, 4, 3), a=between(-1.5, -0.3, 3)),
    gated("state's cotangent dropped", "c i f z"),
    gated("forget gate by the new state", "f"),
    gated("output gate without tanh", "o"),
    gated("candidate's tanh twice", "z"),
    wrong("gru, state within the candidate held", "h", custom(gru, gru_backward), h=normal(5), z=normal(5), r=normal(5), n=normal(5)),
    wrong("mixture of experts, router's softmax", "router", custom(mixture, mixture_backward), x=normal(3, 4), router=normal(3, 2), experts=normal(2, 4)),
    wrong("volume rendering, light behind not dimmed", "density", custom(composite, composite_backward), density=between(0.2, 1.5, 5), color=between(0.1, 0.9, 5)),
    wrong("splat, opacity's own gradient times opacity", "o", custom(splat, lambda g, o, d, y: (g * y, -g * d * y)), o=between(0.2, 0.8, 5), d=normal(5)),
    wrong("splat, distance's sign", "d", custom(splat, lambda g, o, d, y: (g * y / o, g * d * y)), o=between(0.2, 0.8, 5), d=normal(5)),
    wrong("spherical harmonics, second band by the direction", "n", custom(harmonics, harmonics_backward), n=normal(3), c=normal(5)),
    wrong("fused linear cross-entropy, last chunk", "w", custom(fused_loss, chunked), x=normal(3, 4), w=normal(5, 4)),
    wrong("bias gelu, one axis summed", "b", custom(bias_gelu, lambda g, x, b, y: (vjp(bias_gelu, g, x, b)[0], vjp(bias_gelu, g, x, b)[0].sum(0)[0])), x=normal(3, 2, 4), b=normal(4)),
    wrong("quantised matmul, scale's gradient without the weight", "s", custom(quantised, lambda g, x, w, s, y: (g @ (w * s[:, None]), (g.T @ x) * s[:, None], (g * y).sum(0))), x=normal(3, 4), w=normal(2, 4), s=between(0.5, 0.8, 2)),
    wrong("quantised matmul, scale forgotten for x", "x", custom(quantised, lambda g, x, w, s, y: (g @ w, (g.T @ x) * s[:, None], (g.T @ x * w).sum(-1))), x=normal(3, 4), w=normal(2, 4), s=between(0.5, 0.8, 2)),
    wrong("bilinear, weight's axes exchanged", "w", custom(bilinear, lambda g, a, b, w, y: (*vjp(bilinear, g, a, b, w)[:2], vjp(bilinear, g, a, b, w)[2].transpose(1, 2))), a=normal(3, 2), b=normal(3, 2), w=normal(2, 2, 2)),
    wrong("dropout, scale forgotten", "x", custom(lambda x: x * KEEP[0].to(x.dtype), lambda g, x, y: g * (KEEP[0] > 0)), x=normal(4)),
    wrong("dropout, another mask", "x", custom(lambda x: x * KEEP[0].to(x.dtype), lambda g, x, y: g * KEEP[1].to(x.dtype)), x=normal(4)),
    wrong("residual, skip's gradient dropped", "x", custom(lambda x: x + torch.tanh(x), lambda g, x, y: g * (1 - torch.tanh(x) ** 2)), x=signed(0.3, 1.5, 5)),
    wrong("gate, its complement", "a b", custom(lambda a, b: a * 0.3 + b * 0.7, lambda g, a, b, y: (0.7 * g, 0.3 * g)), a=normal(5), b=normal(5)),
    wrong("positional table, batch not summed", "p", custom(lambda x, p: x + p, lambda g, x, p, y: (g, g[0])), x=normal(3, 4, 2), p=normal(4, 2)),
    wrong("mlp, hidden activations not masked", "x w", custom(lambda x, w, v: torch.relu(x @ w) @ v, lambda g, x, w, v, y: (g @ v.T @ w.T, x.T @ (g @ v.T), torch.relu(x @ w).T @ g)), x=normal(3, 4), w=normal(4, 5), v=normal(5, 2)),
    wrong("mlp, second layer by the pre-activation", "v", custom(lambda x, w, v: torch.tanh(x @ w) @ v, lambda g, x, w, v, y: (lambda h: ((g @ v.T * (1 - h * h)) @ w.T, x.T @ (g @ v.T * (1 - h * h)), (x @ w).T @ g))(torch.tanh(x @ w))), x=normal(3, 4), w=normal(4, 5), v=normal(5, 2)),
]
