"""Slices of matrix expressions against slices of their values, and how few of them are left."""

import numpy as np
import pytest
from by_definition import value
from hypothesis import given, settings
from hypothesis import strategies as st
from sympy import (
    BlockMatrix,
    DiagMatrix,
    HadamardPower,
    HadamardProduct,
    Identity,
    Integer,
    Inverse,
    MatAdd,
    MatMul,
    MatPow,
    MatrixSymbol,
    OneMatrix,
    Transpose,
    ZeroMatrix,
    symbols,
    tanh,
)
from sympy.matrices.expressions.slice import MatrixSlice

from verifier.symbolic.notation import algebra
from verifier.symbolic.notation.slices import part, whole

n = symbols("n", integer=True, positive=True)
A, B, C, D = (MatrixSymbol(name, n, n) for name in "ABCD")
M, a = MatrixSymbol("M", 2 * n, 2 * n), MatrixSymbol("a", 2 * n, 1)
ZERO = ZeroMatrix(n, n)
ENV = {name: np.random.default_rng(seed).normal(size=(3, 3)) for seed, name in enumerate("ABCD")} | {
    "n": 3,
    "M": np.random.default_rng(7).normal(size=(6, 6)),
    "a": np.random.default_rng(8).normal(size=(6, 1)),
}
LEAVES = [
    M,
    BlockMatrix([[A, B], [C, D]]),
    BlockMatrix([[A, ZERO], [ZERO, D]]),
    BlockMatrix([[ZERO, B], [ZERO, ZERO]]),
    Identity(2 * n),
    OneMatrix(2 * n, 2 * n),
    DiagMatrix(a),
    a * a.T,
]
FIRST, LAST, INNER = (Integer(0), n), (n, 2 * n), (Integer(1), n)


@st.composite
def squares(draw, depth):
    """A square matrix expression with 2n rows."""
    if depth == 0:
        return draw(st.sampled_from(LEAVES))

    def smaller():
        return draw(squares(depth - 1))

    match draw(st.integers(0, 6)):
        case 0:
            return algebra.product(smaller(), smaller())
        case 1:
            return algebra.added(smaller(), algebra.scaled(Integer(2), smaller()))
        case 2:
            return algebra.hadamard(smaller(), smaller())
        case 3:
            return algebra.transposed(smaller())
        case 4:
            return smaller().applyfunc(tanh)
        case 5:
            return algebra.matrix_power(smaller(), Integer(2))
        case _:
            return algebra.product(smaller(), a, a.T)


@given(squares(3), *[st.sampled_from([FIRST, LAST, INNER, (Integer(0), 2 * n)])] * 2)
@settings(max_examples=150, deadline=None)
def test_a_slice_has_the_entries_of_what_it_is_taken_from(matrix, rows, columns):
    found = part(matrix, rows, columns)
    at = tuple(slice(*(int(end.subs(n, 3)) for end in ends)) for ends in (rows, columns))
    expected = value(matrix, ENV)[at]
    assert tuple(extent.subs(n, 3) for extent in found.shape) == expected.shape
    np.testing.assert_allclose(value(found, ENV), expected, rtol=1e-9, atol=1e-9 * abs(expected).max(initial=1))


P = LEAVES[1]
COLUMN = (Integer(0), Integer(1))


@pytest.mark.parametrize(
    ("matrix", "rows", "columns", "expected"),
    [
        (M, whole(M, 0), whole(M, 1), M),
        (P, FIRST, LAST, B),
        (P, LAST, whole(P, 1), BlockMatrix([[C, D]])),
        (P, INNER, FIRST, MatrixSlice(A, INNER, FIRST)),
        (Transpose(P), FIRST, LAST, C.T),
        (MatMul(2, P), FIRST, FIRST, MatMul(2, A)),
        (Identity(2 * n), FIRST, FIRST, Identity(n)),
        (Identity(2 * n), FIRST, LAST, ZERO),
        (OneMatrix(2 * n, 2 * n), FIRST, LAST, OneMatrix(n, n)),
        (MatAdd(P, OneMatrix(2 * n, 2 * n)), FIRST, LAST, MatAdd(B, OneMatrix(n, n))),
        (MatAdd(M, Inverse(P)), FIRST, LAST, MatrixSlice(MatAdd(M, Inverse(P)), FIRST, LAST)),
        (HadamardProduct(P, P.T), FIRST, FIRST, HadamardProduct(A, A.T)),
        (HadamardPower(P, 3), FIRST, FIRST, HadamardPower(A, 3)),
        (MatPow(LEAVES[2], 3), LAST, LAST, MatPow(D, 3)),
        (MatMul(P, P), FIRST, FIRST, MatAdd(MatPow(A, 2), MatMul(B, C))),
        (MatMul(P, M), FIRST, whole(M, 1), MatMul(BlockMatrix([[A, B]]), M)),
        (MatMul(M, P), FIRST, FIRST, MatrixSlice(MatMul(M, BlockMatrix([[A], [C]])), FIRST, FIRST)),
        (MatMul(a, a.T), FIRST, LAST, MatMul(MatrixSlice(a, FIRST, COLUMN), Transpose(MatrixSlice(a, LAST, COLUMN)))),
        (MatMul(M, M), FIRST, LAST, MatrixSlice(MatPow(M, 2), FIRST, LAST)),
    ],
    ids=str,
)
def test_slices_go_inside_where_that_reads_better(matrix, rows, columns, expected):
    assert part(matrix, rows, columns) == expected
