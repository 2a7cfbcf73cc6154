"""Matrix calculus: formulas of `MatrixSymbol`s, and their gradients as textbooks print them.

A claim is a closed form that somebody believes in; it is compared with the derived gradient, also at random points.
"""

import torch
from sympy import DiagMatrix, MatrixSymbol, OneMatrix, Trace, exp, hadamard_product, symbols

from verifier import Case, total

n, k, m = symbols("n k m", integer=True, positive=True)

A, B, C = (MatrixSymbol(name, n, n) for name in "ABC")
b, x, y = (MatrixSymbol(name, n, 1) for name in "bxy")
X = MatrixSymbol("X", n, k)
W = MatrixSymbol("W", k, m)

CASES = [
    Case(
        "total of a product of any size",
        formula=total(X * W),
        function=lambda X, W: (X @ W).sum(),
        claims={X: OneMatrix(n, m) * W.T, W: X.T * OneMatrix(n, m)},
        sizes={n: 4, k: 2, m: 3},
        lesson="The extents are symbols: one derivation serves every size, and the numbers are tried at one of them.",
    ),
    Case(
        "a chain of products",
        formula=A * X * W,
        function=lambda A, X, W: A @ X @ W,
        lesson="A result that is no scalar is met with a random cotangent G: the gradient by X is Aᵀ·G·Wᵀ.",
    ),
    Case(
        "quadratic form",
        formula=x.T * A * x,
        function=lambda x, A: x.T @ A @ x,
        claims={x: (A + A.T) * x, A: x * x.T},
        lesson="2·A·x is right for symmetric A only; in general A and its transpose take part.",
    ),
    Case(
        "bilinear form",
        formula=x.T * A * y,
        claims={x: A * y, y: A.T * x, A: x * y.T},
        lesson="Linear in each of its three inputs: the gradient by one is what the other two leave.",
    ),
    Case(
        "least squares",
        formula=(A * x - b).T * (A * x - b) / 2,
        function=lambda A, x, b: (A @ x - b).square().sum() / 2,
        claims={x: A.T * (A * x - b), A: (A * x - b) * x.T, b: b - A * x},
        lesson="Where the gradient by x is zero stand the normal equations: Aᵀ·A·x = Aᵀ·b.",
    ),
    Case(
        "Rayleigh quotient",
        formula=(x.T * A * x)[0, 0] / (x.T * x)[0, 0],
        function=lambda x, A: (x * (A @ x)).sum() / (x * x).sum(),
        lesson="It does not depend on the length of x, so its gradient is at right angles to x.",
    ),
    Case(
        "trace of a product",
        formula=Trace(A * B),
        function=lambda A, B: torch.trace(A @ B),
        claims={A: B.T, B: A.T},
        lesson="The trace of a product is an inner product with a transpose, and the gradient is that transpose.",
    ),
    Case(
        "trace of three products",
        formula=Trace(A * B * C),
        claims={A: (B * C).T, B: (C * A).T, C: (A * B).T},
        lesson="The trace stays the same when its factors move around in a circle: A·B·C, B·C·A, C·A·B.",
    ),
    Case(
        "trace of a cube",
        formula=Trace(A**3),
        function=lambda A: torch.trace(A @ A @ A),
        claims={A: 3 * A.T**2},
        dtype="float32",
        lesson="As the derivative of a³ is 3·a², but transposed.",
    ),
    Case(
        "Hadamard product",
        formula=total(hadamard_product(A, B, A.applyfunc(exp))),
        function=lambda A, B: (A * B * torch.exp(A)).sum(),
        claims={B: hadamard_product(A, A.applyfunc(exp))},
        lesson="Entry by entry nothing mixes, and the gradient is an entrywise product again.",
    ),
    Case(
        "scaling the rows",
        formula=DiagMatrix(x) * A,
        function=lambda x, A: x * A,
        lesson="Torch broadcasts where mathematics has a diagonal matrix; the gradient by x sums what was broadcast.",
    ),
    Case(
        "single entries",
        formula=A[0, 1] ** 2 * A[1, 0],
        function=lambda A: A[0, 1] ** 2 * A[1, 0],
        sizes={n: 2},
        lesson="The other entries do not take part: their derivative is zero, and torch says so too.",
    ),
]
