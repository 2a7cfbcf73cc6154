"""Matrices that are symmetric for granted: forward mode and finite differences keep them so, and nobody else's."""

import pytest
import torch
from accused import with_backward

from verifier import check
from verifier.trial.parts import SYMMETRIC

ENTRIES = torch.tensor([[4.0, 1.0, -0.5], [1.0, 3.0, 0.25], [-0.5, 0.25, 2.0]], dtype=torch.float64)
TURNED = torch.tensor([[0, 1, 0.5], [-1, 0, 2], [-0.5, -2, 0]], dtype=torch.float64)


def matrix(dtype=torch.float64):
    return ENTRIES.to(dtype).requires_grad_()


def hermitian():
    return torch.complex(ENTRIES, TURNED / 4).requires_grad_()


def gradient_of_cholesky(g, X):
    with torch.enable_grad():
        own = X.detach().requires_grad_()
        (gradient,) = torch.autograd.grad(torch.linalg.cholesky(own), own, g)
    return gradient


def keeps_symmetric(verdict):
    return [note for note in verdict.notes if note.removeprefix("second gradient: ") == SYMMETRIC.format("X")]


@pytest.mark.parametrize(
    ("function", "given", "order"),
    [
        (torch.linalg.cholesky, matrix, 1),
        (torch.linalg.cholesky, matrix, 2),
        (torch.linalg.cholesky, hermitian, 1),
        (torch.linalg.cholesky, hermitian, 2),
        (torch.linalg.eigvalsh, matrix, 2),
        (torch.linalg.eigvalsh, hermitian, 2),
    ],
)
def test_a_right_gradient_by_a_symmetric_matrix_is_agreed(function, given, order):
    verdict = check(lambda X: function(X).sin(), given(), order=order)
    assert verdict.outcome == "agreed" and keeps_symmetric(verdict), str(verdict)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_wrong_one_is_wrong(dtype):
    off = with_backward(torch.linalg.cholesky, lambda g, X: 1.5 * gradient_of_cholesky(g, X))
    verdict = check(off, {"X": matrix(dtype)})
    assert (verdict.outcome, verdict.findings[0].blamed, verdict.findings[0].input) == ("wrong", "reverse mode", "X")


@pytest.mark.parametrize("function", [lambda X: X @ X, lambda X: X.sum(), lambda X: (X + X.T) / 2, torch.linalg.inv])
def test_what_is_a_function_of_all_matrices_is_not_kept_symmetric(function):
    verdict = check(function, {"X": matrix()})
    assert verdict.ok and not keeps_symmetric(verdict)


def test_forward_mode_is_accused_where_it_is_wrong_along_symmetric_changes():
    class Doubled(torch.autograd.Function):
        @staticmethod
        def forward(X):
            return torch.linalg.cholesky(X)

        @staticmethod
        def setup_context(ctx, inputs, output):
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)

        @staticmethod
        def backward(ctx, g):
            return gradient_of_cholesky(g, *ctx.saved_tensors)

        @staticmethod
        def jvp(ctx, tangent):
            (X,) = ctx.saved_tensors
            lower = torch.linalg.cholesky(X)
            inner = torch.linalg.solve(lower, torch.linalg.solve(lower, tangent).mT).mT
            return 2 * lower @ (inner.tril() - inner.diagonal().diag() / 2)

    verdict = check(Doubled.apply, {"X": matrix()})
    assert {(finding.outcome, finding.blamed) for finding in verdict.findings} == {("wrong", "forward mode")}
