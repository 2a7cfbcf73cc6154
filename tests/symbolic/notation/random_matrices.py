"""Random matrix formulas."""

from __future__ import annotations

from gradients import m, n
from hypothesis import strategies as st
from sympy import DiagMatrix, HadamardPower, HadamardProduct, MatPow, MatrixSymbol, cos, sin, tanh

X, Y = MatrixSymbol("X", n, m), MatrixSymbol("Y", m, n)
A, B = MatrixSymbol("A", n, n), MatrixSymbol("B", m, m)
x, y = MatrixSymbol("x", n, 1), MatrixSymbol("y", 1, m)
SYMBOLS = [X, Y, A, B, x, y]
SHAPES = [(n, n), (n, m), (m, n), (m, m), (n, 1), (m, 1), (1, n), (1, m)]


@st.composite
def matrices(draw, shape, depth):
    """A matrix expression of a shape."""
    leaves = [s for s in SYMBOLS if s.shape == shape] + [s.T for s in SYMBOLS if s.shape == shape[::-1]]
    if depth == 0 and leaves:
        return draw(st.sampled_from(leaves))

    def smaller(*shape):
        return draw(matrices(shape, max(depth - 1, 0)))

    match draw(st.integers(0, 7)):
        case 0:
            inner = draw(st.sampled_from([n, m]))
            return smaller(shape[0], inner) * smaller(inner, shape[1])
        case 1:
            return smaller(*shape) + 2 * smaller(*shape)
        case 2:
            return HadamardProduct(smaller(*shape), smaller(*shape))
        case 3:
            return smaller(*shape).applyfunc(draw(st.sampled_from([cos, tanh, sin])))
        case 4:
            return HadamardPower(smaller(*shape), draw(st.sampled_from([2, 3])))
        case 5 if shape[0] == shape[1]:
            return DiagMatrix(smaller(shape[0], 1))
        case 6 if shape[0] == shape[1]:
            return MatPow(smaller(*shape), 2)
        case 7:
            return -smaller(*shape) / 3
        case _:
            return smaller(*shape[::-1]).T
