"""Functions whose gradient is right and hard to judge: kinks, ties, tails, scales, and what torch code is made of."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from corpus.entry import ALL, F16, F64, WIDE, Entry, drawn, given, positive

DOUBLE = (F64,)


def straight_through(x: Tensor) -> Tensor:
    return x + (torch.round(x) - x).detach()


def in_place(x: Tensor) -> Tensor:
    y = x * 2
    y.add_(x).mul_(3)
    y[0] = 3.0
    y[1:3] += x[:2]
    return y.exp_()


def through_views(x: Tensor) -> Tensor:
    y = x.clone()
    y.t()[0].add_(x[1])
    y.view(-1)[::2].mul_(2)
    return y.transpose(0, 1).reshape(-1) ** 2


def constant_part(x: Tensor) -> Tensor:
    with torch.no_grad():
        scale = x.abs().max()
    return x / scale


def seeded_dropout(x: Tensor) -> Tensor:
    torch.manual_seed(3)
    return F.dropout(x, 0.4, training=True) ** 2


def checkpointed(x: Tensor, w: Tensor) -> Tensor:
    return checkpoint(lambda a, b: torch.tanh(a @ b), x, w, use_reentrant=False)


def branching(x: Tensor) -> Tensor:
    return x.exp() if x.sum() > 0 else x.sin()


def looped(x: Tensor) -> Tensor:
    h = torch.zeros_like(x[0])
    for row in x:
        h = torch.tanh(h + row)
    return h


def masked_softmax(x: Tensor) -> Tensor:
    mask = torch.triu(torch.ones(x.shape[-2:], dtype=torch.bool), 1)
    return torch.softmax(x.masked_fill(mask, float("-inf")), -1)


def put(x: Tensor, v: Tensor) -> Tensor:
    return x.clone().index_put((torch.tensor([0, 2, 0]),), v, accumulate=True) ** 2


def scattered(x: Tensor, v: Tensor) -> Tensor:
    return x.scatter_add(0, torch.tensor([[0, 1, 1], [1, 1, 0]]), v).sin()


def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def spectrum(x: Tensor) -> Tensor:
    return torch.fft.rfft(x).abs().square()


def complex_product(x: Tensor, y: Tensor) -> Tensor:
    z = torch.complex(x, y)
    return (z.exp() * z.conj()).real


def eigenvalues(x: Tensor) -> Tensor:
    return torch.linalg.eigvalsh(x + x.T)


def factor(x: Tensor) -> Tensor:
    return torch.linalg.cholesky(x @ x.T + 3 * torch.eye(3, dtype=x.dtype))


def lengths(x: Tensor) -> Tensor:
    return torch.linalg.svdvals(x)


def upper(x: Tensor) -> Tensor:
    return torch.linalg.qr(x)[1]


class Softplus(torch.autograd.Function):
    """log(1 + exp(x)), stable on both sides."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp(min=0) + torch.log1p(torch.exp(-x.abs()))

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * torch.sigmoid(x)


class Relu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * (x > 0)


class Maximum(torch.autograd.Function):
    """The maximum of a vector, its gradient shared by ties."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = x.amax()
        ctx.save_for_backward(x, y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        x, y = ctx.saved_tensors
        ties = x == y
        return g * ties / ties.sum()


class Softmax(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        e = torch.exp(x - x.amax(-1, keepdim=True))
        y = e / e.sum(-1, keepdim=True)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return y * (g - (g * y).sum(-1, keepdim=True))


class LayerNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
        centred = x - x.mean(-1, keepdim=True)
        rstd = torch.rsqrt(centred.square().mean(-1, keepdim=True) + 1e-5)
        hat = centred * rstd
        ctx.save_for_backward(hat, rstd, w)
        return hat * w + b

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, ...]:
        hat, rstd, w = ctx.saved_tensors
        gw = g * w
        gx = rstd * (gw - gw.mean(-1, keepdim=True) - hat * (gw * hat).mean(-1, keepdim=True))
        return gx, (g * hat).sum(0), g.sum(0)


class Linear(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(x, w)
        return x @ w.T + b

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, ...]:
        x, w = ctx.saved_tensors
        return g @ w, g.T @ x, g.sum(0)


class CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        target = torch.arange(len(x)) % x.shape[1]
        logp = torch.log_softmax(x, -1)
        ctx.save_for_backward(logp, target)
        return -logp[torch.arange(len(x)), target].mean()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        logp, target = ctx.saved_tensors
        hot = F.one_hot(target, logp.shape[1])
        return g * (logp.exp() - hot) / len(logp)


class Gelu(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return 0.5 * x * (1 + torch.erf(x * 0.5**0.5))

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * (0.5 * (1 + torch.erf(x * 0.5**0.5)) + x * torch.exp(-x * x / 2) * 0.3989422804014327)


class Inverse(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        y = torch.linalg.inv(x)
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (y,) = ctx.saved_tensors
        return -y.T @ g @ y.T


class Sigmoid(torch.autograd.Function):
    """y·σ(−x) keeps its digits where 1 − y has none."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.sigmoid(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * torch.sigmoid(x) * torch.sigmoid(-x)


class Tanh(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return torch.tanh(x)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g / torch.cosh(x).square()


class Embedding(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, w: Tensor) -> Tensor:
        ctx.rows = len(w)
        return w[torch.tensor([1, 1, 3])]

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return g.new_zeros(ctx.rows, g.shape[1]).index_add(0, torch.tensor([1, 1, 3]), g)


class FusedAttention(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
        p = torch.softmax(q @ k.T / q.shape[-1] ** 0.5, -1)
        ctx.save_for_backward(q, k, v, p)
        return p @ v

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, ...]:
        q, k, v, p = ctx.saved_tensors
        gp = g @ v.T
        gs = p * (gp - (gp * p).sum(-1, keepdim=True)) / q.shape[-1] ** 0.5
        return gs @ k, gs.T @ q, p.T @ g


class Clipped(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.save_for_backward(x)
        return x.clamp(-1, 1)

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        (x,) = ctx.saved_tensors
        return g * ((x >= -1) & (x <= 1))


class RmsNorm(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor) -> Tensor:
        r = torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6)
        ctx.save_for_backward(x, w, r)
        return x * r * w

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> tuple[Tensor, ...]:
        x, w, r = ctx.saved_tensors
        gw = g * w
        return r * gw - x * r**3 * (gw * x).mean(-1, keepdim=True), (g * x * r).sum(0)


class Sum(torch.autograd.Function):
    """A result that is given back as an expanded cotangent."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        ctx.shape = x.shape
        return x.square().sum() * 0 + x.sum()

    @staticmethod
    def backward(ctx: Any, g: Tensor) -> Tensor:
        return g.expand(ctx.shape)


def module(make: Any, train: bool, call: Any, dtype: torch.dtype) -> Any:
    """A function of a module's inputs; its parameters are closed over."""
    torch.manual_seed(1)
    network = make().to(dtype).train(train)

    def function(*inputs: Tensor) -> Tensor:
        answer = network(*inputs) if call is None else call(network, *inputs)
        return answer[0] if isinstance(answer, tuple) else answer

    return function


def made_inside(x: Tensor) -> Tensor:
    torch.manual_seed(1)
    return nn.Linear(3, 2).to(x.dtype)(x)


def net(name: str, make: Any, *shapes: Any, dtypes: Any = WIDE, train: bool = True, call: Any = None) -> Entry:
    return Entry(name, partial(module, make, train, call), drawn(*shapes), dtypes, by_dtype=True)


CONDITIONED = [[1.0, 1.0], [1.0, 1.0 + 4e-8]]

RIGHT = [
    Entry("relu at 0", torch.relu, given([-1.0, 0.0, 2.0])),
    Entry("abs at 0", torch.abs, given([-1.0, 0.0, 2.0])),
    Entry("hardtanh at its borders", F.hardtanh, given([-1.0, 0.5, 1.0])),
    Entry("relu6 at 6", F.relu6, given([0.0, 3.0, 6.0])),
    Entry("leaky_relu at 0", F.leaky_relu, given([-1.0, 0.0, 2.0])),
    Entry("hardswish at its borders", F.hardswish, given([-3.0, 0.0, 3.0])),
    Entry("softshrink at its borders", F.softshrink, given([-0.5, 0.0, 0.5, 2.0])),
    Entry("smooth_l1 at 1", lambda x: F.smooth_l1_loss(x, torch.zeros_like(x)), given([-1.0, 0.0, 1.0, 3.0])),
    Entry("max of ties", torch.max, given([1.0, 3.0, 3.0, 0.0])),
    Entry("amax of ties", lambda x: x.amax(-1), given([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])),
    Entry("max along an axis with ties", lambda x: x.max(-1).values, given([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])),
    Entry("median of ties", torch.median, given([1.0, 3.0, 3.0, 0.0, 3.0])),
    Entry("maximum of equals", torch.maximum, given([1.0, 2.0, 3.0], [1.0, 3.0, 2.0])),
    Entry("max pooling with ties", lambda x: F.max_pool1d(x, 2), given([[[1.0, 1.0, 2.0, 3.0]]]), WIDE),
    Entry("where at its border", lambda x: torch.where(x > 0, x * x, torch.zeros_like(x)), given([-1.0, 0.0, 2.0])),
    Entry("clamp at its borders", lambda x: x.clamp(-1, 1), given([-2.0, -1.0, 0.0, 1.0, 5.0])),
    Entry("log near 0", torch.log, given([1e-5, 1e-3, 1.0])),
    Entry("sqrt near 0", torch.sqrt, given([1e-9, 1e-4, 4.0])),
    Entry("rsqrt near 0", torch.rsqrt, given([1e-9, 1e-4, 4.0])),
    Entry("large plus x", lambda x: 1e10 + x, given([1.0, 3.0])),
    Entry("sin of large", lambda x: torch.sin(1e5 * x), given([0.3, 1.7]), WIDE),
    Entry("1e12 plus cube", lambda x: 1e12 + x**3, given([1.0, 3.0])),
    Entry("atan2 of tiny", torch.atan2, given([1e-8, -1e-8, 1.0], [1e-8, 2e-8, 1e-8])),
    Entry("atanh near -1", torch.atanh, given([-0.99609375, 0.5])),
    Entry("acos near 1", torch.acos, given([0.99609375, 0.5])),
    Entry("inverse, condition 1e8", torch.linalg.inv, given(CONDITIONED), DOUBLE),
    Entry("solve, condition 1e8", torch.linalg.solve, given(CONDITIONED, [1.0, 2.0]), DOUBLE),
    Entry("product of 1e-8 and 1e8", lambda x, y: (x * y).sum(), given([1e-8, 1e8, 1.0], [1e8, 1e-8, 3.0])),
    Entry("sum of squares, 1e-8 and 1e8", lambda x: (x * x).sum(), given([1e-8, 1e8, 1.0])),
    Entry("square at 1e10", lambda x: x * x, given([1e10, -3e10])),
    Entry("zeros times zeros", lambda x, y: x * y, given([0.0, 0.0], [0.0, 1.0])),
    Entry("prod with a zero", torch.prod, given([2.0, 0.0, 3.0])),
    Entry("prod with two zeros", torch.prod, given([2.0, 0.0, 3.0, 0.0])),
    Entry("cumprod with a zero", lambda x: x.cumprod(0), given([2.0, 0.0, 3.0, 4.0])),
    Entry("norm at 0", torch.linalg.norm, given([0.0, 0.0, 0.0])),
    Entry("cube root of squares", lambda x: (x * x).pow(1.5), given([0.0, 1.0, -2.0])),
    Entry("pow with exponent input", torch.pow, given([0.5, 2.0, 3.0], [2.0, 0.0, -1.5])),
    Entry("xlogy at 0", torch.special.xlogy, given([0.0, 1.0, 2.0], [1.0, 2.0, 3.0]), WIDE),
    Entry("softmax with -inf", masked_softmax, drawn((3, 3))),
    Entry("softmax of large", lambda x: x.softmax(-1), given([100.0, 101.0, 20.0])),
    Entry("logsumexp of large", lambda x: x.logsumexp(-1), given([1000.0, 1001.0, 900.0])),
    Entry("log_softmax of large", lambda x: x.log_softmax(-1), given([1000.0, 1001.0, 900.0])),
    Entry("logsigmoid in both tails", F.logsigmoid, given([-30.0, 0.0, 30.0])),
    Entry("softplus in both tails", F.softplus, given([-30.0, 0.0, 15.0])),
    Entry("sigmoid in both tails", torch.sigmoid, given([-30.0, 0.0, 15.0])),
    Entry("tanh in the tails", torch.tanh, given([-3.0, 0.0, 2.0])),
    Entry("tanh of 8", torch.tanh, given([-8.0, 0.0, 8.0]), DOUBLE),
    Entry("gelu in the tails", F.gelu, given([-4.0, 0.0, 5.0])),
    Entry("gelu by tanh", lambda x: F.gelu(x, approximate="tanh"), given([-3.0, 0.0, 3.0])),
    Entry("silu in the tails", F.silu, given([-20.0, 0.0, 20.0])),
    Entry("mish", F.mish, given([-10.0, 0.0, 20.0])),
    Entry("elu at 0", F.elu, given([-10.0, 0.0, 2.0])),
    Entry("expm1 and log1p", lambda x: torch.log1p(torch.expm1(x)), given([1e-5, 0.5, 3.0])),
    Entry("erf, erfc", lambda x: torch.erf(x) + torch.erfc(x) * x, given([-2.0, 0.1, 3.0])),
    Entry("lgamma", torch.lgamma, positive((4,)), WIDE),
    Entry("bessel", lambda x: torch.special.i0(x) + torch.special.i1(x), positive((4,)), WIDE),
    Entry("cumsum", lambda x: x.cumsum(0).sin(), drawn((6,))),
    Entry("sort", lambda x: x.sort().values ** 2, drawn((6,))),
    Entry("topk", lambda x: x.topk(3).values ** 2, drawn((6,))),
    Entry("gather", lambda x: x.gather(1, torch.tensor([[0, 0], [2, 1]])).exp(), drawn((2, 3))),
    Entry("scatter_add", scattered, drawn((2, 3), (2, 3))),
    Entry("index_put with repeats", put, drawn((3,), (3,))),
    Entry("embedding", lambda w: F.embedding(torch.tensor([1, 1, 3]), w).exp(), drawn((4, 3))),
    Entry("layer_norm", lambda x, w, b: F.layer_norm(x, (5,), w, b), drawn((3, 5), (5,), (5,))),
    Entry("layer_norm, large mean", lambda x: F.layer_norm(x, (8,)), drawn((3, 8), shift=100.0), WIDE),
    Entry("layer_norm of equals", lambda x: F.layer_norm(x, (3,)), given([[1.0, 1.0, 1.0]]), WIDE),
    Entry("group_norm", lambda x: F.group_norm(x, 2), drawn((2, 4, 3)), WIDE),
    Entry("batch_norm", lambda x: F.batch_norm(x, None, None, training=True), drawn((6, 3)), WIDE),
    Entry("var, large mean", lambda x: x.var(), drawn((9,), shift=100.0), WIDE),
    Entry("std", lambda x: x.std(-1), drawn((3, 5))),
    Entry("conv2d", lambda x, w: F.conv2d(x, w, padding=1), drawn((1, 2, 4, 4), (2, 2, 3, 3)), WIDE),
    Entry("conv1d, strided", lambda x, w, b: F.conv1d(x, w, b, stride=2), drawn((2, 2, 7), (3, 2, 3), (3,))),
    Entry("avg_pool2d", lambda x: F.avg_pool2d(x, 2) ** 2, drawn((1, 1, 4, 4))),
    Entry("attention", attention, drawn((1, 4, 3), (1, 4, 3), (1, 4, 3)), WIDE),
    Entry("cross_entropy", lambda x: F.cross_entropy(x, torch.tensor([0, 2])), drawn((2, 3), scale=5.0)),
    Entry(
        "binary_cross_entropy_with_logits",
        lambda x: F.binary_cross_entropy_with_logits(x, torch.tensor([0.0, 1.0, 1.0], dtype=x.dtype)),
        given([-20.0, 0.0, 20.0]),
    ),
    Entry("dropout", seeded_dropout, drawn((8,))),
    Entry("in place", in_place, drawn((4,), scale=0.5)),
    Entry("views", through_views, drawn((3, 3))),
    Entry("no_grad part", constant_part, drawn((4,))),
    Entry("straight through", straight_through, given([0.3, 1.7, -0.6])),
    Entry("checkpoint", checkpointed, drawn((2, 3), (3, 2))),
    Entry("a branch", branching, drawn((3,))),
    Entry("a loop", looped, drawn((4, 3)), WIDE),
    Entry("fft", spectrum, drawn((6,)), WIDE),
    Entry("complex", complex_product, drawn((4,), (4,)), WIDE),
    Entry("det", torch.linalg.det, drawn((3, 3)), WIDE),
    Entry("slogdet", lambda x: torch.linalg.slogdet(x)[1], drawn((3, 3)), WIDE),
    Entry("cholesky", factor, drawn((3, 3)), WIDE),
    Entry("qr", upper, drawn((4, 3)), WIDE),
    Entry("eigvalsh", eigenvalues, drawn((3, 3)), WIDE),
    Entry("svdvals", lengths, drawn((3, 2)), WIDE),
    Entry("solve", torch.linalg.solve, drawn((3, 3), (3,)), WIDE),
    Entry("inv", torch.linalg.inv, drawn((3, 3)), WIDE),
    Entry("matrix_exp", torch.linalg.matrix_exp, drawn((3, 3)), WIDE),
    Entry("matmul", torch.matmul, drawn((3, 4), (4, 2))),
    Entry("einsum", partial(torch.einsum, "bij,bkj->bik"), drawn((2, 3, 4), (2, 2, 4))),
    Entry("sum of a softmax", lambda x: x.softmax(-1).sum(), drawn((6,))),
    Entry("sum of a layer norm", lambda x: F.layer_norm(x, (5,)).sum(), drawn((2, 5))),
    Entry("layer norm of two", lambda x: F.layer_norm(x, (2,)), given([[1.0, 2.5]]), WIDE),
    Entry(
        "bias before a batch norm",
        lambda x, b: F.batch_norm(x + b, None, None, training=True),
        drawn((6, 3), (3,)),
        WIDE,
    ),
    Entry("sine and cosine squared", lambda x: x.sin() ** 2 + x.cos() ** 2 - 1, drawn((4,))),
    Entry("residual of a solution", lambda a, b: a @ torch.linalg.solve(a, b) - b, drawn((3, 3), (3,)), WIDE),
    Entry("distance of neighbours", lambda x, y: (x - y).square().sum(), given([1.0, 2.0], [1.0078125, 2.0078125])),
    Entry("determinant by hand", lambda a, b, c, d: a * d - b * c, given(1.0, 1.0, 1.0, 1.0078125)),
    Entry("entropy", lambda x: -(x.softmax(-1) * x.log_softmax(-1)).sum(), given([40.0, 0.0, 1.0]), WIDE),
    Entry("cross_entropy, sure of itself", lambda x: F.cross_entropy(x, torch.tensor([0])), given([[30.0, 0.0, 1.0]])),
    Entry("kl_div", lambda x, y: F.kl_div(x.log_softmax(-1), y.softmax(-1)), drawn((2, 4), (2, 4)), WIDE),
    Entry("tanhshrink", F.tanhshrink, drawn((4,))),
    Entry("sinc", torch.sinc, given([0.5, 1.0, 2.5]), WIDE),
    Entry("logit", torch.logit, given([0.5, 0.25, 0.9375])),
    Entry("sum of 20,000", lambda x: (x * x).sum(), drawn((20_000,)), WIDE),
    Entry("cosine_similarity", lambda x, y: F.cosine_similarity(x, y), drawn((2, 4), (2, 4)), WIDE),
    Entry("cdist", torch.cdist, drawn((3, 2), (2, 2)), WIDE),
    net("nn.Linear", lambda: nn.Linear(3, 2), (4, 3), dtypes=ALL),
    net("nn.LSTMCell", lambda: nn.LSTMCell(3, 2), (2, 3)),
    net("nn.GRUCell", lambda: nn.GRUCell(3, 2), (2, 3)),
    net("nn.Conv2d", lambda: nn.Conv2d(2, 2, 3), (1, 2, 4, 4)),
    net("nn.BatchNorm1d train", lambda: nn.BatchNorm1d(3), (5, 3)),
    net("nn.BatchNorm1d eval", lambda: nn.BatchNorm1d(3), (5, 3), train=False),
    net(
        "nn.MultiheadAttention",
        lambda: nn.MultiheadAttention(4, 2, batch_first=True),
        (1, 3, 4),
        call=lambda net, x: net(x, x, x),
    ),
    net("nn.TransformerEncoderLayer", lambda: nn.TransformerEncoderLayer(4, 2, 8, 0.0, batch_first=True), (1, 3, 4)),
    Entry("a module made inside", made_inside, drawn((4, 3))),
    net("an MLP", lambda: nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 1)), (5, 3)),
    Entry("Softplus.apply", Softplus.apply, given([-30.0, 0.5, 15.0]), (*ALL, F16)),
    Entry("Relu.apply", Relu.apply, given([-1.0, 0.0, 2.0]), (*ALL, F16)),
    Entry("Maximum.apply", Maximum.apply, given([1.0, 3.0, 3.0])),
    Entry("Softmax.apply", Softmax.apply, drawn((3, 4)), (*ALL, F16)),
    Entry("LayerNorm.apply", LayerNorm.apply, drawn((3, 5), (5,), (5,)), (*ALL, F16)),
    Entry("Linear.apply", Linear.apply, drawn((3, 5), (2, 5), (2,)), (*ALL, F16)),
    Entry("CrossEntropy.apply", CrossEntropy.apply, drawn((3, 5)), (*ALL, F16)),
    Entry("Gelu.apply", Gelu.apply, given([-2.0, 0.1, 3.0]), ALL),
    Entry("Inverse.apply", Inverse.apply, drawn((3, 3)), WIDE),
    Entry("Sigmoid.apply", Sigmoid.apply, given([-15.0, 0.0, 15.0]), ALL),
    Entry("Tanh.apply", Tanh.apply, given([-8.0, 0.0, 8.0]), ALL),
    Entry("Embedding.apply", Embedding.apply, drawn((4, 3))),
    Entry("FusedAttention.apply", FusedAttention.apply, drawn((4, 3), (5, 3), (5, 3)), ALL),
    Entry("Clipped.apply", Clipped.apply, given([-2.0, -1.0, 0.0, 1.0])),
    Entry("RmsNorm.apply", RmsNorm.apply, drawn((3, 5), (5,)), ALL),
    Entry("Sum.apply", Sum.apply, drawn((3, 5)), ALL),
]
