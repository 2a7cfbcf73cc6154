"""The derivatives that are claimed of words, against those of what the words stand for; and wrong ones are found."""

import numpy as np
import pytest
from by_definition import value
from sympy import HadamardProduct, MatAdd, MatrixSymbol, Rational, preorder_traversal
from test_words import EXTENTS, A, B, C, D, L, S, W, X, Y, arrays_for, k, m, n, x

from verifier import derive
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.symbolic.closed_forms import _along, _value, _with_words
from verifier.symbolic.derivative import _reversed, forward, reverse
from verifier.symbolic.formula import formula_of
from verifier.symbolic.language import (
    Eigenvectors,
    ExponentialDerivative,
    LowerHalf,
    LowerPart,
    PowerDerivative,
    ReciprocalGaps,
    Sylvester,
    adjugate,
    cholesky,
    eigenvalues,
    layer_norm,
    logsumexp,
    matrix_exp,
    softmax,
)
from verifier.symbolic.notation import powers, words
from verifier.symbolic.notation.named import Named
from verifier.symbolic.notation.word import Word

#: What each word stands for, of a matrix (or of a column), with the tensor whose derivative is claimed.
CLAIMED = {
    "power": (X**k, X),
    "square root": (X ** Rational(1, 2), X),
    "exponential": (matrix_exp(X), X),
    "adjugate": (adjugate(X), X),
    "eigenvalues": (eigenvalues(X), X),
    "eigenvectors": (Eigenvectors(X), X),
    "reciprocal gaps": (ReciprocalGaps(x), x),
    "cholesky": (cholesky(X), X),
    "symmetric matrix": (S * A, S),
    "diagonal matrix": (D * A, D),
    "lower triangular matrix": (L * A, L),
    "softmax": (softmax(Y), Y),
    "logsumexp": (logsumexp(Y), Y),
    "layer norm": (layer_norm(Y), Y),
    "softmax of a column": (softmax(x), x),
    "logsumexp of a column": (logsumexp(x), x),
    "layer norm of a column": (layer_norm(x, Rational(1, 3)), x),
    "lower part": (LowerPart(X), X),
    "lower half": (LowerHalf(X), X),
    "solution of a Sylvester equation by A": (Sylvester(X, C, Y), X),
    "solution of a Sylvester equation by B": (Sylvester(C, X, W), X),
    "solution of a Sylvester equation by C": (Sylvester(X, C, Y), Y),
    "power derivative by A": (PowerDerivative(X, k, A), X),
    "power derivative by E": (PowerDerivative(A, k, X), X),
    "power derivative by A, second": (PowerDerivative(X, k, A, B), X),
    "power derivative by E, second": (PowerDerivative(A, k, X, B), X),
    "power derivative by F, second": (PowerDerivative(A, k, B, X), X),
    "exponential derivative by A": (ExponentialDerivative(X, A), X),
    "exponential derivative by E": (ExponentialDerivative(A, X), X),
    "exponential derivative by A, second": (ExponentialDerivative(X, A, B), X),
    "exponential derivative by F, second": (ExponentialDerivative(A, B, X), X),
}


def test_every_claim_is_among_those_that_are_compared():
    claimed = {word.name for word in (*vars(words).values(), *vars(powers).values()) if isinstance(word, Word)}
    claimed |= {powers.power_derivative(1).name, powers.exponential_derivative(1).name}
    assert claimed == {name.partition(" by ")[0].removesuffix(" of a column") for name in CLAIMED}
    assert {name.partition(" by ")[2] for name in CLAIMED if name.startswith("solution")} == set("ABC")


@pytest.mark.parametrize("name", CLAIMED)
def test_the_adjoint_of_a_word(name):
    compare_adjoint(name)


def compare_adjoint(name):
    formula, by = CLAIMED[name]
    told = formula_of(formula)
    derivation = reverse(told.program, told.output, [by.name])
    arrays = arrays_for(derivation.adjoint) | {"G": np.random.default_rng(1).normal(size=_sizes(formula))}
    tensor = derivation.gradients[by.name]
    arrays[derivation.cotangent] = (
        arrays["G"] if arrays["G"].size > 1 else np.ones(_sizes(formula)).reshape(told.program.shapes[told.output])
    )
    expected = evaluate(derivation.adjoint, arrays, [tensor], Float64())[tensor]
    found = value(derive(formula, by.name), EXTENTS | arrays)
    np.testing.assert_allclose(np.reshape(found, expected.shape), expected, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", CLAIMED)
def test_the_tangent_of_a_word(name):
    compare_tangent(name)


def compare_tangent(name):
    formula, by = CLAIMED[name]
    told = formula_of(formula)
    program, output = forward(told.program, told.output, {by.name: "moving"})
    arrays = arrays_for(program) | {"moving": np.random.default_rng(3).normal(size=_sizes(by))}
    expected = evaluate(program, arrays, [output], Float64())[output]
    found = _jacobian_times(formula, by, arrays)
    np.testing.assert_allclose(np.reshape(found, expected.shape), expected, rtol=1e-9, atol=1e-11)


@pytest.fixture
def lying(monkeypatch):
    """Replaces the claims of words by what a function makes of them; derivatives from before are forgotten."""
    honest = Named._claimed

    def lie(of):
        def claimed(self, claim, *rest):
            return honest(self, lambda *given: of(self.word.name, claim(*given)), *rest)

        monkeypatch.setattr(Named, "_claimed", claimed)
        _reversed.cache_clear()

    yield lie
    _reversed.cache_clear()


#: Claims that are wrong on purpose.
LIES = {
    "sign": lambda claimed: -claimed,
    "a millionth": lambda claimed: (1 + Rational(1, 10**6)) * claimed,
}


@pytest.mark.parametrize("lie", LIES)
@pytest.mark.parametrize("compare", [compare_adjoint, compare_tangent])
@pytest.mark.parametrize("name", CLAIMED)
def test_a_wrong_claim_is_found(name, compare, lie, lying):
    lying(lambda word, claimed: LIES[lie](claimed))
    with pytest.raises(AssertionError):
        compare(name)


@pytest.mark.parametrize(
    ("name", "part"),
    [(name, part) for name in ("eigenvectors", "cholesky", "reciprocal gaps") for part in ("transposed", "a term")],
)
def test_a_claim_with_a_usual_slip_is_found(name, part, lying):
    lying(lambda word, claimed: _slipped(claimed, part) if word == name else claimed)
    with pytest.raises(AssertionError):
        compare_adjoint(name)


def _slipped(claim, part):
    """A claim in which a factor is transposed, or a term of a sum left out."""
    if part == "a term":
        return next(node for node in preorder_traversal(claim) if isinstance(node, MatAdd)).args[0]
    part = next(node for node in preorder_traversal(claim) if isinstance(node, HadamardProduct | LowerHalf))
    slip = part.T if isinstance(part, HadamardProduct) else LowerHalf(part.matrix.T)
    return claim.xreplace({part: slip})


def _sizes(matrix):
    return [int(extent.subs({n: 3, m: 2})) for extent in getattr(matrix, "shape", (n / n, n / n))]


def _jacobian_times(formula, by, arrays):
    """The closed form of the derivative along a direction, evaluated."""
    direction = MatrixSymbol("moving", *by.shape)
    moved = _along(_value(_with_words(formula_of(formula))), {by.name: direction})
    return value(moved.closed(), EXTENTS | arrays)
