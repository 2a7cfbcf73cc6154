"""The inquiry into a finding: what was said is gathered, once more at another point, and likely causes are tested."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verifier.candidate.candidate import as_array
from verifier.candidate.wider import InWider
from verifier.discover import collect
from verifier.errors import UnknownWitnessError, VerifierError
from verifier.numeric.evaluate import evaluate
from verifier.numeric.float64 import Float64
from verifier.point import rounded
from verifier.symbolic.program import shaped
from verifier.trial.asking import question_at
from verifier.trial.trial import Trial
from verifier.verdict.accusation import Accusation, Exhibit, likely_cause
from verifier.verdict.blame import DIFFERENCES, MODES, REVERSE, SYMBOLIC
from verifier.verdict.compare import gap
from verifier.verdict.slips import Words
from verifier.verdict.verdict import Finding
from verifier.witness import Abstains, Array, Estimate, Question, Testimony, Witness

#: Inputs are shrunk by factors from here to 1, entry by entry: signs and bounded domains stay.
SHRUNK = 0.8

#: From this unit roundoff on much is near a gradient by chance. What explains one has to come nearer to it there:
#: within this share of what is allowed, which torch's own operators keep to (see `benchmarks/calibration.py`).
FEW_DIGITS, NEARER = 2.0**-11, 2.0**-2


@dataclass(frozen=True)
class Inquiry:
    """What is known of a trial when its findings are there.

    dtype: the coarsest that the candidate computes in. wider: what a mode says in a wider one, with the question there
    and what others say of it; None where that is not to be had. written: the inputs that the function writes to.
    """

    trial: Trial
    question: Question
    dtype: str
    said: Mapping[str, Testimony]
    wider: Callable[[str], InWider | None]
    written: tuple[str, ...] = ()

    def explained(self, finding: Finding) -> Finding:
        """The finding with its likely cause, if it is about a gradient and a cause explains it.

        What is wrong in the same way in a wider dtype is looked at there first, where rounding hides less of it.
        """
        if finding.cause is not None:
            return finding
        there = self._in_wider(finding)
        return replace(finding, cause=(there and there._cause(finding)) or self._cause(finding))

    def _in_wider(self, finding: Finding) -> Inquiry | None:
        """The inquiry in a wider dtype, if the accused gives the same gradient there but for rounding."""
        accused, name = finding.blamed, finding.input
        if finding.outcome != "wrong" or accused not in MODES or name is None or SYMBOLIC not in self.said:
            return None
        found = self.wider(accused)
        if found is None or name not in found[0].said.gradients:
            return None
        wide, question, said = found
        if gap(self.said[accused].gradients[name], wide.said.gradients[name]).beyond.any():
            return None
        return replace(
            self,
            trial=replace(self.trial, candidate=wide.candidate),
            question=question,
            dtype=wide.dtype,
            said={**said, accused: wide.said},
        )

    def _cause(self, finding: Finding) -> str | None:
        accused, against, words = _sides(finding, self.said)
        if finding.input is None or accused is None or against is None:
            return None
        first = self._first(accused, against)
        if finding.input not in first.given:
            return None
        again = self._elsewhere(accused) if accused in MODES and against == SYMBOLIC else None
        estimate = self.said[accused].gradients[finding.input]
        accusation = Accusation(
            finding.input,
            (first,) if again is None else (first, again),
            words,
            self.question.derivation,
            self._symbols,
            pathless=accused in MODES and not estimate.value.any() and not estimate.error.any(),
            written=self._written,
            roundoff=self.question.roundoff,
            pairs=self.trial.candidate.pairs,
            contiguous=self._contiguous(accused),
            right=self.said[SYMBOLIC].subdifferential if against == SYMBOLIC else None,
        )
        return likely_cause(accusation)

    def _first(self, accused: str, against: str) -> Exhibit:
        """What was said at the caller's own point."""
        given, true = self.said[accused].gradients, self.said[against].gradients
        names = [name for name in self.trial.wrt if name in given and name in true]
        gaps = {name: gap(given[name], true[name]) for name in names}
        return Exhibit(
            self.question.inputs,
            self.question.cotangent,
            {name: given[name].value for name in names},
            {name: true[name].value for name in names},
            {name: np.where(gaps[name].said, gaps[name].allowed, np.inf) for name in names},
            self._share,
        )

    def _elsewhere(self, accused: str) -> Exhibit | None:
        """The same mode at inputs that are a little smaller, or at the same ones where that leaves the domain."""
        generator = np.random.default_rng((self.trial.seed, 3))
        cotangent = _drawn(self.question.cotangent, generator)
        for inputs in (self._shrunk(generator), self._given):
            there = self.question.moved(self.trial.candidate, inputs)
            exhibit = None if there is None else self._exhibit(accused, self._asked(there.inputs, cotangent))
            if exhibit is not None:
                return exhibit
        return None

    def _asked(self, inputs: Mapping[str, NDArray[Any]], cotangent: Array) -> Question:
        return question_at(self.trial, self.dtype, self.question.derivation, inputs, cotangent)

    @property
    def _given(self) -> dict[str, NDArray[Any]]:
        """What the candidate gets; the constants of a trace follow from it."""
        return {name: self.question.inputs[name] for name in self.trial.candidate.names}

    def _shrunk(self, generator: np.random.Generator) -> dict[str, NDArray[Any]]:
        dtypes = self.trial.candidate.dtypes
        return {
            name: _rounded(values * generator.uniform(SHRUNK, 1, values.shape), dtypes[name])
            if name in dtypes and values.dtype.kind == "f"
            else values
            for name, values in self._given.items()
        }

    def _exhibit(self, accused: str, question: Question) -> Exhibit | None:
        """What the mode and the formula say there; None where one of them has no value there."""
        derivation = question.derivation
        assert derivation is not None
        try:
            given = self._witness(accused).testify(question).gradients
        except (Abstains, VerifierError):
            return None  # a cause is tested at one point then
        tensors = {name: tensor for name, tensor in derivation.gradients.items() if name in given}
        inputs = shaped(derivation.adjoint, {**question.inputs, derivation.cotangent: question.cotangent})
        wanted = [derivation.output, *filter(None, tensors.values())]
        values = evaluate(derivation.adjoint, inputs, wanted, Float64())
        if not self._is_the_function(values[derivation.output], question):
            return None
        true = {n: np.zeros(question.inputs[n].shape) if t is None else values[t] for n, t in tensors.items()}
        true = {name: array.reshape(question.inputs[name].shape) for name, array in true.items()}
        sharp = {name: self._sharp(name) for name in true}
        # Here the formula is evaluated in float64 as well, and may be off by as much as an honest float64 candidate.
        allowed = {n: np.where(sharp[n] & given[n].speaks, 2 * given[n].error, np.inf) for n in true}
        values = {n: given[n].value for n in true}
        return Exhibit(question.inputs, question.cotangent, values, true, allowed, self._share)

    def _contiguous(self, accused: str) -> Mapping[str, Array]:
        """What a mode says where all inputs are contiguous; nothing where they are so anyway."""
        candidate = self.trial.candidate
        if accused not in MODES or not candidate.strides:
            return {}
        try:
            said = self._witness(accused).testify(replace(self.question, candidate=replace(candidate, strides={})))
        except (Abstains, VerifierError):
            return {}
        return {name: estimate.value for name, estimate in said.gradients.items()}

    @property
    def _share(self) -> float:
        return 1.0 if self.question.roundoff < FEW_DIGITS else NEARER

    def _witness(self, name: str) -> Witness:
        return next(witness for witness in witnesses_of(self.trial) if witness.name == name)

    def _is_the_function(self, value: Array, question: Question) -> bool:
        candidate = question.candidate
        assert candidate is not None and question.value_allowance is not None
        with suppress(VerifierError):  # a function that does not run on these inputs is another one
            actual = candidate.value(question.inputs, question.wrt).reshape(question.cotangent.shape)
            expected = value.reshape(question.cotangent.shape)
            pair = (Estimate(array, question.value_allowance) for array in (actual, expected))
            return not gap(*pair).beyond.any()
        return False

    def _sharp(self, name: str) -> NDArray[np.bool_]:
        """The entries at which the true gradient is one number: at a kink it is a set, here as there."""
        estimate: Estimate = self.said[SYMBOLIC].gradients[name]
        return estimate.error <= self.question.allowance.get(name, estimate.error)

    @cached_property
    def _symbols(self) -> dict[str, Any]:
        """What inputs are for the reader; the constants of a traced formula are nothing that one has a name for."""
        formula, derivation = self.trial.formula, self.question.derivation
        if derivation is None:
            return {}
        from verifier.symbolic.closed_forms import cotangent_for, placeholders, symbols_of

        known = self.trial.candidate.names
        named = {name: shape for name, shape in derivation.program.inputs if name in known}
        symbols = placeholders(named) if formula is None else symbols_of(formula)
        shape = derivation.program.shapes[derivation.output]
        return {**symbols, derivation.cotangent: cotangent_for(shape, symbols)}

    @cached_property
    def _written(self) -> dict[str, NDArray[Any]]:
        if not self.written:
            return {}
        tensors = self.trial.candidate.tensors(self.question.inputs, self.question.wrt)
        self.trial.candidate.call(tensors)
        return {name: as_array(tensors[name]) for name in self.written}


def witnesses_of(trial: Trial) -> list[Witness]:
    """Those who are heard in a trial, in their usual order. Raises `UnknownWitnessError`."""
    every: list[Witness] = sorted(collect("verifier.witnesses", "WITNESS"), key=lambda witness: witness.order)
    if trial.witnesses is None:
        return every
    known = [witness.name for witness in every]
    for name in trial.witnesses:
        if name not in known:
            raise UnknownWitnessError(name, known)
    return [witness for witness in every if witness.name in trial.witnesses]


def _sides(finding: Finding, said: Mapping[str, Testimony]) -> tuple[str | None, str | None, Words]:
    """Who is accused, against whom, and what the two are called."""
    if finding.blamed in MODES and finding.outcome in ("wrong", "inaccurate"):
        against = SYMBOLIC if SYMBOLIC in said else DIFFERENCES if DIFFERENCES in said else None
        return finding.blamed, against, Words()
    if finding.blamed == SYMBOLIC and REVERSE in said:
        return REVERSE, SYMBOLIC, Words("the function's gradient", "the formula's")
    if finding.blamed is None and finding.outcome == "undecided" and REVERSE in said:
        for against, truth in ((SYMBOLIC, "the formula's gradient"), (DIFFERENCES, "what finite differences say")):
            if against in said:
                return REVERSE, against, Words("what reverse mode says", truth)
    return None, None, Words()


def _rounded(values: Array, dtype: object) -> Array:
    return np.asarray(rounded(np.asarray(values), str(dtype).removeprefix("torch.")))


def _drawn(like: Array, generator: np.random.Generator) -> Array:
    """Multiples of 1/16 of both signs, exact in every dtype, none of them 0 or 1."""
    return np.asarray(generator.choice([-1.0, 1.0], like.shape) * generator.integers(17, 25, like.shape) / 16)
