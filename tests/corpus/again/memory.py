"""Inputs that lie in memory otherwise, memory that is filled by its address, and masks that hold infinities."""

from __future__ import annotations

import ctypes
import math

import numpy as np
import torch
from torch.nn import functional as F

from corpus.again.backwards import saved
from corpus.again.table import BF16, F32, F64, WIDE, Constant, Table, normal

T = Table()
a = T.add

MATRIX = normal(4, 6)
IMAGE = normal(1, 3, 4, 4).contiguous(memory_format=torch.channels_last)
MASK = Constant(torch.full((3, 3), -math.inf).triu(1))
SPARSE = torch.tensor([[1.0, 0.0, 2.0], [0.0, 3.0, 0.0]], dtype=F64).to_sparse()


def filled(x):
    """Twice x, by memory that no call is seen to write to."""
    doubled = 2 * x
    result = torch.empty_like(x)
    ctypes.memmove(result.data_ptr(), doubled.data_ptr(), x.numel() * x.element_size())
    return result


def overwritten(x):
    """The sine of x, written over a copy of it."""
    result = x.clone()
    result.numpy()[:] = np.sin(result.numpy())
    return result


a("square of a transpose", saved(lambda x: x**2, lambda g, x: 2 * g * x), MATRIX.T)
a("contiguous first", saved(torch.sin, lambda g, x: g * x.contiguous().cos()), MATRIX.T)
a("view where it is one", lambda x: x.reshape(-1)[1:] * x.flatten()[:-1], MATRIX.T)
a("read by address", lambda x: x.as_strided((4, 6), (1, 4)).sin(), MATRIX.T, dt=WIDE)
a("channels last convolved", lambda x, w: F.conv2d(x, w, padding=1), IMAGE, normal(2, 3, 3, 3, scale=0.3))
a("channels last normalised", lambda x: F.group_norm(x, 3), IMAGE, dt=WIDE)
a("kernel that fills memory", saved(filled, lambda g, x: 2 * g), normal(5), dt=(F64,))
a("kernel that writes over a copy", saved(overwritten, lambda g, x: g * x.cos()), normal(5), dt=(F64,))
a("such a kernel in a chain", lambda x: saved(overwritten, lambda g, x: g * x.cos())(x * 2).exp(), normal(5), dt=(F64,))
a("mask that is added", lambda x, m: (x + m).softmax(-1), normal(3, 3), MASK)
a("mask of attention", lambda x, m: F.scaled_dot_product_attention(x, x, x, m), normal(1, 3, 4), MASK, dt=WIDE)
a("border without end", lambda x, low: x.clamp(low, None), normal(3), Constant([-math.inf, 0.0, 0.2]))
a("sparse matrix", lambda x: torch.sparse.mm(SPARSE.to(x.dtype), x).tanh(), normal(3, 2), dt=(F64, F32))
a("straight through within torch", lambda x: F.gumbel_softmax(x, hard=True), normal(3, 4), dt=(F64, F32, BF16))
a("mean of nothing", lambda x: torch.stack([x[:0].mean(), x.square().mean()]), normal(4), dt=WIDE)
a(
    "empty segment",
    lambda x: torch.segment_reduce(x, "mean", lengths=torch.tensor([2, 0, 3]), unsafe=True),
    normal(5),
    dt=WIDE,
)
