"""Names for bound indices: i, j, k, …, none of which the formula uses for something else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

from sympy import Basic, Dummy, Sum, Symbol

from verifier.symbolic.notation.nodes import Entries
from verifier.symbolic.notation.substitution import mapped, put

LETTERS = "ijklpqrstuvw"


def with_letters(expression: Basic, taken: Iterable[str]) -> Basic:
    """The expression with a letter for every bound index; sums that are not inside of each other share them."""
    return _named(expression, frozenset(taken))


def free_letters(letters: str, taken: frozenset[str]) -> Iterator[str]:
    """The letters that are not taken, and then numbered ones."""
    yield from (letter for letter in letters if letter not in taken)
    yield from (name for name in (f"{letters[0]}{k}" for k in count(1)) if name not in taken)


def _named(node: Basic, taken: frozenset[str]) -> Basic:
    if not node.atoms(Dummy):
        return node
    if not isinstance(node, Sum | Entries):
        return mapped(node, lambda argument: _named(argument, taken))
    outermost_first = reversed(node.args[1:]) if isinstance(node, Sum) else node.args[1:]
    names = free_letters(LETTERS, taken)
    symbols = {limit[0]: Symbol(next(names), integer=True, nonnegative=True) for limit in outermost_first}
    body = _named(put(node.args[0], symbols), taken | {symbol.name for symbol in symbols.values()})
    return node.func(body, *(put(limit, symbols) for limit in node.args[1:]))
