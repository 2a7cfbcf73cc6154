"""MathML: the elements of formulas, and that it is XML whatever a user calls things."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from gradients import gradients, k, m, n
from hypothesis import given, settings
from hypothesis import strategies as st
from random_matrices import SHAPES, A, B, X, Y, matrices, x
from sympy import (
    Derivative,
    Function,
    HadamardPower,
    HadamardProduct,
    Inverse,
    Matrix,
    MatrixSymbol,
    Piecewise,
    Sum,
    Symbol,
    Trace,
    Transpose,
    exp,
    log,
    sqrt,
    symbols,
    tanh,
)
from sympy.tensor.indexed import IndexedBase

from verifier.symbolic.language import Detached, total
from verifier.symbolic.notation import render

SPACE = "{http://www.w3.org/1998/Math/MathML}"
W = MatrixSymbol("W", m, k)
z, b = MatrixSymbol("z", m, 1), MatrixSymbol("b", n, 1)
a, c = symbols("a c", real=True)
i = Symbol("i", integer=True)
u = IndexedBase("u", shape=(n,))
over_i = (i, 0, n - 1)
#: MathML Core without what is deprecated in it.
ELEMENTS = {
    *("math", "mrow", "mi", "mn", "mo", "mtext"),
    *("msup", "msub", "msubsup", "mfrac", "msqrt", "munder", "munderover"),
    *("mtable", "mtr", "mtd"),
}
CHILDREN = {"msup": 2, "msub": 2, "msubsup": 3, "mfrac": 2, "munder": 2, "munderover": 3}


def parsed(formula) -> ElementTree.Element:
    """The MathML of a formula, read back, and found to be MathML."""
    root = ElementTree.fromstring(render(formula).mathml)
    assert root.tag == SPACE + "math"
    for element in root.iter():
        tag = element.tag.removeprefix(SPACE)
        assert tag in ELEMENTS
        assert len(element) == CHILDREN.get(tag, len(element)), f"{tag} with {len(element)} children"
        assert not (element.text and len(element)), "text beside elements"
    return root


def written(element: ElementTree.Element) -> str:
    """A short form of MathML: texts, and `tag(child, child)` for what is not a row."""
    tag = element.tag.removeprefix(SPACE)
    inside = [written(child) for child in element]
    if not inside:
        return (element.text or "").replace("\u2062", "·")
    return "".join(inside) if tag in ("math", "mrow") else f"{tag}({', '.join(inside)})"


GRADIENTS = [
    (total(X * W), "X", "𝟏·msup(W, ⊤)"),
    (total(X * W), "W", "msup(X, ⊤)·𝟏"),
    (total(HadamardPower(X * z - b, 2)), "z", "2·msup(X, ⊤)·(X·z−b)"),
    (Trace(A * X * B * X.T), "X", "msup(A, ⊤)·X·msup(B, ⊤)+A·X·B"),
    (total((X * W).applyfunc(tanh)), "W", "msup(X, ⊤)·(𝟏−msup(msup(tanh, ∘)(X·W), ∘2))"),
    (log(Sum(exp(u[i]), over_i)), "u", "[i]↦mfrac(exp(msub(u, i)), munder(∑, j)exp(msub(u, j)))"),
]

FORMULAS = [
    (Transpose(Inverse(A)), "msup(A, −⊤)"),
    (HadamardProduct(X, Y.T), "X⊙msup(Y, ⊤)"),
    (Detached(X), "Detached(X)"),
    (total(X), "total(X)"),
    (A[0, 1], "msub(A, 0,1)"),
    (x[0, 0], "msub(x, 0)"),
    (sqrt(a) / 2, "mfrac(msqrt(a), 2)"),
    (Sum(u[i], (i, 1, n - 1)), "munderover(∑, i=1, n−1)msub(u, i)"),
    (
        Piecewise((a, a > 0), (c, True)),
        "{mtable(mtr(mtd(a), mtd(if\u00a0a>0)), mtr(mtd(c), mtd(otherwise)))",
    ),
    (Matrix([[a, 1]]), "[mtable(mtr(mtd(a), mtd(1)))]"),
    (Derivative(Function("f")(a), a), "mfrac(∂, ∂a)·(f(a))"),
    (Symbol("alpha"), "α"),
    (Symbol("W_1"), "msub(W, 1)"),
    (Symbol("x__2_1"), "msubsup(x, 1, 2)"),
]


@pytest.mark.parametrize(("formula", "name", "text"), GRADIENTS, ids=[text for *_, text in GRADIENTS])
def test_a_gradient_has_its_elements(formula, name, text):
    assert written(parsed(gradients(formula)[name])) == text


@pytest.mark.parametrize(("formula", "text"), FORMULAS, ids=[text for _, text in FORMULAS])
def test_a_formula_has_its_elements(formula, text):
    assert written(parsed(formula)) == text


def test_the_text_is_ready_for_a_page():
    assert render(a).mathml == '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>a</mi></math>'


@given(st.text(min_size=1).filter(lambda name: name.strip() and "\0" not in name))
@settings(max_examples=200, deadline=None)
def test_no_name_breaks_the_page(name):
    for formula in (Symbol(name) + 1, MatrixSymbol(name, n, m), IndexedBase(name, shape=(n,))[i], Function(name)(a)):
        parsed(formula)


def test_markup_in_a_name_is_text():
    root = parsed(Symbol("<script>alert(1)</script>"))
    assert written(root) == "<script>alert(1)</script>"


@given(st.data())
@settings(max_examples=50, deadline=None)
def test_random_formulas_are_mathml(data):
    parsed(data.draw(matrices(data.draw(st.sampled_from(SHAPES)), 3)))
