"""Affine recurrences along the last axis of tensors.

    out[..., k] = factor[..., k] * out[..., k-1] + term[..., k]        out[..., -1] = 0

or the same from the other end. Cumulative sums and products, and products over an axis, are made of these.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace

from sympy import Expr, Integer

from verifier.symbolic.comprehension import Read, comprehension, index, value
from verifier.symbolic.program import Builder, Contribution, Shape


@dataclass(frozen=True)
class Recurrence:
    """What a recurrence along the last axis gives; `factor` is None where it is 1, for a cumulative sum.

    factor and term are tensors of `shape`. The first factor multiplies nothing, whatever it is worth. A recurrence
    that runs `backwards` has out[..., k+1] in place of out[..., k-1], and starts at the end.
    """

    term: str
    shape: Shape
    factor: str | None = None
    backwards: bool = False

    @property
    def operands(self) -> tuple[str, ...]:
        """The terms and the factors."""
        return (self.term,) if self.factor in (None, self.term) else (self.term, str(self.factor))

    def adjoints(self, name: str, cotangent: str, active: Collection[str], builder: Builder) -> Iterator[Contribution]:
        """lam[k] = out_bar[k] + factor[k+1] * lam[k+1] by the term, and lam[k] * out[k-1] by the factor."""
        if not any(operand in active for operand in self.operands):
            return
        lam = builder.define(self._transposed(cotangent, builder), f"adjoint_of_{name}")
        if self.term in active:
            yield self.term, lam
        if self.factor is not None and self.factor in active:
            yield self.factor, self._times_previous(lam, name, f"adjoint_{self.factor}", builder)

    def tangent(self, name: str, tangents: Mapping[str, str], builder: Builder) -> str | None:
        """The same recurrence of term_dot[k] + factor_dot[k] * out[k-1]."""
        reads, body, at = [], Integer(0), self._at
        if self.term in tangents:
            reads, body = [Read(tangents[self.term], at)], value(0)
        if self.factor is not None and self.factor in tangents:
            body += value(len(reads)) * value(len(reads) + 1)
            reads += [Read(tangents[self.factor], at), self._previous(name)]
        if not reads:
            return None
        part = comprehension(self.shape, at, body, reads, self.shape)
        moving = replace(self, term=builder.define(part, f"tangent_of_{name}"))
        return builder.define(moving, f"tangent_{name}")

    def renamed(self, names: Mapping[str, str]) -> Recurrence:
        """The same of other tensors."""
        factor = self.factor and names.get(self.factor, self.factor)
        return replace(self, term=names.get(self.term, self.term), factor=factor)

    @property
    def _at(self) -> tuple[Expr, ...]:
        return tuple(index(k) for k in range(len(self.shape)))

    def _previous(self, tensor: str, steps: int = 1) -> Read:
        """The entry so many steps before, 0 where the recurrence has not begun or is over."""
        *outer, last = self._at
        return Read(tensor, (*outer, last + steps if self.backwards else last - steps), Integer(0))

    def _transposed(self, cotangent: str, builder: Builder) -> Recurrence:
        factor = self.factor
        if factor is not None:
            shifted = comprehension(self.shape, self._at, value(0), [self._previous(factor, -1)], self.shape)
            factor = builder.define(shifted, f"next_{factor}")
        return Recurrence(cotangent, self.shape, factor, not self.backwards)

    def _times_previous(self, tensor: str, name: str, called: str, builder: Builder) -> str:
        reads = [Read(tensor, self._at), self._previous(name)]
        part = comprehension(self.shape, self._at, value(0) * value(1), reads, self.shape)
        return builder.define(part, called)
