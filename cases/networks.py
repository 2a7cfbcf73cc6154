"""Small networks: layers and losses put together, with the gradients by all parameters."""

import torch
from sympy import (
    Idx,
    IndexedBase,
    Lambda,
    MatrixSymbol,
    Max,
    OneMatrix,
    Sum,
    Symbol,
    erf,
    exp,
    hadamard_product,
    log,
    sqrt,
    symbols,
    tanh,
)
from torch.nn import functional

from verifier import Case, mean

i, j, k, n, m, d = symbols("i j k n m d", integer=True, nonnegative=True)
t = Symbol("t", real=True)

sigmoid = Lambda(t, 1 / (1 + exp(-t)))
relu = Lambda(t, Max(t, 0))
gelu = Lambda(t, t * (1 + erf(t / sqrt(2))) / 2)

# One neuron.
w, x, b = symbols("w x b", real=True)

# A layer in index notation, as torch.nn.functional.linear has it: one row of `weight` for each output.
inputs = IndexedBase("input", shape=(n, d), real=True)
weight = IndexedBase("weight", shape=(m, d), real=True)
bias = IndexedBase("bias", shape=(m,), real=True)

# Two layers in matrix notation: five samples, three features, four hidden units, two outputs.
X = MatrixSymbol("X", 5, 3)
Y = MatrixSymbol("Y", 5, 2)
W1, b1 = MatrixSymbol("W1", 3, 4), MatrixSymbol("b1", 1, 4)
W2, b2 = MatrixSymbol("W2", 4, 2), MatrixSymbol("b2", 1, 2)
ones = OneMatrix(5, 1)

# Logistic regression.
features = IndexedBase("features", shape=(n, d), real=True)
label = IndexedBase("label", shape=(n,), real=True)
theta = IndexedBase("theta", shape=(d,), real=True)
score = Sum(features[i, k] * theta[k], (k, 0, d - 1))

# A convolution slides three taps over eight samples.
signal = IndexedBase("signal", shape=(8,), real=True)
taps = IndexedBase("taps", shape=(3,), real=True)
place = Idx("place", 6)


def two_layers(activation):
    """The mean squared error of a network with one hidden layer."""
    hidden = (X * W1 + ones * b1).applyfunc(activation)
    error = hidden * W2 + ones * b2 - Y
    return mean(hadamard_product(error, error))


CASES = [
    Case(
        "one neuron",
        formula=tanh(w * x + b),
        lesson="Scalars are formulas too; the chain rule needs no matrix.",
    ),
    Case(
        "linear layer",
        formula=Sum(inputs[i, k] * weight[j, k], (k, 0, d - 1)) + bias[j],
        function=lambda input, weight, bias: functional.linear(input, weight, bias),
        sizes={n: 4, d: 3, m: 2},
        lesson="The bias is added to every sample, so its gradient is summed over the samples.",
    ),
    Case(
        "linear layer, in bfloat16",
        formula=Sum(inputs[i, k] * weight[j, k], (k, 0, d - 1)) + bias[j],
        function=lambda input, weight, bias: functional.linear(input, weight, bias),
        sizes={n: 4, d: 3, m: 2},
        dtype="bfloat16",
        lesson="Eight bits of precision: the reference is computed at the very bfloat16 numbers, and is exact.",
    ),
    Case(
        "two layers with tanh",
        formula=two_layers(tanh),
        function=lambda X, W1, b1, W2, b2, Y: functional.mse_loss(torch.tanh(X @ W1 + b1) @ W2 + b2, Y),
        lesson="Backpropagation as it was invented: the gradients by all four parameters, and by the data.",
    ),
    Case(
        "two layers with relu, in float32",
        formula=two_layers(relu),
        function=lambda X, W1, b1, W2, b2, Y: functional.mse_loss(torch.relu(X @ W1 + b1) @ W2 + b2, Y),
        wrt=[W1, b1, W2, b2],
        dtype="float32",
        lesson="A hidden unit that is off for a sample learns nothing from it.",
    ),
    Case(
        "two layers with gelu",
        formula=two_layers(gelu),
        function=lambda X, W1, b1, W2, b2, Y: functional.mse_loss(functional.gelu(X @ W1 + b1) @ W2 + b2, Y),
        wrt=[W1, W2],
        lesson="wrt says whose gradients are in question; the others are constants of the case.",
    ),
    Case(
        "gated linear unit",
        formula=hadamard_product(X * W1, (X * MatrixSymbol("V1", 3, 4)).applyfunc(sigmoid)),
        function=lambda X, W1, V1: (X @ W1) * torch.sigmoid(X @ V1),
        lesson="X takes two paths to the result, and its gradient is the sum of what comes back along both.",
    ),
    Case(
        "logistic regression",
        formula=Sum(log(1 + exp(score)) - label[i] * score, (i, 0, n - 1)) / n,
        function=lambda features, label, theta: functional.binary_cross_entropy_with_logits(features @ theta, label),
        claims={theta: Sum((sigmoid(score) - label[i]) * features[i, j], (i, 0, n - 1)) / n},
        inputs={label: [1.0, 0.0, 0.0, 1.0, 1.0]},
        sizes={d: 2},
        wrt=[theta],
        lesson="The error of each sample, times its features, on average.",
    ),
    Case(
        "convolution",
        formula=Sum(taps[j] * signal[place + j], (j, 0, 2)),
        function=lambda signal, taps: functional.conv1d(signal[None, None], taps[None, None])[0, 0],
        lesson="What slides forward over the signal slides backward over the cotangent.",
    ),
]
