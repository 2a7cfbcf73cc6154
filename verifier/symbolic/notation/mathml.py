"""Formulas in presentation MathML, for a web page: one `<math>` element that holds nothing but MathML Core.

SymPy's own MathML printer writes named entities, which XML does not know, and knows few of the nodes used here.
"""

from __future__ import annotations

import re
from html import escape

from sympy.printing.conventions import split_super_sub
from sympy.printing.pretty.pretty_symbology import greek_unicode

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

NAMESPACE = "http://www.w3.org/1998/Math/MathML"

INVISIBLE_TIMES = "<mo>\u2062</mo>"
_BOLD = str.maketrans("01Ie", "𝟎𝟏𝐈𝐞")
_SIGNS = {"Σ": "∑", "Π": "∏"}
#: What XML 1.0 has no place for, even escaped.
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def mathml(layout: Layout) -> str:
    """The layout as a `<math>` element."""
    return f'<math xmlns="{NAMESPACE}">{_written(layout)}</math>'


def _written(layout: Layout) -> str:
    match layout:
        case Name(text):
            return _name(text)
        case Word(text, bold):
            return _identifier(text.translate(_BOLD)) if bold else _upright(text)
        case Number(text):
            return _element("mn", _text(text))
        case Sign(text):
            return _operator(text)
        case Row(parts):
            return _row(*map(_written, parts))
        case Product(factors):
            return _row(INVISIBLE_TIMES.join(map(_written, factors)))
        case Fraction(over, under):
            return _element("mfrac", _written(over), _written(under))
        case Raised(base, exponent, elementwise):
            ring = [_operator("∘")] if elementwise else []
            return _element("msup", _written(base), _row(*ring, *([_written(exponent)] if exponent else [])))
        case Indexed(base, indices):
            return _element("msub", _written(base), _row(_operator(",").join(map(_written, indices))))
        case Root(radicand):
            return _element("msqrt", _written(radicand))
        case Fenced(inside, left, right):
            return _row(_operator(left), _written(inside), _operator(right))
        case BigOperator():
            return _big_operator(layout)
        case Cases(pieces):
            rows = (_table_row(_written(value), _condition(condition)) for value, condition in pieces)
            return _row(_operator("{"), _element("mtable", *rows))
        case Grid(rows):
            table = _element("mtable", *(_table_row(*map(_written, cells)) for cells in rows))
            return _row(_operator("["), table, _operator("]"))


def _element(tag: str, *children: str) -> str:
    return f"<{tag}>{''.join(children)}</{tag}>"


def _text(text: str) -> str:
    return escape(_NOT_XML.sub("\ufffd", text), quote=False)


def _row(*children: str) -> str:
    return _element("mrow", *children)


def _operator(sign: str) -> str:
    return _element("mo", _text(_SIGNS.get(sign, sign)))


def _identifier(text: str) -> str:
    return _element("mi", _text(text))


def _upright(text: str) -> str:
    # One letter alone would be set in italics.
    return f'<mi mathvariant="normal">{_text(text)}</mi>' if len(text) == 1 else _identifier(text)


def _name(text: str) -> str:
    if not re.fullmatch(r"\w+(\^\w+)*", text):
        return _identifier(text)
    name, above, below = split_super_sub(text)
    base, lower, upper = _letter(name), _row(*map(_letter, below)), _row(*map(_letter, above))
    if above and below:
        return _element("msubsup", base, lower, upper)
    if below:
        return _element("msub", base, lower)
    return _element("msup", base, upper) if above else base


def _letter(name: str) -> str:
    return _element("mn", name) if name.isdigit() else _identifier(greek_unicode.get(name, name))


def _big_operator(layout: BigOperator) -> str:
    parts = [_operator(layout.sign), _written(layout.under)]
    if layout.over:
        return _row(_element("munderover", *parts, _written(layout.over)), _written(layout.body))
    return _row(_element("munder", *parts), _written(layout.body))


def _table_row(*cells: str) -> str:
    return _element("mtr", *(_element("mtd", cell) for cell in cells))


def _condition(condition: Layout | None) -> str:
    if condition is None:
        return _element("mtext", "otherwise")
    return _row(_element("mtext", "if\u00a0"), _written(condition))
