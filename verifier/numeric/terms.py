"""The terms of a comprehension: its body over the domain, summed over all indices but a few."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sympy import Integer

from verifier.numeric.arithmetic import Arithmetic, Axes, Labelled, Values
from verifier.numeric.plan import Plan, Product
from verifier.numeric.reading import Grid
from verifier.symbolic.comprehension import index, value


@dataclass(frozen=True)
class Terms:
    """The body of a comprehension, ready to be summed over all indices but a few."""

    plan: Plan
    grid: Grid
    arithmetic: Arithmetic

    def summed(self, reads: list[Labelled], kept: Axes, fixed: Mapping[int, int]) -> Values:
        """The body at `fixed` values of some indices, summed over all others but `kept`."""
        running = [k for k in range(len(self.grid.domain)) if k not in fixed and k not in kept]
        if self.plan.product is not None and running:
            return self._contracted(self.plan.product, reads, kept, fixed)
        return self._applied(reads, kept, fixed)

    def _contracted(self, product: Product, reads: list[Labelled], kept: Axes, fixed: Mapping[int, int]) -> Values:
        factors = [reads[position] for position in product.positions]
        reached = {axis for factor in factors for axis in factor.axes}
        spread = tuple(axis for axis in kept if axis not in reached)
        running = [k for k in range(len(self.grid.domain)) if k not in fixed and k not in reached and k not in kept]
        coefficient = product.coefficient * Integer(math.prod(self.grid.domain[k] for k in running))
        core = tuple(axis for axis in kept if axis in reached)
        result = self.arithmetic.contract(factors, core)
        if coefficient != 1:
            result = self.arithmetic.function(coefficient * value(0), (value(0),))(result)
        if not spread:
            return result
        shape = tuple(self.grid.domain[axis] for axis in kept)
        return self.arithmetic.expand(result[(*(slice(None) if k in reached else None for k in kept), ...)], shape)

    def _applied(self, reads: list[Labelled], kept: Axes, fixed: Mapping[int, int]) -> Values:
        body = self.plan.definition.body
        running = tuple(k for k in range(len(self.grid.domain)) if k not in fixed)
        symbols = [value(k) for k in range(len(reads))]
        arguments = [self._aligned(read, running) for read in reads]
        for k in range(len(self.grid.domain)):
            if index(k) in body.free_symbols:
                symbols.append(index(k))
                arguments.append(fixed[k] if k in fixed else _squeezed(self.grid.along(k), fixed))
        extents = {s: n for s, n in self.grid.extents.items() if s in body.free_symbols}
        shape = tuple(self.grid.domain[k] for k in running)
        if body == value(0):
            applied = arguments[0]
        else:
            applied = self.arithmetic.function(body, (*symbols, *extents))(*arguments, *extents.values())
        everywhere = self.arithmetic.expand(applied, shape)
        gone = tuple(position for position, k in enumerate(running) if k not in kept)
        summed = self.arithmetic.sum(everywhere, gone) if gone else everywhere
        left = [k for k in running if k in kept]
        return self.arithmetic.permute(summed, [left.index(k) for k in kept])

    def _aligned(self, read: Labelled, running: Axes) -> Values:
        """A read with a unit axis for every running index that it does not have."""
        return read.values[(*(slice(None) if k in read.axes else None for k in running), ...)]


def _squeezed(along: Any, fixed: Mapping[int, int]) -> Any:
    return along[tuple(0 if k in fixed else slice(None) for k in range(along.ndim))]
