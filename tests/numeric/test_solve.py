"""Solutions of equations in balls, against mpmath; what passes through a system; what cannot be certified."""

import mpmath
import numpy as np
import pytest
from flint import arb, ctx
from loops import assert_near
from sympy import Identity, Inverse, KroneckerDelta, MatPow, MatrixSymbol, Rational
from torch_oracle import draw

from verifier.numeric.balls import Balls, estimate
from verifier.numeric.certify import certified_root, solved
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.symbolic.comprehension import Read, comprehension, index, value
from verifier.symbolic.equation import Equation
from verifier.symbolic.formula import formula_of
from verifier.symbolic.language import cholesky, eigenvalues, matrix_exp
from verifier.symbolic.passages import passages
from verifier.symbolic.program import Builder

X = MatrixSymbol("X", 4, 4)
AT = draw(4, 4)
GRAM = AT @ AT.T + np.eye(4)


def balls_of(expression, at, precision):
    formula = formula_of(expression)
    return evaluate(formula.program, {"X": at}, [formula.output], Balls(precision))[formula.output]


def _eigenvalues(matrix):
    return mpmath.eigsy((matrix + matrix.T) / 2, eigvals_only=True)


TRUTHS = {
    "inverse": (Inverse(X), lambda A: A**-1),
    "cholesky": (cholesky(X), mpmath.cholesky),
    "eigenvalues": (eigenvalues(X), _eigenvalues),
    "square root": (MatPow(X, Rational(1, 2)), mpmath.sqrtm),
    "exponential": (matrix_exp(X), lambda A: mpmath.expm(A, method="taylor")),
}


@pytest.mark.parametrize("precision", [64, 113, 226])
@pytest.mark.parametrize("name", TRUTHS)
def test_enclosures_hold_the_solution(name, precision):
    expression, function = TRUTHS[name]
    balls = balls_of(expression, GRAM, precision)
    with mpmath.workdps(120):
        exact = function(mpmath.matrix(GRAM.tolist()))
        exact = np.array(list(exact), dtype=object).reshape(balls.shape)
        texts = [mpmath.nstr(number.real, 100) for number in exact.ravel()]
    for ball, text in zip(balls.ravel(), texts, strict=True):
        with ctx.workprec(500):
            assert arb(ball).overlaps(arb(text) + arb(0, 1e-90)), (ball, text)
            assert float(ball.rad()) <= 2.0 ** (20 - precision)


def test_the_enclosure_test_can_fail():
    ball = balls_of(cholesky(X), GRAM, 113)[0, 0]
    with ctx.workprec(500):
        assert not arb(ball).overlaps(arb(ball).mid() * (1 + arb(10) ** -28))


def test_uncertain_matrices_have_wider_solutions():
    wide = np.array([[arb(4, 1e-6), arb(1)], [arb(1), arb(3, 1e-6)]], dtype=object)
    A = MatrixSymbol("X", 2, 2)
    for expression in (Inverse(A), cholesky(A), eigenvalues(A)):
        found = balls_of(expression, wide, 113)
        for corner in (3.9999995, 4.0000005):
            inside = balls_of(expression, np.array([[corner, 1.0], [1.0, 3.0]]), 113)
            assert all(outer.overlaps(inner) for outer, inner in zip(found.ravel(), inside.ravel(), strict=True))
        assert 1e-8 < max(float(ball.rad()) for ball in found.ravel()) < 1e-4


def test_float64_and_balls_agree_on_larger_matrices():
    A = MatrixSymbol("X", 6, 6)
    at = draw(6, 6) @ draw(6, 6).T + np.eye(6)
    for expression in (cholesky(A), Inverse(A), MatPow(A, Rational(1, 2))):
        formula = formula_of(expression)
        found = evaluate(formula.program, {"X": at}, [formula.output], Float64())[formula.output]
        assert_near(found, estimate(balls_of(expression, at, 113)).value, 1e-12)


# Certification


def root_of_two(start, precision=113, slope=2):
    def residual(at):
        return at * at - 2

    def jacobian(at):
        return slope * at

    with ctx.workprec(precision):
        return certified_root(np.array([[[arb(start)]]], dtype=object), residual, jacobian, precision)[0, 0, 0]


def test_roots_of_one_equation():
    for start in (1.5, 100.0):
        root = root_of_two(start)
        with ctx.workprec(300):
            assert root.contains(arb(2).sqrt()) and float(root.rad()) < 1e-30
    assert root_of_two(-1.0) < 0


def test_no_root_is_proven_where_there_is_none():
    def residual(at):
        return at * at + 1

    def jacobian(at):
        return 2 * at

    with ctx.workprec(113):
        root = certified_root(np.array([[[arb(0.5)]]], dtype=object), residual, jacobian, 113)[0, 0, 0]
    assert not root.is_finite()


def test_a_double_root_is_not_proven():
    def residual(at):
        return at * at

    def jacobian(at):
        return 2 * at

    with ctx.workprec(113):
        start = np.array([[[arb(1.0)]]], dtype=object)
        assert not certified_root(start, residual, jacobian, 113)[0, 0, 0].is_finite()


def test_a_wrong_jacobian_proves_nothing_false():
    root = root_of_two(1.5, slope=-2)
    with ctx.workprec(300):
        assert not root.is_finite() or root.contains(arb(2).sqrt())


def test_singular_systems_give_no_number():
    matrix = np.array([[arb(1), arb(2)], [arb(2), arb(4)]], dtype=object)
    assert not any(ball.is_finite() for ball in solved(matrix, matrix).ravel())
    near = np.array([[arb(1), arb(2)], [arb(2), arb(4, 1e-3)]], dtype=object)
    assert not any(ball.is_finite() for ball in solved(near, matrix).ravel())


# What passes through


def inner_equation(expression):
    formula = formula_of(expression)
    (found,) = (d for _, d in formula.program.definitions if isinstance(d, Equation))
    return found


def passing(program, unknown, output):
    return [(p.axis, p.reached, p.uniform) for p in passages(program, unknown, output)]


def test_the_columns_of_an_inverse_pass_through():
    found = inner_equation(Inverse(X))
    assert passing(found.residual, found.unknown, found.output) == [(1, 1, True)]


def test_nothing_passes_through_a_cholesky_factor():
    found = inner_equation(cholesky(X + Identity(4)))
    assert passing(found.residual, found.unknown, found.output) == []


def test_each_eigenvector_is_found_for_itself():
    found = inner_equation(eigenvalues(X))
    assert passing(found.residual, found.unknown, found.output) == [(1, 1, False)]


@pytest.mark.parametrize("weighted", [False, True])
def test_an_axis_that_something_else_reads_by_is_not_uniform(weighted):
    builder = Builder()
    unknown, weights = builder.give("U", (3, 2)), builder.give("w", (2,))
    i, k = index(0), index(1)
    reads = [Read(unknown, (i, k))] + ([Read(weights, (k,))] if weighted else [])
    body = value(0) * value(1) if weighted else value(0) * (1 + KroneckerDelta(i, 0))
    output = builder.define(comprehension((3, 2), (i, k), body, reads, (3, 2)), "out")
    assert passing(builder.build(), unknown, output) == [(0, 0, weighted), (1, 1, not weighted)]


def test_an_axis_that_is_summed_over_does_not_pass():
    builder = Builder()
    unknown = builder.give("U", (3, 2))
    reads = [Read(unknown, (index(0), index(1))), Read(unknown, (index(2), index(1)))]
    output = builder.define(comprehension((3, 2, 3), (index(0), index(1)), value(0) + value(1), reads, (3, 2)), "out")
    assert passing(builder.build(), unknown, output) == [(1, 1, True)]


def test_a_system_that_has_no_root_does_not_spoil_the_others():
    with ctx.workprec(113):
        start = np.array([[[arb(1.5)]], [[arb(0.5)]], [[arb(1.5)]]], dtype=object)
        wanted = np.array([[[2]], [[-1]], [[3]]], dtype=object)
        roots = certified_root(start, lambda at: at * at - wanted, lambda at: 2 * at, 113).ravel()
    assert [bool(root.is_finite()) for root in roots] == [True, False, True]
    with ctx.workprec(300):
        assert roots[0].contains(arb(2).sqrt()) and roots[2].contains(arb(3).sqrt())
