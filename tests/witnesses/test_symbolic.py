"""The symbolic witness: proven errors, inputs without a path, borders, programs too large for balls."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from sympy import Abs, HadamardPower, IndexedBase, MatrixSymbol, Max, exp, log, sign, sin, sqrt, symbols

from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.spread import BUDGET
from verifier.symbolic.derivative import reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.language import Detached, total
from verifier.witness import Question
from verifier.witnesses import symbolic
from verifier.witnesses.symbolic import WITNESS

X, x = MatrixSymbol("X", 2, 3), MatrixSymbol("x", 3, 1)


def question(expression, cotangent=1.0, wrt=None, **inputs):
    formula = formula_of(expression)
    inputs = {name: np.asarray(values, dtype=float) for name, values in inputs.items()}
    wrt = tuple(inputs) if wrt is None else wrt
    derivation = reverse(formula.program, formula.output, wrt)
    return Question(inputs, wrt, np.asarray(cotangent, dtype=float), derivation, None)


def test_the_error_is_proven():
    numbers = np.array([0.1, 0.2, 0.3])
    said = WITNESS.testify(question(total(HadamardPower(x, 3)), x=numbers.reshape(3, 1)))
    for entry, value, error in zip(numbers, said.gradients["x"].value, said.gradients["x"].error, strict=True):
        assert abs(Fraction(value[0]) - 3 * Fraction(entry) ** 2) <= Fraction(error[0]) <= Fraction(value[0]) / 2**52
    exact = sum(Fraction(entry) ** 3 for entry in numbers)
    assert abs(Fraction(float(said.value.value)) - exact) <= Fraction(float(said.value.error))
    assert said.notes == ("the formula was evaluated in ball arithmetic with 113 bits: its error is proven",)


def test_estimates_have_the_shapes_of_the_question():
    said = WITNESS.testify(question(x.applyfunc(exp), np.ones(3), x=[1.0, 2.0, 3.0]))
    assert said.gradients["x"].value.shape == said.value.value.shape == (3,)
    np.testing.assert_allclose(said.gradients["x"].value, np.exp([1.0, 2.0, 3.0]), rtol=1e-15)


def test_an_input_without_a_path_has_gradient_zero_exactly():
    said = WITNESS.testify(question(total(X * Detached(x)), X=np.ones((2, 3)), x=np.ones((3, 1))))
    assert not said.gradients["x"].value.any() and not said.gradients["x"].error.any()
    assert said.gradients["x"].value.shape == (3, 1)
    np.testing.assert_array_equal(said.gradients["X"].value, np.ones((2, 3)))


def test_only_what_was_asked_for_is_said():
    said = WITNESS.testify(question(total(X * x), wrt=("x",), X=np.ones((2, 3)), x=np.ones((3, 1))))
    assert set(said.gradients) == {"x"}


def test_at_kinks_every_entry_is_covered_and_the_joint_set_is_said():
    said = WITNESS.testify(question(total(x.applyfunc(lambda t: Max(t, 0))), x=[[0.0], [1.0], [0.0]]))
    assert [kink.place for kink in said.subdifferential.kinks] == ["x[0, 0] = 0", "x[2, 0] = 0"]
    assert said.gradients["x"].value[:, 0] == pytest.approx([0.5, 1.0, 0.5], abs=1e-7)
    assert said.gradients["x"].error[:, 0] == pytest.approx([0.5, 0.0, 0.5], abs=1e-7)


def test_a_point_outside_of_the_domain_is_not_spoken_of():
    said = WITNESS.testify(question(total(x.applyfunc(log)), x=[[-1.0], [1.0], [0.0]]))
    assert not said.value.speaks
    assert said.gradients["x"].speaks[:, 0].tolist() == [True, True, False]


def test_limits_are_taken_where_the_derivative_has_no_number():
    said = WITNESS.testify(question(x.applyfunc(sqrt), [1.0, -1.0, 1.0], x=[0.0, 0.0, 4.0]))
    assert said.gradients["x"].value.tolist() == [np.inf, -np.inf, 0.25]
    assert said.gradients["x"].error.tolist() == [0.0, 0.0, 0.0]
    assert said.notes[1:] == ("the derivative by x is infinite at x[0] = 0 and 1 more",)


def test_a_value_is_infinite_at_a_pole_of_one_sign():
    said = WITNESS.testify(question(x.applyfunc(log), np.ones(3), x=[0.0, 1.0, 2.0]))
    assert said.value.value.tolist() == [-np.inf, 0.0, np.log(2)] and said.value.speaks.all()


def test_a_value_that_is_a_limit_only_is_not_said_and_no_gradient_with_it():
    said = WITNESS.testify(question(x.applyfunc(lambda t: t * log(t)), np.ones(3), x=[0.0, 1.0, 2.0]))
    assert said.value.speaks.tolist() == said.gradients["x"].speaks.tolist() == [False, True, True]
    assert said.notes[1:] == (
        "the derivative by x is not known, for its sides do not agree or the function has no value at x[0] = 0",
    )


def test_a_gradient_that_depends_on_the_side_has_the_range_of_its_limits():
    said = WITNESS.testify(question(sqrt(total(HadamardPower(x, 2))), x=[[0.0], [0.0], [0.0]]))
    middle, reach = said.gradients["x"].value, said.gradients["x"].error
    assert (np.abs(middle) <= reach).all() and (reach >= 1 / np.sqrt(3)).all() and (reach <= 2).all()
    assert said.notes[1] == (
        "the derivative by x depends on the side, and is compared with the range of what was found on some "
        "at x[0, 0] = 0 and 2 more"
    )


def test_numbers_beyond_float64_are_infinite():
    said = WITNESS.testify(question(x.applyfunc(exp), [1.0, -1.0, 1.0], x=[1000.0, 1000.0, -1000.0]))
    assert said.value.value.tolist() == [np.inf, np.inf, 0.0]
    assert said.gradients["x"].value.tolist() == [np.inf, -np.inf, 0.0]


def test_where_rounding_decides_both_branches_are_right():
    a, b, c = symbols("a b c", real=True)
    point = {"a": 1 + 2.0**-23, "b": 1 - 2.0**-24, "c": -1.0}
    exact = question(Max(a * b + c, 0), **point)
    assert WITNESS.testify(exact).subdifferential is None
    (kink,) = WITNESS.testify(replace(exact, roundoff=2.0**-24)).subdifferential.kinks
    assert kink.place == "a*b + c ≈ 0" and kink.vertices.shape == (2, 3)


def test_inputs_and_numbers_are_compared_as_they_are():
    a, b = symbols("a b", real=True)
    for function, known in ((Max(a, 1) * b, True), (Max(a * b, 1), False)):
        beside = replace(question(function, a=1 + 2.0**-7, b=1.0), roundoff=2.0**-8)
        assert (WITNESS.testify(beside).subdifferential is None) == known


def test_jumps_are_noted():
    said = WITNESS.testify(question(x.applyfunc(lambda t: sign(t) + 3), np.ones(3), x=[1.0, 0.0, -1.0]))
    assert said.notes[1:] == ("the function jumps at x[1] = 0, from 2 to 4",)


def test_a_program_too_large_for_balls_has_the_range_of_its_branches(monkeypatch):
    monkeypatch.setattr(symbolic, "MOST_BALLS", 0)
    relu = question(x.applyfunc(lambda t: Max(t, 0)), [1.0, -2.0, 1.0], x=[0.0, 0.0, 3.0])
    said = WITNESS.testify(relu).gradients["x"]
    np.testing.assert_allclose(said.value, [0.5, -1.0, 1.0], atol=1e-13)
    np.testing.assert_allclose(said.error, [0.5, 1.0, 0.0], atol=1e-13)
    assert "range of the branches" in WITNESS.testify(relu).notes[1]
    entries = IndexedBase("x", shape=(3,))
    tie = WITNESS.testify(question(Max(entries[0], entries[1], entries[2]), x=[2.0, 2.0, 2.0])).gradients["x"]
    np.testing.assert_allclose(tie.value, 0.5, atol=1e-13)
    assert WITNESS.testify(question(Max(entries[0], entries[1]), x=[2.0, 1.0, 0.0])).notes[1:] == ()
    one = WITNESS.testify(question(Max(entries[0], entries[1]), x=[2.0, 2.0, 0.0]))
    assert "range of the branches" in one.notes[1]


def test_precision_grows_with_what_is_allowed():
    asked = question(total(x.applyfunc(sin)) * 1, x=[[1e30], [2e30], [3e30]])
    first = WITNESS.testify(asked)
    assert "226 bits" in first.notes[0] or "113 bits" in first.notes[0]
    assert (first.gradients["x"].error <= 2.0**-52 * np.abs(first.gradients["x"].value)).all()


def test_a_program_too_large_for_balls_has_a_measured_spread(monkeypatch):
    numbers = np.random.default_rng(0).normal(size=(2, 3))
    asked = question(total((X * X.T).applyfunc(exp)), X=numbers)
    proven = WITNESS.testify(asked)
    monkeypatch.setattr(symbolic, "MOST_BALLS", 10)
    measured = WITNESS.testify(asked)
    assert measured.notes == ("the formula was evaluated in float64 with measured spread: balls stop at 10 operations",)
    difference = np.abs(measured.gradients["X"].value - proven.gradients["X"].value)
    assert (difference <= measured.gradients["X"].error).all()
    assert (measured.gradients["X"].error <= 1e-12 * np.abs(proven.gradients["X"].value).max()).all()
    assert (measured.gradients["X"].error >= BUDGET * 2.0**-53 * np.abs(proven.gradients["X"].value).max()).all()
    narrow = replace(asked, roundoff=2.0**-24, allowance={"X": np.ones((2, 3))}, value_allowance=np.ones(()))
    assert WITNESS.testify(narrow).gradients["X"].error.max() < 1e-9  # what it allows for is not the formula's error


def test_where_float64_overflows_nothing_is_said(monkeypatch):
    monkeypatch.setattr(symbolic, "MOST_BALLS", 0)
    said = WITNESS.testify(question(total(x.applyfunc(exp)), x=[[1000.0], [1.0], [-1000.0]]))
    assert not said.value.speaks
    assert said.gradients["x"].speaks[:, 0].tolist() == [False, True, True]


def test_a_scalar_cotangent_scales_the_gradient():
    one = question(total(x.applyfunc(Abs)), x=[[1.0], [-2.0], [3.0]])
    scaled = WITNESS.testify(replace(one, cotangent=np.array(-2.5))).gradients["x"]
    np.testing.assert_array_equal(scaled.value[:, 0], [-2.5, 2.5, -2.5])
    tensor = one.derivation.gradients["x"]
    told = {**one.inputs, one.derivation.cotangent: np.array(-2.5)}
    np.testing.assert_array_equal(evaluate(one.derivation.adjoint, told, [tensor], Float64())[tensor], scaled.value)
