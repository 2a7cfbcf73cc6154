"""What the notation of one definition needs to know of the tensors that it reads."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from sympy import Expr, Symbol

from verifier.symbolic.program import Shape


class Operands(Protocol):
    """The tensors of a program, as SymPy expressions.

    argument: the bound symbol of elementwise functions, a name that nothing else has.
    chosen: integer inputs. They choose entries, and so they are taken to lie inside of the tensors that they index.
    """

    shapes: Mapping[str, Shape]
    argument: Symbol
    chosen: frozenset[Symbol]

    def matrix(self, tensor: str) -> Expr | None:
        """A tensor in matrix notation, axes of extent 1 left out: a scalar, a column, a matrix, or None."""

    def entry(self, tensor: str, index: Sequence[Expr]) -> Expr:
        """An entry of a tensor in index notation."""
