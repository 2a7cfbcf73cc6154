"""Systems and factors by their equations, in batches, real and complex: against NumPy and differences of it."""

import numpy as np
import pytest
from torch_oracle import draw

from verifier.numeric.balls import Balls, estimate
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.symbolic.derivative import forward
from verifier.symbolic.implicit import packed
from verifier.symbolic.lowering import Lowering
from verifier.symbolic.program import Builder
from verifier.symbolic.scope import Scope, paired
from verifier.symbolic.systems import cholesky_factor, eigenpairs, inverse, pseudoinverse, triangular_factors
from verifier.symbolic.tensor import Tensor, named, scalar


def program_of(define, shape, *, complex_given):
    """The program of a tensor made of one matrix `A`; a complex one is given, and returned, as pairs."""
    builder = Builder()
    name = builder.give("A", (*shape, 2) if complex_given else shape)
    whole = named(name, (*shape, 2) if complex_given else shape)
    given = whole
    if complex_given:
        given = paired(*(Tensor(shape, lambda *at, part=part: whole[(*at, part)]) for part in (0, 1)))
    scope = Scope(Lowering(builder))
    found = scope.settled(define(given, scope))
    output = packed(found, scope.lowering) if complex_given else scope.name(found)
    return builder.build(), output


def run(define, at):
    complex_given = np.iscomplexobj(at)
    program, output = program_of(define, at.shape, complex_given=complex_given)
    value = evaluate(program, {"A": as_pairs(at)}, [output], Float64())[output]
    return program, output, value[..., 0] + 1j * value[..., 1] if complex_given else value


def as_pairs(array):
    return np.stack([array.real, array.imag], -1) if np.iscomplexobj(array) else array


def definite(matrix):
    return matrix @ np.swapaxes(matrix, -1, -2).conj() + np.eye(matrix.shape[-1])


BATCH = draw(2, 3, 3)
COMPLEX = draw(2, 3, 3) + 1j * draw(2, 3, 3)[::-1]
TRUTHS = {
    "inverse": (inverse, np.linalg.inv, lambda matrix: matrix),
    "cholesky": (cholesky_factor, np.linalg.cholesky, definite),
}


@pytest.mark.parametrize("at", [BATCH, COMPLEX], ids=["real", "complex"])
@pytest.mark.parametrize("name", TRUTHS)
def test_batches_in_float64_and_in_balls(name, at):
    define, truth, domain = TRUTHS[name]
    program, output, found = run(define, domain(at))
    assert np.allclose(found, truth(domain(at)), rtol=1e-11, atol=1e-11)
    balls = estimate(evaluate(program, {"A": as_pairs(domain(at))}, [output], Balls(113))[output])
    assert np.allclose(balls.value, as_pairs(truth(domain(at))), rtol=1e-11, atol=1e-11)
    assert balls.error.max() < 1e-15


@pytest.mark.parametrize("at", [BATCH, COMPLEX], ids=["real", "complex"])
@pytest.mark.parametrize("name", TRUTHS)
def test_tangents_are_differences(name, at):
    define, truth, domain = TRUTHS[name]
    program, output, _ = run(define, domain(at))
    along = draw(*at.shape) * (1 + 1j if np.iscomplexobj(at) else 1)
    step = (domain(at + 1e-6 * along) - domain(at - 1e-6 * along)) / 2e-6
    moved, tangent = forward(program, output, {"A": "A_dot"})
    found = evaluate(moved, {"A": as_pairs(domain(at)), "A_dot": as_pairs(step)}, [tangent], Float64())[tangent]
    expected = as_pairs((truth(domain(at + 1e-6 * along)) - truth(domain(at - 1e-6 * along))) / 2e-6)
    assert np.allclose(found, expected, rtol=1e-5, atol=1e-6)
    assert not np.allclose(found, 0, atol=1e-3)


def test_factors_without_pivoting_multiply_to_the_matrix():
    at = draw(4, 3) + 3 * np.eye(4, 3)
    _, _, found = run(triangular_factors, at)
    lower, upper = np.tril(found, -1) + np.eye(4, 3), np.triu(found)[:3]
    assert np.allclose(lower @ upper, at, rtol=1e-12, atol=1e-12)


def test_a_matrix_that_is_not_definite_has_no_factor():
    _, _, found = run(cholesky_factor, np.stack([np.diag([1.0, -1.0]), np.eye(2)]))
    assert np.isnan(found).any()


def of_rank(matrix, scope):
    return pseudoinverse(matrix, scalar(0), scalar(1e-10), scope)


def test_the_pseudoinverse_of_a_matrix_that_keeps_its_rank():
    left, right, along = draw(4, 2), draw(2, 3), draw(4, 2)
    program, output, found = run(of_rank, left @ right)
    assert np.allclose(found, np.linalg.pinv(left @ right), rtol=1e-10, atol=1e-10)
    moved, tangent = forward(program, output, {"A": "A_dot"})
    inputs = {"A": left @ right, "A_dot": along @ right}
    got = evaluate(moved, inputs, [tangent], Float64())[tangent]
    ends = [np.linalg.pinv((left + t * along) @ right) for t in (1e-6, -1e-6)]
    assert np.allclose(got, (ends[0] - ends[1]) / 2e-6, rtol=1e-5, atol=1e-6)


def test_repeated_singular_values_have_a_pseudoinverse():
    _, _, found = run(of_rank, np.diag([2.0, 2.0, 0.0]))
    assert np.allclose(found, np.diag([0.5, 0.5, 0.0]))


@pytest.mark.parametrize("wrong", [0.0, 0.5])
def test_an_approximation_that_solves_nothing_is_not_confirmed(wrong):
    at = np.array([[2.0, 1.0, 0.0], [1.0, 0.0, 1.0], [0.0, 1.0, -1.0]])
    values, vectors = np.linalg.eigh(at)
    builder = Builder()
    shapes = {"A": (3, 3), "values": (3,), "vectors": (3, 3)}
    given, near_values, near_vectors = (named(builder.give(name, shape), shape) for name, shape in shapes.items())
    scope = Scope(Lowering(builder))
    found, _ = eigenpairs(given, (near_values, near_vectors), scope)
    output = scope.name(scope.settled(found))
    spoiled = values.copy()
    spoiled[0] = (1 - wrong) * values[0] + wrong * values[1]
    flipped = vectors.copy()
    flipped[:, 0] = (1 - wrong) * vectors[:, 0] + wrong * vectors[:, 1]
    inputs = {"A": at, "values": spoiled, "vectors": flipped}
    program = builder.build()
    once = evaluate(program, inputs, [output], Float64())[output]
    proven = estimate(evaluate(program, inputs, [output], Balls(113))[output])
    assert np.allclose(once[1:], values[1:])
    assert np.isclose(once[0], values[0]) == (wrong == 0)
    assert np.isfinite(proven.error[1:]).all() and np.allclose(proven.value[1:], values[1:])
    if wrong == 0:
        assert proven.error.max() < 1e-15
    else:
        assert np.isinf(proven.error[0]) or any(np.isclose(proven.value[0], values))
