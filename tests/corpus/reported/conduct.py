"""Functions that are wrong by what they do: state, in-place writes, hooks, closures, chains, modes, narrow dtypes."""

import torch
from torch import nn
from torch.autograd import Function
from torch.autograd.function import once_differentiable

from corpus.reported.conduct_functions import (
    BothModesWrong,
    ConstantSecond,
    InnerWrong,
    NeedsShifted,
    NoneByNeeds,
    OverwritesCotangent,
    SavedOutput,
    ScalesSaved,
    StaleSaved,
    WrongJvp,
    WrongVariable,
)
from corpus.reported.entry import ALL, DOUBLE, HALF, SINGLE, WIDE, custom, normal, signed, wrong

EITHER = ("wrong", "inaccurate")


CALLS = [0]


def counting(g, x, y):
    """Every second call is twice as large."""
    CALLS[0] += 1
    return g * x.cos() * (1 + CALLS[0] % 2)


def random(g, x, y):
    return g * x.cos() * (1 + 0.1 * torch.rand_like(x))


def hooked(x, w):
    hidden = x @ w
    hidden.register_hook(lambda g: g * 0.1)
    return hidden.tanh()


def reversing(x):
    """A gradient reversal layer, forgotten in the model."""
    return custom(lambda x: x.clone(), lambda g, x, y: -g)(x).sin()


def clipped(x):
    return custom(lambda x: x.clone(), lambda g, x, y: g.clamp(-0.1, 0.1))(x).exp()


class Layer(nn.Module):
    """A linear layer by hand, inside of a module."""

    def __init__(self, dtype, backward):
        super().__init__()
        generator = torch.Generator().manual_seed(5)
        self.weight = nn.Parameter(torch.randn(3, 4, generator=generator, dtype=DOUBLE).to(dtype))
        self.bias = nn.Parameter(torch.randn(3, generator=generator, dtype=DOUBLE).to(dtype))
        self.apply_linear = custom(lambda x, w, b: x @ w.T + b, backward)

    def forward(self, x):
        return self.apply_linear(x, self.weight, self.bias).tanh()


class Scaled(nn.Module):
    """A running scale in a buffer, updated at each call; the backward reads the new one."""

    def __init__(self):
        super().__init__()
        self.register_buffer("scale", torch.tensor(2.0))

    def forward(self, x):
        before = self.scale.clone().to(x.dtype)
        self.scale.mul_(0.9)
        return custom(lambda x: x.square() * before, lambda g, x, y: 2 * g * x * self.scale.to(x.dtype))(x)


def closed_over(dtype):
    w = torch.tensor([0.5, -1.0, 2.0], dtype=dtype, requires_grad=True)
    multiply = custom(torch.mul, lambda g, x, w, y: (g * w, g))
    return lambda x: multiply(x, w)


def through(narrow, forward, slope):
    return custom(forward, lambda g, x, y: (g.to(narrow) * slope(x.to(narrow))).to(x.dtype))


right_sin = custom(torch.sin, lambda g, x, y: g * x.cos())
wrong_square = custom(torch.square, lambda g, x, y: g * x)
right_scale = custom(torch.mul, lambda g, x, s, y: (g * s, g * x))
right_exp = custom(torch.exp, lambda g, x, y: g * y)


def chain(x, s):
    """Four Functions, of which the third is wrong."""
    return right_exp(wrong_square(right_scale(right_sin(x), s)))


def branch(x, s):
    """Only the path by x goes through the wrong one."""
    return right_exp(s) * wrong_square(x)


def twice(x):
    """Wrong once and wrong back: each Function is wrong and their chain is right but for a factor."""
    return wrong_square(wrong_square(x))


def checkpointed(x):
    return torch.utils.checkpoint.checkpoint(lambda t: wrong_square(t).sin(), x, use_reentrant=False)


def by_linear(g, x, w, b, y):
    return g @ w, (g.T @ x) / len(x), g.sum(0)


def by_linear_bias(g, x, w, b, y):
    return g @ w, g.T @ x, g.mean(0)


x6 = signed(0.3, 1.4, 6)
WRONG = [
    wrong("cotangent multiplied in place", "x", OverwritesCotangent.apply, outcomes=("wrong",), x=x6),
    wrong("saved tensor doubled by the first backward", "x", ScalesSaved.apply, x=x6),
    wrong("saved buffer reused", "x w", StaleSaved.apply, x=x6, w=x6),
    wrong("hidden layer saved in place of the input", "w", WrongVariable.apply, x=normal(3, 3), w=normal(3, 3)),
    wrong("weight's gradient only if the bias needs none", "w", NoneByNeeds.apply, x=x6, w=x6, b=x6),
    wrong("needs_input_grad read one place too late", "w", lambda x, w: NeedsShifted.apply(x, w, 2.0), x=x6, w=x6),
    wrong("forward mode's sign", "x", WrongJvp.apply, x=x6),
    wrong("both modes wrong alike", "x", BothModesWrong.apply, x=x6),
    wrong("second gradient, slope detached", "x", ConstantSecond.apply, asked={"order": 2}, dtypes=WIDE, x=x6),
    wrong("second gradient, output kept on the context", "x", SavedOutput.apply, asked={"order": 2}, dtypes=WIDE, x=x6),
    wrong("second gradient of a backward that is wrong itself", "x", InnerWrong.apply, asked={"order": 2}, dtypes=WIDE, x=x6),
    wrong("backward twice as large at every second call", "x", custom(torch.sin, counting), x=x6),
    wrong("gradient with noise of a tenth", "x", custom(torch.sin, random), dtypes=(DOUBLE, SINGLE, HALF), x=x6),
    wrong("hook that scales a hidden layer", "x w", hooked, x=normal(2, 3), w=normal(3, 3)),
    wrong("gradient reversal within a model", "x", reversing, x=x6),
    wrong("gradient clipped within a model", "x", clipped, x=x6),
    wrong("module, weight's gradient averaged", "weight", Layer(DOUBLE, by_linear), dtypes=(DOUBLE,), x=normal(4, 4)),
    wrong("module in single, weight's gradient averaged", "weight", Layer(SINGLE, by_linear), dtypes=(SINGLE,), x=normal(4, 4)),
    wrong("module, bias averaged", "bias", Layer(DOUBLE, by_linear_bias), dtypes=(DOUBLE,), x=normal(4, 4)),
    wrong("buffer updated before the backward reads it", "x", Scaled(), x=x6),
    wrong("closed-over weight's gradient", "w", closed_over(DOUBLE), dtypes=(DOUBLE,), x=normal(3)),
    wrong("chain of four, the third wrong", "x s", chain, x=x6, s=x6),
    wrong("product, one branch wrong", "x", branch, x=x6, s=x6),
    wrong("chain of two wrong ones", "x", twice, x=x6),
    wrong("wrong under a checkpoint", "x", checkpointed, dtypes=WIDE, x=x6),
    wrong("wrong within a sum with right ones", "x", lambda x: right_sin(x) + wrong_square(x) + x.exp(), x=x6),
    wrong("wrong by a millionth of one term", "x", custom(torch.sin, lambda g, x, y: g * x.cos() * (1 + 1e-6)), dtypes=(DOUBLE, SINGLE), x=x6),
    wrong("slope rounded through half", "x", custom(torch.sin, lambda g, x, y: g * x.cos().half().to(x.dtype)), dtypes=WIDE, outcomes=EITHER, x=x6),
    wrong("slope rounded through bfloat16", "x", custom(torch.exp, lambda g, x, y: g * y.bfloat16().to(x.dtype)), dtypes=WIDE, outcomes=EITHER, x=x6),
    wrong("cotangent rounded through half", "x", custom(torch.exp, lambda g, x, y: g.half().to(x.dtype) * y), dtypes=WIDE, outcomes=EITHER, x=x6),
    wrong("slope in single for double", "x", custom(torch.tanh, lambda g, x, y: g * (1 - y.float() ** 2).to(x.dtype)), dtypes=(DOUBLE,), outcomes=EITHER, x=x6),
    wrong("saved in half", "x", custom(lambda x: x**3, lambda g, x, y: 3 * g * x.half().to(x.dtype) ** 2), dtypes=WIDE, outcomes=EITHER, x=x6),
    wrong("matrix product in half", "a b", custom(torch.mm, lambda g, a, b, y: ((g.half() @ b.half().T).to(a.dtype), (a.half().T @ g.half()).to(a.dtype))), dtypes=WIDE, outcomes=EITHER, a=normal(3, 4), b=normal(4, 2)),
    wrong("weight's gradient accumulated in half", "b", custom(torch.mm, lambda g, a, b, y: (g @ b.T, (a.T @ g).half().to(a.dtype))), dtypes=WIDE, outcomes=EITHER, a=normal(3, 4), b=normal(4, 2)),
    wrong("softmax slope through bfloat16", "x", custom(lambda x: torch.softmax(x, -1), lambda g, x, y: (lambda p: p * (g - (g * p).sum(-1, keepdim=True)))(y.bfloat16().to(y.dtype))), dtypes=WIDE, outcomes=EITHER, x=normal(3, 4)),
    wrong("gradient quantised to sixteenths", "x", custom(torch.sin, lambda g, x, y: (g * x.cos() * 16).round() / 16), dtypes=ALL[:3], outcomes=EITHER, x=x6),
    wrong("forward in single within double, slope by single x", "x", custom(torch.exp, lambda g, x, y: g * x.float().exp().to(x.dtype)), dtypes=(DOUBLE,), outcomes=EITHER, x=x6),
    wrong("straight through a rounding", "x", custom(torch.round, lambda g, x, y: g), x=x6),
    wrong("straight through a sign", "x", custom(torch.sign, lambda g, x, y: g), x=x6),
    wrong("straight through a sign, clipped", "x", custom(torch.sign, lambda g, x, y: g * (x.abs() < 1)), x=x6),
    wrong("straight through a step, surrogate of a sigmoid", "x", custom(lambda x: (x > 0).to(x.dtype), lambda g, x, y: g * torch.sigmoid(x) * (1 - torch.sigmoid(x))), x=x6),
    wrong("fake quantisation, straight through", "x", custom(lambda x: (x * 4).round().clamp(-4, 4) / 4, lambda g, x, y: g * (x.abs() <= 1)), x=x6),
    wrong("empty batch beside a full one", "w", custom(lambda x, w: torch.cat([x @ w, x @ w]), lambda g, x, w, y: (g[:2] @ w.T + g[2:] @ w.T, x.T @ g[:2])), x=normal(2, 3), w=normal(3, 2)),
    wrong("scalar loss, cotangent squared", "x", lambda x: 3 * custom(lambda x: x.square().sum(), lambda g, x, y: 2 * g * g * x)(x), x=x6),
    wrong("scalar loss, cotangent ignored at the end", "x", custom(lambda x: x.square(), lambda g, x, y: 2 * x), x=x6),
    wrong("only the sign of the cotangent", "x", custom(lambda x: x.square(), lambda g, x, y: 2 * x * g.sign()), x=x6),
    wrong("cotangent of the wrong place", "x", custom(lambda x: x.square(), lambda g, x, y: 2 * x * g.roll(1)), x=x6),
    wrong("once differentiable and wrong", "x", type("Once", (Function,), {"forward": staticmethod(lambda ctx, x: (ctx.save_for_backward(x), x.sin())[1]), "backward": staticmethod(once_differentiable(lambda ctx, g: g * ctx.saved_tensors[0].sin()))}).apply, x=x6),
]
