"""Torch functions whose first backward is right, and whose double backward is honest or wrong on purpose.

All of them are sin(exp(x)), entry by entry: the first derivative is cos(e)·e and the second cos(e)·e − sin(e)·e², with
e = exp(x).
"""

from __future__ import annotations

import torch
from torch.autograd.function import once_differentiable


class _SinOfExp(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)
        ctx.inside = x.exp()
        return ctx.inside.sin()

    @staticmethod
    def backward(ctx, cotangent):
        (x,) = ctx.saved_tensors
        return cotangent * x.exp().cos() * x.exp()

    @staticmethod
    def jvp(ctx, tangent):
        (x,) = ctx.saved_tensors
        return tangent * x.exp().cos() * x.exp()


def _function(name, backward):
    return type(name, (_SinOfExp,), {"backward": staticmethod(backward)})


def _slope(second):
    """cos(e)·e as a Function of its own, whose derivative is what `second` makes of e and the cotangent."""

    class Slope(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            return x.exp().cos() * x.exp()

        @staticmethod
        def backward(ctx, cotangent):
            return second(cotangent, ctx.saved_tensors[0].exp())

    return lambda ctx, cotangent: cotangent * Slope.apply(ctx.saved_tensors[0])


def _saved_intermediate(ctx, cotangent):
    return cotangent * ctx.inside.cos() * ctx.inside


def _half_detached(ctx, cotangent):
    (x,) = ctx.saved_tensors
    return cotangent * x.exp().cos() * x.exp().detach()


def _under_no_grad(ctx, cotangent):
    with torch.no_grad():
        slope = _saved_intermediate(ctx, torch.ones_like(cotangent))
    return cotangent * slope


def _detached_cotangent(ctx, cotangent):
    return _SinOfExp.backward(ctx, cotangent.detach())


def _one_entry(cotangent, e):
    second = cotangent * (e.cos() * e - e.sin() * e**2)
    return second * torch.ones_like(second).index_fill(0, torch.tensor([1]), 1.001)


HONEST = {
    "written with torch": _SinOfExp,
    "a Function in the backward": _function("Nested", _slope(lambda c, e: c * (e.cos() * e - e.sin() * e**2))),
}

#: Double backwards with one fault each: (Function, the wrong input).
LIARS = {
    "saved intermediate": (_function("Saved", _saved_intermediate), "x"),
    "under no_grad": (_function("NoGrad", _under_no_grad), "x"),
    "half detached": (_function("Half", _half_detached), "x"),
    "detached cotangent": (_function("Cotangent", _detached_cotangent), "cotangent"),
    "missing term": (_function("Missing", _slope(lambda c, e: -c * e.sin() * e**2)), "x"),
    "factor": (_function("Factor", _slope(lambda c, e: 2 * c * (e.cos() * e - e.sin() * e**2))), "x"),
    "sign": (_function("Sign", _slope(lambda c, e: -c * (e.cos() * e - e.sin() * e**2))), "x"),
    "a millionth": (_function("Close", _slope(lambda c, e: (1 + 1e-6) * c * (e.cos() * e - e.sin() * e**2))), "x"),
    "one entry": (_function("OneEntry", _slope(_one_entry)), "x"),
    "the second derivative of another function": (_function("Other", _slope(lambda c, e: c * (e - e.sin()))), "x"),
}

#: It raises when it is differentiated twice, and says so.
DECLARED = _function("Declared", once_differentiable(_saved_intermediate))
