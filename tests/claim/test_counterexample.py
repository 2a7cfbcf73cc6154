"""Counterexamples: they are ones, and they are small."""

import numpy as np
import pytest
from expressions import A, B, X, Y, m, n, refutation, s, t, x
from sympy import Determinant, IndexedBase, Lambda, OneMatrix, Sum, Symbol, Trace, exp, log, symbols

from verifier import total
from verifier.claim.counterexample import counterexample
from verifier.claim.evidence import evidence
from verifier.claim.sides import sides
from verifier.symbolic.formula import formula_of


def found(formula, by, claim):
    example = refutation(formula, by, claim).counterexample
    return dict(example.inputs), example.index, example.derived, example.claimed


SMALL = [
    (s**2, s, s, ({"s": "1"}, (), "2", "1")),
    (s**3, s, 3 * s, ({"s": "-1"}, (), "3", "-3")),
    (exp(s), s, 2 * exp(s), ({"s": "0"}, (), "1", "2")),
    (exp(s), s, exp(2 * s), ({"s": "1"}, (), "2.718282", "7.389056")),
    (total(Y), Y, 2 * OneMatrix(n, m), ({"Y": "[[0]]"}, (0, 0), "1", "2")),
    (total(Y) / n, Y, OneMatrix(n, m) / m, ({"Y": "[[0], [0]]"}, (0, 0), "1/2", "1")),
    (x.T * x, x, x, ({"x": "[[1]]"}, (0, 0), "2", "1")),
    (x.T * X * x, x, 2 * X * x, ({"X": "[[0, 0], [1, 0]]", "x": "[[0], [1]]"}, (0, 0), "1", "0")),
]


@pytest.mark.parametrize(("formula", "by", "claim", "expected"), SMALL, ids=[str(case[:3]) for case in SMALL])
def test_counterexamples_are_small(formula, by, claim, expected):
    assert found(formula, by, claim) == expected


@pytest.mark.parametrize(
    ("formula", "by", "claim"),
    [(log(Determinant(X)), X, X.inv()), (Trace(A**3), A, 3 * A**2), (Determinant(A), A, Determinant(A) * A.inv())],
    ids=str,
)
def test_counterexamples_hold_in_float64(formula, by, claim):
    """The values shown are those of NumPy at the inputs shown."""
    inputs, index, derived, said = found(formula, by, claim)
    ((_, numbers),) = inputs.items()
    matrix = np.array([[float(entry) for entry in row.split(",")] for row in numbers[2:-2].split("], [")])

    def inverse():
        return np.linalg.inv(matrix)

    truth, wrong = {
        3 * A**2: lambda: (3 * (matrix @ matrix).T, 3 * matrix @ matrix),
        X.inv(): lambda: (inverse().T, inverse()),
    }.get(claim, lambda: (np.linalg.det(matrix) * inverse().T, np.linalg.det(matrix) * inverse()))()
    assert (float(derived), float(said)) == pytest.approx((truth[index], wrong[index]))
    assert np.abs(matrix).max() <= 2


def test_no_entry_can_be_simpler():
    formula = formula_of(Trace(A * B * A))
    two = sides("A", formula, formula_of(A * B + B * A, formula.symbols), {"A": np.ones((3, 3)), "B": np.ones((3, 3))})
    numbers = evidence(two).numbers
    smallest = counterexample(two, numbers)
    for name, array in smallest.point.items():
        for place in np.ndindex(array.shape):
            if array[place] != 0:
                simpler = {
                    **smallest.point,
                    name: np.where(np.arange(9).reshape(3, 3) == 3 * place[0] + place[1], 0, array),
                }
                assert numbers.pair(two, simpler, smallest.extents).same is not False
    assert sum(np.count_nonzero(array) for array in smallest.point.values()) <= 2


def test_assumptions_are_kept():
    positive, negative, natural = Symbol("p", positive=True), Symbol("q", negative=True), Symbol("r", nonnegative=True)
    assert found(positive**2, positive, positive)[0] == {"p": "1"}
    assert found(negative**2, negative, negative)[0] == {"q": "-1"}
    assert found(natural**2, natural, natural + 1)[0] == {"r": "0"}
    power = symbols("k", integer=True, positive=True)
    assert found(Trace(A**power), A, power * A ** (power - 1))[0]["k"] == "2"


def test_points_without_a_value_are_none():
    elementwise = total(x.applyfunc(Lambda(t, log(t))))
    assert found(elementwise, x, x)[0] == {"x": "[[2]]"}
    assert found(1 / s, s, 1 / s**2)[0] == {"s": "1"}


def test_whole_inputs_keep_to_the_numbers_given():
    v, label = IndexedBase("v", shape=(3,)), IndexedBase("label", shape=(3,), integer=True)
    i = Symbol("i", integer=True)
    inputs = found(Sum(v[i] * label[i], (i, 0, 2)), "v", 2 * label[i])[0]
    assert inputs["v"] == "[0, 0, 0]" and "." not in inputs["label"]


def test_a_difference_too_small_to_see_is_written_as_one():
    finding = refutation(exp(s), s, exp(s) + s / 10**40)
    assert (finding.counterexample.derived, finding.counterexample.claimed) == ("2.718282", "2.718282 + 1e-40")
    assert finding.error == pytest.approx(1e-40, rel=1e-9) and finding.allowed < 1e-45
    assert refutation(s**2, s, 2 * s - s / 10**40).counterexample.claimed == "2 - 1e-40"


def test_the_finding_is_about_the_counterexample():
    finding = refutation(x.T * X * x, x, 2 * X * x)
    assert (finding.blamed, finding.input, finding.index, finding.point) == ("claim", "x", (0, 0), "counterexample")
    assert finding.values == {"symbolic": 1.0, "claim": 0.0} and finding.errors == {"symbolic": 0.0, "claim": 0.0}
    assert (finding.error, finding.allowed, finding.entries, finding.size, finding.input_value) == (1.0, 0.0, 1, 2, 0.0)


def test_where_no_small_numbers_differ_the_random_point_is_shown():
    wrong = s * (s**2 - 1) * (s**2 - 4) * (s**2 - 9)
    finding = refutation(s**2, s, 2 * s + wrong)
    assert (finding.counterexample, finding.point) == (None, "random")
    assert finding.error > 1 and finding.input_value == pytest.approx(finding.values["symbolic"] / 2)
