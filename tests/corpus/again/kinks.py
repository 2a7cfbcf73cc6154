"""kinks"""

from __future__ import annotations

import torch
from torch.nn import functional as F

from corpus.again.table import BF16, F32, F64, WIDE, Table, normal

T = Table()
a = T.add
Z = [0.0, -1.0, 2.0, 0.0]
a("relu at zero", torch.relu, Z)
a("relu at minus zero", torch.relu, [-0.0, 0.0, 1.0])
a("leaky relu at zero", lambda x: F.leaky_relu(x, 0.1), Z)
a("elu at zero", F.elu, Z)
a("selu at zero", F.selu, Z)
a("celu at zero", lambda x: F.celu(x, 0.7), Z)
a("abs at zero", torch.abs, Z)
a("sign at zero", lambda x: torch.sign(x) * x, Z)
a("clamp at the border", lambda x: x.clamp(-1, 2), [-1.0, 2.0, 0.0, 3.0])
a("clamp min with tensor bound tie", lambda x, y: torch.maximum(x, y), [1.0, 2.0, 3.0], [1.0, 3.0, 2.0])
a("minimum tie", torch.minimum, [1.0, 2.0, 3.0], [1.0, 3.0, 2.0])
a("fmax tie", torch.fmax, [1.0, 2.0, 3.0], [1.0, 3.0, 2.0])
a("max of ties", lambda x: x.max(), [1.0, 3.0, 3.0, 2.0])
a("amax of ties dim", lambda x: x.amax(1), [[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
a("max dim ties", lambda x: x.max(1).values, [[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])
a("min of all equal", lambda x: x.min(), [1.0, 1.0, 1.0, 1.0])
a("median tie", lambda x: x.median(), [1.0, 2.0, 2.0, 3.0, 2.0])
a("median dim", lambda x: x.median(0).values, [[1.0, 5.0], [2.0, 5.0], [2.0, 1.0]])
a("sort ties", lambda x: x.sort().values, [2.0, 1.0, 2.0, 0.0])
a("topk ties", lambda x: x.topk(2).values, [2.0, 1.0, 2.0, 2.0])
a("kthvalue ties", lambda x: x.kthvalue(2).values, [2.0, 1.0, 2.0, 2.0])
a("cummax ties", lambda x: x.cummax(0).values, [1.0, 1.0, 0.0, 2.0, 2.0])
a("maxpool of ties", lambda x: F.max_pool2d(x, 2), torch.ones(1, 1, 4, 4))
a("maxpool of zeros after relu", lambda x: F.max_pool1d(F.relu(x), 2), normal(1, 2, 8))
a("norm at zero", lambda x: x.norm(), [0.0, 0.0, 0.0])
a("row norms one zero", lambda x: x.norm(dim=1), [[0.0, 0.0], [3.0, 4.0]])
a("1-norm at zeros", lambda x: x.norm(1), [0.0, 1.0, -2.0])
a("inf norm tie", lambda x: torch.linalg.vector_norm(x, float("inf")), [2.0, -2.0, 1.0])
a("3-norm with zeros", lambda x: x.norm(3), [0.0, 1.0, -2.0])
a("half norm", lambda x: x.norm(0.5), [1.0, -2.0, 3.0])
a("normalize zero row", lambda x: F.normalize(x, dim=1), [[0.0, 0.0], [3.0, 4.0]])
a(
    "cosine similarity zero vector",
    lambda x, y: F.cosine_similarity(x, y, dim=1),
    [[0.0, 0.0], [3.0, 4.0]],
    [[1.0, 2.0], [3.0, -4.0]],
)
a("cosine of itself", lambda x: F.cosine_similarity(x, x, dim=1), [[1.0, 2.0], [3.0, 4.0]])
a("hinge at the margin", lambda x: F.relu(1 - x).sum(), [1.0, 0.5, 2.0])
a("l1 loss of equal", lambda x, y: F.l1_loss(x, y), [1.0, 2.0], [1.0, 3.0])
a("smooth l1 at beta", lambda x, y: F.smooth_l1_loss(x, y), [1.0, 2.0, 0.0], [1.0, 3.0, 5.0])
a("huber at delta", lambda x, y: F.huber_loss(x, y, delta=2.0), [1.0, 2.0, 0.0], [1.0, 4.0, -5.0])
a("hardtanh at the border", F.hardtanh, [-1.0, 1.0, 0.0, 4.0])
a("relu6 at the border", F.relu6, [0.0, 6.0, 3.0, 7.0])
a("hardswish at the border", F.hardswish, [-3.0, 3.0, 0.0, 4.0])
a("hardsigmoid at the border", F.hardsigmoid, [-3.0, 3.0, 0.0, 4.0])
a("softshrink at lambda", lambda x: F.softshrink(x, 0.5), [0.5, -0.5, 1.0, 0.0])
a("hardshrink at lambda", lambda x: F.hardshrink(x, 0.5), [0.5, -0.5, 1.0, 0.0])
a("threshold at value", lambda x: F.threshold(x, 0.5, 0.5), [0.5, -0.5, 1.0])
a("prelu at zero", lambda x, w: F.prelu(x, w), [0.0, -1.0, 2.0], [0.25])
a(
    "triplet at margin",
    lambda x, y, z: F.triplet_margin_loss(x, y, z),
    normal(3, 4),
    normal(3, 4, seed=1),
    normal(3, 4, seed=2),
)
a("margin ranking tie", lambda x, y: F.margin_ranking_loss(x, y, torch.ones(3)), [1.0, 2.0, 3.0], [1.0, 1.0, 4.0])
a("round", lambda x: torch.round(x) * x, [0.4, 1.6, -2.3])
a("floor product", lambda x: torch.floor(x) * x, [0.4, 1.6, -2.3])
a("frac", lambda x: torch.frac(x) ** 2, [0.4, 1.6, -2.3])
a("remainder", lambda x, y: torch.remainder(x, y), [5.5, -3.25, 7.0], [2.0, 2.0, 3.0])
a("fmod", lambda x, y: torch.fmod(x, y), [5.5, -3.25, 7.0], [2.0, 2.0, 3.0])
a("where at the border", lambda x: torch.where(x > 0, x * x, x), [0.0, 1.0, -1.0])
a(
    "double where sqrt",
    lambda x: torch.where(x > 0, torch.sqrt(torch.where(x > 0, x, torch.ones_like(x))), torch.zeros_like(x)),
    [0.0, 4.0, -1.0],
)
a(
    "double where log",
    lambda x: torch.where(x > 0, torch.log(torch.where(x > 0, x, torch.ones_like(x))), x),
    [0.0, 4.0, -1.0],
)
a(
    "double where sinc",
    lambda x: torch.where(
        x == 0,
        torch.ones_like(x),
        torch.sin(torch.where(x == 0, torch.ones_like(x), x)) / torch.where(x == 0, torch.ones_like(x), x),
    ),
    [0.5, 4.0, -1.0],
)
a("sinc at zero", torch.sinc, [0.0, 0.5, -1.5])
a("masked fill", lambda x: x.masked_fill(x < 0, 0.0) ** 2, [0.0, 4.0, -1.0])
a("nan_to_num", lambda x: torch.nan_to_num(x) * 2, [0.0, 4.0, -1.0])
a("logsigmoid", F.logsigmoid, [0.0, -80.0, 80.0])
a("softplus threshold", F.softplus, [20.0, 19.5, 21.0, -30.0])
a("dist zero", lambda x, y: torch.dist(x, y), [1.0, 2.0], [1.0, 2.0])
a("cdist equal points", lambda x: torch.cdist(x, x), normal(3, 2), dt=WIDE)
a("pdist", lambda x: torch.pdist(x), normal(4, 2), dt=WIDE)
a("pairwise distance equal", lambda x, y: F.pairwise_distance(x, y), [[1.0, 2.0]], [[1.0, 2.0]])
a("std of equal", lambda x: x.std(), [1.0, 2.0, 2.5])
a("var of equal", lambda x: x.var(), [2.0, 2.0, 2.0])
a("aminmax", lambda x: torch.aminmax(x).max - torch.aminmax(x).min, [2.0, 5.0, -2.0])
a("logsumexp of ties", lambda x: x.logsumexp(0), [2.0, 2.0, 2.0])
a("quantile", lambda x: torch.quantile(x, 0.3), [2.0, 1.0, 4.0, 3.0], dt=WIDE)
a("quantile at a sample", lambda x: torch.quantile(x, 0.5), [2.0, 1.0, 4.0], dt=WIDE)
a("trapezoid", lambda x: torch.trapezoid(x), [2.0, 1.0, 4.0])
# domains
a("sqrt at zero", torch.sqrt, [0.0, 4.0])
a("sqrt tiny", torch.sqrt, [1e-9, 1e-20, 4.0], dt=(F64, F32, BF16))
a("rsqrt tiny", torch.rsqrt, [1e-6, 1e-3, 4.0])
a("log near zero", torch.log, [1e-5, 1e-3, 1.0])
a("log at zero", torch.log, [0.0, 1.0])
a("log1p at -1", torch.log1p, [-1.0, 0.5, 1e-4])
a("acos at one", torch.acos, [1.0, 0.5, -1.0])
a("asin near one", torch.asin, [0.99, 0.5, -0.999])
a("atanh near -1", torch.atanh, [-0.996, 0.5])
a("acosh at one", torch.acosh, [1.0, 2.0, 1.0078125])
a("x**0", lambda x: x**0, [0.0, 2.0, -1.0])
a("x**0 tensor", lambda x: x ** torch.zeros(3, dtype=x.dtype), [0.0, 2.0, -1.0])
a("0**x", lambda x: torch.pow(0.0, x), [2.0, 1.0, 3.0])
a("x**y at zero base", torch.pow, [0.0, 2.0, 0.0], [2.0, 3.0, 1.0])
a("x**2 at zero", lambda x: x**2, [0.0, 1.0])
a("x**1.5 at zero", lambda x: x**1.5, [0.0, 1.0])
a("x**0.5 at zero", lambda x: x**0.5, [0.0, 1.0])
a("x**-2", lambda x: x**-2, [0.01, 1.0, 100.0])
a("negative base integer power", lambda x: x**3, [-2.0, -1e-3, 5.0])
a("xlogy zero", lambda x, y: torch.xlogy(x, y), [0.0, 1.0, 2.0], [0.5, 1.0, 3.0])
a("xlog1py", lambda x, y: torch.special.xlog1py(x, y), [0.0, 1.0, 2.0], [0.5, 1.0, 3.0], dt=WIDE)
a("entr at zero", torch.special.entr, [0.5, 1.0, 0.01], dt=WIDE)
a("reciprocal tiny", torch.reciprocal, [1e-3, -2.0, 1e3])
a("atan2 axis", torch.atan2, [0.0, 1.0, 0.0, -1.0], [1.0, 0.0, -1.0, 0.0])
a("atan2 tiny", torch.atan2, [1e-4, -1e-4], [1e-4, 1e-4])
a("hypot zero one", torch.hypot, [0.0, 3.0], [2.0, 4.0])
a("logit near border", torch.logit, [0.01, 0.5, 0.99])
a("logit eps", lambda x: torch.logit(x, eps=1e-3), [0.0, 0.5, 1.0])
a("erfinv near 1", torch.erfinv, [0.9, -0.99, 0.0])
a("lgamma", torch.lgamma, [0.5, 1.0, 2.0, 30.0], dt=WIDE)
a("digamma", torch.digamma, [0.5, 1.0, 2.0, 30.0], dt=(F32,))
a("i0", torch.i0, [0.5, 0.0, 20.0])
a("angle real", lambda x: torch.angle(x) * x, [0.5, -1.0])
a("prod with one zero", lambda x: x.prod(), [0.0, 2.0, 3.0])
a("prod with two zeros", lambda x: x.prod(), [0.0, 2.0, 0.0])
a("prod dim zeros", lambda x: x.prod(1), [[0.0, 2.0, 3.0], [1.0, 2.0, 3.0]])
a("cumprod with zeros", lambda x: x.cumprod(0), [1.0, 0.0, 3.0, 0.0, 2.0])
a("cumsum", lambda x: x.cumsum(1), normal(3, 5))
a("division by zero constant", lambda x: x / torch.tensor([1.0, 0.0], dtype=x.dtype), [1.0, 2.0])
a("infinite output", lambda x: torch.exp(x), [1.0, 800.0], dt=WIDE)
a("nan output entry", lambda x: torch.log(x), [1.0, -2.0])
a("inf minus", lambda x: torch.where(torch.isinf(x.detach()), x * 0 + 1, x), [1.0, 2.0])
