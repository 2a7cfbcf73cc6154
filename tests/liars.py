"""Torch functions whose derivatives are wrong on purpose, and honest ones beside them."""

from __future__ import annotations

import torch


class Product(torch.autograd.Function):
    """X·W, right in both modes."""

    @staticmethod
    def forward(ctx, X, W):
        ctx.save_for_backward(X, W)
        ctx.save_for_forward(X, W)
        return X @ W

    @staticmethod
    def backward(ctx, cotangent):
        X, W = ctx.saved_tensors
        return cotangent @ W.T, X.T @ cotangent

    @staticmethod
    def jvp(ctx, X_dot, W_dot):
        X, W = ctx.saved_tensors
        terms = [X_dot @ W] if X_dot is not None else []
        terms += [X @ W_dot] if W_dot is not None else []
        return sum(terms[1:], terms[0])


def _lying(name, spoil, *, forward_mode=False):
    """`Product` with one of its derivatives spoiled."""

    def backward(ctx, cotangent):
        return spoil(*Product.backward(ctx, cotangent), ctx.saved_tensors)

    def jvp(ctx, X_dot, W_dot):
        return spoil(Product.jvp(ctx, X_dot, W_dot))

    wrong = {"jvp": staticmethod(jvp)} if forward_mode else {"backward": staticmethod(backward)}
    return type(name, (Product,), wrong)


def _one_entry(gradient, at, factor):
    gradient = gradient.clone()
    gradient[at] *= factor
    return gradient


#: Backward passes of X·W with one fault each: (Function, wrong input, wrong entry where it is only one).
BACKWARD = {
    "scaled": (_lying("Scaled", lambda gX, gW, _: (2 * gX, gW)), "X", None),
    "transposed": (_lying("Transposed", lambda gX, gW, _: (gX.T.reshape(gX.shape), gW)), "X", None),
    "one entry by a millionth": (
        _lying("OneEntry", lambda gX, gW, _: (gX, _one_entry(gW, (1, 0), 1 + 1e-6))),
        "W",
        (1, 0),
    ),
    "dropped term": (_lying("Dropped", lambda gX, gW, s: (gX - gX[:, :1] * (s[0] > 0), gW)), "X", None),
    "sign": (_lying("Sign", lambda gX, gW, _: (gX, -gW)), "W", None),
    "nan": (_lying("NaN", lambda gX, gW, _: (_one_entry(gX, (0, 1), float("nan")), gW)), "X", (0, 1)),
    "infinity": (_lying("Infinity", lambda gX, gW, _: (_one_entry(gX, (0, 1), float("inf")), gW)), "X", (0, 1)),
    "silent zero": (_lying("Zero", lambda gX, gW, _: (gX, 0 * gW)), "W", None),
    "silent None": (_lying("Nothing", lambda gX, gW, _: (gX, None)), "W", None),
    "one zeroed entry": (_lying("Zeroed", lambda gX, gW, _: (_one_entry(gX, (1, 2), 0.0), gW)), "X", (1, 2)),
    "float16 inside": (_lying("Half", lambda gX, gW, _: (gX.half().to(gX.dtype), gW)), "X", None),
}

#: The same, but the jvp alone lies.
FORWARD = {
    "scaled": _lying("ScaledForward", lambda tangent: 1.001 * tangent, forward_mode=True),
    "sign": _lying("SignForward", lambda tangent: -tangent, forward_mode=True),
    "one row": _lying("RowForward", lambda tangent: _one_entry(tangent, (0,), 1.5), forward_mode=True),
}


class Rounded(torch.autograd.Function):
    """x³ whose backward loses digits that float64 would keep: cancellation at the scale of the dtype."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, cotangent):
        (x,) = ctx.saved_tensors
        shift = torch.full_like(x, 1000.0)
        return cotangent * ((3 * x**2 + shift) - shift)


class OffByEverything(torch.autograd.Function):
    """x² whose backward forgets the 2 and whose jvp forgets it as well: both modes make the same mistake."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)
        return x**2

    @staticmethod
    def backward(ctx, cotangent):
        return cotangent * ctx.saved_tensors[0]

    @staticmethod
    def jvp(ctx, tangent):
        return tangent * ctx.saved_tensors[0]


class SwappedBranches(torch.autograd.Function):
    """relu with the mask on the wrong side."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)

    @staticmethod
    def backward(ctx, cotangent):
        return cotangent * (ctx.saved_tensors[0] <= 0)
