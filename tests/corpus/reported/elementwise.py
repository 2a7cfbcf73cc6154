"""Activations and other functions of single numbers."""

import math

import torch
import torch.nn.functional as F

from corpus.reported.entry import DOUBLE, WIDE, between, custom, given, normal, signed, wrong

sigmoid, tanh, exp, log = torch.sigmoid, torch.tanh, torch.exp, torch.log
PDF = lambda x: exp(-x * x / 2) / math.sqrt(2 * math.pi)
CDF = lambda x: 0.5 * (1 + torch.erf(x / math.sqrt(2)))
COEFFICIENTS = (0.5, -1.0, 2.0, 0.25)


def horner(x):
    value = torch.zeros_like(x)
    for c in COEFFICIENTS:
        value = value * x + c
    return value


def horner_backward(g, x, y):
    slope = torch.zeros_like(x)
    for power, c in enumerate(reversed(COEFFICIENTS)):
        slope = slope + (power + 1 if power > 1 else power) * c * x ** max(power - 1, 0)
    return g * slope


def gelu_tanh_slope(x):
    inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
    t = tanh(inner)
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)


x6, x12 = signed(0.3, 2.0, 6), signed(0.2, 3.5, 12)
WRONG = [
    wrong("leaky relu, slope forgotten", "x", custom(lambda x: F.leaky_relu(x, 0.1), lambda g, x, y: g * (x > 0)), x=x6),
    wrong("leaky relu, mask of the wrong side", "x", custom(lambda x: F.leaky_relu(x, 0.1), lambda g, x, y: torch.where(x < 0, g, 0.1 * g)), x=x6),
    wrong("relu, gradient passes everywhere", "x", custom(torch.relu, lambda g, x, y: g), x=x6),
    wrong("relu6, upper bound forgotten", "x", custom(F.relu6, lambda g, x, y: g * (x > 0)), x=signed(4, 9, 6)),
    wrong("elu, y + 1 for y + alpha", "x", custom(lambda x: F.elu(x, 0.5), lambda g, x, y: torch.where(x > 0, g, g * (y + 1))), x=x6),
    wrong("selu, scale forgotten", "x", custom(F.selu, lambda g, x, y: torch.where(x > 0, g, g * 1.6732632423543772 * exp(x))), x=x6),
    wrong("celu, alpha forgotten", "x", custom(lambda x: F.celu(x, 2.0), lambda g, x, y: torch.where(x > 0, g, g * exp(x))), x=x6),
    wrong("exact gelu with the slope of the tanh form", "x", custom(F.gelu, lambda g, x, y: g * gelu_tanh_slope(x)), dtypes=WIDE, x=x6),
    wrong("gelu, density term missing", "x", custom(F.gelu, lambda g, x, y: g * CDF(x)), x=x6),
    wrong("gelu, density without x", "x", custom(F.gelu, lambda g, x, y: g * (CDF(x) + PDF(x))), x=x6),
    wrong("quick gelu, 1.702 forgotten in the slope", "x", custom(lambda x: x * sigmoid(1.702 * x), lambda g, x, y: g * (sigmoid(1.702 * x) + x * sigmoid(1.702 * x) * (1 - sigmoid(1.702 * x)))), x=x6),
    wrong("silu, sigmoid alone", "x", custom(F.silu, lambda g, x, y: g * sigmoid(x)), x=x6),
    wrong("silu, y for x", "x", custom(F.silu, lambda g, x, y: g * sigmoid(x) * (1 + y * (1 - sigmoid(x)))), x=x6),
    wrong("softplus, beta forgotten", "x", custom(lambda x: F.softplus(x, beta=2.0), lambda g, x, y: g * sigmoid(x)), x=x6),
    wrong("softplus, beta counted twice", "x", custom(lambda x: F.softplus(x, beta=2.0), lambda g, x, y: 2 * g * sigmoid(2 * x)), x=x6),
    wrong("softplus, threshold of 1", "x", custom(F.softplus, lambda g, x, y: torch.where(x > 1, g, g * sigmoid(x))), x=x6),
    wrong("hardswish, slope of the middle", "x", custom(F.hardswish, lambda g, x, y: torch.where(x.abs() < 3, g * (x + 3) / 6, g * (x > 0))), x=x12),
    wrong("hardsigmoid, 1/3 for 1/6", "x", custom(F.hardsigmoid, lambda g, x, y: g * (x.abs() < 3) / 3), x=x12),
    wrong("hardtanh, mask forgotten", "x", custom(F.hardtanh, lambda g, x, y: g.clone()), x=x6),
    wrong("clamp, upper side only", "x", custom(lambda x: x.clamp(-1, 1), lambda g, x, y: g * (x < 1)), x=x12),
    wrong("clamp, gradient clamped instead", "x", custom(lambda x: x.clamp(-1, 1), lambda g, x, y: g.clamp(-1, 1)), x=x12),
    wrong("clamp, bound's gradient not reduced", "lo", custom(torch.maximum, lambda g, x, lo, y: (g * (x > lo), g)), x=x6, lo=given([0.0] * 6)),
    wrong("mish, second term missing", "x", custom(F.mish, lambda g, x, y: g * tanh(F.softplus(x))), x=x6),
    wrong("tanh, 1 - y", "x", custom(tanh, lambda g, x, y: g * (1 - y)), x=x6),
    wrong("tanh, of the input", "x", custom(tanh, lambda g, x, y: g * (1 - x * x)), x=signed(0.2, 0.9, 6)),
    wrong("tanh, applied to the output again", "x", custom(tanh, lambda g, x, y: g * (1 - tanh(y) ** 2)), x=x6),
    wrong("sigmoid, of the input", "x", custom(sigmoid, lambda g, x, y: g * x * (1 - x)), x=x6),
    wrong("sigmoid, y alone", "x", custom(sigmoid, lambda g, x, y: g * y), x=x6),
    wrong("logsigmoid, sigmoid of the other sign", "x", custom(F.logsigmoid, lambda g, x, y: g * sigmoid(x)), x=x6),
    wrong("softsign, square forgotten", "x", custom(F.softsign, lambda g, x, y: g / (1 + x.abs())), x=x6),
    wrong("tanhshrink, complement", "x", custom(F.tanhshrink, lambda g, x, y: g * (1 - tanh(x) ** 2)), x=x6),
    wrong("softshrink, mask of half the width", "x", custom(lambda x: F.softshrink(x, 1.0), lambda g, x, y: g * (x.abs() > 0.5)), x=given([0.2, -0.7, 0.8, 1.5, -2.0, 0.6])),
    wrong("hardshrink, negative side lost", "x", custom(lambda x: F.hardshrink(x, 0.5), lambda g, x, y: g * (x > 0.5)), x=x6),
    wrong("threshold, wrong at the far side", "x", custom(lambda x: F.threshold(x, 0.5, 2.0), lambda g, x, y: g * (y > 0)), x=x6),
    wrong("square, factor 2 forgotten", "x", custom(torch.square, lambda g, x, y: g * x), x=x6),
    wrong("cube, 3x", "x", custom(lambda x: x**3, lambda g, x, y: 3 * g * x), x=x6),
    wrong("power, exponent not lowered", "x", custom(lambda x, p: x**p, lambda g, x, p, y: (g * p * x**p, g * y * log(x))), x=between(0.5, 2, 5), p=between(1, 3, 5)),
    wrong("power, exponent's logarithm of the exponent", "p", custom(lambda x, p: x**p, lambda g, x, p, y: (g * p * x ** (p - 1), g * y * log(p))), x=between(0.5, 2, 5), p=between(1, 3, 5)),
    wrong("power, exponent's gradient None", "p", custom(lambda x, p: x**p, lambda g, x, p, y: (g * p * x ** (p - 1), None)), x=between(0.5, 2, 5), p=between(1, 3, 5)),
    wrong("division, sign of the denominator", "d", custom(torch.div, lambda g, n, d, y: (g / d, g * n / d**2)), n=x6, d=x6),
    wrong("division, square forgotten", "d", custom(torch.div, lambda g, n, d, y: (g / d, -g * n / d)), n=x6, d=x6),
    wrong("division, swapped", "n d", custom(torch.div, lambda g, n, d, y: (-g * n / d**2, g / d)), n=x6, d=x6),
    wrong("subtraction, both positive", "b", custom(torch.sub, lambda g, a, b, y: (g, g)), a=x6, b=x6),
    wrong("product, its own factor", "a b", custom(torch.mul, lambda g, a, b, y: (g * a, g * b)), a=x6, b=x6),
    wrong("three factors, one missing", "b", custom(lambda a, b, c: a * b * c, lambda g, a, b, c, y: (g * b * c, g * a, g * a * b)), a=x6, b=x6, c=x6),
    wrong("reciprocal, -y", "x", custom(torch.reciprocal, lambda g, x, y: -g * y), x=x6),
    wrong("rsqrt, y squared", "x", custom(torch.rsqrt, lambda g, x, y: -0.5 * g * y**2), x=between(0.3, 3, 6)),
    wrong("sqrt, 1/y", "x", custom(torch.sqrt, lambda g, x, y: g / y), x=between(0.3, 3, 6)),
    wrong("cube root, of |x|", "x", custom(lambda x: x.sign() * x.abs() ** (1 / 3), lambda g, x, y: g * x.sign() * x.abs() ** (-2 / 3) / 3), x=x6),
    wrong("log2, ln 2 forgotten", "x", custom(torch.log2, lambda g, x, y: g / x), x=between(0.3, 3, 6)),
    wrong("log1p, 1/x", "x", custom(torch.log1p, lambda g, x, y: g / x), x=between(0.3, 3, 6)),
    wrong("log, epsilon only in the slope", "x", custom(log, lambda g, x, y: g / (x + 1e-3)), dtypes=WIDE, x=between(0.3, 3, 6)),
    wrong("exp2, ln 2 forgotten", "x", custom(torch.exp2, lambda g, x, y: g * y), x=x6),
    wrong("expm1, y for y + 1", "x", custom(torch.expm1, lambda g, x, y: g * y), x=x6),
    wrong("sin, cos of the output", "x", custom(torch.sin, lambda g, x, y: g * torch.cos(y)), x=x6),
    wrong("cos, sign", "x", custom(torch.cos, lambda g, x, y: g * torch.sin(x)), x=x6),
    wrong("sin in degrees", "x", custom(lambda x: torch.sin(torch.deg2rad(x)), lambda g, x, y: g * torch.cos(torch.deg2rad(x))), x=between(-80, 80, 6)),
    wrong("tan, 1 - y²", "x", custom(torch.tan, lambda g, x, y: g * (1 - y * y)), x=signed(0.2, 1.2, 6)),
    wrong("cosh, minus as for cos", "x", custom(torch.cosh, lambda g, x, y: -g * torch.sinh(x)), x=x6),
    wrong("asin, 1 + x²", "x", custom(torch.asin, lambda g, x, y: g / torch.sqrt(1 + x * x)), x=signed(0.1, 0.8, 6)),
    wrong("acos, sign", "x", custom(torch.acos, lambda g, x, y: g / torch.sqrt(1 - x * x)), x=signed(0.1, 0.8, 6)),
    wrong("atanh, 1 + x²", "x", custom(torch.atanh, lambda g, x, y: g / (1 + x * x)), x=signed(0.1, 0.8, 6)),
    wrong("atan2, exchanged", "a b", custom(torch.atan2, lambda g, a, b, y: (-g * a / (a * a + b * b), g * b / (a * a + b * b))), a=x6, b=x6),
    wrong("atan2, of atan(a/b) with b's sign lost", "b", custom(torch.atan2, lambda g, a, b, y: (g * b / (a * a + b * b), -g * a.abs() / (a * a + b * b))), a=x6, b=x6),
    wrong("hypot, not divided", "a b", custom(torch.hypot, lambda g, a, b, y: (g * a, g * b)), a=x6, b=x6),
    wrong("abs, sign forgotten", "x", custom(torch.abs, lambda g, x, y: g.clone()), x=x6),
    wrong("erf, no 2/sqrt(pi)", "x", custom(torch.erf, lambda g, x, y: g * exp(-x * x)), x=x6),
    wrong("erf, exp(-x²/2)", "x", custom(torch.erf, lambda g, x, y: g * 2 / math.sqrt(math.pi) * exp(-x * x / 2)), x=x6),
    wrong("logit, difference for product", "x", custom(torch.logit, lambda g, x, y: g / (1 - x)), x=between(0.2, 0.8, 6)),
    wrong("sinc, sign", "x", custom(lambda x: torch.sin(x) / x, lambda g, x, y: g * (torch.cos(x) + y) / x), x=x6),
    wrong("lgamma, log for digamma", "x", custom(torch.lgamma, lambda g, x, y: g * log(x)), dtypes=WIDE, x=between(1, 5, 6)),
    wrong("digamma, 1/x for trigamma", "x", custom(torch.digamma, lambda g, x, y: g / x), dtypes=WIDE, x=between(1, 5, 6)),
    wrong("i0, i0 again", "x", custom(torch.special.i0, lambda g, x, y: g * y), dtypes=WIDE, x=x6),
    wrong("polynomial, power off by one", "x", custom(horner, horner_backward), x=x6),
    wrong("huber, delta forgotten beyond", "x", custom(lambda x: torch.where(x.abs() < 0.5, 0.5 * x * x, 0.5 * (x.abs() - 0.25)), lambda g, x, y: g * torch.where(x.abs() < 0.5, x, x.sign())), x=x6),
    wrong("smooth l1, beta forgotten within", "x", custom(lambda x: torch.where(x.abs() < 2, x * x / 4, x.abs() - 1), lambda g, x, y: g * torch.where(x.abs() < 2, x, x.sign())), x=x12),
    wrong("log cosh, halved", "x", custom(lambda x: log(torch.cosh(x)), lambda g, x, y: g * tanh(x / 2)), x=x6),
    wrong("lerp, weight of the other end", "a b", custom(lambda a, b, w: a + w * (b - a), lambda g, a, b, w, y: (g * w, g * (1 - w), g * (b - a))), a=x6, b=x6, w=between(0.1, 0.4, 6)),
    wrong("lerp, weight's sign", "w", custom(lambda a, b, w: a + w * (b - a), lambda g, a, b, w, y: (g * (1 - w), g * w, g * (a - b))), a=x6, b=x6, w=between(0.1, 0.4, 6)),
    wrong("addcmul, value forgotten", "b", custom(lambda a, b, c: torch.addcmul(a, b, c, value=0.5), lambda g, a, b, c, y: (g, g * c, 0.5 * g * b)), a=x6, b=x6, c=x6),
    wrong("prelu, slope not reduced over the batch", "w", custom(lambda x, w: torch.where(x > 0, x, w * x), lambda g, x, w, y: (torch.where(x > 0, g, w * g), (g * x * (x < 0))[0])), x=signed(0.3, 2, 3, 5), w=between(0.1, 0.5, 5)),
    wrong("snake, alpha's own term", "a", custom(lambda x, a: x + torch.sin(a * x) ** 2 / a, lambda g, x, a, y: (g * (1 + torch.sin(2 * a * x)), g * x * torch.sin(2 * a * x) / a)), x=x6, a=between(0.5, 2, 6)),
    wrong("swish, beta's gradient without x", "b", custom(lambda x, b: x * sigmoid(b * x), lambda g, x, b, y: (g * (sigmoid(b * x) + b * y * (1 - sigmoid(b * x))), g * y * (1 - sigmoid(b * x)))), x=x6, b=between(0.5, 2, 6)),
    wrong("swiglu, gate as if linear", "gate", custom(lambda gate, up: F.silu(gate) * up, lambda g, gate, up, y: (g * up * sigmoid(gate), g * F.silu(gate))), gate=x6, up=x6),
    wrong("swiglu, up gets the gate", "up", custom(lambda gate, up: F.silu(gate) * up, lambda g, gate, up, y: (g * up * (sigmoid(gate) + F.silu(gate) * (1 - sigmoid(gate))), g * gate)), gate=x6, up=x6),
    wrong("geglu, gate's density missing", "gate", custom(lambda gate, up: F.gelu(gate) * up, lambda g, gate, up, y: (g * up * CDF(gate), g * F.gelu(gate))), gate=x6, up=x6),
    wrong("glu, halves exchanged", "x", custom(lambda x: F.glu(x, -1), lambda g, x, y: torch.cat([g * x[..., :3] * sigmoid(x[..., 3:]) * (1 - sigmoid(x[..., 3:])), g * sigmoid(x[..., 3:])], -1)), x=normal(2, 6)),
    wrong("soft cap, tanh's slope forgotten", "x", custom(lambda x: 5 * tanh(x / 5), lambda g, x, y: g.clone()), x=signed(1, 9, 6)),
    wrong("soft cap, squared cap", "x", custom(lambda x: 5 * tanh(x / 5), lambda g, x, y: g * (1 - y * y)), x=signed(1, 9, 6)),
    wrong("round, away from the identity", "x", custom(lambda x: x * x.round(), lambda g, x, y: g * 2 * x), x=signed(0.6, 2.2, 6)),
    wrong("fraction, minus floor", "x", custom(torch.frac, lambda g, x, y: g * (x > 0)), x=x6),
    wrong("remainder, divisor's gradient zero", "d", custom(torch.remainder, lambda g, x, d, y: (g, torch.zeros_like(g))), x=between(2, 5, 6), d=between(0.6, 0.9, 6)),
    wrong("maximum, gradient to both", "a b", custom(torch.maximum, lambda g, a, b, y: (g, g)), a=x6, b=normal(6)),
    wrong("minimum, mask of maximum", "a b", custom(torch.minimum, lambda g, a, b, y: (g * (a > b), g * (a <= b))), a=normal(6), b=normal(6)),
    wrong("x log x, without the 1", "x", custom(lambda x: x * log(x), lambda g, x, y: g * log(x)), x=between(0.3, 3, 6)),
    wrong("xlogy, x's gradient inverted", "x", custom(torch.xlogy, lambda g, x, z, y: (g / z, g * x / z)), x=between(0.3, 3, 6), z=between(1.5, 3, 6)),
    wrong("logaddexp, equal weights", "a b", custom(torch.logaddexp, lambda g, a, b, y: (g / 2, g / 2)), a=x6, b=normal(6)),
    wrong("float64 constant typed in float32", "x", custom(lambda x: x * math.pi, lambda g, x, y: g * 3.1415927), dtypes=(DOUBLE,), x=x6),
    wrong("gaussian, width squared forgotten", "s", custom(lambda x, s: exp(-x * x / (2 * s * s)), lambda g, x, s, y: (-g * y * x / s**2, g * y * x * x / s**2)), x=x6, s=between(0.7, 1.8, 6)),
]
