"""Names for bound indices: i, j, k, …, none of which the formula uses for something else."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import count

from sympy import Basic, Dummy, Product, Sum, Symbol

from verifier.symbolic.notation.nodes import Entries
from verifier.symbolic.notation.substitution import mapped

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
    if not isinstance(node, Sum | Product | Entries):
        return mapped(node, lambda argument: _named(argument, taken), evaluate=False)
    names = free_letters(LETTERS, taken)
    symbols = {i: Symbol(next(names), integer=True, nonnegative=True) for i in _in_order(node)}
    body = _named(_renamed(node.args[0], symbols), taken | {symbol.name for symbol in symbols.values()})
    return node.func(body, *(limit.xreplace(symbols) for limit in node.args[1:]))


def _in_order(node: Basic) -> list[Basic]:
    """The indices that a sum or a tensor binds, as a reader meets them: outer sums first, axes of extent 1 never."""
    if isinstance(node, Sum | Product):
        return [limit[0] for limit in reversed(node.limits)]
    return [axis[0] for axis in sorted(node.args[1:], key=lambda axis: axis[1] == 1)]


def _renamed(node: Basic, symbols: Mapping[Basic, Basic]) -> Basic:
    if node in symbols:
        return symbols[node]
    return mapped(node, lambda argument: _renamed(argument, symbols), evaluate=False)
