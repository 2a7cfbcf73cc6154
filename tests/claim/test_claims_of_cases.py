"""Claimed closed forms and printed digits, proven or refuted."""

import pytest
from sympy import HadamardPower, IndexedBase, Integer, MatrixSymbol, OneMatrix, Sum, Symbol, exp, log, symbols

from verifier import Case, Detached, printed, total, verify
from verifier.errors import ClaimShapeError, ClaimWithoutScalarError, UnknownInputError

n, m, k = symbols("n m k")
X, W, x = MatrixSymbol("X", n, m), MatrixSymbol("W", m, k), MatrixSymbol("x", 3, 1)
SQUARES = total(HadamardPower(x, 2))


def findings(formula, **options):
    return verify(Case("c", formula, **options)).findings


def test_right_claims_are_proven():
    verdict = verify(Case("c", total(X * W), claims={X: OneMatrix(n, k) * W.T, "W": X.T * OneMatrix(n, k)}))
    assert verdict.ok
    assert [(c.input, c.left, c.right, c.agrees) for c in verdict.comparisons if "claim" in (c.left, c.right)] == [
        ("X", "symbolic", "claim", True),
        ("W", "symbolic", "claim", True),
    ]


@pytest.mark.parametrize(
    "claim", [2 * OneMatrix(n, k) * W.T, OneMatrix(n, k) * W.T * (1 + 1e-12), X, -OneMatrix(n, k) * W.T]
)
def test_wrong_claims_are_refuted(claim):
    (finding,) = findings(total(X * W), claims={X: claim})
    assert (finding.outcome, finding.blamed, finding.input) == ("wrong", "claim", "X")
    assert finding.reason == "the derived gradient refutes it"
    assert set(finding.values) == {"symbolic", "claim"} and finding.error > finding.allowed
    assert finding.input_value is not None


def test_a_claim_that_holds_at_ones_only_is_refuted_elsewhere():
    (finding,) = findings(SQUARES, inputs={x: [1.0, 1.0, 1.0]}, claims={x: 2 * OneMatrix(3, 1)})
    assert (finding.blamed, finding.point) == ("claim", "counterexample")
    assert finding.counterexample.inputs == {"x": "[[0], [0], [0]]"}
    assert findings(SQUARES, inputs={x: [1.0, 1.0, 1.0]}, claims={x: 2 * x}) == ()


def test_a_counterexample_keeps_the_signs():
    s = Symbol("s", positive=True)
    assert findings(exp(s) * s, claims={s: exp(s) * (s + 1)}) == ()
    (finding,) = findings(exp(s) * s, claims={s: exp(s) * s}, inputs={s: 2.0})
    assert (finding.point, finding.counterexample.inputs) == ("counterexample", {"s": "1"})


def test_the_other_points_keep_the_signs_of_the_inputs():
    t = Symbol("t", negative=True)
    (finding,) = findings(t * log(-t), claims={t: Integer(1)}, inputs={t: -1.0})
    assert finding.counterexample.inputs == {"t": "-2"} and finding.input_value == -2.0


def test_claims_of_what_is_not_in_question():
    assert findings(total(X * W), wrt=[W], claims={X: OneMatrix(n, k) * W.T}) == ()
    assert findings(total(X * W), wrt=[W], claims={X: 3 * OneMatrix(n, k) * W.T})[0].blamed == "claim"


def test_claims_about_a_formula_of_another_function_are_not_examined():
    verdict = verify(Case("c", SQUARES, function=lambda x: (x * x).sum() + 1, claims={x: 3 * x}))
    assert [(f.blamed, f.input) for f in verdict.findings] == [("the formula", None)] and verdict.claims == ()


def test_claims_in_index_notation():
    v, i, j = IndexedBase("v", shape=(n,)), Symbol("i", integer=True), Symbol("j", integer=True)
    formula = Sum(v[i] ** 2, (i, 0, n - 1)) ** 2
    assert findings(formula, claims={"v": 4 * v[j] * Sum(v[i] ** 2, (i, 0, n - 1))}) == ()
    assert findings(formula, claims={"v": 2 * v[j] * Sum(v[i] ** 2, (i, 0, n - 1))})[0].blamed == "claim"


def test_sentences():
    with pytest.raises(ClaimShapeError) as caught:
        findings(total(X * W), claims={X: W}, sizes={n: 2, m: 3, k: 4})
    assert str(caught.value) == (
        "the claimed gradient by X has shape m×k and X has shape n×m: "
        "a gradient has the shape of its input; transpose or mend it"
    )
    with pytest.raises(ClaimWithoutScalarError) as without_scalar:
        findings(2 * x, claims={x: 2 * OneMatrix(3, 1)})
    assert str(without_scalar.value) == (
        "a gradient by x is claimed of 2*x, which is no scalar: take its total or its mean in the formula"
    )
    with pytest.raises(UnknownInputError):
        findings(SQUARES, claims={Symbol("q"): x})


# Printed


@pytest.mark.parametrize("digits", ["3.0 5.0 7.0", "3 5 7", "3.00000 5.0 7e0", "[[3.0], [5.0], [7.0]]"])
def test_printed_digits_that_fit(digits):
    assert findings(SQUARES, inputs={x: [1.5, 2.5, 3.5]}, printed={x: printed(digits)}) == ()


def test_the_last_digit_counts_by_half():
    third = {x: [1 / 3, 2 / 3, 1.0]}
    assert findings(SQUARES, inputs=third, printed={x: printed("0.667 1.333 2.000")}) == ()
    (finding,) = findings(SQUARES, inputs=third, printed={x: printed("0.667 1.334 2.000")})
    assert (finding.blamed, finding.input, finding.index, finding.entries) == ("printed", "x", (1, 0), 1)
    assert finding.reason == "no inputs that round to the printed ones give these digits"


def test_printed_inputs_are_known_to_half_a_digit():
    inputs = {x: printed("1.5 2.5 3.5")}
    assert findings(SQUARES, inputs=inputs, printed={x: printed("3.09 5.0 6.91")}) == ()
    (finding,) = findings(SQUARES, inputs=inputs, printed={x: printed("3.09 5.2 6.91")})
    assert (finding.blamed, finding.index, finding.outcome) == ("printed", (1, 0), "wrong")


def test_printed_numbers_of_another_shape():
    with pytest.raises(ClaimShapeError) as caught:
        findings(SQUARES, printed={x: printed("1.0 2.0")})
    assert str(caught.value) == (
        "the printed gradient by x has shape 2 and x has shape 3×1: "
        "a gradient has the shape of its input; transpose or mend it"
    )


def test_without_a_path_the_gradient_is_zero():
    s, t = symbols("s t", real=True)
    for options in ({"printed": {t: printed("0.0")}}, {"claims": {t: Integer(0)}}):
        assert findings(s * Detached(t), **options) == ()
    (finding,) = findings(s * Detached(t), printed={t: printed("1.0")})
    assert (finding.blamed, finding.values["symbolic"]) == ("printed", 0.0)
