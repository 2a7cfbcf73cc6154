"""Scalar functions that SymPy and torch share, each entry by entry and at ordinary arguments."""

import torch
from sympy import (
    Abs,
    MatrixSymbol,
    Piecewise,
    Symbol,
    besseli,
    erf,
    erfc,
    erfinv,
    gamma,
    loggamma,
    polygamma,
    sign,
    sinh,
)
from sympy.tensor.array.expressions import ArraySymbol

from verifier import Case, total

x = MatrixSymbol("x", 4, 1)
t, p = Symbol("t", real=True), Symbol("p", positive=True)
T = ArraySymbol("T", (2, 3, 2))

INSIDE = {x: [[-0.9], [-0.25], [0.5], [0.8]]}
POSITIVE = {x: [[0.6], [1.5], [2.5], [7.0]]}


CASES = [
    Case(
        "error function",
        formula=x.applyfunc(erf),
        function=lambda x: torch.erf(x),
        lesson="Its derivative is the bell curve 2/√π·exp(−x²).",
    ),
    Case(
        "complementary error function",
        formula=x.applyfunc(erfc),
        function=lambda x: torch.erfc(x),
        lesson="1 − erf(x), without the cancellation where erf(x) is near 1.",
    ),
    Case(
        "inverse of the error function",
        formula=x.applyfunc(erfinv),
        function=lambda x: torch.erfinv(x),
        inputs=INSIDE,
        lesson="The derivative of an inverse is one over the derivative.",
    ),
    Case(
        "logarithm of the gamma function",
        formula=x.applyfunc(loggamma),
        function=lambda x: torch.lgamma(x),
        inputs=POSITIVE,
        lesson="Its derivative is the digamma function.",
    ),
    Case(
        "gamma function",
        formula=gamma(p),
        function=lambda p: torch.exp(torch.lgamma(p)),
        lesson="Torch has its logarithm only, and the exponential of it here.",
    ),
    Case(
        "trigamma, as torch has it",
        formula=polygamma(1, p),
        function=lambda p: torch.polygamma(1, p),
        dtype="float32",
        lesson="In float32. In float64 torch has nine digits of it or so, and the verdict misses the others.",
    ),
    Case(
        "modified Bessel function",
        formula=besseli(0, t),
        function=lambda t: torch.special.i0(t),
        lesson="Its derivative is the function of the next order.",
    ),
    Case(
        "sign and magnitude",
        formula=total(x.applyfunc(lambda e: sign(e) * sinh(Abs(e)))),
        function=lambda x: (torch.sign(x) * torch.sinh(torch.abs(x))).sum(),
        inputs=INSIDE,
        lesson="Two kinks that cancel: the product is sinh, smooth everywhere.",
    ),
    Case(
        "pieces",
        formula=total(x.applyfunc(lambda e: Piecewise((e**2 / 2, Abs(e) < 0.4), (0.4 * (Abs(e) - 0.2), True)))),
        function=lambda x: torch.nn.functional.huber_loss(x, torch.zeros_like(x), reduction="sum", delta=0.4),
        inputs=INSIDE,
        lesson="Huber's loss by its pieces; the derivatives meet at the borders.",
    ),
    Case(
        "a tensor of three axes",
        formula=total(MatrixSymbol("M", 2, 2)) * T[1, 2, 0] ** 3,
        function=lambda M, T: M.sum() * T[1, 2, 0] ** 3,
        lesson="One entry of a tensor of order three, times all of a matrix.",
    ),
]
