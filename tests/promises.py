"""What the tests of contracts share: two matrices, and contracts judged in one line."""

import warnings

import torch
from sympy import MatrixSymbol

from verifier import Contract
from verifier.contract import judge

X = MatrixSymbol("x", 2, 3)
W = MatrixSymbol("w", 3, 2)
Y = MatrixSymbol("y", 2, 2)

INPUTS = {"x": [[0.25, -1.5, 2.0], [1.0, 0.5, -0.75]], "w": [[1.0, 2.0], [-0.5, 0.25], [3.0, 1.5]]}


def judged(observe, expect, *, inputs=INPUTS, **further):
    return judge(Contract("a contract", "something holds", observe, expect, inputs, **further))


def seen(observe, expect, **further):
    verdict = judged(observe, expect, **further)
    assert verdict.outcome == ("agreed" if verdict.promises[0].kept else "wrong")
    assert len(verdict.findings) == (verdict.outcome == "wrong")
    return verdict.outcome, verdict.promises[0].seen


def fail(text):
    raise RuntimeError(text)


def warn(text, category=UserWarning):
    warnings.warn(text, category, stacklevel=1)


def gradient_of_total(x, w):
    torch.sum(x @ w).backward()
    return x.grad
