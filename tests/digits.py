"""Functions at points that are hard on rounding: right ones, some that lose digits, some that are a little wrong."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from sympy import (
    Expr,
    HadamardPower,
    IndexedBase,
    Inverse,
    MatrixSymbol,
    Rational,
    atan2,
    atanh,
    erf,
    exp,
    log,
    sin,
    sqrt,
    symbols,
    tanh,
)

from verifier import layer_norm, mean, softmax, total

F64, F32, BF16 = torch.float64, torch.float32, torch.bfloat16
WIDE, ALL = (F64, F32), (F64, F32, BF16)

n, m = symbols("n m", integer=True, positive=True)
i = symbols("i", integer=True)
x = MatrixSymbol("x", n, 1)
X = MatrixSymbol("X", n, m)


@dataclass(frozen=True)
class Sample:
    """A torch function at a point, and the formula of what it is meant to be."""

    function: Callable[..., torch.Tensor]
    formula: Any
    inputs: dict[str, Any]
    dtypes: tuple[torch.dtype, ...] = ALL

    def tensors(self, dtype: torch.dtype) -> dict[str, torch.Tensor]:
        return {
            name: torch.as_tensor(np.asarray(array, dtype=float)).to(dtype).requires_grad_()
            for name, array in self.inputs.items()
        }


def elementwise(function: Any, formula: Callable[[Expr], Any], numbers: Any, dtypes: Any = ALL) -> Sample:
    return Sample(function, x.applyfunc(formula), {"x": np.asarray(numbers, dtype=float).reshape(-1, 1)}, dtypes)


def near(centre: float, count: int = 7) -> Any:
    return centre * (1 + 0.1 * np.linspace(-1, 1, count))


def normal(*shape: int, seed: int = 0) -> Any:
    return np.random.default_rng(seed).standard_normal(shape)


def conditioned(power: float) -> Any:
    """A matrix with condition number 10^power."""
    left, right = (np.linalg.qr(normal(6, 6, seed=seed))[0] for seed in (1, 2))
    return left @ np.diag(10.0 ** -np.linspace(0, power, 6)) @ right


def sigmoid(t: Expr) -> Expr:
    return 1 / (1 + exp(-t))


class Own(torch.autograd.Function):
    """A function of a scalar, entry by entry, with a derivative of one's own: `of` and `slope` are set by `own`."""

    of: Callable[[torch.Tensor], torch.Tensor]
    slope: Callable[[torch.Tensor], torch.Tensor]

    @classmethod
    def forward(cls, ctx: Any, x: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(x)
        return cls.of(x)

    @classmethod
    def backward(cls, ctx: Any, cotangent: torch.Tensor) -> torch.Tensor:
        return cotangent * cls.slope(*ctx.saved_tensors)


def own(name: str, of: Any, slope: Any) -> Any:
    """The `apply` of a Function with this value and this derivative."""
    return type(name, (Own,), {"of": staticmethod(of), "slope": staticmethod(slope)}).apply


# Right at hard points

INVERSE = Inverse(MatrixSymbol("A", 6, 6))
_y, _x = IndexedBase("y", shape=(n,)), IndexedBase("x", shape=(n,))

RIGHT = {
    "log at 1e-5": elementwise(torch.log, log, near(1e-5)),
    "sqrt at 1e-9": elementwise(torch.sqrt, sqrt, near(1e-9)),
    "x² at 1e10": elementwise(torch.square, lambda t: t**2, near(1e10)),
    "sin(1e5·x)": elementwise(lambda x: torch.sin(1e5 * x), lambda t: sin(100000 * t), normal(9), WIDE),
    "1e12 + x³": elementwise(lambda x: 1e12 + x**3, lambda t: 10**12 + t**3, normal(9)),
    "atan2 at 1e-8": Sample(torch.atan2, atan2(_y[i], _x[i]), {"y": near(1e-8), "x": near(1.0)}),
    "atanh near -1": elementwise(torch.atanh, atanh, [-0.99, -0.999, -0.9999, -0.99999], WIDE),
    "inverse with condition number 1e8": Sample(torch.linalg.inv, INVERSE, {"A": conditioned(8)}, (F64,)),
    "inverse with condition number 1e3": Sample(torch.linalg.inv, INVERSE, {"A": conditioned(3)}, WIDE),
    "inputs of 1e-8 and 1e8": elementwise(torch.square, lambda t: t**2, [1e-8, 1e8, -1e-8, 3.0]),
    "products of 1e-8 and 1e8": Sample(
        lambda x, y: x * y, _x[i] * _y[i], {"x": [1e-8, 1e8, 1e-8, 1.0], "y": [1e8, 1e8, 1e-8, 1e-8]}
    ),
    "zeros": elementwise(lambda x: x * x.exp(), lambda t: t * exp(t), [0.0, 0.0, 1.0, -2.0]),
    "nothing but zeros": elementwise(torch.square, lambda t: t**2, [0.0, 0.0]),
    "sum of 20,000": elementwise(torch.exp, exp, [0.5]),
    "softplus at 40": elementwise(torch.nn.functional.softplus, lambda t: log(1 + exp(t)), near(40.0)),
    "softplus at -14": elementwise(torch.nn.functional.softplus, lambda t: log(1 + exp(t)), near(-14.0)),
    "sigmoid at ordinary points": elementwise(torch.sigmoid, sigmoid, 2 * normal(20)),
    "layer norm with mean 100": Sample(
        lambda X: torch.nn.functional.layer_norm(X, (16,)), layer_norm(X), {"X": 100 + normal(4, 16)}
    ),
    "softmax of large numbers": Sample(lambda X: X.softmax(-1), softmax(X), {"X": 90 + 5 * normal(4, 8)}),
}
RIGHT["sum of 20,000"] = Sample(lambda x: x.square().sum(), total(HadamardPower(x, 2)), {"x": normal(20_000, 1)})
RIGHT["mean of 20,000"] = Sample(lambda x: x.exp().mean(), mean(x.applyfunc(exp)), {"x": normal(20_000, 1)})
RIGHT["product of 20,000"] = Sample(lambda x: (x.T @ x).sum(), total(HadamardPower(x, 2)), {"x": normal(20_000, 1)})


# Right in exact arithmetic, but losing digits


def _naive_layer_norm(X: torch.Tensor) -> torch.Tensor:
    middle = X.mean(-1, keepdim=True)
    return (X - middle) * ((X * X).mean(-1, keepdim=True) - middle**2 + 1e-5).rsqrt()


def _normal_equations(A: torch.Tensor) -> torch.Tensor:
    return torch.linalg.inv(A.T @ A) @ A.T


class _NormalEquations(torch.autograd.Function):
    """The inverse with a right value and a backward through the normal equations."""

    @staticmethod
    def forward(ctx: Any, A: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(A)
        return torch.linalg.inv(A)

    @staticmethod
    def backward(ctx: Any, cotangent: torch.Tensor) -> torch.Tensor:
        (A,) = ctx.saved_tensors
        inverse = _normal_equations(A)
        return -inverse.T @ cotangent @ inverse.T


def _softplus(t: Expr) -> Expr:
    return log(1 + exp(t))


_tanh_slope = own("Tanh", torch.tanh, lambda x: 1 - torch.tanh(x) ** 2)
_sigmoid_slope = own("Sigmoid", torch.sigmoid, lambda x: torch.sigmoid(x) * (1 - torch.sigmoid(x)))
_overflowing = own("Overflowing", torch.sigmoid, lambda x: torch.exp(x) / (1 + torch.exp(x)) ** 2)
_softplus_slope = own("Softplus", torch.nn.functional.softplus, lambda x: torch.exp(x) / (1 + torch.exp(x)))
_log1p_slope = own("Expm1", torch.expm1, lambda x: torch.expm1(x) + 1)
_cosm1 = own("Versine", lambda x: 2 * torch.sin(x / 2) ** 2, lambda x: torch.sqrt(1 - torch.cos(x) ** 2) * x.sign())

LOSERS = {
    "1 - tanh(x)² at 8": (elementwise(_tanh_slope, tanh, near(8.0), (F32,)), "x"),
    "1 - tanh(x)² at 3.5": (elementwise(_tanh_slope, tanh, near(3.8), (BF16,)), "x"),
    "1 - tanh(x)² at 15": (elementwise(_tanh_slope, tanh, near(15.0), WIDE), "x"),
    "1 - tanh(x)² at 25": (elementwise(_tanh_slope, tanh, near(25.0), WIDE), "x"),
    "y·(1 - y) at 15": (elementwise(_sigmoid_slope, sigmoid, near(15.0), WIDE), "x"),
    "torch's own sigmoid at 15": (elementwise(torch.sigmoid, sigmoid, near(15.0), WIDE), "x"),
    "y·(1 - y) at 7": (elementwise(_sigmoid_slope, sigmoid, near(7.0), (BF16,)), "x"),
    "exp(x)/(1 + exp(x))² that overflows": (elementwise(_overflowing, sigmoid, near(60.0), (F32,)), "x"),
    "exp(x)/(1 + exp(x)) that overflows": (elementwise(_softplus_slope, _softplus, near(100.0), (F32, BF16)), "x"),
    "softplus naively": (elementwise(lambda x: torch.log(1 + torch.exp(x)), _softplus, near(-14.0), WIDE), None),
    "log(1 + x) at 1e-6": (elementwise(lambda x: torch.log(1 + x), lambda t: log(1 + t), near(1e-6), WIDE), None),
    "exp(x) - 1 at 1e-6": (elementwise(lambda x: torch.exp(x) - 1, lambda t: exp(t) - 1, near(1e-6), WIDE), None),
    "√(1 - cos²)": (elementwise(_cosm1, lambda t: 2 * sin(t / 2) ** 2, near(1e-2), WIDE), "x"),
    "layer norm by E[x²] - E[x]²": (Sample(_naive_layer_norm, layer_norm(X), {"X": 1000 + normal(4, 16)}, WIDE), "X"),
    "inverse through normal equations": (Sample(_normal_equations, INVERSE, {"A": conditioned(4)}, WIDE), "A"),
    "backward through normal equations": (Sample(_NormalEquations.apply, INVERSE, {"A": conditioned(3)}, WIDE), "A"),
    "float64 through float32": (
        Sample(lambda X: X.float().softmax(-1).to(X.dtype), softmax(X), {"X": normal(4, 8)}, (F64,)),
        "X",
    ),
    "float64 through float16": (
        Sample(lambda X: X.half().softmax(-1).to(X.dtype), softmax(X), {"X": normal(4, 8)}, WIDE),
        "X",
    ),
    "float32 through bfloat16": (
        Sample(lambda X: X.bfloat16().softmax(-1).to(X.dtype), softmax(X), {"X": normal(4, 8)}, (F32,)),
        "X",
    ),
    "backward in float16": (
        elementwise(own("HalfSlope", torch.exp, lambda x: x.half().exp().to(x.dtype)), exp, normal(9), WIDE),
        "x",
    ),
}


# A little wrong


def _gelu(t: Expr) -> Expr:
    return t * (1 + erf(t / sqrt(2))) / 2


def _one_entry(x: torch.Tensor, factor: float) -> torch.Tensor:
    slope = 2 * x
    slope[12_345] *= factor
    return slope


def _gelu_slope(x: torch.Tensor) -> torch.Tensor:
    density = torch.exp(-x * x / 2) * 0.3989422  # 1/√(2π), to seven digits
    return (1 + torch.erf(x * 0.5**0.5)) / 2 + x * density


WRONG = {
    "one entry of 20,000 by 1e-6": (
        elementwise(
            own("Needle", torch.square, lambda x: _one_entry(x, 1 + 1e-6)), lambda t: t**2, normal(20_000), (F64,)
        ),
        (12_345, 0),
    ),
    "a factor of 1 + 1e-5": (
        elementwise(own("Factor", torch.exp, lambda x: x.exp() * (1 + 1e-5)), exp, normal(9), WIDE),
        None,
    ),
    "a factor of 1 + 1e-7": (
        elementwise(own("Tiny", torch.exp, lambda x: x.exp() * (1 + 1e-7)), exp, normal(9)),
        None,
    ),
    "a constant of seven digits": (
        elementwise(own("Gelu", torch.nn.functional.gelu, _gelu_slope), _gelu, normal(9), (F64,)),
        None,
    ),
    "a constant typed in float32": (
        elementwise(
            own("Typed", lambda x: x / 10, lambda x: torch.full_like(x, float(torch.tensor(0.1)))),
            lambda t: t / 10,
            normal(9),
            (F64,),
        ),
        None,
    ),
    "twice": (elementwise(own("Twice", torch.exp, lambda x: 2 * x.exp()), exp, normal(9)), None),
    "nothing": (elementwise(own("Zero", torch.exp, torch.zeros_like), exp, normal(9)), None),
    "epsilon": (
        Sample(
            lambda x: x * (x.square().mean() + 1e-6).rsqrt(),
            x / sqrt(mean(HadamardPower(x, 2)) + Rational(1, 100_000)),
            {"x": normal(9, 1)},
            WIDE,
        ),
        None,
    ),
}
