"""Functions with a state, and those whose modes or second gradients are wrong."""

import torch
from torch.autograd import Function

from corpus.reported.entry import custom


class OverwritesCotangent(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g.mul_(x.cos())


class ScalesSaved(Function):
    """The first backward is right and changes what the second one reads."""

    @staticmethod
    def forward(ctx, x):
        ctx.kept = x.exp()
        return ctx.kept.clone()

    @staticmethod
    def backward(ctx, g):
        grad = g * ctx.kept
        ctx.kept.mul_(2)
        return grad


class StaleSaved(Function):
    """The buffer that was saved is reused for another result."""

    @staticmethod
    def forward(ctx, x, w):
        buffer = x * w
        ctx.buffer, ctx.w = buffer.data, w
        result = buffer.tanh()
        buffer.data.mul_(0.5)
        return result

    @staticmethod
    def backward(ctx, g):
        slope = g * (1 - ctx.buffer.tanh() ** 2)
        return slope * ctx.w, None


class WrongVariable(Function):
    @staticmethod
    def forward(ctx, x, w):
        hidden = x @ w
        ctx.save_for_backward(hidden, w)
        return hidden.tanh()

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        slope = g * (1 - x.tanh() ** 2)
        return slope @ w.T, x.T @ slope


class NoneByNeeds(Function):
    """The weight's gradient is only right if the bias needs none."""

    @staticmethod
    def forward(ctx, x, w, b):
        ctx.save_for_backward(x, w)
        return x * w + b

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        by_x = by_w = by_b = None
        if ctx.needs_input_grad[0]:
            by_x = g * w
        if ctx.needs_input_grad[2]:
            by_b = g
        elif ctx.needs_input_grad[1]:
            by_w = g * x
        return by_x, by_w, by_b


class NeedsShifted(Function):
    """The flags are read one place too late."""

    @staticmethod
    def forward(ctx, x, w, scale):
        ctx.save_for_backward(x, w)
        ctx.scale = scale
        return scale * x * w

    @staticmethod
    def backward(ctx, g):
        x, w = ctx.saved_tensors
        by_w = ctx.scale * g * x if ctx.needs_input_grad[2] else None
        return ctx.scale * g * w, by_w, None


class WrongJvp(Function):
    @staticmethod
    def forward(x):
        return x.sin()

    @staticmethod
    def setup_context(ctx, inputs, output):
        ctx.save_for_backward(*inputs)
        ctx.save_for_forward(*inputs)

    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0].cos()

    @staticmethod
    def jvp(ctx, t):
        return -t * ctx.saved_tensors[0].cos()


class BothModesWrong(WrongJvp):
    @staticmethod
    def backward(ctx, g):
        return g * ctx.saved_tensors[0].sin()

    @staticmethod
    def jvp(ctx, t):
        return t * ctx.saved_tensors[0].sin()


class ConstantSecond(Function):
    """The slope is computed from a detached x, so that the second gradient is none."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3 * x.detach() ** 2


class SavedOutput(Function):
    """The exponential kept on the context is outside of the graph."""

    @staticmethod
    def forward(ctx, x):
        ctx.y = x.exp()
        return ctx.y.clone()

    @staticmethod
    def backward(ctx, g):
        return g * ctx.y.detach()


class CotangentDetached(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.square()

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g.detach() * 2 * x


class InnerWrong(Function):
    """A backward that is itself a Function, whose own backward is wrong."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin()

    @staticmethod
    def backward(ctx, g):
        return g * custom(torch.cos, lambda h, x, y: h * x.sin())(ctx.saved_tensors[0])
