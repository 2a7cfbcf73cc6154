"""Guesses at the slip: the right one for each kind, and none where none fits."""

import pytest
from expressions import X3, A, B, W, X, Y, i, j, k, m, n, refutation, s, x, y
from sympy import (
    Determinant,
    Identity,
    IndexedBase,
    MatrixSymbol,
    OneMatrix,
    Rational,
    Sum,
    Trace,
    exp,
    log,
    sin,
    sqrt,
)

from verifier import Case, norm, total, verify

v = IndexedBase("v", shape=(n,))
c = MatrixSymbol("c", n, 1)
quadratic = x.T * X * x

SLIPS = {
    "sign": (
        x.T * X.inv() * x,
        X,
        X.inv().T * x * x.T * X.inv().T,
        "the sign: the claim is minus the derived gradient",
    ),
    "sign in balls": (s * log(2 * s), s, -log(s) - log(2) - 1, "the sign: the claim is minus the derived gradient"),
    "two for one": (total(Y * W), Y, 2 * OneMatrix(n, k) * W.T, "a factor: the claim is 2 times the derived gradient"),
    "a half": (quadratic / 2, x, (X + X.T) * x / 4, "a factor: the claim is 1/2 times the derived gradient"),
    "nearly one": (
        Trace(A * B),
        A,
        B.T * (1 + Rational(1, 10**9)),
        "a factor: the claim is 1000000001/1000000000 times the derived gradient",
    ),
    "a factor in balls": (
        s * log(2 * s),
        s,
        3 * (log(s) + log(2) + 1),
        "a factor: the claim is 3 times the derived gradient",
    ),
    "mean over the wrong axis": (
        total(Y) / n,
        Y,
        OneMatrix(n, m) / m,
        "a factor: the claim is n/m times the derived gradient",
    ),
    "sum for mean": (total(Y) / (n * m), Y, OneMatrix(n, m), "a factor: the claim is m·n times the derived gradient"),
    "transpose": (log(Determinant(X)), X, X.inv(), "a transpose: the claim is the transpose of the derived gradient"),
    "transpose and factor": (
        log(Determinant(X)),
        X,
        2 * X.inv(),
        "a transpose: the claim is 2 times the transpose of the derived gradient",
    ),
    "transpose and sign": (
        Trace(A * B),
        A,
        -B,
        "a transpose: the claim is minus the transpose of the derived gradient",
    ),
    "symmetric only": (quadratic, x, 2 * X * x, "only symmetric: the claim is right where X is symmetric"),
    "symmetric only, two": (
        Trace(A * X3 * B * X3.T),
        X3,
        2 * A * X3 * B,
        "only symmetric: the claim is right where A and B are symmetric",
    ),
    "a transposed input": (total(A * B), A, OneMatrix(3, 3) * B, "a transpose of B is missing: 1·Bᵀ is right"),
    "a transpose too many": (x.T * X * y, x, X.T * y, "a transpose too many of X: X·y is right"),
    "one of two transposes": (
        Trace(A * X3 * B * X3.T),
        X3,
        A.T * X3 * B + A * X3 * B,
        "a transpose of B is missing: A·X·B + Aᵀ·X·Bᵀ is right",
    ),
    "interchanged": (Trace(A * B * X3), X3, A.T * B.T, "A and B are interchanged: Bᵀ·Aᵀ is right"),
    "missing term": (quadratic, x, X * x, "missing: the derived gradient has the term Xᵀ·x beside the claim"),
    "missing terms": (
        quadratic + x.T * y + x.T * c,
        x,
        (X + X.T) * x,
        "missing: the derived gradient has the terms c and y beside the claim",
    ),
    "missing product rule": (
        s * exp(s),
        s,
        exp(s),
        "missing: the derived gradient has the term s·exp(s) beside the claim",
    ),
    "superfluous term": (quadratic, x, (X + X.T) * x + x, "superfluous: without its term x the claim is right"),
    "sign of a term": (quadratic, x, X * x - X.T * x, "the sign of a term: with Xᵀ·x for −Xᵀ·x the claim is right"),
    "factor of a term": (
        quadratic,
        x,
        (3 * X + X.T) * x,
        "the factor of a term: with X·x for 3·X·x the claim is right",
    ),
    "missing determinant": (Determinant(A), A, A.inv().T, "a factor: the derived gradient is det(A) times the claim"),
    "missing norm": (norm(x), x, x, "a factor: the claim is √total((t ↦ t²)∘(x)) times the derived gradient"),
    "forgotten logarithm": (log(Trace(A**2)), A, 2 * A.T, "a factor: the claim is tr(A²) times the derived gradient"),
    "zero": (quadratic, x, 0 * x, "the claim is zero, and the gradient is not"),
    "only 2×2": (
        Determinant(X),
        X,
        Trace(X) * Identity(n) - X.T,
        "only some sizes: of the sizes tried, the claim is right where n = 2",
    ),
    "index notation": (Sum(v[i] ** 3, (i, 0, n - 1)), "v", 3 * v[j], None),
    "index notation, factor": (
        Sum(v[i] ** 3, (i, 0, n - 1)),
        "v",
        v[j] ** 2,
        "a factor: the claim is 1/3 times the derived gradient",
    ),
    "nothing that fits": (total(x.applyfunc(sin)), x, x.applyfunc(exp), None),
    "tiny term": (
        s**2,
        s,
        2 * s + s**3 / 10**40,
        "superfluous: without its term s³/10000000000000000000000000000000000000000 the claim is right",
    ),
}


@pytest.mark.parametrize(("formula", "by", "claim", "guess"), SLIPS.values(), ids=SLIPS)
def test_the_guess(formula, by, claim, guess):
    assert refutation(formula, by, claim).cause == guess


def test_only_square_sizes():
    """(YᵀY) and (YYᵀ) have equal traces of their ones only where n = m."""
    claim = OneMatrix(n, m) * n**2 / m
    assert refutation(total(Y) * n, Y, claim).cause == "a factor: the claim is n/m times the derived gradient"
    polynomial = OneMatrix(n, m) * (n + n**2 - m**2)
    assert refutation(total(Y) * n, Y, polynomial).cause == (
        "only some sizes: of the sizes tried, the claim is right where m = n"
    )


def test_a_size_at_which_the_claim_is_also_wrong_is_no_condition():
    """The claim is right at 1×1 alone, and wrong at 1×3 and at 2×1."""
    assert refutation(total(Y), Y, OneMatrix(n, m) * (n + m - 1)).cause is None


def test_guesses_reach_the_verdict_of_a_case():
    (finding,) = verify(Case("c", quadratic, claims={x: 2 * X * x}, sizes={n: 3})).findings
    assert finding.cause == "only symmetric: the claim is right where X is symmetric"
    assert finding.counterexample.inputs == {"X": "[[0, 0], [1, 0]]", "x": "[[0], [1]]"}


def test_a_coincidence_at_one_point_is_no_guess():
    """At any single point, whatever is a scalar multiple there looks like a constant factor."""
    assert refutation(Trace(A * B) ** 2, A, B.T).cause == "a factor: the derived gradient is 2·tr(A·B) times the claim"


def test_scalars_of_the_formula_are_factors():
    assert refutation(sqrt(s), s, 1 / s).cause == "a factor: the derived gradient is √s/2 times the claim"
