"""Every matrix node against SymPy's own expansion into components."""

import numpy as np
import pytest
from formulas import check_formula, gradients_of, summed, value_of
from loops import assert_near
from sympy import (
    E,
    Float,
    GoldenRatio,
    HadamardPower,
    HadamardProduct,
    I,
    Identity,
    Lambda,
    MatAdd,
    MatMul,
    MatPow,
    Matrix,
    MatrixSymbol,
    OneMatrix,
    Rational,
    Symbol,
    Trace,
    ZeroMatrix,
    cos,
    exp,
    log,
    pi,
    sin,
    sqrt,
    symbols,
    tanh,
)
from sympy.matrices.expressions.diagonal import DiagMatrix, DiagonalMatrix, DiagonalOf

from verifier.errors import FormulaNotUnderstoodError
from verifier.symbolic.formula import formula_of
from verifier.symbolic.language import Detached, mean, total

S = {"X": (3, 3), "Y": (3, 3)}
R = {"X": (2, 3), "Y": (3, 4)}
ONE = {"X": (3, 3)}
C = {"x": (3, 1), "y": (3, 1)}

FORMULAS = {
    "symbol": (ONE, lambda X: X),
    "sum": (S, lambda X, Y: X + Y - 2 * X),
    "product": (R, lambda X, Y: X * Y),
    "three factors": ({"X": (2, 3), "Y": (3, 3), "Z": (3, 2)}, lambda X, Y, Z: X * Y * Z),
    "scalar factors": (S, lambda X, Y: 3 * pi * X * Y / 7),
    "scalar inputs as factors": ({**S, "s": ()}, lambda X, Y, s: s**2 * X * Y + sin(s) * X),
    "a square of sums": (S, lambda X, Y: (X + Y) * (X - 2 * Y)),
    "transpose": ({"X": (2, 3)}, lambda X: X.T),
    "nested transposes": (S, lambda X, Y: (X.T * Y).T + X.T.T),
    "trace": (ONE, lambda X: Trace(X)),
    "trace of a product": (S, lambda X, Y: Trace(X.T * Y * X)),
    "square of a trace": (S, lambda X, Y: Trace(X) ** 2 * Trace(Y * X)),
    "power 0": (ONE, lambda X: MatPow(X, 0) + X),
    "power 1": (ONE, lambda X: MatPow(X, 1)),
    "power 2": (ONE, lambda X: X**2),
    "power 4": (ONE, lambda X: X**4),
    "power of a sum": (S, lambda X, Y: (X + Y.T) ** 2),
    "elementwise": (S, lambda X, Y: (X + Y).applyfunc(exp) + X.applyfunc(Lambda(Symbol("t"), sin(Symbol("t")) ** 2))),
    "elementwise of a product": (S, lambda X, Y: (X * Y).applyfunc(log)),
    "elementwise twice": (ONE, lambda X: X.applyfunc(sqrt).applyfunc(tanh)),
    "elementwise of a trace times a matrix": (ONE, lambda X: (Trace(X) * X).applyfunc(cos)),
    "identity": (S, lambda X, Y: X + 2 * Identity(3) + Y * Identity(3)),
    "product with an identity inside": (S, lambda X, Y: X * (Identity(3) + Y) * X),
    "ones": (ONE, lambda X: X * OneMatrix(3, 2)),
    "ones on both sides": (ONE, lambda X: OneMatrix(2, 3) * X.applyfunc(exp) * OneMatrix(3, 1)),
    "zeros": (S, lambda X, Y: MatAdd(X, ZeroMatrix(3, 3)) + MatMul(ZeroMatrix(3, 3), Y)),
    "element": (S, lambda X, Y: (X * Y)[1, 2] * X[0, 0] + Y[2, 2] ** 2),
    "element of an elementwise function": (ONE, lambda X: X.applyfunc(exp)[1, 2]),
    "scaled by an element": (S, lambda X, Y: X[0, 1] * Y),
    "total": (S, lambda X, Y: summed(X * Y)),
    "total of a nonlinear function": (ONE, lambda X: log(summed(X.applyfunc(exp)))),
    "product of totals": (S, lambda X, Y: summed(X) * summed(Y) / summed(X * Y)),
    "two totals": (S, lambda X, Y: summed(X) * summed(Y)),
    "power of a transpose": (ONE, lambda X: X.T**2 * X),
    "diagonal part of what is not square": ({"X": (2, 3)}, lambda X: _diagonal_part(X) * OneMatrix(3, 2)),
    "diagonal part of what is higher than wide": (
        {"X": (3, 2)},
        lambda X: _diagonal_part(X) * OneMatrix(2, 3),
    ),
    "total inside of a total": (ONE, lambda X: summed(summed(X) * X)),
    "a sum divided by itself": (ONE, lambda X: X.applyfunc(exp) / summed(X.applyfunc(exp))),
    "constants": (ONE, lambda X: X * Float(0.1) + X * E + X * sqrt(2) + X * GoldenRatio + X * Rational(1, 3)),
    "a tiny rational power": (ONE, lambda X: X.applyfunc(Lambda(Symbol("t"), Symbol("t") ** Rational(-2, 3)))),
    "a float power": (ONE, lambda X: X.applyfunc(Lambda(Symbol("t"), Symbol("t") ** 1.5))),
    "an irrational power": (ONE, lambda X: X.applyfunc(Lambda(Symbol("t"), Symbol("t") ** pi))),
    "one by one as a scalar": (C, lambda x, y: (x.T * y)[0, 0] * x),
    "one by one result": (C, lambda x, y: x.T * y),
    "quadratic form": ({"x": (3, 1), "A": (3, 3)}, lambda x, A: x.T * A * x),
    "outer product": (C, lambda x, y: x * y.T),
    "diagonal of": (S, lambda X, Y: _diagonal(X * Y)),
    "diagonal matrix": (C, lambda x, y: _diag(x) * y + _diag(y) * _diag(x) * x),
    "diagonal part": (S, lambda X, Y: _diagonal_part(X * Y)),
    "diagonal part of a sum in a product": (S, lambda X, Y: _diagonal_part((X + _hadamard(Y, X)) * OneMatrix(3, 3))),
    "diagonal part plus the rest": (S, lambda X, Y: _diagonal_part(X) * Y + X),
    "total of a diagonal part": (S, lambda X, Y: summed(_diagonal_part(X * Y).applyfunc(sin))),
    "hadamard product": (S, lambda X, Y: _hadamard(X, Y)),
    "hadamard product of products": (S, lambda X, Y: _hadamard(X * Y, X.T, X + Y)),
    "hadamard square": (ONE, lambda X: _hadamard(X, X)),
    "hadamard power": (ONE, lambda X: _hadamard_power(X, 3)),
    "hadamard power by a scalar input": ({**ONE, "s": ()}, lambda X, s: _hadamard_power(X, s)),
    "hadamard power by a matrix": (S, lambda X, Y: _hadamard_power(X, Y)),
    "hadamard power of a number": (ONE, lambda X: _hadamard_power(2, X)),
    "hadamard inverse": (S, lambda X, Y: _hadamard(X, _hadamard_power(X + Y, -1))),
}


def _is_explicit(*matrices):
    return any(hasattr(m, "flat") for m in matrices)


def _diagonal(matrix):
    return Matrix(3, 1, lambda i, k: matrix[i, i]) if _is_explicit(matrix) else DiagonalOf(matrix)


def _diag(vector):
    return Matrix(3, 3, lambda i, k: vector[i, 0] * int(i == k)) if _is_explicit(vector) else DiagMatrix(vector)


def _diagonal_part(matrix):
    explicit = matrix.as_explicit() if matrix.has(OneMatrix) and not matrix.has(MatrixSymbol) else matrix
    if _is_explicit(explicit):
        return Matrix(*explicit.shape, lambda i, k: explicit[i, k] * int(i == k))
    return DiagonalMatrix(matrix)


def _hadamard(*matrices):
    if not _is_explicit(*matrices):
        return HadamardProduct(*matrices)
    product = matrices[0]
    for matrix in matrices[1:]:
        product = product.multiply_elementwise(matrix)
    return product


def _hadamard_power(base, exponent):
    if not _is_explicit(base, exponent):
        return HadamardPower(base, exponent)

    def entry(of, i, k):
        return of[i, k] if _is_explicit(of) else of

    return Matrix(3, 3, lambda i, k: entry(base, i, k) ** entry(exponent, i, k))


@pytest.mark.parametrize("name", FORMULAS)
def test_value_and_gradients(name):
    shapes, build = FORMULAS[name]
    check_formula(build, **shapes)


n, m = symbols("n m", integer=True, positive=True)
A, B = MatrixSymbol("A", n, m), MatrixSymbol("B", m, n)
a, b = np.random.default_rng(2).normal(size=(2, 3)), np.random.default_rng(3).normal(size=(3, 2))


def test_one_formula_serves_all_sizes():
    formula = formula_of(Trace(A * B))
    for rows, columns in ((2, 3), (5, 1), (1, 1)):
        left, right = np.arange(rows * columns * 1.0).reshape(rows, columns), np.ones((columns, rows))
        assert_near(value_of(formula.expression, A=left, B=right), np.trace(left @ right))


def test_symbolic_extents_in_the_values():
    assert_near(value_of(mean(A * B), A=a, B=b), (a @ b).mean())
    assert_near(gradients_of(mean(A), A=a)["A"], np.full((2, 3), 1 / 6))
    assert_near(value_of(total(n * A + m * B.T), A=a, B=b), (2 * a + 3 * b.T).sum())


def test_extents_named_like_canonical_symbols():
    for first, second in (("i0", "p1"), ("a0", "i1"), ("p0", "a1")):
        for assumptions in ({}, {"integer": True, "nonnegative": True}, {"real": True}, {"integer": True}):
            rows, columns = Symbol(first, **assumptions), Symbol(second, **assumptions)
            matrix = MatrixSymbol("X", rows, columns)
            squares = total(matrix.applyfunc(exp)) * rows + columns
            assert_near(value_of(squares, X=a), 2 * np.exp(a).sum() + 3)
            assert_near(gradients_of(squares, X=a)["X"], 2 * np.exp(a))


@pytest.mark.parametrize("name", ["a0", "i0", "p0", "t", "value", "cotangent", "adjoint_X", "tangent_X", "j", "e"])
def test_inputs_named_like_the_programs_own_tensors(name):
    matrix, scalar = MatrixSymbol("X", 2, 3), Symbol(name)
    expression = total((matrix * matrix.T).applyfunc(exp)) * scalar**2
    inputs = {"X": a, name: np.array(1.5)}
    value = np.exp(a @ a.T).sum()
    assert_near(value_of(expression, **inputs), value * 2.25)
    assert_near(gradients_of(expression, **inputs)[name], 3 * value)
    matrix = MatrixSymbol(name, 2, 3)
    assert_near(gradients_of(total((matrix * matrix.T).applyfunc(exp)), **{name: a})[name], 2 * np.exp(a @ a.T) @ a)


def test_detached_in_many_places():
    X, Y = MatrixSymbol("X", 3, 3), MatrixSymbol("Y", 3, 3)
    x, y = np.random.default_rng(4).uniform(0.5, 1.5, (2, 3, 3))
    ones = np.ones((3, 3))
    expected = {
        total(X * Detached(Y)): (ones @ y.T, 0 * y),
        total(Detached(X) * Y): (0 * x, x.T @ ones),
        total(X * Detached(X)): (ones @ x.T, 0 * y),
        total(Detached(X * Y) * X): ((x @ y).T @ ones, 0 * y),
        total(X.applyfunc(lambda t: t * Detached(t))): (x, 0 * y),
        total(X.applyfunc(lambda t: t**2 * Detached(t + 1))): (2 * x * (x + 1), 0 * y),
        Detached(total(X)) * total(X): (x.sum() * ones, 0 * y),
        total(X) / Detached(total(X * Y)): (ones / (x @ y).sum(), 0 * y),
        total(HadamardProduct(X, Detached(X).T)): (x.T, 0 * y),
        Trace(Detached(Detached(X)) * X): (x.T, 0 * y),
        Detached(X)[0, 1] * Y[0, 1]: (0 * x, np.eye(3)[[0]].T @ np.eye(3)[[1]] * x[0, 1]),
        total(Detached(X)): (0 * x, 0 * y),
        total(Detached(X) ** 2 * X): ((x @ x).T @ ones, 0 * y),
        total(Detached(X[0, 0]) * X): (x[0, 0] * ones, 0 * y),
    }
    for expression, (by_x, by_y) in expected.items():
        gradients = gradients_of(expression, X=x, Y=y) if expression.has(Y) else gradients_of(expression, X=x)
        assert_near(gradients["X"], by_x)
        assert_near(gradients.get("Y", 0 * y), by_y)


def test_detaching_keeps_the_value():
    X = MatrixSymbol("X", 2, 3)
    assert_near(value_of(total(X.applyfunc(lambda t: t * Detached(exp(t)))), X=a), (a * np.exp(a)).sum())


# What has no meaning here

X = MatrixSymbol("X", 3, 3)
REFUSED = {
    "X**(1/3)": (
        MatPow(X, Rational(1, 3)),
        "a matrix can be raised to whole numbers and halves; declare a symbol as Symbol(name, integer=True)",
    ),
    "I": (I * total(X), "ImaginaryUnit is not in the vocabulary of formulas"),
}


@pytest.mark.parametrize("written", REFUSED)
def test_what_has_no_meaning_is_named(written):
    expression, advice = REFUSED[written]
    with pytest.raises(FormulaNotUnderstoodError) as caught:
        formula_of(expression)
    assert str(caught.value) == f"{written} in the formula is not understood: {advice}"
