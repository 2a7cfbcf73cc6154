"""Something on the way was treated as a constant: what flows back through it is missing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from verifier.symbolic.derivative import Derivation, reverse
from verifier.symbolic.program import Program
from verifier.verdict.accusation import Accusation, Cause, Exhibit
from verifier.witness import Array

#: How a gradient that holds something on purpose is declared.
MEANT = "if meant: .detach() it in formula="

#: The most intermediate tensors that are held, those nearest to the result first.
MOST = 12

#: Of these, how many are held two at a time.
MOST_PAIRED = 5


def explain(accusation: Accusation) -> Iterator[str]:
    """The gradient with one intermediate tensor of the formula, or two, held at their values."""
    derivation = accusation.derivation
    if derivation is None:
        return
    between = _between(accusation, derivation)
    single = [(name,) for name in between]
    for group in (single, list(combinations(between[:MOST_PAIRED], 2))):
        found = [names for names in group if _are_held(accusation, derivation, names)]
        if found:
            said = _shortest(accusation, derivation, found)
            yield f"treated as a constant: nothing flows back through {said}; {MEANT}"
            return


def _shortest(accusation: Accusation, derivation: Derivation, found: Sequence[tuple[str, ...]]) -> str:
    """The way of saying it that is shortest: what lies on one path only is held together with it."""
    said = [[accusation.quoted(derivation.program, name) for name in names] for names in found]
    quotes = [" and ".join(map(str, quoted)) for quoted in said if None not in quoted]
    return min(quotes, key=len, default="what lies between")


def _between(accusation: Accusation, derivation: Derivation) -> list[str]:
    """What lies between the input and the result."""
    active = derivation.program.dependent_on([accusation.input])
    needed = [name for name, _ in derivation.program.needed_for([derivation.output])]
    return [name for name in reversed(needed) if name in active and name != derivation.output][:MOST]


def _are_held(accusation: Accusation, derivation: Derivation, tensors: tuple[str, ...]) -> bool:
    program = derivation.program
    held = Program(
        (*program.inputs, *((tensor, program.shapes[tensor]) for tensor in tensors)),
        tuple((name, definition) for name, definition in program.definitions if name not in tensors),
    )
    without = reverse(held, derivation.output, [accusation.input], derivation.cotangent)

    def predict(exhibit: Exhibit) -> Array:
        values = {tensor: accusation.evaluated(exhibit, program, tensor) for tensor in tensors}
        return accusation.gradient(exhibit, without.adjoint, without.gradients[accusation.input], **values)

    return accusation.explained(predict)


CAUSE = Cause(rank=70, explain=explain)
