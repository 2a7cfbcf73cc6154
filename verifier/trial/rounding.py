"""What rounding explains in the answer to a question: the budget of an honest implementation in one dtype."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from verifier.numeric.balls import Balls
from verifier.numeric.conditioning import conditioning, stable_allowance, stable_budget, stable_floor
from verifier.numeric.cost import CONTRACTED, work
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.numeric.noise import Noise, largest
from verifier.numeric.spread import BUDGET, DRAWS, Measured, budget, deviations
from verifier.numeric.widths import spread_of_sides
from verifier.point import FLOATING
from verifier.symbolic.derivative import Derivation
from verifier.symbolic.program import bind_extents, shaped
from verifier.witness import Array, Estimate, Question, Testimony
from verifier.witnesses.symbolic import MOST_BALLS

#: Draws in balls, where they are so expensive that not all of them can be had.
FEWEST_DRAWS = 3

#: Bits of balls that are drawn: many more than any dtype has.
PRECISION = 113


@dataclass(frozen=True)
class Asked:
    """The program behind a question with a derivation: what it is evaluated at, and where its answers are.

    `gradients` maps each input in question that has a path to the value to the tensor of its gradient.
    """

    question: Question
    derivation: Derivation

    @cached_property
    def inputs(self) -> dict[str, NDArray]:
        """The arrays of the program's inputs."""
        given = {**self.question.inputs, self.derivation.cotangent: self.question.cotangent}
        return shaped(self.derivation.adjoint, given)

    @cached_property
    def gradients(self) -> dict[str, str]:
        """The tensor of each gradient that is not nothing at all."""
        return {n: t for n, t in self.derivation.gradients.items() if t and n in self.question.wrt}

    @property
    def tensors(self) -> list[str]:
        """Everything that is asked for: the value, and the gradients."""
        return [self.derivation.output, *self.gradients.values()]

    @cached_property
    def work(self) -> int:
        """What one evaluation costs."""
        extents = bind_extents(self.derivation.adjoint, {name: array.shape for name, array in self.inputs.items()})
        return work(self.derivation.adjoint, self.tensors, extents, CONTRACTED)

    @cached_property
    def measured(self) -> Measured:
        """The program at these inputs, as others have measured it already."""
        return self.question.measured or Measured(self.derivation.adjoint, self.inputs, tuple(self.tensors))

    def in_float64(self, tensors: Sequence[str] = ()) -> dict[str, Array]:
        """The tensors asked for, or others of the program, in float64."""
        return evaluate(self.derivation.adjoint, self.inputs, tensors, Float64()) if tensors else self.measured.exact

    def with_budget(self, found: Mapping[str, Array], dtype: str) -> Question:
        """The question with these brackets times the budget of a dtype as its allowance."""
        times = budget(FLOATING[dtype][0])
        shapes = {name: self.question.inputs[name].shape for name in self.gradients}
        return replace(
            self.question,
            measured=self.measured,
            allowance={
                **self.question.allowance,
                **{n: times * found[t].reshape(shapes[n]) for n, t in self.gradients.items()},
            },
            value_allowance=times * found[self.derivation.output].reshape(self.question.cotangent.shape),
            value_spread=None,
            value_bracket=None,
        )


def with_allowance(question: Question, dtype: str) -> Question:
    """The question with the error that an honest implementation in `dtype` may make, as float64 measures it."""
    if question.derivation is None:
        return question
    asked = Asked(replace(question, allowance={}), question.derivation)
    return _beside_own(asked.with_budget(asked.measured.brackets(*FLOATING[dtype]), dtype), dtype)


def drawn_in_full(question: Question, dtype: str) -> Question | None:
    """The question measured with all draws, where few had to do for a large program; None where all were drawn.

    Few draws are enough to acquit. Entries that are not like those beside them may deserve more, so nobody is accused
    on the strength of few.
    """
    measured = question.measured
    if measured is None or measured.draws >= DRAWS:
        return None
    in_full = Measured(measured.program, measured.inputs, measured.wanted, measured.seed, DRAWS)
    return with_allowance(replace(question, measured=in_full), dtype)


def _beside_own(question: Question, dtype: str) -> Question:
    """The question with more allowed where the formula has lost what the code computes.

    What cancels in a formula, as X·X⁻¹ does, is gone before it is read, and its rounding with it. That shows in inputs
    that the formula has no path from. A gradient that is zero for that reason has no digits to lose, nor has a value
    that nothing is left of, and the code's own program tells what they may be off by. What is left of other tensors has
    digits, and 2^4 times as much is allowed there at most.
    """
    candidate, lost, value = question.candidate, question.without_path, question.value_allowance
    if not lost or candidate is None or question.own is None or value is None:
        return question
    own = question.own(candidate, question.inputs)
    if own is None:
        return question
    derivation, inputs = own
    asked = Asked(replace(question, inputs=inputs, derivation=derivation, allowance={}, measured=None), derivation)
    there = asked.with_budget(asked.measured.brackets(*FLOATING[dtype]), dtype)
    assert there.value_allowance is not None
    kept = {n: _between(there.allowance.get(n, a), a) for n, a in question.allowance.items()}
    zero = {name: there.allowance[name] for name in lost if name in there.allowance}
    constant = len(lost) == len(question.wrt)
    allowed = np.maximum(value, there.value_allowance) if constant else _between(there.value_allowance, value)
    return replace(question, allowance={**kept, **zero}, value_allowance=allowed)


def _between(own: Array, formula: Array) -> Array:
    """What the code's own program allows, between what the formula does and 2^4 times that."""
    return np.clip(own, formula, BUDGET * formula)


def refined(question: Question, dtype: str, truth: Testimony) -> Question:
    """The same question after a reference has spoken: measured in balls where float64 turned out to be too coarse.

    In the tails of a function the program itself may overflow in float64, or cancel, and then its spread means
    nothing.
    """
    if question.derivation is None or truth.value is None or question.value_allowance is None:
        return question
    asked = Asked(question, question.derivation)
    output = asked.derivation.output
    proven = {output: truth.value, **{t: truth.gradients[n] for n, t in asked.gradients.items()}}
    allowed = {output: question.value_allowance, **{t: question.allowance[n] for n, t in asked.gradients.items()}}
    float64 = asked.measured.exact
    off = {t: _off(float64[t], proven[t], allowed[t]) for t in asked.tensors}
    if any(mask.any() for mask in off.values()) and asked.work <= MOST_BALLS:
        finer, times = _in_balls(asked, dtype, proven), budget(FLOATING[dtype][0])
        kept = {t: np.where(off[t], 0.0, allowed[t].reshape(off[t].shape) / times) for t in asked.tensors}
        question = asked.with_budget({t: np.maximum(finer[t], kept[t]) for t in asked.tensors}, dtype)
    if truth.subdifferential is not None:
        question = _at_kinks(question, asked, FLOATING[dtype][0])
    return _stable(question, asked, dtype, truth.value)


def _at_kinks(question: Question, asked: Asked, roundoff: float) -> Question:
    """The question with what rounding does on either side of the borders that it lies on."""
    spread = spread_of_sides(asked.measured, roundoff)
    allowed = question.allowance
    sides = {n: budget(roundoff) * spread[t].reshape(allowed[n].shape) for n, t in asked.gradients.items()}
    return replace(question, allowance={**allowed, **{n: np.maximum(allowed[n], side) for n, side in sides.items()}})


def _stable(question: Question, asked: Asked, dtype: str, truth: Estimate) -> Question:
    """The question with no more allowed in the value than for a stable implementation, where balls can tell.

    Only where the program's own rounding is much larger than that of its result is there anything to tell. A value that
    is zero has no digits to lose. Gradients are left alone:
    what a function does not depend on cancels in them, and no code that is differentiated can prevent that.
    """
    roundoff, threshold = FLOATING[dtype]
    assert question.value_allowance is not None
    operators = len(asked.derivation.program.definitions)
    floor = stable_floor(truth.value[truth.speaks], roundoff, threshold)
    most = stable_budget(roundoff, operators) * floor
    digits = truth.speaks & (np.abs(truth.value) > truth.error) & (question.value_allowance > most)
    if asked.work > MOST_BALLS or not digits.any():
        return question
    output = asked.derivation.output
    moves = conditioning(asked.derivation.program, asked.inputs, {output: truth.value}, roundoff)[output]
    explained = question.value_allowance
    spread = explained / budget(roundoff)
    bracket = np.where(digits, np.minimum(moves + floor, spread), spread)
    stable = stable_allowance(moves + floor, spread, roundoff, operators)
    allowed = np.where(digits, np.minimum(stable, explained), explained)
    return replace(question, value_allowance=allowed, value_spread=explained, value_bracket=bracket)


def _off(computed: Array, proven: Estimate, allowed: Array) -> NDArray[np.bool_]:
    """Where float64 is further from a proven tensor than an honest implementation may be."""
    shape = proven.value.shape
    with np.errstate(all="ignore"):
        near = np.abs(computed.reshape(shape) - proven.value) <= allowed.reshape(shape) + proven.error
    return proven.speaks & ~near


def _in_balls(asked: Asked, dtype: str, proven: Mapping[str, Estimate]) -> dict[str, Array]:
    """The brackets from noise in balls, which hold it at its true size."""
    roundoff, threshold = FLOATING[dtype]
    draws = int(np.clip(2 * MOST_BALLS // max(1, asked.work), FEWEST_DRAWS, DRAWS))
    balls, program = Balls(PRECISION), asked.derivation.adjoint
    exact = evaluate(program, asked.inputs, asked.tensors, balls)
    spreads = deviations(program, asked.inputs, exact, Noise(roundoff), balls, draws)
    sizes = {t: roundoff * largest(told.value[told.speaks]) + threshold for t, told in proven.items()}
    return {t: spreads[t].reshape(told.value.shape) + sizes[t] for t, told in proven.items()}
