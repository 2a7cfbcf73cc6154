"""Second order: the double backward, checked like a first gradient."""

import torch
from sympy import Determinant, Lambda, MatrixSymbol, Symbol, exp, log, symbols

from verifier import Case

n = symbols("n", integer=True, positive=True)
t = Symbol("t", real=True)
x = MatrixSymbol("x", n, 1)
A, X = MatrixSymbol("A", n, n), MatrixSymbol("X", 3, 3)


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
]
