"""The functions of the table in `right.py`."""

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.utils.checkpoint import checkpoint

from corpus.entry import F64, WIDE, Entry, drawn

DOUBLE = (F64,)


def straight_through(x: Tensor) -> Tensor:
    return x + (torch.round(x) - x).detach()


def in_place(x: Tensor) -> Tensor:
    y = x * 2
    y.add_(x).mul_(3)
    y[0] = 3.0
    y[1:3] += x[:2]
    return y.exp_()


def through_views(x: Tensor) -> Tensor:
    y = x.clone()
    y.t()[0].add_(x[1])
    y.view(-1)[::2].mul_(2)
    return y.transpose(0, 1).reshape(-1) ** 2


def constant_part(x: Tensor) -> Tensor:
    with torch.no_grad():
        scale = x.abs().max()
    return x / scale


def seeded_dropout(x: Tensor) -> Tensor:
    torch.manual_seed(3)
    return F.dropout(x, 0.4, training=True) ** 2


def checkpointed(x: Tensor, w: Tensor) -> Tensor:
    return checkpoint(lambda a, b: torch.tanh(a @ b), x, w, use_reentrant=False)


def branching(x: Tensor) -> Tensor:
    return x.exp() if x.sum() > 0 else x.sin()


def looped(x: Tensor) -> Tensor:
    h = torch.zeros_like(x[0])
    for row in x:
        h = torch.tanh(h + row)
    return h


def masked_softmax(x: Tensor) -> Tensor:
    mask = torch.triu(torch.ones(x.shape[-2:], dtype=torch.bool), 1)
    return torch.softmax(x.masked_fill(mask, float("-inf")), -1)


def put(x: Tensor, v: Tensor) -> Tensor:
    return x.clone().index_put((torch.tensor([0, 2, 0]),), v, accumulate=True) ** 2


def scattered(x: Tensor, v: Tensor) -> Tensor:
    return x.scatter_add(0, torch.tensor([[0, 1, 1], [1, 1, 0]]), v).sin()


def attention(q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    return F.scaled_dot_product_attention(q, k, v, is_causal=True)


def spectrum(x: Tensor) -> Tensor:
    return torch.fft.rfft(x).abs().square()


def complex_product(x: Tensor, y: Tensor) -> Tensor:
    z = torch.complex(x, y)
    return (z.exp() * z.conj()).real


def eigenvalues(x: Tensor) -> Tensor:
    return torch.linalg.eigvalsh(x + x.T)


def factor(x: Tensor) -> Tensor:
    return torch.linalg.cholesky(x @ x.T + 3 * torch.eye(3, dtype=x.dtype))


def lengths(x: Tensor) -> Tensor:
    return torch.linalg.svdvals(x)


def upper(x: Tensor) -> Tensor:
    return torch.linalg.qr(x)[1]


def module(make: Any, train: bool, call: Any, dtype: torch.dtype) -> Any:
    """A function of a module's inputs; its parameters are closed over."""
    torch.manual_seed(1)
    network = make().to(dtype).train(train)

    def function(*inputs: Tensor) -> Tensor:
        answer = network(*inputs) if call is None else call(network, *inputs)
        return answer[0] if isinstance(answer, tuple) else answer

    return function


def made_inside(x: Tensor) -> Tensor:
    torch.manual_seed(1)
    return nn.Linear(3, 2).to(x.dtype)(x)


def net(name: str, make: Any, *shapes: Any, dtypes: Any = WIDE, train: bool = True, call: Any = None) -> Entry:
    return Entry(name, partial(module, make, train, call), drawn(*shapes), dtypes, by_dtype=True)


CONDITIONED = [[1.0, 1.0], [1.0, 1.0 + 4e-8]]
