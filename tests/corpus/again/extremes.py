"""extremes"""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from corpus.again.table import BF16, F32, F64, WIDE, Table, normal

T = Table()
a = T.add
SAT = [-40.0, -15.0, 0.0, 15.0, 40.0]
a("sigmoid saturated", torch.sigmoid, SAT)
a("tanh saturated", torch.tanh, [-20.0, 0.0, 3.0, 20.0])
a("softmax 1e4", lambda x: x.softmax(-1), [1e4, -1e4, 0.0, 9.999e3])
a("log softmax 1e4", lambda x: x.log_softmax(-1), [1e4, -1e4, 0.0])
a(
    "softmax -inf mask",
    lambda x: x.masked_fill(torch.tensor([False, True, False]), -math.inf).softmax(-1),
    [1.0, 2.0, 3.0],
)
a(
    "softmax all but one masked",
    lambda x: x.masked_fill(torch.tensor([False, True, True]), -math.inf).softmax(-1),
    [1.0, 2.0, 3.0],
)
a("logsumexp with -inf", lambda x: torch.cat([x, torch.full((1,), -math.inf, dtype=x.dtype)]).logsumexp(0), [1.0, 2.0])
a("logsumexp 1e3", lambda x: x.logsumexp(0), [1e3, 999.0, -1e3])
a("logaddexp far", torch.logaddexp, [1e3, -1e3, 0.0], [-1e3, 1e3, 0.0])
a("softplus far", F.softplus, [-30.0, -100.0, 50.0, 0.0])
a("silu far", F.silu, [-20.0, 20.0, 0.0, -1.0])
a("mish far", F.mish, [-20.0, 20.0, 0.0, -1.0])
a("gelu far", F.gelu, [-3.0, 20.0, 0.0, -1.0])
a("gelu tanh far", lambda x: F.gelu(x, approximate="tanh"), [-3.0, 10.0, 0.0, -1.0])
a(
    "bce logits 1e4",
    lambda x: F.binary_cross_entropy_with_logits(x, torch.tensor([1.0, 0.0, 1.0], dtype=x.dtype)),
    [1e4, 1e4, -1e4],
)
a("bce", lambda x: F.binary_cross_entropy(x, torch.tensor([1.0, 0.0, 1.0], dtype=x.dtype)), [0.99, 0.01, 0.5], dt=WIDE)
a("cross entropy 1e4", lambda x: F.cross_entropy(x, torch.tensor([0, 1])), [[1e4, -1e4, 0.0], [1e4, -1e4, 0.0]])
a(
    "kl div log target",
    lambda x, y: F.kl_div(x.log_softmax(-1), y.log_softmax(-1), log_target=True, reduction="batchmean"),
    normal(2, 4),
    normal(2, 4, seed=1),
)
a(
    "kl div zero target",
    lambda x: F.kl_div(x.log_softmax(-1), torch.tensor([0.0, 0.5, 0.5], dtype=x.dtype), reduction="sum"),
    [1.0, 2.0, 3.0],
)
a("x squared at 1e10", lambda x: x * x, [1e10, 1.0, -1e-10], dt=(F64, F32, BF16))
a("1e12 + x cubed", lambda x: 1e12 + x**3, [1.0, 2.0, -3.0], dt=(F64, F32, BF16))
a("sin 1e5 x", lambda x: torch.sin(1e5 * x), [0.1, 0.7, -0.3], dt=WIDE)
a("cos large", torch.cos, [1e4, 3e3, 22.0])
a("tan near pole", torch.tan, [1.57, 1.5, -1.55])
a("difference of near", lambda x, y: x - y, [1.0, 2.0], [1.0 + 2**-7, 2.0])
a("square of difference", lambda x, y: (x - y) ** 2, [1.0, 2.0], [1.0 + 2**-7, 2.0])
a("difference quotient of logs", lambda x, y: (x.log() - y.log()) / (x - y), [1.0, 2.0], [1.5, 3.0])
a("expm1 tiny", torch.expm1, [1e-4, -1e-4, 0.0, 1.0])
a("log1p tiny", torch.log1p, [1e-4, -1e-4, 0.0, 1.0])
a("sinh tiny", torch.sinh, [1e-4, 3.0, -5.0])
a("asinh large", torch.asinh, [1e2, -1e2, 1e-3])
a("exp very negative", torch.exp, [-80.0, -5.0, 5.0], dt=(F64, F32, BF16))
a("exp overflow grad", lambda x: torch.exp(-torch.exp(x)), [-5.0, 0.0, 2.0])
a("mixed magnitudes mul", lambda x, y: x * y, [1e-4, 1e4], [1e4, 1e-4])
a("mixed magnitudes 1e8", lambda x, y: (x * y).sum(), [1e-8, 1e8], [1e8, 1e-8], dt=(F64, F32, BF16))
a("sum of mixed", lambda x: x.sum(), [1e8, 1.0, -1e8], dt=WIDE)
a("dot with cancellation", lambda x, y: x @ y, [1e4, 1.0, -1e4], [1.0, 1.0, 1.0])
a("hypot huge", torch.hypot, [1e200, 3.0], [2e200, 4.0], dt=(F64,))
a("hypot huge F32", torch.hypot, [1e25, 3.0], [2e25, 4.0], dt=(F32,))
a("norm of tiny", lambda x: x.norm(), [1e-6, 2e-6])
a("normalize tiny", lambda x: x / x.norm(), [1e-5, 2e-5])
a("mean of 20000", lambda x: x.mean(), normal(20000))
a("sum of 20000", lambda x: (x * x).sum(), normal(20000))
a("dot of 20000", lambda x, y: x @ y, normal(20000), normal(20000, seed=1), dt=WIDE)
a("logsumexp of 20000", lambda x: x.logsumexp(0), normal(20000, scale=3))
a("variance with large mean", lambda x: x.var(), normal(16, shift=100.0))
a("std with large mean", lambda x: x.std(), normal(16, shift=1000.0), dt=WIDE)
a("layer norm large mean", lambda x: F.layer_norm(x, (8,)), normal(2, 8, shift=100.0))
a("layer norm tiny variance", lambda x: F.layer_norm(x, (8,)), normal(2, 8, scale=1e-3))
a("layer norm constant row", lambda x: F.layer_norm(x, (4,)), [[1.0, 1.0, 1.0, 1.0], [1.0, 2.0, 3.0, 5.0]])
a("rms norm zero row", lambda x: F.rms_norm(x, (4,), eps=1e-5), [[0.0, 0.0, 0.0, 0.0], [1.0, 2.0, 3.0, 5.0]])
a("softmax of 1000", lambda x: x.softmax(0), normal(1000, scale=5))
a("deep tanh", lambda x: torch.tanh(torch.tanh(torch.tanh(torch.tanh(x)))), normal(5, scale=3))
a("polynomial near root", lambda x: (x - 1) ** 5, [1.01, 1.5, 0.5])
a("expanded polynomial value 2", lambda x: x**2 - 2 * x + 3, [1.0, 2.0])
a("logistic map", lambda x: 3.7 * (3.7 * x * (1 - x)) * (1 - 3.7 * x * (1 - x)), [0.3, 0.6])
a("gaussian tail", lambda x: torch.exp(-0.5 * x**2), [0.0, 3.0, 5.0])
a("erfc tail", torch.erfc, [0.0, 2.0, -3.0])
a("erfcx", torch.special.erfcx, [0.0, 5.0, 2.0], dt=WIDE)
a("ndtri", torch.special.ndtri, [0.1, 0.5, 0.999], dt=WIDE)
a("i0e large", torch.special.i0e, [50.0, 1.0, 0.1], dt=WIDE)
a("i1e", torch.special.i1e, [5.0, 1.0, 0.1], dt=WIDE)
a("gammaln ratio", lambda x: torch.lgamma(x + 1) - torch.lgamma(x), [3.0, 10.0], dt=WIDE)
a("polygamma", lambda x: torch.polygamma(1, x), [3.0, 10.0], dt=(F32,))
a("zero times large", lambda x: x * 0 * 1e4, [1.0, 2.0])
a("subnormal scale", lambda x: x * 1e-30, [1.0, 2.0], dt=(F64, F32, BF16))
a("huge scale", lambda x: x * 1e30, [1.0, 2.0], dt=(F64, F32, BF16))
a("division of near zero", lambda x, y: x / y, [1e-4, 1.0], [1e-3, 1e4])
a("ratio of sums", lambda x: x / x.sum(), [1.0, -0.9, 0.5])
a("log of sum near one", lambda x: torch.log(x.sum()), [0.5, 0.25, 0.3])
a("temperature softmax", lambda x: (x / 0.01).softmax(0), [0.1, 0.2, 0.15])
a("focal loss", lambda x: (lambda p: ((1 - p) ** 2 * F.softplus(-x)).mean())(torch.sigmoid(x)), [-3.0, 0.0, 3.0])
a("huber far", lambda x: F.huber_loss(x, torch.zeros(3, dtype=x.dtype)), [1e4, -1e4, 0.1])
a("poisson nll", lambda x: F.poisson_nll_loss(x, torch.tensor([1.0, 3.0], dtype=x.dtype)), [5.0, -3.0])
a(
    "gaussian nll",
    lambda x, v: F.gaussian_nll_loss(x, torch.tensor([1.0, 3.0], dtype=x.dtype), v),
    [5.0, -3.0],
    [0.1, 2.0],
)
a("complex abs", lambda z: z.abs(), torch.tensor([3 + 4j, 1e-3 - 1e-3j, 1e3j]), dt=WIDE)
a("complex abs at zero", lambda z: z.abs(), torch.tensor([0j, 1 + 1j]), dt=WIDE)
a("complex exp", lambda z: z.exp(), torch.tensor([1 + 30j, -5 - 1j]), dt=WIDE)
a("complex log", lambda z: z.log(), torch.tensor([1 + 30j, -5 - 1j]), dt=WIDE)
a(
    "complex mul conj",
    lambda z, w: (z * w.conj()).sum(),
    torch.tensor([1 + 3j, -5 - 1j]),
    torch.tensor([2 + 3j, 1 - 1j]),
    dt=WIDE,
)
a("complex div", lambda z, w: z / w, torch.tensor([1 + 3j, -5 - 1j]), torch.tensor([2 + 3j, 1 - 1j]), dt=WIDE)
a("complex angle", lambda z: z.angle(), torch.tensor([1 + 3j, -5 - 1j]), dt=WIDE)
a("complex sqrt", lambda z: z.sqrt(), torch.tensor([1 + 3j, -5 - 1j]), dt=WIDE)
a("complex pow", lambda z: z**3, torch.tensor([1 + 3j, -5 - 1j]), dt=WIDE)
a("complex tanh", lambda z: z.tanh(), torch.tensor([1 + 0.3j, -2 - 1j]), dt=WIDE)
a("polar", lambda r, t: torch.polar(r, t), [1.0, 2.0], [0.1, 3.0], dt=WIDE)
a("view as real", lambda x: torch.view_as_complex(x).abs().sum(), normal(3, 2), dt=WIDE)
a("fft power", lambda x: torch.fft.fft(x).abs().pow(2).sum(), normal(8), dt=WIDE)
a("rfft", lambda x: torch.fft.rfft(x).real, normal(9), dt=WIDE)
a("irfft", lambda x: torch.fft.irfft(torch.fft.rfft(x) * 2), normal(8), dt=WIDE)
a("fft2", lambda x: torch.fft.fft2(x).imag, normal(4, 4), dt=WIDE)
a(
    "fft conv",
    lambda x, y: torch.fft.irfft(torch.fft.rfft(x, 16) * torch.fft.rfft(y, 16), 16),
    normal(8),
    normal(8, seed=1),
    dt=WIDE,
)
a(
    "stft",
    lambda x: (
        torch.stft(x, 8, hop_length=4, window=torch.hann_window(8, dtype=x.dtype), return_complex=True).abs().sum()
    ),
    normal(32),
    dt=WIDE,
)
