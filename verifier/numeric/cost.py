"""What an evaluation will cost, predicted from the program alone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import prod

from sympy import Symbol

from verifier.numeric.plan import number
from verifier.symbolic.comprehension import Comprehension
from verifier.symbolic.program import Program


def work(program: Program, wanted: Iterable[str], extents: Mapping[Symbol, int]) -> int:
    """The number of scalar operations that an evaluation needs, if contractions are not reordered."""
    return sum(
        prod(number(extent, extents) for extent in definition.domain) * (1 + definition.body.count_ops())
        for _, definition in program.needed_for(wanted)
        if isinstance(definition, Comprehension)
    )
