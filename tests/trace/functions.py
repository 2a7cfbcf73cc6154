"""Code that a tracer can get wrong: what is cut where, in-place writes, views, families of aliases."""

import numpy as np
import torch
from torch.autograd import Function


class Exp(Function):
    @staticmethod
    def forward(ctx, x):
        y = x.exp()
        ctx.save_for_backward(y)
        return y * 2

    @staticmethod
    def backward(ctx, g):
        (y,) = ctx.saved_tensors
        return 2 * g * y


class Dirty(Function):
    @staticmethod
    def forward(ctx, x):
        x.mul_(3)
        ctx.mark_dirty(x)
        return x

    @staticmethod
    def backward(ctx, g):
        return 3 * g


class Written(Function):
    """Writes into a copy of its own, through a view."""

    @staticmethod
    def forward(ctx, x):
        t = x.clone()
        t[0] = 0
        t.add_(1).exp_()
        ctx.save_for_backward(t)
        return t

    @staticmethod
    def backward(ctx, g):
        (t,) = ctx.saved_tensors
        result = g * t
        result[0] = 0
        return result


class Bookkeeping(Function):
    """`detach`, `.data` and `no_grad` inside of a Function cut nothing."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        with torch.no_grad():
            y = x.detach().sin()
        return y * x.data

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * (x.cos() * x + x.sin())


class Inner(Function):
    @staticmethod
    def forward(ctx, x):
        with torch.enable_grad():
            own = x.detach().requires_grad_()
            y = own.sin().sum()
            (gradient,) = torch.autograd.grad(y, own)
        ctx.save_for_backward(gradient)
        return y.detach()

    @staticmethod
    def backward(ctx, g):
        (gradient,) = ctx.saved_tensors
        return g * gradient


class TwoSides(Function):
    """Takes the same storage twice, followed and detached."""

    @staticmethod
    def forward(ctx, x, held):
        ctx.save_for_backward(held)
        return x * held.view(-1)

    @staticmethod
    def backward(ctx, g):
        (held,) = ctx.saved_tensors
        return g * held, None


class Item(Function):
    @staticmethod
    def forward(ctx, x):
        return x * x.max().item()

    @staticmethod
    def backward(ctx, g):
        return g


class ByNumPy(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return torch.from_numpy(np.sin(x.detach().numpy()))

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * x.cos()


class NumPyFactor(Function):
    """A factor that NumPy computed, in front of a call that is seen."""

    @staticmethod
    def forward(ctx, x):
        factor = torch.from_numpy(np.sin(x.detach().numpy()))
        ctx.save_for_backward(x, factor)
        return x * factor

    @staticmethod
    def backward(ctx, g):
        x, factor = ctx.saved_tensors
        return g * (factor + x * x.cos())


def under_no_grad(x):
    with torch.no_grad():
        m = x.max()
    return (x - m).exp() * m


def by_data(x):
    return x * x.data


def inference(x):
    with torch.inference_mode():
        x.detach() * 2
    return x + 1


def written_views(x):
    a = x * 2
    a[1] = x[0] * x[0]
    a[:2] *= 3
    b = a.reshape(3, 1).t()
    b.add_(1)
    return b * a


def buffer(x):
    b = torch.zeros(3, 3, dtype=x.dtype)
    b[0] = x
    b.diagonal().add_(x * x)
    return b * x


def hidden_write(x):
    y = x * 2
    with torch.no_grad():
        y.add_(x)
    return y * y


def through_an_alias(x):
    y = x * 2
    y.detach().mul_(3)
    return y * x


def drawn(x):
    return torch.nn.functional.dropout(x, 0.5) * torch.rand(3, dtype=x.dtype)


def drawn_into(x):
    y = x * 2
    y[:2].normal_()
    return y * x


def branches(x):
    return x.exp() if x.sum() > 0 else x * 3


def loops(x):
    while x.sum() < 10:
        x = x * 2 + 1
    return x


def stretched(x):
    return x.expand(2, 3) * x.unfold(0, 2, 1)[:, :1].sum()


#: Functions of x, a vector of three numbers, that are followed.
FOLLOWED = {
    "a Function": Exp.apply,
    "a Function of a Function": lambda x: Exp.apply(Exp.apply(x) * x),
    "a Function that writes into its input": lambda x: Dirty.apply(x.clone()) * x,
    "a Function that writes into a copy": Written.apply,
    "bookkeeping in a Function": Bookkeeping.apply,
    "a Function that differentiates": Inner.apply,
    "a Function with a detached argument": lambda x: TwoSides.apply(x, x.detach()),
    "no_grad": under_no_grad,
    "detach": lambda x: x * x.detach(),
    "detach in a Function's argument": lambda x: Exp.apply(x - x.detach()) * x.detach(),
    ".data": by_data,
    "inference mode": inference,
    "writes into views": written_views,
    "writes into a buffer": buffer,
    "a write under no_grad": hidden_write,
    "a write through a detached alias": through_an_alias,
    "random draws": drawn,
    "random draws into a view": drawn_into,
    "a branch on values": branches,
    "a loop on values": loops,
    "expanded and overlapping views": stretched,
}

#: Functions that do something a trace cannot see.
OPAQUE = {"item": Item.apply, "numpy": ByNumPy.apply, "a factor by numpy": NumPyFactor.apply}
