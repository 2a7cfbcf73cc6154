"""Functions that are right for one layout of their inputs alone, and others that go wrong at infinities and ties."""

import math

import torch

from corpus.reported.entry import ALL, DOUBLE, SINGLE, WIDE, Make, custom, given, normal, wrong


def by_address(tensor):
    """What a kernel reads that is given the address of the first number alone."""
    return torch.as_strided(tensor, tensor.shape, torch.empty(tensor.shape).stride())


def transposed(*shape: int) -> Make:
    return lambda generator: normal(*shape)(generator).mT


def channels_last(*shape: int) -> Make:
    return lambda generator: normal(*shape)(generator).contiguous(memory_format=torch.channels_last)


def masked_softmax(x):
    """Softmax beneath a causal mask."""
    mask = torch.full(x.shape[-2:], -math.inf, dtype=x.dtype).triu(1)
    return (x + mask).softmax(-1)


WRONG = [
    wrong("input read by its address", "x", custom(torch.sin, lambda g, x, y: g * by_address(x).cos()), x=transposed(4, 6)),
    wrong("result read by its address", "x", custom(torch.exp, lambda g, x, y: g * by_address(y)), dtypes=WIDE, x=transposed(3, 5)),
    wrong("weight read by its address", "x", custom(torch.mm, lambda g, x, w, y: (g @ by_address(w).T, x.T @ g)), dtypes=WIDE, x=normal(3, 4), w=transposed(4, 4)),
    wrong("channels last taken for channels first", "x", custom(lambda x: x.square(), lambda g, x, y: 2 * g * by_address(x)), x=channels_last(1, 3, 4, 4)),
    wrong("first mask of the tie", "x", custom(lambda x: x.amax(), lambda g, x, y: g * (x == y)), x=given([1.0, 3.0, 3.0, -2.0])),
    wrong("mask of ties in rows", "x", custom(lambda x: x.amin(1), lambda g, x, y: g[:, None] * (x == y[:, None])), x=given([[1.0, 4.0, 1.0], [2.0, 2.0, 2.0]])),
    wrong("mask forgotten in the backward", "x", custom(masked_softmax, lambda g, x, y: (lambda p: p * (g - (g * p).sum(-1, keepdim=True)))(x.softmax(-1))), dtypes=WIDE, x=normal(4, 4)),
    wrong("dropped out anew", "x", custom(lambda x: x * (torch.rand_like(x) > 0.5), lambda g, x, y: g * (torch.rand_like(x) > 0.5)), dtypes=(DOUBLE, SINGLE), x=normal(40)),
    wrong("noise of a thousandth", "x", custom(torch.square, lambda g, x, y: 2 * g * x + 1e-3 * torch.randn_like(x)), dtypes=(DOUBLE, SINGLE), x=normal(20)),
    wrong("reflecting border forgotten", "x", custom(lambda x: torch.nn.functional.pad(x, (2, 2), mode="reflect"), lambda g, x, y: g[..., 2:-2]), dtypes=ALL[:2], x=normal(1, 5)),
]
