"""Float64 in which conditions keep the truth that they had at first.

Noise stands for rounding, and rounding may carry a value across a border. What that does to a derivative is no small
error but another branch, and it is told apart: the spread is measured on one branch, and how far the sides of each
condition move towards each other is a measurement of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Expr, Symbol
from sympy.core.relational import Relational

from verifier.numeric.arithmetic import Values
from verifier.numeric.float64 import Float64

#: For each body that holds conditions: call by call, an array for each condition.
ByCondition = dict[Expr, list[dict[Relational, NDArray[Any]]]]

#: How far from a border rounding may carry the sides of each condition of a body, at each entry.
Widths = dict[Relational, NDArray[np.float64]]


class Decided(Float64):
    """The first evaluation decides all conditions and selections, and the later ones repeat what it decided.

    `gaps` holds what the sides of the conditions differ by in the latest evaluation.
    """

    def __init__(self) -> None:
        self.gaps: ByCondition = {}
        self._truths: ByCondition = defaultdict(list)
        self._selections: list[NDArray[Any]] = []
        self._selected = 0
        self._depth = 0

    @contextmanager
    def context(self) -> Iterator[None]:
        """See `Arithmetic`; every evaluation starts from the first call again."""
        if not self._depth:
            self.gaps, self._selected = defaultdict(list), 0
        self._depth += 1
        try:
            with super().context():
                yield
        finally:
            self._depth -= 1

    def function(self, body: Expr, symbols: Sequence[Symbol]) -> Callable[..., Values]:
        """See `Arithmetic`."""
        relations = conditions(body)
        if not relations:
            return super().function(body, symbols)
        told, holding = _told(body)
        chosen = super().function(told, (*symbols, *holding))
        truths = [super(Decided, self).function(relation, symbols) for relation in relations]
        gaps = [super(Decided, self).function(_gap(relation), symbols) for relation in relations]

        def function(*arguments: Values) -> Values:
            call = len(self.gaps[body])
            self.gaps[body].append({r: np.asarray(gap(*arguments)) for r, gap in zip(relations, gaps, strict=True)})
            if call == len(self._truths[body]):
                decided = {r: np.asarray(truth(*arguments)) for r, truth in zip(relations, truths, strict=True)}
                self._truths[body].append(decided)
            return chosen(*arguments, *self._truths[body][call].values())

        return function

    def decide(self, undecided: ByCondition, truth: bool) -> None:
        """From now on decide conditions in this way, where `undecided` is true."""
        for body, calls in undecided.items():
            for call, masks in enumerate(calls):
                for relation, mask in masks.items():
                    self._truths[body][call][relation] = np.where(mask, truth, self._truths[body][call][relation])

    def selected(self, select: Callable[[NDArray[Any]], NDArray[Any]], values: Values) -> NDArray[Any]:
        """See `Arithmetic`."""
        if self._selected == len(self._selections):
            self._selections.append(super().selected(select, values))
        self._selected += 1
        return self._selections[self._selected - 1]


@lru_cache(maxsize=4096)
def conditions(body: Expr) -> tuple[Relational, ...]:
    """The conditions of a body that depend on what is read, and not only on indices."""
    found = [r for r in body.atoms(Relational) if not all(s.is_integer for s in r.free_symbols)]
    return tuple(sorted(found, key=str))


@lru_cache(maxsize=4096)
def _told(body: Expr) -> tuple[Expr, tuple[Symbol, ...]]:
    """A body that is told whether its conditions hold, by a symbol for each of them."""
    holding = {relation: Symbol(f"holds{k}") for k, relation in enumerate(conditions(body))}
    return body.xreplace(holding), tuple(holding.values())


@lru_cache(maxsize=4096)
def _gap(relation: Relational) -> Expr:
    return relation.lhs - relation.rhs
