"""Formulas in LaTeX, for math mode with amsmath: `2 A^{\\top} \\left(A x - b\\right)`."""

from __future__ import annotations

import re

from sympy.printing.conventions import split_super_sub
from sympy.printing.latex import translate

from verifier.symbolic.notation.layout import (
    BigOperator,
    Cases,
    Fenced,
    Fraction,
    Grid,
    Indexed,
    Layout,
    Name,
    Number,
    Product,
    Raised,
    Root,
    Row,
    Sign,
    Word,
)

_SIGNS = {
    "−": "-",
    "·": r"\cdot",
    "∫": r"\int",
    "⊙": r"\odot",
    "⊗": r"\otimes",
    "⊤": r"\top",
    "≤": r"\le",
    "≥": r"\ge",
    "≠": r"\ne",
    "∧": r"\land",
    "∨": r"\lor",
    "¬": r"\lnot ",
    "↦": r"\mapsto",
    ",": ", ",
    "Σ": r"\sum",
    "Π": r"\prod",
    "⌊": r"\lfloor",
    "⌋": r"\rfloor",
    "⌈": r"\lceil",
    "⌉": r"\rceil",
}
_WORDS = {"π": r"\pi", "∞": r"\infty", "δ": r"\delta", "∂": r"\partial ", "Γ": r"\Gamma", "Φ": r"\Phi"}
_OPERATORS = {"arg", "cos", "cosh", "cot", "coth", "det", "exp", "log", "max", "min", "sin", "sinh", "tan", "tanh"}
_ESCAPED = str.maketrans(
    {c: "\\" + c for c in "#$%&_{}"} | {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}", "\n": " "}
)


def latex(layout: Layout) -> str:
    """The layout in LaTeX."""
    match layout:
        case Name(text):
            return _name(text)
        case Word(text, bold):
            return _word(text, bold)
        case Number(text):
            return text
        case Sign(text, spaced):
            sign = _SIGNS.get(text, text)
            return f" {sign} " if spaced else sign
        case Row(parts):
            return "".join(map(latex, parts))
        case Product(factors):
            return "".join(_separator(k, factor) + latex(factor) for k, factor in enumerate(factors))
        case Fraction(over, under):
            return rf"\frac{{{latex(over)}}}{{{latex(under)}}}"
        case Raised():
            return _raised(layout)
        case Indexed(base, indices):
            return f"{_base(base)}_{{{', '.join(map(latex, indices))}}}"
        case Root(radicand):
            return rf"\sqrt{{{latex(radicand)}}}"
        case Fenced(inside, left, right):
            return rf"\left{_SIGNS.get(left, left)} {latex(inside)} \right{_SIGNS.get(right, right)}"
        case BigOperator(sign, under, over, body):
            above = f"^{{{latex(over)}}}" if over else ""
            return f"{_SIGNS[sign]}_{{{latex(under)}}}{above} {latex(body)}"
        case Cases(pieces):
            lines = (rf"{latex(value)} & {_condition(condition)}" for value, condition in pieces)
            return r"\begin{cases} " + r" \\ ".join(lines) + r" \end{cases}"
        case Grid(rows):
            lines = (" & ".join(map(latex, cells)) for cells in rows)
            return r"\begin{bmatrix} " + r" \\ ".join(lines) + r" \end{bmatrix}"


def _name(text: str) -> str:
    if not re.fullmatch(r"\w+(\^\w+)*", text):
        return rf"\text{{{text.translate(_ESCAPED)}}}"
    name, above, below = split_super_sub(text)
    written = _italic(name)
    written += f"_{{{' '.join(map(_italic, below))}}}" if below else ""
    return written + (f"^{{{' '.join(map(_italic, above))}}}" if above else "")


def _italic(name: str) -> str:
    translated = translate(name)
    if translated != name or len(name) == 1 or name.isdigit():
        return translated
    return rf"\mathit{{{name.translate(_ESCAPED)}}}"


def _word(text: str, bold: bool) -> str:
    if bold:
        return rf"\mathbf{{{text}}}"
    if text in _WORDS:
        return _WORDS[text]
    if text in _OPERATORS:
        return "\\" + text
    return rf"\operatorname{{{text.translate(_ESCAPED)}}}" if len(text) > 1 else text.translate(_ESCAPED)


def _separator(position: int, factor: Layout) -> str:
    if position == 0:
        return ""
    return r" \cdot " if _begins_with_number(factor) else " "


def _begins_with_number(layout: Layout) -> bool:
    """Whether a factor would run together with a number before it."""
    match layout:
        case Number():
            return True
        case Raised(base) | Indexed(base):
            return _begins_with_number(base)
        case Row(parts) if parts:
            return _begins_with_number(parts[0])
        case _:
            return False


def _base(layout: Layout) -> str:
    text = latex(layout)
    return text if re.fullmatch(r"\\?\w+|\\left.*\\right.|\\(mathbf|operatorname)\{\w+\}", text) else f"{{{text}}}"


def _raised(layout: Raised) -> str:
    exponent = latex(layout.exponent) if layout.exponent else ""
    ring = (r"\circ " if exponent else r"\circ") if layout.elementwise else ""
    return f"{_base(layout.base)}^{{{ring}{exponent}}}"


def _condition(condition: Layout | None) -> str:
    return rf"\text{{if }} {latex(condition)}" if condition else r"\text{otherwise}"
