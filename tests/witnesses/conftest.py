"""A question put to a torch function, and functions whose gradients are wrong on purpose."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch

from verifier.candidate.candidate import Candidate
from verifier.witness import Question


@pytest.fixture
def ask() -> Callable[..., Question]:
    return _ask


def _ask(function, *, dtype=torch.float64, cotangent=None, wrt=None, **inputs) -> Question:
    arrays = {name: np.asarray(value) for name, value in inputs.items()}
    dtypes = {n: dtype if a.dtype.kind == "f" else torch.from_numpy(a).dtype for n, a in arrays.items()}
    candidate = Candidate.of(function, tuple(arrays), dtypes)
    if wrt is None:
        wrt = tuple(n for n, a in arrays.items() if a.dtype.kind == "f")
    if cotangent is None:
        cotangent = np.random.default_rng(3).integers(-8, 9, candidate.value(arrays, wrt).shape) / 8
    return Question(arrays, tuple(wrt), np.asarray(cotangent, float), None, candidate)


class Cube(torch.autograd.Function):
    """x³, right in both modes."""

    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        ctx.save_for_forward(x)
        return x**3

    @staticmethod
    def backward(ctx, cotangent):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * cotangent

    @staticmethod
    def jvp(ctx, tangent):
        (x,) = ctx.saved_tensors
        return 3 * x**2 * tangent


class ScaledCube(Cube):
    """Backward alone is off by a factor."""

    @staticmethod
    def backward(ctx, cotangent):
        return 1.0001 * Cube.backward(ctx, cotangent)


class OneEntryCube(Cube):
    """Backward alone is off in the entry 1."""

    @staticmethod
    def backward(ctx, cotangent):
        gradient = Cube.backward(ctx, cotangent)
        gradient[1] *= -1
        return gradient


class ForwardModeAloneWrongCube(Cube):
    """Forward mode alone forgets the factor 3."""

    @staticmethod
    def jvp(ctx, tangent):
        return Cube.jvp(ctx, tangent) / 3


class RaisingCube(Cube):
    """Backward raises."""

    @staticmethod
    def backward(ctx, cotangent):
        raise RuntimeError("no gradient today\nand none tomorrow")


@pytest.fixture
def cubes() -> dict[str, Callable[..., torch.Tensor]]:
    return {
        "right": Cube.apply,
        "scaled": ScaledCube.apply,
        "one entry": OneEntryCube.apply,
        "forward mode alone": ForwardModeAloneWrongCube.apply,
        "raising": RaisingCube.apply,
    }
