"""Gradients with a known fault. Each case says who must be blamed, and is agreed when exactly they are.

Most faults sit in a backward pass written by hand: the function is right, its values are right, its gradient is not.
"""

import torch
from sympy import IndexedBase, MatrixSymbol, OneMatrix, Piecewise, Sum, exp, hadamard_product, sin, sqrt, symbols
from torch.autograd import Function

from verifier import Case, Detached, Fault, mean, printed, total

i, j, k, n, m = symbols("i j k n m", integer=True, nonnegative=True)

X = MatrixSymbol("X", 3, 4)
W = MatrixSymbol("W", 4, 2)
A = MatrixSymbol("A", 3, 3)
B = MatrixSymbol("B", 3, 3)

x = IndexedBase("x", shape=(n,), real=True)
b = IndexedBase("b", shape=(n,), real=True)
rows = IndexedBase("rows", shape=(m, n), real=True)

vector = MatrixSymbol("x", 3, 1)
large = MatrixSymbol("X", 30, 20)

table = IndexedBase("table", shape=(5, 2), real=True)
index = IndexedBase("index", shape=(n,), integer=True)

mean_of_x = Sum(x[j], (j, 0, n - 1)) / n
squares = Sum((x[j] - Sum(x[k], (k, 0, n - 1)) / n) ** 2, (j, 0, n - 1))


def by_hand(forward, backward, forward_mode=None):
    """A torch function whose derivatives are written by hand.

    `backward(g, *inputs)` gives the gradient by each input from the gradient g by the result, and
    `forward_mode(tangent, *inputs)` the tangent of the result.
    """

    class ByHand(Function):
        @staticmethod
        def forward(ctx, *inputs):
            ctx.save_for_backward(*inputs)
            ctx.save_for_forward(*inputs)
            return forward(*inputs)

        @staticmethod
        def backward(ctx, g):
            return backward(g, *ctx.saved_tensors)

        @staticmethod
        def jvp(ctx, *tangents):
            if forward_mode is None:
                raise NotImplementedError("no forward mode was written")
            return forward_mode(*tangents, *ctx.saved_tensors)

    return ByHand.apply


twice_too_large = by_hand(
    lambda X, W: (X @ W).sum(),
    lambda g, X, W: (2 * g * W.sum(1).expand_as(X), g * X.sum(0)[:, None].expand_as(W)),
)

slightly_too_large = by_hand(
    lambda X, W: X @ W,
    lambda g, X, W: ((1 + 1e-9) * (g @ W.T), X.T @ g),
)

wrong_sign = by_hand(
    lambda X, W: X @ W,
    lambda g, X, W: (g @ W.T, -(X.T @ g)),
)

transposed = by_hand(
    lambda A, B: A @ B,
    lambda g, A, B: ((g @ B.T).T, A.T @ g),
)


def one_entry_off(g, X):
    gradient = g * torch.cos(X)
    gradient[17, 5] += 1e-6
    return gradient


one_of_six_hundred = by_hand(torch.sin, one_entry_off)

dropped_term = by_hand(
    lambda x: x * torch.sin(x),
    lambda g, x: g * torch.sin(x),  # and x·cos(x)?
)

missing_sum = by_hand(
    lambda rows, b: rows + b,
    lambda g, rows, b: (g, g[0]),  # b was added to every row: g.sum(0)
)

ignores_what_comes_in = by_hand(
    torch.exp,
    lambda g, x: torch.exp(x),  # right as long as g is 1
)

silent_zero = by_hand(
    lambda X, W: X @ W,
    lambda g, X, W: (g @ W.T, torch.zeros_like(W)),
)


def overwrite_repeated_rows(g, table, index):
    gradient = torch.zeros_like(table)
    gradient[index] = g  # the last one wins; index_add_ would add them up
    return gradient, None


lookup = by_hand(lambda table, index: table[index], overwrite_repeated_rows)

constant_in_float32 = by_hand(
    lambda x: 0.1 * x,
    lambda g, x: g * torch.tensor(0.1, dtype=torch.float32),
)

forward_mode_alone = by_hand(
    torch.exp,
    lambda g, x: g * torch.exp(x),
    forward_mode=lambda tangent, x: tangent * x,
)


class SinOfExp(Function):
    """sin(exp(x)) that keeps exp(x) for its backward."""

    @staticmethod
    def forward(ctx, x):
        ctx.inside = x.exp()
        return ctx.inside.sin()

    @staticmethod
    def backward(ctx, g):
        return g * ctx.inside.cos() * ctx.inside


CASES = [
    # The backward pass is wrong.
    Case(
        "twice too large",
        formula=total(X * W),
        function=lambda X, W: twice_too_large(X, W),
        fault=Fault("reverse mode", input="X"),
        lesson="Only the gradient by X is wrong, and only it is blamed.",
    ),
    Case(
        "too large by a billionth",
        formula=X * W,
        function=lambda X, W: slightly_too_large(X, W),
        fault=Fault("reverse mode", input="X"),
        lesson="Far below the tolerances in common use, and a hundred thousand times above what rounding explains.",
    ),
    Case(
        "the wrong sign",
        formula=X * W,
        function=lambda X, W: wrong_sign(X, W),
        fault=Fault("reverse mode", input="W"),
        lesson="Training would walk uphill.",
    ),
    Case(
        "transposed",
        formula=A * B,
        function=lambda A, B: transposed(A, B),
        fault=Fault("reverse mode", input="A"),
        lesson="Square matrices hide a transposition from every check of shapes, and the sum of its entries is right.",
    ),
    Case(
        "one entry of six hundred",
        formula=large.applyfunc(sin),
        function=lambda X: one_of_six_hundred(X),
        fault=Fault("reverse mode", input="X", index=(17, 5)),
        lesson="Every entry is compared; a check along a few random directions would hardly notice.",
    ),
    Case(
        "a dropped term",
        formula=x[i] * sin(x[i]),
        function=lambda x: dropped_term(x),
        fault=Fault("reverse mode", input="x"),
        lesson="The product rule has two terms.",
    ),
    Case(
        "a missing sum over what was broadcast",
        formula=rows[i, j] + b[j],
        function=lambda rows, b: missing_sum(rows, b),
        fault=Fault("reverse mode", input="b"),
        lesson="Whatever is broadcast on the way forward is summed on the way back.",
    ),
    Case(
        "a backward that ignores what comes in",
        formula=exp(x[i]),
        function=lambda x: ignores_what_comes_in(x),
        fault=Fault("reverse mode", input="x"),
        lesson="y.sum().backward() never finds this fault: there, what comes in is 1.",
    ),
    Case(
        "a silent zero",
        formula=X * W,
        function=lambda X, W: silent_zero(X, W),
        fault=Fault("reverse mode", input="W"),
        lesson="Nothing fails and nothing learns.",
    ),
    Case(
        "repeated indices",
        formula=table[index[i], j],
        function=lambda table, index: lookup(table, index),
        inputs={index: [0, 3, 1, 3]},
        fault=Fault("reverse mode", input="table"),
        lesson="Row 3 is looked up twice and must receive both gradients; here the second overwrites the first.",
    ),
    Case(
        "not a number",
        formula=Piecewise((sqrt(x[i]), x[i] > 0), (0, True)),
        function=lambda x: torch.where(x > 0, torch.sqrt(x), 0.0),
        inputs={x: [-2.0, 0.5, 3.0]},
        fault=Fault("reverse mode", input="x", index=(0,)),
        lesson="Nobody wrote this backward by hand: torch sends 0 · NaN back through the branch that is not taken.",
    ),
    Case(
        "a constant in float32",
        formula=x[i] / 10,
        function=lambda x: constant_in_float32(x),
        fault=Fault("reverse mode", input="x"),
        lesson="0.1 in float32 is 0.100000001490116: invisible in float32, plain in float64.",
    ),
    # Only forward mode is wrong.
    Case(
        "forward mode alone",
        formula=exp(x[i]),
        function=lambda x: forward_mode_alone(x),
        fault=Fault("forward mode", input="x"),
        lesson="backward and jvp are written separately, and one can be wrong without the other.",
    ),
    # The formula is wrong.
    Case(
        "a formula for another function",
        formula=squares / n,
        function=lambda x: torch.var(x),
        fault=Fault("formula"),
        lesson="torch.var divides by n - 1. The values differ, so no gradient is blamed.",
    ),
    Case(
        "a formula with a path too few",
        formula=sqrt(squares) * Detached(mean_of_x),
        function=lambda x: torch.sqrt(((x - x.mean()) ** 2).sum()) * x.mean(),
        fault=Fault("symbolic", input="x"),
        lesson="The values are right, but the formula holds constant what the function lets vary.",
    ),
    Case(
        "a formula with a path too many",
        formula=mean(hadamard_product(X, X)),
        function=lambda X: (X * X.detach()).mean(),
        fault=Fault("symbolic", input="X"),
        lesson="The function says detach and means it: its gradient is X/12 and no longer that of the mean square.",
    ),
    # The gradient is right, and wrong when it is differentiated again.
    Case(
        "an intermediate saved for the backward",
        formula=sin(exp(x[i])),
        function=SinOfExp.apply,
        order=2,
        fault=Fault("reverse mode", input="x"),
        lesson="What is saved as an attribute of ctx is a constant to torch: save the input, and compute it again.",
    ),
    # A claim is wrong.
    Case(
        "a claim for symmetric matrices only",
        formula=vector.T * A * vector,
        claims={vector: 2 * A * vector},
        fault=Fault("claim", input="x"),
        lesson="Often printed without the word symmetric. The gradient is (A + Aᵀ)·x.",
    ),
    Case(
        "a claim that the given numbers hide",
        formula=total(A * B),
        claims={A: OneMatrix(3, 3) * B},
        inputs={B: [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]},
        fault=Fault("claim", input="A"),
        lesson="With ones in B, B and its transpose are the same. Claims are tried at random points as well.",
    ),
    Case(
        "a misprint",
        formula=total(A * B),
        inputs={A: printed("[[0.4568, 0.3014, 0.1629], [0.9983, 0.9308, 0.4588], [0.7727, 0.1441, 0.9768]]")},
        printed={B: printed("[[2.2278, 2.2278, 2.2278], [1.3763, 1.3763, 1.3763], [1.5989, 1.5989, 1.5989]]")},
        fault=Fault("printed", input="B"),
        lesson="The last row should read 1.5986; the digits shown leave room for rounding and for nothing else.",
    ),
]
