"""Second order: the double backward, checked like a first gradient."""

import torch
from sympy import Determinant, Lambda, MatrixSymbol, Symbol, Trace, exp, log, symbols

from verifier import Case, cholesky, eigenvalues, matrix_exp, total

n = symbols("n", integer=True, positive=True)
t = Symbol("t", real=True)
x = MatrixSymbol("x", n, 1)
A, X, B = MatrixSymbol("A", n, n), MatrixSymbol("X", 3, 3), MatrixSymbol("B", 3, 3)

POSITIVE = [[4.0, 1.0, 0.5], [1.0, 3.0, -0.5], [0.5, -0.5, 2.0]]


class Sigmoid(torch.autograd.Function):
    """A sigmoid that saves its result for the backward pass."""

    @staticmethod
    def forward(ctx, x):
        y = 1 / (1 + torch.exp(-x))
        ctx.save_for_backward(y)
        return y

    @staticmethod
    def backward(ctx, cotangent):
        (y,) = ctx.saved_tensors
        return cotangent * y * (1 - y)


CASES = [
    Case(
        "Hessian of a quadratic form",
        formula=(x.T * A * x)[0],
        function=lambda x, A: (x.T @ A @ x).sum(),
        order=2,
        lesson="The Hessian is A + Aᵀ; the second gradient by x also holds what a change of A does to the first.",
    ),
    Case(
        "Newton's method for log det",
        formula=log(Determinant(X.T * X)),
        function=lambda X: torch.logdet(X.T @ X),
        order=2,
        lesson="The derivative of an inverse is −X⁻¹·V·X⁻¹: nobody forms the Hessian with its four indices.",
    ),
    Case(
        "a result saved for the backward pass",
        formula=x.applyfunc(Lambda(t, 1 / (1 + exp(-t)))),
        function=lambda x: Sigmoid.apply(x),
        order=2,
        lesson="save_for_backward keeps the path of inputs and of results, and so the backward can be differentiated.",
    ),
    Case(
        "curvature of eigenvalues",
        formula=total(eigenvalues(X).applyfunc(exp)),
        function=lambda X: torch.linalg.eigvalsh((X + X.T) / 2).exp().sum(),
        inputs={X: POSITIVE},
        order=2,
        lesson="In the basis of the eigenvectors every entry of the direction is weighted with a divided difference "
        "(exp λᵢ − exp λⱼ)/(λᵢ − λⱼ).",
    ),
    Case(
        "curvature of a Cholesky factor",
        formula=Trace(B * cholesky(X)),
        function=lambda B, X: torch.trace(B @ torch.linalg.cholesky((X + X.T) / 2)),
        inputs={X: POSITIVE},
        order=2,
        lesson="The factor moves by L·Φ(L⁻¹·V·L⁻ᵀ), where Φ takes the lower half, and Φ itself is linear.",
    ),
    Case(
        "curvature of a matrix exponential",
        formula=Trace(B * matrix_exp(X)),
        function=lambda B, X: torch.trace(B @ torch.linalg.matrix_exp(X)),
        order=2,
        lesson="One direction more is one factor and one integral more: the matrices do not commute.",
    ),
]
