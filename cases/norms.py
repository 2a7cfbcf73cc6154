"""Norms and normalisations: what is divided by its own size."""

import torch
from sympy import Abs, IndexedBase, MatrixSymbol, Rational, Sum, Symbol, Trace, sqrt, symbols
from torch.nn import functional

from verifier import Case

i, j, k, n, m, d = symbols("i j k n m d", integer=True, nonnegative=True)
p = Symbol("p", positive=True)

X = MatrixSymbol("X", 3, 4)
x = IndexedBase("x", shape=(n,), real=True)
y = IndexedBase("y", shape=(n,), real=True)
weight = IndexedBase("weight", shape=(n,), real=True)
bias = IndexedBase("bias", shape=(n,), real=True)

points = IndexedBase("points", shape=(n, d), real=True)
centres = IndexedBase("centres", shape=(m, d), real=True)

epsilon = Rational(1, 10**5)


def total_of(term):
    """The sum of a term in j over 0, ..., n-1."""
    return Sum(term, (j, 0, n - 1))


norm_of_x = sqrt(total_of(x[j] ** 2))
mean_of_x = total_of(x[j]) / n
variance_of_x = total_of((x[j] - Sum(x[k], (k, 0, n - 1)) / n) ** 2) / n

CASES = [
    Case(
        "Frobenius norm",
        formula=sqrt(Trace(X.T * X)),
        function=lambda X: torch.linalg.matrix_norm(X),
        claims={X: X / sqrt(Trace(X.T * X))},
        lesson="The gradient of a norm has norm one: it points away from the origin.",
    ),
    Case(
        "2-norm",
        formula=norm_of_x,
        function=lambda x: torch.linalg.vector_norm(x),
        claims={x: x[i] / norm_of_x},
        lesson="The same in index notation: x over its norm.",
    ),
    Case(
        "p-norm",
        formula=total_of(Abs(x[j]) ** p) ** (1 / p),
        function=lambda x, p: (x.abs() ** p).sum() ** (1 / p),
        lesson="The exponent is an input here, and has a derivative too.",
    ),
    Case(
        "normalisation",
        formula=x[i] / norm_of_x,
        function=lambda x: functional.normalize(x, dim=0),
        lesson="The result has length one, so that the gradient has no part along x.",
    ),
    Case(
        "cosine similarity",
        formula=total_of(x[j] * y[j]) / sqrt(total_of(x[j] ** 2) * total_of(y[j] ** 2)),
        function=lambda x, y: functional.cosine_similarity(x, y, dim=0),
        lesson="Making x longer does not change it: the gradient by x is at right angles to x.",
    ),
    Case(
        "layer norm",
        formula=(x[i] - mean_of_x) / sqrt(variance_of_x + epsilon) * weight[i] + bias[i],
        function=lambda x, weight, bias: functional.layer_norm(x, x.shape, weight, bias),
        lesson="Every entry of x moves the mean and the variance, and through them every entry of the result.",
    ),
    Case(
        "layer norm, in float32",
        formula=(x[i] - mean_of_x) / sqrt(variance_of_x + epsilon) * weight[i] + bias[i],
        function=lambda x, weight, bias: functional.layer_norm(x, x.shape, weight, bias),
        sizes={n: 16},
        dtype="float32",
        lesson="The same formula in fewer bits: the error allowed follows from the dtype, and nobody sets a tolerance.",
    ),
    Case(
        "RMS norm",
        formula=x[i] / sqrt(total_of(x[j] ** 2) / n + epsilon) * weight[i],
        function=lambda x, weight: functional.rms_norm(x, x.shape, weight, eps=1e-5),
        lesson="Layer norm without the mean.",
    ),
    Case(
        "distances between points",
        formula=sqrt(Sum((points[i, k] - centres[j, k]) ** 2, (k, 0, d - 1))),
        function=lambda points, centres: torch.cdist(points, centres),
        sizes={n: 4, m: 3, d: 2},
        lesson="One distance for each pair: i and j are free indices, and become the rows and columns of the result.",
    ),
]
