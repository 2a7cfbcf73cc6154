"""Scalars: numbers, symbols, arithmetic and functions."""

from __future__ import annotations

from typing import Any

from sympy import (
    Abs,
    Add,
    Derivative,
    Expr,
    Float,
    Function,
    I,
    Lambda,
    Max,
    Min,
    Mul,
    Pow,
    Rational,
    Symbol,
    Tuple,
    ceiling,
    factorial,
    floor,
    gamma,
    oo,
    pi,
)
from sympy.core.numbers import Exp1
from sympy.core.symbol import Str
from sympy.printing.str import sstr

from verifier.symbolic.notation.layout import (
    Binding,
    Fenced,
    Fraction,
    Layout,
    Name,
    Number,
    Root,
    Sign,
    Word,
    called,
    held,
    joined,
    negated,
    over,
    plus,
    raised,
    row,
    separated,
    times,
)
from verifier.symbolic.notation.spelling import Spelling, is_negative, magnitude

#: Functions that people write differently from SymPy.
NAMES = {Max: "max", Min: "min", Abs: "abs", gamma: "Γ"}


def symbol(node: Symbol, spelling: Spelling) -> Layout:
    """A variable."""
    return Name(node.name)


def text(node: Str, spelling: Spelling) -> Layout:
    """A piece of text."""
    return Word(node.name)


def rational(node: Rational, spelling: Spelling) -> Layout:
    """A whole number or a fraction."""
    if node < 0:
        return negated(spelling.spell(-node))
    return over([Number(str(node.p))], [Number(str(node.q))] if node.q != 1 else [])


def decimal(node: Float, spelling: Spelling) -> Layout:
    """A floating-point number."""
    return negated(spelling.spell(-node)) if node < 0 else Number(sstr(node, full_prec=False))


def add(node: Add, spelling: Spelling) -> Layout:
    """A sum; what is subtracted stands last."""
    terms = sorted(node.as_ordered_terms(), key=is_negative)
    return plus((is_negative(term), spelling.spell(magnitude(term) if is_negative(term) else term)) for term in terms)


def multiply(node: Mul, spelling: Spelling) -> Layout:
    """A product; negative powers stand below a line."""
    if is_negative(node):
        return negated(spelling.spell(magnitude(node)))
    above: list[Layout] = []
    below: list[Layout] = []
    for factor in node.as_ordered_factors():
        if isinstance(factor, Rational):
            above += [Number(str(factor.p))] if factor.p != 1 else []
            below += [Number(str(factor.q))] if factor.q != 1 else []
        elif _is_below(factor):
            below.append(spelling.spell(_inverted(factor)))
        else:
            above.append(spelling.spell(factor))
    return over(above, below)


def power(node: Pow, spelling: Spelling) -> Layout:
    """A power, a square root, or one of them below a line."""
    if _is_below(node):
        return over([], [spelling.spell(_inverted(node))])
    if node.exp == Rational(1, 2):
        return Root(spelling.spell(node.base))
    return raised(spelling.spell(node.base), spelling.spell(node.exp))


def _is_below(factor: Expr) -> bool:
    return isinstance(factor, Pow) and is_negative(factor.exp)


def _inverted(power: Pow) -> Expr:
    return power.base if power.exp == -1 else Pow(power.base, magnitude(power.exp), evaluate=False)


def name(function: type) -> str:
    """The name of a function."""
    return NAMES.get(function, function.__name__)


def function(node: Expr, spelling: Spelling) -> Layout:
    """A function of scalars."""
    return called(name(type(node)), *spelling.all(node.args))


def _between(left: str, right: str) -> Any:
    return lambda node, spelling: Fenced(spelling.spell(node.args[0]), left, right)


def factorial_of(node: factorial, spelling: Spelling) -> Layout:
    """A factorial."""
    return row(held(spelling.spell(node.args[0]), Binding.ATOM), Sign("!"), binding=Binding.POWER)


def derivative(node: Derivative, spelling: Spelling) -> Layout:
    """A derivative that is not carried out."""
    sign = Word("∂")
    order = sum(count for _, count in node.variable_count)
    below = [row(sign, _times_of(variable, count, spelling)) for variable, count in node.variable_count]
    above = sign if order == 1 else raised(sign, spelling.spell(order))
    return times([Fraction(above, row(*below)), Fenced(spelling.spell(node.expr))])


def _times_of(variable: Expr, count: Expr, spelling: Spelling) -> Layout:
    spelled = spelling.spell(variable)
    return spelled if count == 1 else raised(spelled, spelling.spell(count))


def mapping(node: Lambda, spelling: Spelling) -> Layout:
    """A function given by an expression."""
    names = spelling.all(node.signature)
    arguments = names[0] if len(names) == 1 else Fenced(separated(names))
    return joined([arguments, spelling.spell(node.expr)], "↦", Binding.MAP)


def several(node: Tuple, spelling: Spelling) -> Layout:
    """A tuple."""
    return Fenced(separated(spelling.all(node)))


def _constant(word: str) -> Any:
    return lambda node, spelling: Word(word)


NODES = {
    Symbol: symbol,
    Str: text,
    Rational: rational,
    Float: decimal,
    type(pi): _constant("π"),
    Exp1: _constant("e"),
    type(I): _constant("i"),
    type(oo): _constant("∞"),
    type(-oo): lambda node, spelling: negated(Word("∞")),
    Add: add,
    Mul: multiply,
    Pow: power,
    Function: function,
    Max: function,
    Min: function,
    Abs: _between("|", "|"),
    floor: _between("⌊", "⌋"),
    ceiling: _between("⌈", "⌉"),
    factorial: factorial_of,
    Derivative: derivative,
    Lambda: mapping,
    Tuple: several,
}
