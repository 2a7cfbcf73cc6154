"""What a name for tensors is: how it is written, and what is claimed of its derivatives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sympy import Expr

#: A formula for a derivative.
Claim = Callable[..., Any]


@dataclass(frozen=True)
class Word:
    """A name for tensors. `written` takes what the name is applied to, and the parameter, and gives the name of it.

    adjoints, tangents: what is claimed of the derivatives by each of the tensors that the name is applied to.
    """

    name: str
    written: Callable[..., Expr]
    adjoints: tuple[Claim, ...]
    tangents: tuple[Claim, ...]


def word_of_one(name: str, written: Callable[..., Expr], adjoint: Claim, tangent: Claim) -> Word:
    """A name that is applied to one tensor."""
    return Word(name, written, (adjoint,), (tangent,))
