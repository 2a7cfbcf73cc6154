"""The limit on the size of formulas: a symbolic blow-up stops with a sentence, and not with the memory."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from sympy import Basic

from verifier.errors import FormulaTooLargeError


@dataclass(frozen=True)
class Limits:
    """nodes: of one scalar expression, every repetition counted. definitions: of one program."""

    nodes: int = 20_000
    definitions: int = 10_000


_DEFAULT = Limits()
_limits: ContextVar[Limits] = ContextVar("limits", default=_DEFAULT)


@contextmanager
def growth_limits(nodes: int = Limits.nodes, definitions: int = Limits.definitions) -> Iterator[None]:
    """Inside of this context formulas and their derivatives may grow to these sizes, and no further."""
    token = _limits.set(Limits(nodes, definitions))
    try:
        yield
    finally:
        _limits.reset(token)


def check_growth(name: str, body: Basic | None, definitions: int) -> None:
    """Raises `FormulaTooLargeError` if the expression that defines the tensor `name`, or the program, is too large."""
    limits = _limits.get()
    if body is not None and (nodes := _size(body, {})) > limits.nodes:
        raise FormulaTooLargeError(name, f"an expression of {nodes} nodes", limits.nodes, "nodes")
    if definitions > limits.definitions:
        raise FormulaTooLargeError(name, f"definition number {definitions}", limits.definitions, "definitions")


def _size(node: Basic, known: dict[Basic, int]) -> int:
    """The nodes of an expression as a tree; equal parts are counted as often as they stand there."""
    if node not in known:
        known[node] = 1 + sum(_size(argument, known) for argument in node.args)
    return known[node]
