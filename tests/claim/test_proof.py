"""Claims without a function: `verifier.prove`."""

import subprocess
import sys

import pytest
from sympy import Determinant, IndexedBase, MatrixSymbol, OneMatrix, Symbol, log, symbols

import verifier
from verifier import prove, total
from verifier.errors import (
    ClaimShapeError,
    ClaimSymbolError,
    ClaimWithoutScalarError,
    FormulaNotUnderstoodError,
    NothingToDifferentiateError,
)

n, m = symbols("n m", integer=True, positive=True)
X, A, x = MatrixSymbol("X", n, n), MatrixSymbol("A", n, m), MatrixSymbol("x", n, 1)


def test_a_proof():
    verdict = prove(log(Determinant(X)), X, X.inv().T)
    assert verdict.ok and verdict.findings == () and verdict.name == "the claimed gradient by X"
    assert (verdict.formula.plain, verdict.gradients["X"].plain) == ("log(det(X))", "X⁻ᵀ")
    (claimed,) = verdict.claims
    assert (claimed.input, claimed.claim.plain, claimed.standing) == ("X", "X⁻ᵀ", "proven")
    assert verdict.seconds > 0


def test_a_refutation():
    verdict = prove(log(Determinant(X)), "X", X.inv())
    assert verdict.outcome == "wrong" and verdict.claims[0].standing == "refuted"
    assert str(verdict).splitlines()[0] == "✗ wrong: the claimed gradient by X"


def test_the_seed_does_not_matter_and_is_obeyed():
    verdicts = [prove(x.T * X * x, x, 2 * X * x, seed=seed) for seed in (0, 0, 1)]
    assert verdicts[0].findings == verdicts[1].findings
    assert {verdict.claims for verdict in verdicts} == {verdicts[0].claims}


@pytest.mark.parametrize(
    ("formula", "by", "claim", "error", "sentence"),
    [
        (
            total(A), A, OneMatrix(m, n), ClaimShapeError,
            "the claimed gradient by A has shape m×n and A has shape n×m: "
            "a gradient has the shape of its input; transpose or mend it",
        ),
        (
            total(A), A, Symbol("s"), ClaimSymbolError,
            "the claimed gradient by A holds s, and the formula has A only: "
            "write the claim in the symbols of the formula",
        ),
        (
            2 * A, A, 2 * OneMatrix(n, m), ClaimWithoutScalarError,
            "a gradient by A is claimed of 2*A, which is no scalar: take its total or its mean in the formula",
        ),
    ],
)  # fmt: skip
def test_sentences(formula, by, claim, error, sentence):
    with pytest.raises(error) as caught:
        prove(formula, by, claim)
    assert str(caught.value) == sentence


def test_a_number_is_no_gradient_by_a_matrix():
    with pytest.raises(ClaimShapeError, match=r"has shape \(\) \(a scalar\) and A has shape n×m"):
        prove(total(A), A, 1)


def test_what_is_not_there_or_not_understood():
    with pytest.raises(NothingToDifferentiateError):
        prove(total(A), x, x)
    with pytest.raises(FormulaNotUnderstoodError):
        prove(total(A), A, "A")


def test_a_column_is_a_vector():
    v = IndexedBase("x", shape=(n,))
    i = Symbol("i", integer=True)
    assert prove(x.T * x, x, 2 * v[i]).claims[0].standing == "proven"


def test_no_torch_is_needed():
    code = (
        "import sys; from sympy import *; import verifier; X = MatrixSymbol('X', 2, 2);"
        "print(verifier.prove(Trace(X), X, Identity(2)).ok, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout.split() == ["True", "False"], done.stderr


def test_the_verdict_is_plain_data():
    data = verifier.prove(x.T * x, x, x).to_dict()
    assert data["claims"] == [
        {
            "input": "x",
            "claim": data["claims"][0]["claim"],
            "standing": "refuted",
            "evidence": "differs from the derived gradient at every size tried",
            "chance": None,
        }
    ]
    assert data["findings"][0]["counterexample"] == {
        "inputs": {"x": "[[1]]"},
        "index": [0, 0],
        "derived": "2",
        "claimed": "1",
    }
