"""Formulas in plain text, for a terminal: `2·Aᵀ·(A·x − b)`."""

from __future__ import annotations

from verifier.symbolic.notation.layout import (
    BigOperator,
    Binding,
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
    held,
)

_SIGNS = {"⊙": "∘", ",": ", "}
_RAISED = str.maketrans("0123456789+−-ni⊤", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻ⁿⁱᵀ")


def plain(layout: Layout) -> str:
    """The layout on one line of Unicode text."""
    match layout:
        case Name() | Word() | Number():
            return layout.text
        case Sign(text, spaced):
            text = _SIGNS.get(text, text)
            return f" {text} " if spaced else text
        case Row(parts):
            return "".join(map(plain, parts))
        case Product(factors):
            *first, last = factors
            return "·".join([plain(_closed(factor)) for factor in first] + [plain(last)])
        case Fraction(over, under):
            above = Fenced(over) if _ends_open(over) else held(over, Binding.PRODUCT)
            return f"{plain(above)}/{plain(held(under, Binding.PREFIX))}"
        case Raised(base, exponent, elementwise):
            return plain(base) + ("∘" if elementwise else "") + (_raised(exponent) if exponent else "")
        case Indexed(base, indices):
            return f"{plain(base)}[{', '.join(map(plain, indices))}]"
        case Root(radicand):
            return "√" + plain(held(radicand, Binding.ATOM))
        case Fenced(inside, left, right):
            return f"{left}{plain(inside)}{right}"
        case BigOperator():
            return _big_operator(layout)
        case Cases(pieces):
            return "{" + "; ".join(_piece(value, condition) for value, condition in pieces) + "}"
        case Grid(rows):
            return "[" + "; ".join(", ".join(map(plain, cells)) for cells in rows) + "]"


def _closed(factor: Layout) -> Layout:
    """A factor that others follow."""
    return Fenced(factor) if isinstance(factor, Fraction) else factor


def _ends_open(layout: Layout) -> bool:
    """Whether a layout ends with the body of a sum, which whatever follows would seem to belong to."""
    return isinstance(layout, BigOperator) or (isinstance(layout, Product) and _ends_open(layout.factors[-1]))


def _raised(exponent: Layout) -> str:
    text = plain(exponent)
    raised = text.translate(_RAISED)
    if all(character in "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻ⁿⁱᵀ" for character in raised):
        return raised
    return "^" + plain(held(exponent, Binding.ATOM))


def _big_operator(layout: BigOperator) -> str:
    under = plain(layout.under)
    under = under if isinstance(layout.under, Name) else "{" + under + "}"
    over = "^{" + plain(layout.over) + "}" if layout.over else ""
    return f"{layout.sign}_{under}{over} {plain(layout.body)}"


def _piece(value: Layout, condition: Layout | None) -> str:
    return f"{plain(value)} if {plain(condition)}" if condition else f"{plain(value)} otherwise"
