"""x², entry by entry, with derivatives that misbehave in every way there is, in inputs of any size."""

from __future__ import annotations

import torch


def _squares(backward, jvp=None):
    """A function x² with this backward and this jvp; both get x, the direction or cotangent, and a scratch list."""

    class Squares(torch.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x)
            ctx.save_for_forward(x)
            ctx.kept = x.clone()
            ctx.scratch = []
            return x**2

        @staticmethod
        def backward(ctx, cotangent):
            (x,) = ctx.saved_tensors
            return backward(ctx, x, cotangent)

        @staticmethod
        def jvp(ctx, tangent):
            (x,) = ctx.saved_tensors
            return (jvp or _right)(ctx, x, tangent)

    return lambda x: Squares.apply(x)


def _right(ctx, x, direction):
    return 2 * x * direction


def at(entry, factor):
    """The right derivative, but for one entry (flat) by a factor."""

    def derivative(ctx, x, direction):
        result = _right(ctx, x, direction).clone()
        result.view(-1)[entry] *= factor
        return result

    return derivative


def scaled(factor):
    """The right derivative times a factor."""
    return lambda ctx, x, direction: factor * _right(ctx, x, direction)


def _overwrites_cotangent(ctx, x, cotangent):
    return cotangent.mul_(2 * x)


def _overwrites_input(ctx, x, cotangent):
    gradient = _right(ctx, x, cotangent)
    x.data.zero_()
    return gradient


def _spoils_what_was_saved(ctx, x, cotangent):
    gradient = 2 * ctx.kept * cotangent
    ctx.kept *= 2
    return gradient


def _works_once(ctx, x, cotangent):
    if ctx.scratch:
        raise RuntimeError("already freed")
    ctx.scratch.append(1)
    return _right(ctx, x, cotangent)


def noisy(size, share=0.0):
    """The right derivative (plus `share` of it) with relative noise of this size, another one at each call."""
    generator = torch.Generator().manual_seed(0)

    def derivative(ctx, x, direction):
        noise = torch.rand(x.shape, generator=generator, dtype=torch.float64) - 0.5
        return (1 + share + size * noise) * _right(ctx, x, direction)

    return derivative


def squares(backward=_right, jvp=None):
    """x² with these derivatives."""
    return _squares(backward, jvp)


OVERWRITES_COTANGENT = squares(_overwrites_cotangent)
OVERWRITES_INPUT = squares(_overwrites_input)
SPOILS_WHAT_WAS_SAVED = squares(_spoils_what_was_saved)
WORKS_ONCE = squares(_works_once)
