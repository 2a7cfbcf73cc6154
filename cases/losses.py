"""Loss functions: torch's own, each against the formula that its documentation gives."""

import torch
from sympy import (
    Abs,
    IndexedBase,
    KroneckerDelta,
    MatrixSymbol,
    Max,
    Piecewise,
    Rational,
    Sum,
    cosh,
    exp,
    hadamard_product,
    log,
    symbols,
)
from torch.nn import functional

from verifier import Case, mean

i, j, c, n, classes = symbols("i j c n classes", integer=True, nonnegative=True)

prediction = MatrixSymbol("prediction", 4, 3)
target = MatrixSymbol("target", 4, 3)
error = prediction - target

p = IndexedBase("prediction", shape=(n,), real=True)
q = IndexedBase("target", shape=(n,), real=True)

positive = IndexedBase("target", shape=(n,), positive=True)
variance = IndexedBase("variance", shape=(n,), positive=True)

logits = IndexedBase("logits", shape=(n, classes), real=True)
label = IndexedBase("label", shape=(n,), integer=True)


def mean_over(term):
    """The mean of a term in i over 0, ..., n-1."""
    return Sum(term, (i, 0, n - 1)) / n


def huber(r):
    return Piecewise((r**2 / 2, Abs(r) <= 1), (Abs(r) - Rational(1, 2), True))


def softmax(z, k):
    return exp(z[i, k]) / Sum(exp(z[i, c]), (c, 0, classes - 1))


CASES = [
    Case(
        "mean squared error",
        formula=mean(hadamard_product(error, error)),
        function=lambda prediction, target: functional.mse_loss(prediction, target),
        claims={prediction: error / 6, target: -error / 6},
        lesson="Twice the error, over the number of entries; the target has the opposite gradient.",
    ),
    Case(
        "mean absolute error",
        formula=mean_over(Abs(p[i] - q[i])),
        function=lambda prediction, target: functional.l1_loss(prediction, target),
        lesson="Only the sign of the error counts: every entry pulls equally hard.",
    ),
    Case(
        "Huber loss",
        formula=mean_over(huber(p[i] - q[i])),
        function=lambda prediction, target: functional.huber_loss(prediction, target),
        inputs={p: [0.3, -2.5, 1.7, 0.1], q: [0.0, 0.5, 0.2, -0.6]},
        lesson="Squares for small errors and absolute values for large ones, joined without a kink.",
    ),
    Case(
        "log-cosh loss",
        formula=mean_over(log(cosh(p[i] - q[i]))),
        lesson="A smooth relative of the absolute error. Without torch code the formula itself is run in torch.",
    ),
    Case(
        "hinge loss",
        formula=mean_over(Max(0, 1 - q[i] * p[i])),
        function=lambda prediction, target: torch.clamp(1 - target * prediction, min=0).mean(),
        inputs={p: [0.3, -2.5, 1.7, 0.1], q: [1.0, -1.0, -1.0, 1.0]},
        wrt=[p],
        lesson="What is right by a margin of one costs nothing and gets no gradient.",
    ),
    Case(
        "cross entropy by the logits",
        formula=mean_over(log(Sum(exp(logits[i, c]), (c, 0, classes - 1))) - logits[i, label[i]]),
        function=lambda logits, label: functional.cross_entropy(logits, label),
        claims={logits: (softmax(logits, j) - KroneckerDelta(j, label[i])) / n},
        inputs={label: [2, 0, 1, 2]},
        sizes={classes: 3},
        lesson="The gradient is what is predicted minus what is true: softmax(logits) - onehot(label), over n.",
    ),
    Case(
        "binary cross entropy with logits",
        formula=mean_over(log(1 + exp(p[i])) - q[i] * p[i]),
        function=lambda prediction, target: functional.binary_cross_entropy_with_logits(prediction, target),
        claims={p: (1 / (1 + exp(-p[i])) - q[i]) / n, q: -p[i] / n},
        inputs={q: [0.0, 1.0, 1.0, 0.25]},
        lesson="Torch computes it in another order, safe from overflow; the gradient is that of the plain formula.",
    ),
    Case(
        "binary cross entropy with logits, in float32",
        formula=mean_over(log(1 + exp(p[i])) - q[i] * p[i]),
        function=lambda prediction, target: functional.binary_cross_entropy_with_logits(prediction, target),
        inputs={p: [-30.0, -1.0, 2.0, 40.0], q: [0.0, 1.0, 1.0, 0.25]},
        dtype="float32",
        lesson="The inputs are the float32 numbers that they are, and the error allowed is that of float32.",
    ),
    Case(
        "Kullback-Leibler divergence",
        formula=Sum(positive[i] * (log(positive[i]) - p[i]), (i, 0, n - 1)),
        function=lambda prediction, target: functional.kl_div(prediction, target, reduction="sum"),
        claims={p: -positive[i], positive: log(positive[i]) - p[i] + 1},
        lesson="Torch takes the prediction as logarithms, so that the gradient by it is just minus the target.",
    ),
    Case(
        "Gaussian negative log-likelihood",
        formula=mean_over(log(variance[i]) + (p[i] - q[i]) ** 2 / variance[i]) / 2,
        function=lambda prediction, target, variance: functional.gaussian_nll_loss(prediction, target, variance),
        lesson="A network that states its own variance is rewarded for honesty: the best one is the squared error.",
    ),
]
