"""Symbols of the tests of claims, and the parts of an examination."""

from sympy import MatrixSymbol, symbols

from verifier import prove

n, m, k = symbols("n m k", integer=True, positive=True)
A, B, X3 = MatrixSymbol("A", 3, 3), MatrixSymbol("B", 3, 3), MatrixSymbol("X", 3, 3)
X, Y, W = MatrixSymbol("X", n, n), MatrixSymbol("Y", n, m), MatrixSymbol("W", m, k)
x, y = MatrixSymbol("x", n, 1), MatrixSymbol("y", n, 1)
s, t = symbols("s t", real=True)
i, j = symbols("i j", integer=True)


def claimed(formula, by, claim):
    """What became of one claim."""
    (found,) = prove(formula, by, claim).claims
    return found


def refutation(formula, by, claim):
    """The finding of a claim that is refuted."""
    (finding,) = prove(formula, by, claim).findings
    return finding
