"""What is calibrated: functions computed in a way that is right in exact arithmetic and loses digits in any other."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from calibration_samples import (
    DTYPES,
    WIDE,
    A,
    Sample,
    W,
    X,
    around,
    conditioned,
    normal,
    scalar,
    sigmoid,
)
from sympy import Inverse, exp, log, tanh

from verifier import layer_norm, softmax


class _Tanh(torch.autograd.Function):
    """tanh whose backward is 1 − tanh(x)²."""

    @staticmethod
    def forward(ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return torch.tanh(x)

    @staticmethod
    def backward(ctx: Any, cotangent: torch.Tensor) -> torch.Tensor:
        (x,) = ctx.saved_tensors
        return cotangent * (1 - torch.tanh(x) ** 2)


def _naive_norm(X: torch.Tensor) -> torch.Tensor:
    middle = X.mean(-1, keepdim=True)
    return (X - middle) * ((X * X).mean(-1, keepdim=True) - middle**2 + 1e-5).rsqrt()


def losers() -> Iterable[Sample]:
    """The same functions, computed so that digits are lost."""
    yield from scalar("tanh by 1-y² at 8", tanh, _Tanh.apply, ("", around(8.0)), dtypes=WIDE)
    yield from scalar("tanh by 1-y²", tanh, _Tanh.apply, ("at 3.5", around(3.5)), dtypes=("bfloat16",))
    yield from scalar("tanh by 1-y²", tanh, _Tanh.apply, ("at 5", around(5.0)), dtypes=("float16",))
    yield from scalar("sigmoid at 15", sigmoid, torch.sigmoid, ("", around(15.0)), dtypes=WIDE)
    yield from scalar("sigmoid", sigmoid, torch.sigmoid, ("at 6", around(6.0)), dtypes=("bfloat16",))
    yield from scalar("sigmoid", sigmoid, torch.sigmoid, ("at 8", around(8.0)), dtypes=("float16",))
    yield from scalar(
        "log(1+exp(x)) at -14",
        lambda t: log(1 + exp(t)),
        lambda x: torch.log(1 + torch.exp(x)),
        ("", around(-14.0)),
        dtypes=WIDE,
    )
    yield from scalar(
        "log(1+x)",
        lambda t: log(1 + t),
        lambda x: torch.log(1 + x),
        ("at 1e-4", around(1e-4)),
        ("at 1e-2", around(1e-2)),
        dtypes=DTYPES,
    )
    yield from scalar(
        "exp(x)-1",
        lambda t: exp(t) - 1,
        lambda x: torch.exp(x) - 1,
        ("at 1e-4", around(1e-4)),
        ("at 1e-2", around(1e-2)),
        dtypes=DTYPES,
    )
    for shift in (100.0, 1000.0):
        yield Sample(
            f"layer norm by E[x²]−E[x]² mean {shift:g}",
            layer_norm(X),
            _naive_norm,
            {"X": normal(16, 64, shift=shift)},
            WIDE,
        )
    yield Sample(
        "inverse by normal equations",
        Inverse(A),
        lambda A: torch.linalg.inv(A.T @ A) @ A.T,
        {"A": conditioned(3)},
        WIDE,
    )
    yield Sample(
        "matmul in bfloat16",
        X * W,
        lambda X, W: (X.bfloat16() @ W.bfloat16()).to(X.dtype),
        {"X": normal(16, 64), "W": normal(64, 16)},
        WIDE,
    )
    yield Sample(
        "matmul in float32",
        X * W,
        lambda X, W: (X.float() @ W.float()).to(X.dtype),
        {"X": normal(16, 64), "W": normal(64, 16)},
        ("float64",),
    )
    yield Sample(
        "softmax in float16",
        softmax(X),
        lambda X: X.half().softmax(-1).to(X.dtype),
        {"X": normal(16, 64, scale=3)},
        WIDE,
    )
