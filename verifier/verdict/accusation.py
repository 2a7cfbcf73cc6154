"""A gradient that is accused, with all that guesses at the cause are tested on.

A guess is made only if it explains every entry of every exhibit within what is allowed. The exhibits are backward
passes at different points and cotangents, so that what fits by chance at the one does not at the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sympy import Basic

from verifier.discover import collect
from verifier.errors import FormulaError, NoClosedFormError, VerifierError
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.noise import largest
from verifier.subdifferential import Subdifferential
from verifier.symbolic.derivative import Derivation
from verifier.symbolic.program import Program, shaped
from verifier.verdict.slips import Words
from verifier.witness import Array

#: The longest formula that is quoted in a cause.
LONGEST = 44


@dataclass(frozen=True)
class Exhibit:
    """One backward pass: the gradient by each input as the accused gave it, and the true one.

    `allowed` is how far apart they may be in each entry; infinite where one of the two was not to be had. `share` is
    the part of it within which a prediction has to be: in a dtype with few digits much is near by chance.
    """

    inputs: Mapping[str, NDArray[Any]]
    cotangent: Array
    given: Mapping[str, Array]
    true: Mapping[str, Array]
    allowed: Mapping[str, Array]
    share: float = 1.0

    def bad(self, name: str) -> NDArray[np.bool_]:
        """The entries of one gradient that are further from the truth than is allowed."""
        return ~_close(self.given[name], self.true[name], self.allowed[name])

    def is_right(self, name: str, gradient: Array) -> bool:
        """Whether another gradient is the true one, at every entry."""
        return bool(_close(gradient, self.true[name], self.allowed[name]).all())

    def matches(self, name: str, predicted: Array) -> bool:
        """Whether a prediction is what the accused gave, at every entry.

        A prediction that is larger than the true gradient is rounded more coarsely, in proportion.
        """
        if predicted.shape != self.given[name].shape:
            return False
        scale = max(1.0, largest(predicted) / (largest(self.true[name]) or 1.0))
        return bool(_close(self.given[name], predicted, scale * self.share * self.allowed[name]).all())


@dataclass(frozen=True)
class Accusation:
    """The gradient by `input` is accused.

    exhibits: the first is at the caller's own point.
    derivation: of the formula; None where there is none. symbols: what its inputs are for the reader.
    pathless: whether torch sees no path from the input to the result.
    written: what the function left in those inputs that it wrote to.
    roundoff: the unit roundoff of the coarsest dtype that the candidate computes in.
    pairs: the inputs that are complex numbers, as pairs along a last axis.
    contiguous: the gradients that the accused gives where all inputs are contiguous; empty if they are.
    right: all right gradients at the caller's own point; None where there is one.
    """

    input: str
    exhibits: tuple[Exhibit, ...]
    words: Words = field(default_factory=Words)
    derivation: Derivation | None = None
    symbols: Mapping[str, Basic] = field(default_factory=dict)
    pathless: bool = False
    written: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    roundoff: float = 2.0**-53
    pairs: frozenset[str] = frozenset()
    contiguous: Mapping[str, Array] = field(default_factory=dict)
    right: Subdifferential | None = None

    @property
    def first(self) -> Exhibit:
        """The backward pass at the caller's own point."""
        return self.exhibits[0]

    def explained(self, predict: Callable[[Exhibit], Array | None]) -> bool:
        """Whether what is predicted for each exhibit is what the accused gave."""
        predictions = ((exhibit, predict(exhibit)) for exhibit in self.exhibits)
        with suppress(VerifierError):  # a supposition may be none, as of places that lie outside of a tensor
            return all(p is not None and exhibit.matches(self.input, p) for exhibit, p in predictions)
        return False

    def evaluated(self, exhibit: Exhibit, program: Program, tensor: str, **changed: Array) -> Array:
        """A tensor of a program that takes the derivation's inputs, at an exhibit's point, in float64."""
        assert self.derivation is not None
        inputs = {**exhibit.inputs, self.derivation.cotangent: exhibit.cotangent, **changed}
        return evaluate(program, shaped(program, inputs), [tensor], Float64())[tensor]

    def gradient(self, exhibit: Exhibit, program: Program, tensor: str | None, **changed: Array) -> Array:
        """The same in the shape of the accused gradient; zeros where there is no such tensor."""
        shape = exhibit.given[self.input].shape
        if tensor is None:
            return np.zeros(shape)
        return self.evaluated(exhibit, program, tensor, **changed).reshape(shape)

    def quoted(self, program: Program, tensor: str) -> str | None:
        """The closed form of a tensor on one line, cut where it is long; None where it has none.

        It has none where it rests on inputs that have no name for the reader.
        """
        from verifier.symbolic.notation import closed_form, render
        from verifier.symbolic.notation.decimals import with_decimals

        used = {tensor, *(name for _, definition in program.needed_for([tensor]) for name in definition.operands)}
        if any(name in used and name not in self.symbols for name, _ in program.inputs):
            return None
        try:
            plain = render(closed_form(with_decimals(program), tensor, self.symbols)).plain
        except (NoClosedFormError, FormulaError):
            return None  # the cause is told without a quotation
        if plain.startswith("["):
            plain = plain.partition(" ↦ ")[2]  # what the indices are is seen from the rest
        return plain if len(plain) <= LONGEST else f"{plain[: LONGEST - 1]}…"


@dataclass(frozen=True)
class Cause:
    """A kind of mistake. `explain` yields sentences, each of which it has tested on all exhibits.

    Causes are tried by their `rank`, and the first sentence is the likely cause: simple ones come first.
    """

    rank: int
    explain: Callable[[Accusation], Iterator[str]]


def likely_cause(accusation: Accusation) -> str | None:
    """The first cause that explains everything; None where none does."""
    causes: list[Cause] = sorted(collect("verifier.verdict.causes", "CAUSE"), key=lambda cause: cause.rank)
    with np.errstate(all="ignore"):
        return next((sentence for cause in causes for sentence in cause.explain(accusation)), None)


def _close(left: Array, right: Array, allowed: Array) -> NDArray[np.bool_]:
    with np.errstate(all="ignore"):
        near = np.abs(left - right) <= allowed
    return near | (left == right) | (np.isnan(left) & np.isnan(right)) | np.isposinf(allowed)
