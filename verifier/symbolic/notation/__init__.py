"""Closed forms of a program's tensors, and formulas written for people.

`closed_form` finds the expression (matrix notation by graph reduction, else index notation); `render` writes any
SymPy formula: it is laid out once (`spelling.py`), and the layout is written in plain text, LaTeX and MathML.
"""

from sympy import Basic

from verifier.symbolic.notation.closed_form import closed_form
from verifier.symbolic.notation.latex import latex
from verifier.symbolic.notation.mathml import mathml
from verifier.symbolic.notation.plain import plain
from verifier.symbolic.notation.spelling import Spelling
from verifier.symbolic.rendered import Rendered

__all__ = ["closed_form", "render"]


def render(expression: Basic) -> Rendered:
    """Any SymPy formula in plain text, LaTeX and MathML."""
    layout = Spelling().spell(expression)
    return Rendered(plain(layout), latex(layout), mathml(layout))
