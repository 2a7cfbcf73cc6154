"""Functions of matrices whose first backward is right, and whose double backward is honest or wrong on purpose.

What is wrong is what people forget: a factor, an inverse or an eigenvector that the first gradient holds as a number.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch
from sympy import Determinant, MatrixSymbol, Trace, log

from verifier import cholesky, eigenvalues, matrix_exp, nuclear_norm, solve
from verifier.symbolic.language import Sylvester

X, A, B = (MatrixSymbol(name, 3, 3) for name in "XAB")
C, Y = MatrixSymbol("C", 3, 2), MatrixSymbol("Y", 4, 3)

#: Keeps the graph of a tensor in the first gradient, or forgets it.
Keep = Callable[[torch.Tensor], torch.Tensor]


@dataclass(frozen=True)
class Subject:
    """A forward, and its backward, which asks `keep` for each tensor that a liar may hold constant.

    places: the names of those tensors, and by what the second gradient is wrong where that one is held.
    """

    formula: Any
    forward: Callable[..., torch.Tensor]
    backward: Callable[..., Any]
    shapes: Mapping[str, tuple[int, int]]
    places: Mapping[str, tuple[str, ...]]

    def function(self, held: str | None = None) -> Any:
        """A custom Function; the tensor called `held` has no path back in its first gradient."""
        subject = self

        class Given(torch.autograd.Function):
            @staticmethod
            def forward(ctx, *inputs):
                output = subject.forward(*inputs)
                ctx.save_for_backward(*inputs, output)
                return output

            @staticmethod
            def backward(ctx, cotangent):
                def keep(name, tensor):
                    return tensor.detach() if name == held else tensor

                return subject.backward(keep, cotangent, *ctx.saved_tensors)

        return Given


def hermitian(M):
    """The symmetric part."""
    return (M + M.mT) / 2


def phi(M):
    """The part below the diagonal, and half of the diagonal."""
    return torch.tril(M, -1) + torch.diag(torch.diag(M)) / 2


def sylvester(left, right, constant):
    """The X with A·X + X·B = C."""
    eye = torch.eye(len(left), dtype=left.dtype)
    system = torch.einsum("ik,jl->ijkl", left, eye) + torch.einsum("ik,lj->ijkl", eye, right)
    size = constant.numel()
    return torch.linalg.solve(system.reshape(size, size), constant.flatten()).reshape(constant.shape)


def _inverse(keep, g, X, inverse):
    return -keep("one inverse", inverse.T) @ g @ inverse.T


def _solve(keep, g, A, B, U):
    multiplier = torch.linalg.solve(keep("matrix", A).T, g)
    return -multiplier @ keep("solution", U).T, multiplier


def _determinant(keep, g, X, det):
    return g * keep("determinant", det) * torch.linalg.inv(keep("inverse", X)).T


def _log_determinant(keep, g, X, _):
    return g * torch.linalg.inv(keep("inverse", X)).T


def _cholesky(keep, g, X, L):
    inverse = torch.linalg.inv(keep("inverse", L))
    return hermitian(inverse.T @ phi(keep("factor", L).T @ g) @ inverse)


def _eigenvalues(keep, g, X, _):
    vectors = torch.linalg.eigh(hermitian(X))[1]
    return keep("left eigenvectors", vectors) @ torch.diag(g) @ vectors.T


def _spectral(keep, g, X, _):
    values, vectors = torch.linalg.eigh(hermitian(X))
    slopes = torch.diag(keep("eigenvalues", values).cos())
    return g * keep("eigenvectors", vectors) @ slopes @ keep("eigenvectors", vectors).T


def _exponential(keep, g, X, _):
    above = torch.cat([keep("matrix", X).T, g], dim=1)
    below = torch.cat([torch.zeros_like(X), X.T], dim=1)
    return torch.linalg.matrix_exp(torch.cat([above, below]))[: len(X), len(X) :]


def _nuclear(keep, g, Y, _):
    left, _, right = torch.linalg.svd(Y, full_matrices=False)
    return g * keep("left vectors", left) @ right


def _sylvester(keep, g, A, B, C, solved):
    multiplier = sylvester(A.T, B.T, g)
    return -multiplier @ keep("solution", solved).T, -solved.T @ keep("multiplier", multiplier), multiplier


SUBJECTS = {
    "inverse": Subject(X.inv(), torch.linalg.inv, _inverse, {"X": (3, 3)}, {"one inverse": ("X",)}),
    "solution": Subject(
        solve(A, C),
        torch.linalg.solve,
        _solve,
        {"A": (3, 3), "C": (3, 2)},
        {"matrix": ("A",), "solution": ("A", "C")},
    ),
    "determinant": Subject(
        Determinant(X), torch.linalg.det, _determinant, {"X": (3, 3)}, {"determinant": ("X",), "inverse": ("X",)}
    ),
    "log-determinant": Subject(log(Determinant(X)), torch.logdet, _log_determinant, {"X": (3, 3)}, {"inverse": ("X",)}),
    "Cholesky factor": Subject(
        cholesky(X),
        lambda X: torch.linalg.cholesky(hermitian(X)),
        _cholesky,
        {"X": (3, 3)},
        {"inverse": ("X",), "factor": ("X",)},
    ),
    "eigenvalues": Subject(
        eigenvalues(X)[:, 0],
        lambda X: torch.linalg.eigvalsh(hermitian(X)),
        _eigenvalues,
        {"X": (3, 3)},
        {"left eigenvectors": ("X",)},
    ),
    "sum of sines of eigenvalues": Subject(
        None,
        lambda X: torch.linalg.eigvalsh(hermitian(X)).sin().sum(),
        _spectral,
        {"X": (3, 3)},
        {"eigenvalues": ("X",), "eigenvectors": ("X",)},
    ),
    "matrix exponential": Subject(
        matrix_exp(X), torch.linalg.matrix_exp, _exponential, {"X": (3, 3)}, {"matrix": ("X",)}
    ),
    "trace of an exponential": Subject(
        Trace(matrix_exp(X)),
        lambda X: torch.linalg.matrix_exp(X).trace(),
        lambda keep, g, X, _: g * torch.linalg.matrix_exp(keep("matrix", X)).T,
        {"X": (3, 3)},
        {"matrix": ("X",)},
    ),
    "nuclear norm": Subject(
        nuclear_norm(Y),
        lambda Y: torch.linalg.matrix_norm(Y, "nuc"),
        _nuclear,
        {"Y": (4, 3)},
        {"left vectors": ("Y",)},
    ),
    "Sylvester equation": Subject(
        Sylvester(A, B, X),
        sylvester,
        _sylvester,
        {"A": (3, 3), "B": (3, 3), "X": (3, 3)},
        {"solution": ("A", "B", "X"), "multiplier": ("A", "B", "cotangent")},
    ),
}
