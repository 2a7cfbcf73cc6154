"""Losses: classification, regression, alignments."""

import torch
import torch.nn.functional as F

from corpus.reported.entry import WIDE, between, custom, normal, signed, wrong

exp, log, softmax, log_softmax = torch.exp, torch.log, torch.softmax, torch.log_softmax
LABELS = torch.tensor([2, 0, 1, 4])
IGNORED = torch.tensor([2, -100, 1, 4])


def hot(x, labels=LABELS):
    return F.one_hot(labels.clamp(min=0), x.shape[-1]).to(x.dtype)


def weights(x):
    return torch.tensor([1.0, 2.0, 0.5, 1.5, 0.25]).to(x.dtype)


def focal(x, gamma=2.0):
    p = softmax(x, -1)[torch.arange(4), LABELS]
    return -((1 - p) ** gamma) * log(p)


def focal_backward(g, x, y):
    p = softmax(x, -1)
    factor = (1 - p[torch.arange(4), LABELS]) ** 2
    return (g * factor)[:, None] * (p - hot(x))


def tile_missing(g, x, y):
    """The label's one is taken off only in full tiles of two classes."""
    grad = softmax(x, -1)
    grad[:, :4] -= hot(x)[:, :4]
    return g * grad / 4


def info_nce(a, b):
    logits = a @ b.T / 0.5
    return F.cross_entropy(logits, torch.arange(len(a)))


def info_nce_backward(g, a, b, y):
    slope = (softmax(a @ b.T / 0.5, -1) - torch.eye(len(a), dtype=a.dtype)) / len(a) / 0.5
    return g * slope @ b, g * slope @ a


def soft_dtw(cost, gamma=0.5):
    n, m = cost.shape
    rows = [[None] * (m + 1) for _ in range(n + 1)]
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            before = [rows[a][b] for a, b in ((i - 1, j - 1), (i - 1, j), (i, j - 1)) if rows[a][b] is not None]
            least = -gamma * torch.logsumexp(torch.stack([-r / gamma for r in before]), 0) if before else 0.0
            rows[i][j] = cost[i - 1, j - 1] + least
    return rows[n][m]


def soft_dtw_backward(twist):
    def backward(g, cost, y):
        with torch.enable_grad():
            inner = cost.detach().requires_grad_()
            (grad,) = torch.autograd.grad(soft_dtw(inner), inner)
        return g * twist(grad)

    return backward


def crf(emissions, transitions):
    score = emissions[0]
    for step in emissions[1:]:
        score = torch.logsumexp(score[:, None] + transitions, 0) + step
    return torch.logsumexp(score, 0)


def crf_backward(g, emissions, transitions, y):
    with torch.enable_grad():
        e, t = emissions.detach().requires_grad_(), transitions.detach().requires_grad_()
        by_e, by_t = torch.autograd.grad(crf(e, t), (e, t))
    return g * by_e, g * by_t.T


def sinkhorn(cost, rounds=3):
    kernel = exp(-cost)
    u = torch.ones_like(cost[:, 0])
    for _ in range(rounds):
        v = 1 / (kernel.T @ u)
        u = 1 / (kernel @ v)
    return (u[:, None] * kernel * v * cost).sum()


def sinkhorn_backward(g, cost, y):
    """The envelope theorem, which holds for the regularised objective alone."""
    kernel = exp(-cost)
    u = torch.ones_like(cost[:, 0])
    for _ in range(3):
        v = 1 / (kernel.T @ u)
        u = 1 / (kernel @ v)
    return g * u[:, None] * kernel * v


def ctc(logits):
    return F.ctc_loss(log_softmax(logits, -1)[:, None], torch.tensor([[1, 2]]), [logits.shape[0]], [2], reduction="sum")


def ctc_backward(g, logits, y):
    """The gradient by the log-probabilities, taken for that by the logits."""
    with torch.enable_grad():
        logs = log_softmax(logits, -1).detach().requires_grad_()
        loss = F.ctc_loss(logs[:, None], torch.tensor([[1, 2]]), [len(logits)], [2], reduction="sum")
        # torch's own gives by the logits what it claims to be by the logs; a plain sum brings it back
        (grad,) = torch.autograd.grad(loss, logs)
    return g * (grad - softmax(logits, -1) * 0.1)


def dice(p, t):
    return 1 - 2 * (p * t).sum() / (p.sum() + t.sum())


def cosine(a, b):
    return (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1))


def arc(x):
    angle = torch.acos(x) + 0.3
    return torch.cos(angle)


def iou(a, b):
    low, high = torch.maximum(a[:2], b[:2]), torch.minimum(a[2:], b[2:])
    inner = (high - low).prod()
    return inner / ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - inner)


def iou_backward(g, a, b, y):
    """The union is taken for a constant."""
    with torch.enable_grad():
        a, b = a.detach().requires_grad_(), b.detach().requires_grad_()
        low, high = torch.maximum(a[:2], b[:2]), torch.minimum(a[2:], b[2:])
        inner = (high - low).prod()
        union = ((a[2:] - a[:2]).prod() + (b[2:] - b[:2]).prod() - inner).detach()
        by_a, by_b = torch.autograd.grad(inner / union, (a, b))
    return g * by_a, g * by_b


def boxes(*corners):
    return lambda _: torch.tensor(corners, dtype=torch.float64)


logits, p, t = normal(4, 5), between(0.1, 0.9, 6), between(0.2, 0.8, 6)
CE = lambda x: F.cross_entropy(x, LABELS)
TEMPERATURE = lambda x: F.cross_entropy(x / 0.5, LABELS)
SMOOTH = lambda x: F.cross_entropy(x, LABELS, label_smoothing=0.1)

WRONG = [
    wrong("cross-entropy, mean forgotten", "x", custom(CE, lambda g, x, y: g * (softmax(x, -1) - hot(x))), x=logits),
    wrong("cross-entropy, mean over all entries", "x", custom(CE, lambda g, x, y: g * (softmax(x, -1) - hot(x)) / x.numel()), x=logits),
    wrong("cross-entropy, one-hot forgotten", "x", custom(CE, lambda g, x, y: g * softmax(x, -1) / 4), x=logits),
    wrong("cross-entropy, cotangent taken for one", "x", lambda x: custom(CE, lambda g, x, y: (softmax(x, -1) - hot(x)) / 4)(x) * 3, x=logits),
    wrong("cross-entropy per row, cotangent averaged", "x", custom(lambda x: F.cross_entropy(x, LABELS, reduction="none"), lambda g, x, y: g.mean() * (softmax(x, -1) - hot(x))), x=logits),
    wrong("cross-entropy, temperature forgotten", "x", custom(TEMPERATURE, lambda g, x, y: g * (softmax(x / 0.5, -1) - hot(x)) / 4), x=logits),
    wrong("cross-entropy, temperature in the factor alone", "x", custom(TEMPERATURE, lambda g, x, y: g * 2 * (softmax(x, -1) - hot(x)) / 4), x=logits),
    wrong("cross-entropy, label smoothing forgotten", "x", custom(SMOOTH, lambda g, x, y: g * (softmax(x, -1) - hot(x)) / 4), x=logits),
    wrong("cross-entropy, smoothing without the label's share", "x", custom(SMOOTH, lambda g, x, y: g * (softmax(x, -1) - 0.9 * hot(x) - 0.1 / 5 * (1 - hot(x))) / 4), dtypes=WIDE, x=logits),
    wrong("cross-entropy, ignored row counted", "x", custom(lambda x: F.cross_entropy(x, IGNORED), lambda g, x, y: g * (softmax(x, -1) - hot(x, IGNORED)) * (IGNORED >= 0)[:, None] / 4), x=logits),
    wrong("cross-entropy, ignored row not masked", "x", custom(lambda x: F.cross_entropy(x, IGNORED), lambda g, x, y: g * (softmax(x, -1) - hot(x, IGNORED)) / 3), x=logits),
    wrong("cross-entropy, class weights forgotten", "x", custom(lambda x: F.cross_entropy(x, LABELS, weights(x), reduction="sum"), lambda g, x, y: g * (softmax(x, -1) - hot(x))), x=logits),
    wrong("cross-entropy, weighted sum over the count", "x", custom(lambda x: F.cross_entropy(x, LABELS, weights(x)), lambda g, x, y: g * weights(x)[LABELS][:, None] * (softmax(x, -1) - hot(x)) / 4), x=logits),
    wrong("cross-entropy, label in the last tile", "x", custom(CE, tile_missing), x=logits),
    wrong("cross-entropy, z-loss without gradient", "x", custom(lambda x: CE(x) + 0.1 * torch.logsumexp(x, -1).square().mean(), lambda g, x, y: g * (softmax(x, -1) - hot(x)) / 4), x=logits),
    wrong("cross-entropy, z-loss ignored as second output", "x", custom(lambda x: (CE(x), torch.logsumexp(x, -1)), lambda g, h, x, y, z: g * (softmax(x, -1) - hot(x)) / 4), x=logits),
    wrong("cross-entropy, soft cap forgotten", "x", custom(lambda x: CE(2 * torch.tanh(x / 2)), lambda g, x, y: g * (softmax(2 * torch.tanh(x / 2), -1) - hot(x)) / 4), x=logits),
    wrong("cross-entropy, softmax over the wrong axis", "x", custom(lambda x: F.cross_entropy(x, torch.tensor([2, 0, 1, 3]), reduction="sum"), lambda g, x, y: g * (softmax(x, 0) - F.one_hot(torch.tensor([2, 0, 1, 3]), 4).to(x.dtype))), x=normal(4, 4)),
    wrong("cross-entropy, soft targets' own gradient", "q", custom(lambda x, q: -(q * log_softmax(x, -1)).sum(), lambda g, x, q, y: (g * (q.sum(-1, keepdim=True) * softmax(x, -1) - q), g * log_softmax(x, -1))), x=logits, q=between(0.1, 0.4, 4, 5)),
    wrong("cross-entropy, targets taken to add up to one", "x", custom(lambda x, q: -(q * log_softmax(x, -1)).sum(), lambda g, x, q, y: (g * (softmax(x, -1) - q), -g * log_softmax(x, -1))), x=logits, q=between(0.1, 0.4, 4, 5)),
    wrong("focal loss, modulating factor held", "x", custom(focal, focal_backward), x=logits),
    wrong("focal loss, user detaches inside", "x", custom(lambda x: focal(x).sum(), lambda g, x, y: g * (softmax(x, -1) - hot(x))), x=logits),
    wrong("bce with logits, positive weight forgotten", "x", custom(lambda x, t: F.binary_cross_entropy_with_logits(x, t.detach(), pos_weight=torch.full_like(x, 3.0)), lambda g, x, t, y: (g * (torch.sigmoid(x) - t) / 6, -g * (3 * F.softplus(-x) * -1 + F.softplus(x)) * -1 / 6 * 0 + g * (3 * F.softplus(-x) - F.softplus(x)) / 6)), x=signed(0.3, 2, 6), t=t),
    wrong("bce, target's gradient None", "t", custom(lambda p, t: -(t * log(p) + (1 - t) * log(1 - p)).mean(), lambda g, p, t, y: (g * (p - t) / (p * (1 - p)) / 6, None)), p=p, t=t),
    wrong("bce, as if with logits", "p", custom(lambda p: -(0.3 * log(p) + 0.7 * log(1 - p)), lambda g, p, y: g * (p - 0.3)), p=p),
    wrong("kl divergence, input's and target's exchanged", "a q", custom(lambda a, q: (q * (log(q) - a)).sum(), lambda g, a, q, y: (g * (log(q) - a + 1), -g * q)), a=signed(0.3, 2, 6), q=t),
    wrong("kl divergence, the 1 of x log x", "q", custom(lambda a, q: (q * (log(q) - a)).sum(), lambda g, a, q, y: (-g * q, g * (log(q) - a))), a=signed(0.3, 2, 6), q=t),
    wrong("kl of gaussians, log variance", "v", custom(lambda m, v: -0.5 * (1 + v - m * m - exp(v)).sum(), lambda g, m, v, y: (g * m, g * 0.5 * (v - 1))), m=normal(5), v=signed(0.3, 1.5, 5)),
    wrong("entropy, sign", "x", custom(lambda x: -(softmax(x, -1) * log_softmax(x, -1)).sum(), lambda g, x, y: g * softmax(x, -1) * (log_softmax(x, -1) + y)), x=normal(5)),
    wrong("mse, factor 2", "a b", custom(F.mse_loss, lambda g, a, b, y: (g * (a - b) / 6, -g * (a - b) / 6)), a=normal(6), b=normal(6)),
    wrong("mse, target gets the same sign", "b", custom(F.mse_loss, lambda g, a, b, y: (g * (a - b) / 3, g * (a - b) / 3)), a=normal(6), b=normal(6)),
    wrong("mse, mean over rows alone", "a", custom(lambda a, b: F.mse_loss(a, b), lambda g, a, b, y: (2 * g * (a - b) / 3, -2 * g * (a - b) / 12)), a=normal(3, 4), b=normal(3, 4)),
    wrong("l1, target's gradient forgotten", "b", custom(F.l1_loss, lambda g, a, b, y: (g * (a - b).sign() / 6, None)), a=normal(6), b=normal(6)),
    wrong("huber, quadratic everywhere", "a", custom(lambda a: F.huber_loss(a, torch.zeros_like(a), reduction="sum", delta=0.5), lambda g, a, y: g * a), a=signed(0.2, 2, 6)),
    wrong("rmse, root's slope forgotten", "a", custom(lambda a: a.square().mean().sqrt(), lambda g, a, y: 2 * g * a / 6), a=normal(6)),
    wrong("quantile loss, quantile of the other side", "a", custom(lambda a: torch.where(a > 0, 0.8 * a, -0.2 * a), lambda g, a, y: torch.where(a > 0, 0.2 * g, -0.8 * g)), a=signed(0.2, 2, 6)),
    wrong("hinge, margin in the mask forgotten", "a", custom(lambda a: (1 - a).clamp(min=0), lambda g, a, y: -g * (a < 0)), a=signed(0.2, 0.8, 6)),
    wrong("squared hinge, factor 2", "a", custom(lambda a: (1 - a).clamp(min=0) ** 2, lambda g, a, y: -g * (1 - a).clamp(min=0)), a=signed(0.2, 2, 6)),
    wrong("triplet, negative pulled as well", "n", custom(lambda a, p, n: ((a - p).square().sum() - (a - n).square().sum() + 9).clamp(min=0), lambda g, a, p, n, y: (2 * g * (n - p), -2 * g * (a - p), -2 * g * (a - n))), a=normal(4), p=normal(4), n=normal(4)),
    wrong("triplet, anchor's second part", "a", custom(lambda a, p, n: ((a - p).square().sum() - (a - n).square().sum() + 9).clamp(min=0), lambda g, a, p, n, y: (2 * g * (a - p), -2 * g * (a - p), 2 * g * (a - n))), a=normal(4), p=normal(4), n=normal(4)),
    wrong("info nce, keys multiplied by the untransposed slope", "b", custom(info_nce, info_nce_backward), a=normal(4, 3), b=normal(4, 3)),
    wrong("cosine similarity, own norm's term", "a", custom(cosine, lambda g, a, b, y: ((g / a.norm(dim=-1) / b.norm(dim=-1))[:, None] * b, (g / b.norm(dim=-1))[:, None] * (a / a.norm(dim=-1, keepdim=True) - y[:, None] * b / b.norm(dim=-1, keepdim=True)))), a=normal(3, 4), b=normal(3, 4)),
    wrong("dice, denominator held", "p", custom(dice, lambda g, p, t, y: (-2 * g * t / (p.sum() + t.sum()), -2 * g * (p * (p.sum() + t.sum()) - (p * t).sum()) / (p.sum() + t.sum()) ** 2)), p=p, t=t),
    wrong("iou, union held", "a b", custom(iou, iou_backward), a=boxes(0.1, 0.2, 2.0, 2.5), b=boxes(0.7, 0.6, 3.0, 2.2)),
    wrong("poisson nll, exp forgotten", "x", custom(lambda x: (exp(x) - 2 * x).sum(), lambda g, x, y: g * (x - 2)), x=normal(5)),
    wrong("gaussian nll, variance's first term", "v", custom(lambda m, v: 0.5 * (log(v) + m * m / v).sum(), lambda g, m, v, y: (g * m / v, -0.5 * g * m * m / v**2)), m=normal(5), v=between(0.5, 2, 5)),
    wrong("arc margin, margin forgotten", "x", custom(arc, lambda g, x, y: g * torch.ones_like(x)), x=signed(0.1, 0.7, 6)),
    wrong("wing loss, slope beyond", "x", custom(lambda x: torch.where(x.abs() < 1, 2 * log(1 + x.abs() / 0.5), x.abs()), lambda g, x, y: g * torch.where(x.abs() < 1, 2 / (0.5 + x.abs()), torch.ones_like(x)) * torch.where(x.abs() < 1, x.sign(), torch.ones_like(x))), x=signed(0.2, 2.5, 8)),
    wrong("soft dtw, gamma multiplied in", "cost", custom(soft_dtw, soft_dtw_backward(lambda e: 0.5 * e)), dtypes=WIDE, cost=between(0.2, 2, 3, 4)),
    wrong("soft dtw, last cell missing", "cost", custom(soft_dtw, soft_dtw_backward(lambda e: e * (1 - torch.eye(3, 4, dtype=e.dtype).flip(0, 1)[:, :] * torch.tensor([0.0, 0, 0, 1], dtype=e.dtype)))), dtypes=WIDE, cost=between(0.2, 2, 3, 4)),
    wrong("soft dtw, alignment transposed", "cost", custom(soft_dtw, soft_dtw_backward(lambda e: e.T)), dtypes=WIDE, cost=between(0.2, 2, 3, 3)),
    wrong("crf, transitions from and to exchanged", "t", custom(crf, crf_backward), dtypes=WIDE, e=normal(4, 3), t=normal(3, 3)),
    wrong("crf, last step alone", "e", custom(lambda e: crf(e, torch.zeros(3, 3, dtype=e.dtype)), lambda g, e, y: torch.cat([torch.zeros_like(e[:-1]), g * softmax(e[-1:], -1)])), dtypes=WIDE, e=normal(4, 3)),
    wrong("sinkhorn, envelope theorem misused", "cost", custom(sinkhorn, sinkhorn_backward), dtypes=WIDE, cost=between(0.2, 2, 3, 3)),
    wrong("ctc, a tenth of the softmax too much", "logits", custom(ctc, ctc_backward), dtypes=WIDE, logits=normal(5, 4)),
    wrong("ranking loss, only one of the pair", "b", custom(lambda a, b: F.softplus(b - a).sum(), lambda g, a, b, y: (-g * torch.sigmoid(b - a), torch.zeros_like(b))), a=normal(5), b=normal(5)),
    wrong("log-sum-exp, shift differentiated", "x", custom(lambda x: torch.logsumexp(x, -1), lambda g, x, y: g[:, None] * (softmax(x, -1) + (x == x.max(-1, keepdim=True).values))), x=logits),
    wrong("contrastive, margin side unmasked", "d", custom(lambda d: (1 - d).clamp(min=0) ** 2 / 2, lambda g, d, y: -g * (1 - d)), d=between(0.2, 1.8, 6)),
    wrong("total variation, border counted twice", "x", custom(lambda x: (x[1:] - x[:-1]).square().sum(), lambda g, x, y: 2 * g * (2 * x - torch.roll(x, 1) - torch.roll(x, -1))), x=normal(6)),
    wrong("jensen shannon, half forgotten", "a b", custom(lambda a, b: 0.5 * (a * log(2 * a / (a + b)) + b * log(2 * b / (a + b))).sum(), lambda g, a, b, y: (g * log(2 * a / (a + b)), g * log(2 * b / (a + b)))), a=p, b=t),
    wrong("mape, sign of the target", "t", custom(lambda p, t: ((p - t) / t).square().sum(), lambda g, p, t, y: (2 * g * (p - t) / t**2, 2 * g * (p - t) * p / t**3)), p=p, t=t),
    wrong("tversky, alpha and beta exchanged", "p", custom(lambda p: 1 - p[:3].sum() / (p[:3].sum() + 0.3 * p[3:].sum() + 0.7 * (1 - p[:3]).sum()), lambda g, p, y: -g * torch.cat([torch.ones(3).to(p.dtype), torch.zeros(3).to(p.dtype)]) / (p[:3].sum() + 0.7 * p[3:].sum() + 0.3 * (1 - p[:3]).sum())), p=p),
]
