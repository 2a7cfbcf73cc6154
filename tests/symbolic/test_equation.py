"""Equations: their derivatives of every order and mode, against torch; what has no solution gives no number."""

import numpy as np
import pytest
import torch
from formulas import gradients_of, value_of
from loops import assert_near
from sympy import Identity, Inverse, MatPow, MatrixSymbol, Rational, Trace, symbols
from torch_oracle import against_torch, draw

import verifier
from verifier.numeric.balls import Balls, estimate
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.symbolic.derivative import forward, reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.language import cholesky, eigenvalues, nuclear_norm, solve, total

X, B = MatrixSymbol("X", 3, 3), MatrixSymbol("B", 3, 2)
AT, RIGHT = draw(3, 3), draw(3, 2, seed=1)

FORMULAS = {
    "inverse": (Inverse(X), lambda X: torch.linalg.inv(X), {"X": AT}),
    "inverse of an inverse": (Inverse(Inverse(X) + Identity(3)), lambda X: _inv(_inv(X) + torch.eye(3)), {"X": AT}),
    "negative power": (X**-2 * B, lambda X, B: _inv(X) @ _inv(X) @ B, {"X": AT, "B": RIGHT}),
    "solution": (solve(X, B), lambda X, B: torch.linalg.solve(X, B), {"X": AT, "B": RIGHT}),
    "solution of a transposed system": (
        Trace(Inverse(X.T) * B * B.T),
        lambda X, B: torch.linalg.solve(X.T, B @ B.T).trace(),
        {"X": AT, "B": RIGHT},
    ),
    "one by one": (Inverse(B.T[:1, :] * B[:, :1]), lambda B: 1 / (B[:, :1].T @ B[:, :1]), {"B": RIGHT}),
}


def _inv(matrix):
    return torch.linalg.inv(matrix)


@pytest.mark.parametrize("name", FORMULAS)
def test_against_torch(name):
    expression, function, inputs = FORMULAS[name]
    against_torch(expression, function, **inputs)


@pytest.mark.parametrize("build", [Inverse, cholesky, eigenvalues, lambda A: MatPow(A, Rational(1, 2))])
def test_third_order(build):
    """Along a line the derivatives are those of a curve, whose fourth difference quotients say the third order."""
    expression = total(build(X * X.T + Identity(3)).applyfunc(lambda x: x**3))
    formula = formula_of(expression)
    program, output, told = formula.program, formula.output, {"X": AT}
    for order in range(3):
        program, output = forward(program, output, {"X": f"v{order}"})
        told[f"v{order}"] = np.eye(3) + draw(3, 3, seed=7)
    found = evaluate(program, told, [output], Float64())[output]
    step = 2.0**-6

    def at(k):
        return evaluate(formula.program, {"X": AT + k * step * told["v0"]}, [formula.output], Float64())[formula.output]

    # The central stencil of sixth order for a third derivative.
    weights = {1: -61 / 30, 2: 169 / 120, 3: -3 / 10, 4: 7 / 240}
    assert_near(found, sum(w * (at(k) - at(-k)) for k, w in weights.items()) / step**3, 1e-5)


SINGULAR = np.array([[1.0, 2.0, 3.0], [2.0, 4.0, 6.0], [0.0, 1.0, -1.0]])
NOT_DEFINITE = np.diag([1.0, -2.0, 3.0])


@pytest.mark.parametrize(
    ("expression", "at"),
    [
        (Trace(Inverse(X)), SINGULAR),
        (Trace(X**-2), SINGULAR),
        (Trace(cholesky(X)), NOT_DEFINITE),
        (Trace(MatPow(X, Rational(1, 2))), NOT_DEFINITE),
        (nuclear_norm(X), SINGULAR),
        (Trace(cholesky(X)), np.full((3, 3), np.inf)),
    ],
)
def test_what_has_no_solution_says_nothing(expression, at):
    formula = formula_of(expression)
    derivation = reverse(formula.program, formula.output, ["X"])
    tensor = derivation.gradients["X"]
    told = {"X": at, derivation.cotangent: np.array(1.0)}
    balls = evaluate(derivation.adjoint, told, [tensor], Balls())[tensor]
    assert not estimate(balls).speaks.any()
    # float64 has numbers for a matrix that is singular up to rounding; it must only not raise.
    evaluate(derivation.adjoint, told, [tensor], Float64())


@pytest.mark.parametrize(
    ("expression", "function", "at"),
    [
        (Trace(Inverse(X)), lambda X: torch.linalg.pinv(X).trace(), SINGULAR),
    ],
)
def test_the_verdict_is_undecided_where_there_is_no_solution(expression, function, at):
    verdict = verifier.check(function, torch.tensor(at, requires_grad=True), formula=expression)
    assert verdict.outcome == "undecided", str(verdict)


def test_equal_eigenvalues_have_no_gradient():
    at = np.diag([1.0, 1.0, 2.0])
    formula = formula_of(eigenvalues(X)[0, 0])
    derivation = reverse(formula.program, formula.output, ["X"])
    told = {"X": at, derivation.cotangent: np.array(1.0)}
    tensor = derivation.gradients["X"]
    assert not estimate(evaluate(derivation.adjoint, told, [tensor], Balls())[tensor]).speaks.any()


def test_symbolic_extents_and_no_rows():
    n, m = symbols("n m", integer=True, positive=True)
    A, R = MatrixSymbol("A", n, n), MatrixSymbol("R", n, m)
    assert_near(value_of(solve(A, R), A=AT, R=RIGHT), np.linalg.solve(AT, RIGHT))
    assert_near(value_of(Inverse(A), A=np.ones((0, 0))), np.ones((0, 0)))
    inverse = np.linalg.inv(AT)
    assert_near(gradients_of(Trace(Inverse(A)), A=AT)["A"], -(inverse @ inverse).T)
