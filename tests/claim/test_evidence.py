"""How much is shown of a claim, and that exactly this is said."""

import numpy as np
import pytest
from expressions import X3, A, B, W, X, Y, claimed, i, j, k, m, n, s, t, x
from sympy import (
    Abs,
    Determinant,
    HadamardPower,
    Identity,
    IndexedBase,
    Integer,
    Lambda,
    MatrixSymbol,
    Max,
    OneMatrix,
    Piecewise,
    Product,
    Rational,
    Sum,
    Symbol,
    Trace,
    cos,
    exp,
    log,
    sign,
    sin,
    sqrt,
    tanh,
)

from verifier import Case, Detached, cholesky, prove, symmetric, total, verify
from verifier.claim.evidence import Evidence
from verifier.claim.numbers import Exact

v = IndexedBase("v", shape=(n,))
label = IndexedBase("label", shape=(n,), integer=True)
squares = (x.T * x)[0, 0]
logistic = Lambda(t, 1 / (1 + exp(-t)))

RIGHT = [
    (total(Y * W), Y, OneMatrix(n, k) * W.T),
    (x.T * X * x, x, (X + X.T) * x),
    (Trace(A * X3 * B * X3.T), X3, A.T * X3 * B.T + A * X3 * B),
    (Determinant(A), A, Determinant(A) * A.inv().T),
    (log(Determinant(X)), X, X.inv().T),
    (x.T * X.inv() * x, X, -X.inv().T * x * x.T * X.inv().T),
    (Trace(X**3), X, 3 * X.T**2),
    (Trace(A**-2), A, -2 * A.inv().T ** 3),
    (sqrt(squares), x, x / sqrt(squares)),
    (log(total(x.applyfunc(exp))), x, x.applyfunc(exp) / total(x.applyfunc(exp))),
    (total(x.applyfunc(tanh)), x, OneMatrix(n, 1) - HadamardPower(x.applyfunc(tanh), 2)),
    (total(x.applyfunc(logistic)), x, x.applyfunc(Lambda(t, exp(t) / (1 + exp(t)) ** 2))),
    (total(x.applyfunc(sin)), x, x.applyfunc(cos)),
    (Sum(v[i] ** 2, (i, 0, n - 1)) ** 2, "v", 4 * v[j] * Sum(v[i] ** 2, (i, 0, n - 1))),
    (Product(v[i], (i, 0, n - 1)), "v", Product(v[i], (i, 0, n - 1)) / v[j]),
    (s * Detached(t), s, t),
    (s * Detached(t), t, Integer(0)),
    (x.T * Detached(x), x, x),
    (Trace(symmetric("S", 3) ** 2), "S", 2 * symmetric("S", 3)),
]


@pytest.mark.parametrize(("formula", "by", "claim"), RIGHT, ids=[str(formula) for formula, _, _ in RIGHT])
def test_right_claims_are_proven(formula, by, claim):
    found = claimed(formula, by, claim)
    assert found.standing == "proven", found.evidence
    assert 0 < found.chance < 1e-30


@pytest.mark.parametrize(("formula", "by", "claim"), RIGHT, ids=[str(formula) for formula, _, _ in RIGHT])
@pytest.mark.parametrize("off", [Rational(1, 10**25), Rational(1, 10**45)], ids=["1e-25", "1e-45"])
def test_a_little_more_than_right_is_refuted(formula, by, claim, off):
    shape = getattr(claim, "shape", ())
    more = claim + off * OneMatrix(*shape) if shape else claim + off * (1 + 0 * claim)
    assert claimed(formula, by, more).standing == "refuted"


NOT_RATIONAL = [
    (total(x.applyfunc(Abs)), x, x.applyfunc(sign)),
    (total(x.applyfunc(Lambda(t, Max(t, 0) ** 2))), x, x.applyfunc(Lambda(t, 2 * Max(t, 0)))),
    (s * log(2 * s), s, log(s) + log(2) + 1),
    (Piecewise((s**2, s > 0), (-(s**2), True)), s, 2 * Abs(s)),
]


@pytest.mark.parametrize(("formula", "by", "claim"), NOT_RATIONAL, ids=[str(formula) for formula, _, _ in NOT_RATIONAL])
def test_where_fractions_do_not_tell_balls_give_evidence_and_no_proof(formula, by, claim):
    found = claimed(formula, by, claim)
    assert (found.standing, found.chance) == ("not refuted", None)
    assert "in ball arithmetic" in found.evidence and found.evidence.endswith("that is evidence, and no proof")
    off = OneMatrix(n, 1) if by == x else 1
    assert claimed(formula, by, claim + Rational(1, 10**40) * off).standing == "refuted"


def test_a_root_is_compared_in_balls():
    found = claimed(total(cholesky(X3 * X3.T + Identity(3))), X3, 0 * X3)
    assert found.standing == "refuted"


# What is said


def test_fixed_sizes():
    assert claimed(Trace(A * B), A, B.T).evidence == (
        "equal for all inputs: compared at a random point in exact fractions, with a chance of error below 1e-38"
    )


def test_sizes_that_are_symbols():
    assert claimed(Trace(X**2), X, 2 * X.T).evidence == (
        "equal for all inputs of the sizes n = 1, 2, 3: compared at a random point of each size in exact fractions, "
        "with a chance of error below 1e-38; no other sizes were tried"
    )
    assert "of the sizes (m, n) = (1, 1), (1, 3), (2, 1), (2, 2), (2, 3), (3, 2), (3, 3):" in (
        claimed(total(Y), Y, OneMatrix(n, m)).evidence
    )


def test_functions_in_place_of_those_that_are_not_rational():
    assert claimed(exp(s), s, exp(s)).evidence == (
        "equal for all inputs, whatever functions stand for those that are not rational: "
        "compared at a random point in exact fractions, with a chance of error below 1e-37"
    )


def test_evidence_in_balls():
    assert claimed(Abs(s), s, sign(s)).evidence == (
        "equal exactly at 3 random points, in ball arithmetic; that is evidence, and no proof"
    )


def test_sizes_without_a_value_are_named():
    inverse = (Y.T * Y).inv()
    found = claimed(Trace(inverse), Y, -2 * Y * inverse**2)
    assert found.standing == "proven"
    assert "; nothing could be told at (m, n) = (2, 1), (3, 2);" in found.evidence


def test_whole_numbers_are_only_sampled():
    found = claimed(Sum(v[i] * label[i], (i, 0, n - 1)), "v", label[i])
    assert found.standing == "proven"
    assert "; of the whole numbers in label only some were tried;" in found.evidence
    k = Symbol("k", integer=True, positive=True)
    assert "; of the whole numbers in k only some were tried" in claimed(Trace(A**k), A, k * A.T ** (k - 1)).evidence


def test_where_a_refuted_claim_holds():
    assert claimed(total(Y) / n, Y, OneMatrix(n, m) / m).evidence == (
        "differs from the derived gradient at (m, n) = (1, 3), (2, 1), (2, 3), (3, 2), "
        "and is the same at (m, n) = (1, 1), (2, 2), (3, 3)"
    )
    assert claimed(total(Y), Y, 2 * OneMatrix(n, m)).evidence == "differs from the derived gradient at every size tried"
    assert claimed(Trace(A * B), A, B).evidence == "differs from the derived gradient"


def test_a_claim_without_a_value_is_undecided():
    column = MatrixSymbol("c", 3, 1)
    verdict = prove(total(A * column), A, (column * column.T).inv())
    assert (verdict.outcome, verdict.claims[0].standing) == ("undecided", "undecided")
    assert verdict.findings[0].reason == (
        "the claim could not be compared: at no point that was tried do both it and the derived gradient have a value"
    )


def test_what_would_take_too_long_is_undecided():
    large = MatrixSymbol("X", 70, 70)
    verdict = prove(Trace(large**3), large, 3 * large.T**2)
    assert verdict.outcome == "undecided"
    assert verdict.findings[0].reason == (
        "the claim could not be compared: one evaluation of both sides takes more than 1,000,000 operations"
    )


def test_the_caller_s_own_inputs_count_where_no_random_point_has_a_value():
    formula, claim = sqrt(s - 9) ** 3 * log(2), 3 * sqrt(s - 9) * log(4) / 4
    (found,) = verify(Case("c", formula, claims={s: claim}, inputs={s: 12.0})).claims
    assert (found.standing, found.evidence) == (
        "not refuted",
        "equal at the given inputs, within the radius of balls; at other points it was not compared",
    )
    (finding,) = verify(Case("c", formula, claims={s: 2 * claim}, inputs={s: 12.0})).findings
    assert (finding.outcome, finding.blamed, finding.point, finding.input_value) == ("wrong", "claim", "given", 12.0)


# The bound


def test_the_bound_grows_with_the_degree():
    chances = [claimed(s**power, s, power * s ** (power - 1)).chance for power in (3, 30, 300)]
    assert chances == sorted(chances) and chances[2] / chances[0] > 50


def test_the_bound_counts_arguments_that_may_coincide():
    """Two of the opaque values at each of four entries may be at one argument by chance, of degree 2 each."""
    column, rows = MatrixSymbol("c", 4, 1), MatrixSymbol("R", 4, 4)
    formula, claim = total((rows * column).applyfunc(sin)), rows.T * (rows * column).applyfunc(cos)
    assert claimed(formula, column, claim).chance >= 4**2 * 2 / 2**128


def test_a_field_as_small_as_the_degree_would_let_wrong_claims_pass(monkeypatch):
    """The tester is tested: with points from {-1, 0, 1} alone s³ and s are the same."""

    def few(shape, seed):
        return np.asarray(np.random.default_rng(len(seed)).integers(-1, 2, shape), dtype=object)

    monkeypatch.setattr("verifier.claim.numbers.random_rationals", few)
    assert claimed(s**4 / 4, s, s).standing == "proven"
    monkeypatch.undo()
    assert claimed(s**4 / 4, s, s).standing == "refuted"


def test_evidence_without_sizes_has_a_sentence():
    assert Evidence("undecided", Exact()).sentence.startswith("could not be compared")
