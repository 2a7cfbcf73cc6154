"""Index expressions as the evaluator sees them: affine in the domain's indices, or anything else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sympy import Expr, Integer, Symbol

from verifier.symbolic.comprehension import index


@dataclass(frozen=True)
class Affine:
    """offset + Σ steps[k]·i_k, all whole numbers."""

    offset: int
    steps: tuple[int, ...]

    @property
    def used(self) -> tuple[int, ...]:
        """The positions of the indices that occur."""
        return tuple(k for k, step in enumerate(self.steps) if step)

    def range(self, domain: tuple[int, ...]) -> tuple[int, int]:
        """The smallest and the largest value over a domain that is not empty."""
        ends = [step * (extent - 1) for step, extent in zip(self.steps, domain, strict=True)]
        return self.offset + sum(min(0, e) for e in ends), self.offset + sum(max(0, e) for e in ends)


def affine(expression: Expr, order: int, extents: Mapping[Symbol, int]) -> Affine | None:
    """An index expression over a domain of `order` indices as `Affine`; None where it is not."""
    rest = expression.subs(extents) if expression.free_symbols & extents.keys() else expression
    steps = []
    for position in range(order):
        step = rest.coeff(index(position)) if rest.has(index(position)) else Integer(0)
        rest = rest - step * index(position)
        if not step.is_Integer:
            return None
        steps.append(int(step))
    rest = rest.expand() if rest.free_symbols else rest
    return Affine(int(rest), tuple(steps)) if rest.is_Integer else None
