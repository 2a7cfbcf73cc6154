"""Softmax and its family: what is done with exponentials that have to sum to one."""

import torch
from sympy import DiagMatrix, IndexedBase, Lambda, MatrixSymbol, Max, OneMatrix, Sum, Symbol, exp, log, sqrt, symbols
from torch.nn import functional

from verifier import Case, Detached

i, j, n = symbols("i j n", integer=True, nonnegative=True)
t = Symbol("t", real=True)
shift = Symbol("shift", real=True)
temperature = Symbol("temperature", positive=True)

z = IndexedBase("z", shape=(n,), real=True)
four = IndexedBase("z", shape=(4,), real=True)
largest = Detached(Max(four[0], four[1], four[2], four[3]))

Q = MatrixSymbol("Q", 3, 2)
K = MatrixSymbol("K", 4, 2)
V = MatrixSymbol("V", 4, 5)


def total_of(term):
    """The sum of a term in j over 0, ..., n-1."""
    return Sum(term, (j, 0, n - 1))


def rows_to_one(matrix):
    """A matrix with each row divided by its sum."""
    columns = matrix.shape[1]
    sums = matrix * OneMatrix(columns, 1)
    return DiagMatrix(sums.applyfunc(Lambda(t, 1 / t))) * matrix


CASES = [
    Case(
        "softmax",
        formula=exp(z[i]) / total_of(exp(z[j])),
        function=lambda z: torch.softmax(z, dim=0),
        lesson="Its entries sum to one whatever z is, so the plain sum would have gradient zero and show no mistake.",
    ),
    Case(
        "softmax with a temperature",
        formula=exp(z[i] / temperature) / total_of(exp(z[j] / temperature)),
        function=lambda z, temperature: torch.softmax(z / temperature, dim=0),
        lesson="The temperature is an input like any other, and has a gradient.",
    ),
    Case(
        "log-softmax",
        formula=z[i] - log(total_of(exp(z[j]))),
        function=lambda z: torch.log_softmax(z, dim=0),
        dtype="float32",
        lesson="One function instead of log after softmax: nothing underflows on the way.",
    ),
    Case(
        "log-sum-exp",
        formula=log(total_of(exp(z[j]))),
        function=lambda z: torch.logsumexp(z, dim=0),
        claims={z: exp(z[i]) / total_of(exp(z[j]))},
        lesson="A smooth maximum, and its gradient is softmax.",
    ),
    Case(
        "log-sum-exp with any shift",
        formula=shift + log(total_of(exp(z[j] - shift))),
        claims={shift: 0},
        lesson="The shift cancels, so its derivative is zero: it may be chosen freely, and treated as a constant.",
    ),
    Case(
        "log-sum-exp shifted by its maximum",
        formula=largest + log(Sum(exp(four[j] - largest), (j, 0, 3))),
        function=lambda z: torch.logsumexp(z, dim=0),
        claims={four: exp(four[i]) / Sum(exp(four[j]), (j, 0, 3))},
        inputs={four: [1000.0, 998.5, 1001.25, 997.0]},
        lesson="Without the shift, exp(1000) overflows. The maximum may be detached, because the shift cancels.",
    ),
    Case(
        "attention",
        formula=rows_to_one((Q * K.T / sqrt(2)).applyfunc(exp)) * V,
        function=lambda Q, K, V: torch.softmax(Q @ K.T / 2**0.5, dim=1) @ V,
        lesson="Each row of the result is a mean of the rows of V, weighted by how well query and key match.",
    ),
    Case(
        "torch's own attention, in float32",
        formula=rows_to_one((Q * K.T / sqrt(2)).applyfunc(exp)) * V,
        function=lambda Q, K, V: functional.scaled_dot_product_attention(Q, K, V),
        dtype="float32",
        lesson="A fused kernel with a backward of its own, held to the same formula.",
    ),
]
