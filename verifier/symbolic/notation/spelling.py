"""From SymPy formulas to layouts. What each node looks like is in `spellings/`, one file a family."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from sympy import Basic, Expr, Mul, Symbol, sympify

from verifier.discover import collect
from verifier.symbolic.notation.layout import Layout, Word, called


class Spelling:
    """Lays formulas out.

    A ring marks what is done entry by entry: `exp∘(X)`, `X∘²`, `X ∘ Y`. A bold 1 is a matrix of ones of whatever
    shape its place asks for, a bold e with an index a unit vector, counted from 0.
    """

    def __init__(self) -> None:
        self._standing: dict[Basic, Layout] = {}

    def spell(self, node: Any) -> Layout:
        """The layout of any SymPy expression; what no file of `spellings/` knows is written as a function call."""
        if not isinstance(node, Basic):
            node = sympify(node, strict=True)
        if node in self._standing:
            return self._standing[node]
        for kind in type(node).__mro__:
            if kind in _spellings():
                return _spellings()[kind](node, self)
        name = getattr(node, "spelled", type(node).__name__)
        return called(name, *self.all(node.args)) if node.args else Word(str(node))

    def all(self, nodes: Any) -> list[Layout]:
        """The layouts of several expressions."""
        return [self.spell(node) for node in nodes]

    @contextmanager
    def standing(self, symbol: Symbol, layout: Layout) -> Iterator[None]:
        """Inside of this context, a symbol looks like something else."""
        before = dict(self._standing)
        self._standing[symbol] = layout
        yield
        self._standing = before


def is_negative(expression: Expr) -> bool:
    """Whether an expression is written with a minus sign in front."""
    return bool(expression.as_coeff_Mul()[0].is_negative)


def magnitude(expression: Expr) -> Expr:
    """A negative expression without its minus sign."""
    number, rest = expression.as_coeff_Mul()
    return -number if rest == 1 else rest if number == -1 else Mul(-number, *Mul.make_args(rest), evaluate=False)


@cache
def _spellings() -> dict[type, Callable[[Any, Spelling], Layout]]:
    nodes: dict[type, Callable[[Any, Spelling], Layout]] = {}
    for table in collect("verifier.symbolic.notation.spellings", "NODES"):
        nodes |= table
    return nodes
