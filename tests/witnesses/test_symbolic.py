"""The symbolic witness: proven errors, inputs without a path, borders, programs too large for balls."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from sympy import Abs, HadamardPower, MatrixSymbol, Max, exp, log, sin

from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
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


def test_borders_are_noted_and_counted():
    said = WITNESS.testify(question(total(x.applyfunc(lambda t: Max(t, 0))), x=[[0.0], [1.0], [0.0]]))
    assert said.notes[1].startswith("the point lies on the border of a piece 4 times: ")
    assert said.gradients["x"].value[:, 0] == pytest.approx([0.5, 1.0, 0.5], abs=1e-7)
    assert said.gradients["x"].error[:, 0] == pytest.approx([0.5, 0.0, 0.5], abs=1e-7)


def test_a_point_outside_of_the_domain_is_not_spoken_of():
    said = WITNESS.testify(question(total(x.applyfunc(log)), x=[[-1.0], [1.0], [0.0]]))
    assert not said.value.speaks
    assert said.gradients["x"].speaks[:, 0].tolist() == [True, True, False]


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
