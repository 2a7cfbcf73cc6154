"""Functions given piece by piece, and their conditions."""

from __future__ import annotations

from typing import Any

from sympy import And, Basic, Not, Or, Piecewise, true
from sympy.core.relational import Relational

from verifier.symbolic.notation.layout import Binding, Cases, Fenced, Layout, Sign, held, joined, row
from verifier.symbolic.notation.pieces import Pieces
from verifier.symbolic.notation.spelling import Spelling

RELATIONS = {"==": "=", "!=": "≠", "<=": "≤", ">=": "≥"}


def piecewise(node: Piecewise | Pieces, spelling: Spelling) -> Layout:
    """Values and conditions; what is 1 under a condition and 0 otherwise is the condition in Iverson's brackets."""
    condition = indicated(node)
    if condition is not None:
        return Fenced(spelling.spell(condition), "[", "]")
    return Cases(tuple((spelling.spell(e), None if c == true else spelling.spell(c)) for e, c in node.args))


def indicated(node: Basic) -> Basic | None:
    """The condition c of a function that is 1 where c holds and 0 elsewhere."""
    if not (isinstance(node, Piecewise | Pieces) and len(node.args) == 2 and node.args[1][1] == true):
        return None
    (first, condition), (second, _) = node.args
    if (first, second) == (0, 1) and isinstance(condition, Relational):
        return condition.negated
    return condition if (first, second) == (1, 0) else None


def relation(node: Relational, spelling: Spelling) -> Layout:
    """A comparison; a number stands on its right."""
    if node.lhs.is_number and not node.rhs.is_number:
        node = node.reversed
    sides = [held(spelling.spell(side), Binding.SUM) for side in node.args]
    return joined(sides, RELATIONS.get(node.rel_op, node.rel_op), Binding.RELATION)


def _connected(sign: str, own: Binding, needed: Binding) -> Any:
    def connective(node: Basic, spelling: Spelling) -> Layout:
        return joined([held(spelling.spell(a), needed) for a in sorted(node.args, key=str)], sign, own)

    return connective


def negation(node: Not, spelling: Spelling) -> Layout:
    """A condition that must not hold."""
    return row(Sign("¬"), held(spelling.spell(node.args[0]), Binding.ATOM), binding=Binding.PREFIX)


NODES = {
    Piecewise: piecewise,
    Pieces: piecewise,
    Relational: relation,
    And: _connected("∧", Binding.AND, Binding.RELATION),
    Or: _connected("∨", Binding.OR, Binding.AND),
    Not: negation,
}
