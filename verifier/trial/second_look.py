"""A second look at what a mode of autograd said: is its error rounding, and is there more to see in float64?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from verifier.candidate.wider import InWider, Wider, narrowed, widened
from verifier.numeric.noise import largest
from verifier.numeric.spread import budget
from verifier.point import FLOATING, LARGEST
from verifier.trial.neighbours import Surroundings
from verifier.trial.rounding import refined, with_allowance
from verifier.verdict.blame import DIFFERENCES, MODES, REVERSE, SYMBOLIC, Pair
from verifier.verdict.compare import as_held, gap, gaps
from verifier.verdict.conventions import Choices
from verifier.verdict.digits import significand
from verifier.verdict.findings import FORMULA, FUNCTION, Subject, examine, told_to, value_finding
from verifier.verdict.nature import GONE, THROUGH, Around, Deviation, natures, tempered
from verifier.verdict.tolerances import Tolerances
from verifier.verdict.verdict import IN_FLOAT64, Comparison, Finding
from verifier.witness import Abstains, Array, Estimate, Question, Testimony, Witness

#: Roundoffs of a tensor's size that count in float64 where a narrower dtype is in question: float32's own. What is
#: made for float32 may have its constants in it, as torch's celu has, and stop there, as its softplus does above 20.
COUNTS = 2.0**-24

#: What the errors in each gradient, and in the value (None), do at other inputs.
All = Mapping[str | None, Around]


@dataclass
class SecondLook:
    """What can be told of the errors in the answers to one question.

    question: with the allowance in `dtype`, the coarsest that the candidate is asked in. value: what the candidate
    returned. said: the testimonies. witnesses: those who may be asked again.
    """

    question: Question
    dtype: str
    value: Array
    said: Mapping[str, Testimony]
    witnesses: Mapping[str, Witness]
    tolerances: Tolerances = field(default_factory=Tolerances)
    _wide: dict[str, InWider | None] = field(default_factory=dict)
    _narrowed: dict[str, Question | None] = field(default_factory=dict)
    _surroundings: dict[str, All] = field(default_factory=dict)

    def judged(
        self,
        subject: Subject,
        findings: Iterable[Finding],
        everybody: Mapping[str, Estimate],
        elements: Mapping[Pair, Estimate] | None = None,
    ) -> list[Finding]:
        """The findings on one gradient; those against a mode of autograd are told apart into rounding and wrong.

        `elements` holds what a witness with several right gradients says to another one (`gaps`).
        """
        found: list[Finding] = []
        judged: set[str] = set()
        for finding in findings:
            if finding.index is None:  # along a direction: no entry says more
                found.append(self._narrower(finding, subject))
                continue
            estimates = told_to(finding.blamed, everybody, elements)
            reference = self._reference(finding, estimates)
            if finding.outcome != "wrong" or finding.blamed not in MODES or reference is None:
                found.append(finding)
                continue
            if finding.blamed in judged:
                continue  # all entries of a culprit are told of at once, whatever proved it at each
            judged.add(finding.blamed)
            culprit = estimates[finding.blamed]
            wide = self.wider(finding.blamed)
            told = None if wide is None or subject.input is None else wide[0].said.gradients.get(subject.input)
            there = estimates[reference]
            if wide is not None and reference == SYMBOLIC:
                there = self._right_in_float64(wide, finding.blamed, str(subject.input), there)
            codes = natures(
                _deviation(culprit, estimates[reference], self.dtype),
                None if wide is None or told is None else _deviation(told, there, wide[0].dtype),
                lambda mode=finding.blamed: self._around(mode, subject.input),  # type: ignore[misc]  # a default holds the loop's value
                self._through(finding.blamed, subject.input),
            )
            found += tempered(finding, codes, estimates, subject.numbers, reference)
        return found

    def without_measure(self, finding: Finding) -> bool:
        """Whether an error is rounding, and nothing says how much rounding is honest there.

        That is so of what the formula says to be zero at all inputs, so that there are no digits to lose, if the code
        cannot be followed. Finite differences must see as little of it, in float64 where the code runs in float64.
        """
        question, gone = self.question, self.question.without_path
        if finding.outcome != "inaccurate" or finding.error is None:
            return False
        if finding.input is None:
            return set(gone) == {*question.wrt} and not question.allowance and finding.values[FORMULA] == 0
        if finding.input not in gone or finding.input in question.allowance or finding.blamed not in MODES:
            return False
        wide = self.wider(finding.blamed)
        told = None if wide is None else wide[0].said.gradients.get(finding.input)
        widest = finding.error if told is None else float(np.abs(told.value[finding.index]))
        return widest <= finding.errors.get(DIFFERENCES, 0.0)

    def judged_value(self) -> tuple[Comparison, list[Finding]]:
        """The formula's value against the function's: another function, or digits that the function loses."""
        formula, allowed = self.said[SYMBOLIC].value, self.question.value_allowance
        assert formula is not None and allowed is not None
        times, bracket = budget(self.question.roundoff), self.question.value_bracket
        if bracket is not None and self.tolerances.max_bits_lost is not None:
            allowed = times * bracket
        function = Estimate(self.value, self.tolerances.allowed(allowed, formula.value, times))
        formula = as_held(formula, function, LARGEST[self.dtype])
        compared, finding = value_finding(formula, function)
        if finding is None:
            return compared, []
        wide = self.wider(REVERSE)
        if finding.blamed == FUNCTION:  # it has no value at all
            fits = (
                wide is not None
                and not gap(Estimate(wide[0].value, _allowed(wide[1])), _value_of(wide[2])).beyond.any()
            )
            return compared, [_of_value(replace(finding, outcome="inaccurate", nature=GONE)) if fits else finding]
        codes = natures(
            _deviation(function, formula, self.dtype),
            None
            if wide is None
            else _deviation(Estimate(wide[0].value, _allowed(wide[1])), _value_of(wide[2]), wide[0].dtype),
            lambda: self._around(REVERSE, None),
            self._through(REVERSE, None),
            self.question.value_spread,
        )
        pair = {FORMULA: formula, FUNCTION: function}
        return compared, [self._in_stable_bits(_of_value(f)) for f in tempered(finding, codes, pair, None, FUNCTION)]

    def _in_stable_bits(self, finding: Finding) -> Finding:
        """A finding on the value with its bits counted from what one roundoff does to stable code."""
        bracket = self.question.value_bracket
        if bracket is None or not finding.bits_lost or finding.error is None or finding.index is None:
            return finding
        return replace(finding, bits_lost=float(np.log2(finding.error / bracket[finding.index])))

    def in_float64(self, subjects: Iterable[Subject]) -> list[Finding]:
        """What is wrong with the function in float64 that its own dtype hides: nothing, if float64 cannot be had."""
        wide = self.wider(REVERSE)
        if wide is None or SYMBOLIC not in self.said:
            return []
        there, question = self._coarsened(wide[0], wide[1])
        look = SecondLook(question, there.dtype, there.value, {**wide[2], REVERSE: there.said}, self.witnesses)
        look._wide = dict.fromkeys(MODES)
        _, findings = look.judged_value()
        if not findings:
            findings = [finding for subject in subjects for finding in look._gradient(subject)]
        bits = significand(FLOATING[there.dtype][0])
        return [replace(f, variation=IN_FLOAT64, significand=bits) for f in findings if f.outcome == "wrong"]

    def _gradient(self, subject: Subject) -> list[Finding]:
        """The findings on one gradient by the formula and reverse mode; finite differences are asked if they differ."""
        assert subject.input is not None
        estimates = {n: self.said[n].gradients[subject.input] for n in (SYMBOLIC, REVERSE)}
        elements = Choices.of(self.said, LARGEST[self.dtype]).told(subject.input)
        (apart,) = gaps(estimates, elements).values()
        excess = apart.excess.ravel()
        if not (excess > 1).any():
            return []
        focus = {subject.input: np.array([np.nanargmax(excess)])}
        lines = {subject.input: ()} if subject.input in self.question.directions else {}  # entries are enough
        question = replace(self.question, wrt=(subject.input,), focus=focus, directions=lines, joint=None)
        if DIFFERENCES in self.witnesses:
            try:
                told = self.witnesses[DIFFERENCES].testify(question).gradients
                estimates |= {DIFFERENCES: told[subject.input]} if subject.input in told else {}
            except Abstains:
                pass  # the two others are compared without it
        findings, _ = examine(subject, estimates, elements)
        return self.judged(subject, findings, estimates, elements)

    def wider(self, mode: str) -> InWider | None:
        """What a mode says in float64; None where it says nothing there, or nothing more."""
        if mode not in self._wide:
            steady = mode in self.said and self.said[mode].steady
            witness = self.witnesses.get(mode)
            wide = None if witness is None else widened(self.question, self.dtype, witness, steady=steady)
            self._wide[mode] = None if wide is None else self._allowing(wide)
        return self._wide[mode]

    def _allowing(self, wide: Wider) -> InWider | None:
        """The same with what is allowed in float64, in the question and in what was said."""
        question = self.question.moved(wide.candidate, self.question.inputs)
        if question is None:
            return None
        question = replace(question, roundoff=FLOATING[wide.dtype][0])
        said = self._told_again(question)
        question = with_allowance(question, wide.dtype)
        if SYMBOLIC in said:
            question = refined(question, wide.dtype, said[SYMBOLIC])
        gradients = {
            name: _restated(e, self.question.allowance[name], question.allowance[name])
            if name in question.allowance
            else e
            for name, e in wide.said.gradients.items()
        }
        return replace(wide, said=replace(wide.said, gradients=gradients)), question, said

    def _right_in_float64(self, wide: InWider, mode: str, name: str, narrow: Estimate) -> Estimate:
        """What the formula says to a mode in float64, where that may have chosen otherwise at kinks.

        narrow: what it says to the mode in its own dtype.
        """
        if wide[2] is self.said:
            return narrow
        chosen = Choices.of({**wide[2], mode: wide[0].said}, LARGEST[wide[0].dtype])
        return chosen.told(name).get((SYMBOLIC, mode), narrow)

    def _told_again(self, question: Question) -> Mapping[str, Testimony]:
        """What was said; the formula is asked again where its constants are others in float64, or kinks may be none."""
        before = self.question.inputs
        same = question.derivation == self.question.derivation and all(
            np.array_equal(array, before[name], equal_nan=True) for name, array in question.inputs.items()
        )
        if SYMBOLIC not in self.said or (same and self.said[SYMBOLIC].subdifferential is None):
            return self.said
        return {**self.said, SYMBOLIC: self.witnesses[SYMBOLIC].testify(question)}

    def _coarsened(self, wide: Wider, question: Question) -> tuple[Wider, Question]:
        """The same with errors allowed that are small even for an implementation that is made for float32."""
        said = wide.said.gradients
        allowance = {name: np.maximum(a, COUNTS * largest(said[name].value)) for name, a in question.allowance.items()}
        gradients = {
            name: Estimate(e.value, np.maximum(e.error, allowance[name])) if name in allowance else e
            for name, e in said.items()
        }
        value = np.maximum(_allowed(question), COUNTS * largest(wide.value))
        question = replace(question, allowance=allowance, value_allowance=value)
        return replace(wide, said=replace(wide.said, gradients=gradients)), question

    def _narrower(self, finding: Finding, subject: Subject) -> Finding:
        """A finding along a direction, which is no more than inaccurate if a narrower dtype on the way explains it."""
        if finding.blamed not in MODES or finding.direction is None or finding.error is None:
            return finding
        through = self._through(finding.blamed, subject.input)
        if through is None or subject.input is None:
            return finding
        explained = (np.abs(self.question.directions[subject.input][finding.direction]) * through).sum()
        return replace(finding, outcome="inaccurate", nature=THROUGH) if finding.error <= explained else finding

    def _through(self, mode: str, name: str | None) -> Array | None:
        """What is allowed in the narrower dtype that a mode goes through; None where it goes through none."""
        if mode not in self._narrowed:
            coarser = narrowed(self.question, self.dtype, self.witnesses[mode]) if mode in self.witnesses else None
            self._narrowed[mode] = None if coarser is None else with_allowance(self.question, coarser)
        question = self._narrowed[mode]
        if question is None:
            return None
        return _allowed(question) if name is None else question.allowance.get(name)

    def _around(self, mode: str, name: str | None) -> Around | None:
        if self.question.derivation is None or SYMBOLIC not in self.said or mode not in self.said:
            return None
        if mode not in self._surroundings:
            wide = self.wider(mode)
            question, dtype, said = (
                (self.question, self.dtype, self.said[mode]) if wide is None else (wide[1], wide[0].dtype, wide[0].said)
            )
            truth = self.said[SYMBOLIC] if wide is None else wide[2][SYMBOLIC]
            there = Surroundings(question, dtype, truth, said, self.witnesses[mode])
            flickers, overflows, elsewhere = there.rounding(), there.overflow(), there.elsewhere()
            self._surroundings[mode] = {n: Around(flickers[n], overflows[n], elsewhere[n]) for n in overflows}
        return self._surroundings[mode].get(name)

    def _reference(self, finding: Finding, estimates: Mapping[str, Estimate]) -> str | None:
        """The witness that a finding measures the culprit from."""
        speaking = [n for n in (SYMBOLIC, DIFFERENCES) if n in estimates and estimates[n].speaks[finding.index]]
        return speaking[0] if speaking else None


def _deviation(estimate: Estimate, truth: Estimate, dtype: str) -> Deviation:
    measured = gap(estimate, truth)
    return Deviation(truth.value, measured.distance, measured.allowed / budget(FLOATING[dtype][0]), measured.allowed)


def _restated(estimate: Estimate, included: Array, instead: Array) -> Estimate:
    """The estimate with one allowance in its error instead of another."""
    with np.errstate(invalid="ignore"):
        rest = np.nan_to_num(np.maximum(estimate.error - included, 0.0), nan=0.0, posinf=np.inf)
    return Estimate(estimate.value, rest + instead)


def _value_of(said: Mapping[str, Testimony]) -> Estimate:
    value = said[SYMBOLIC].value
    assert value is not None
    return value


def _allowed(question: Question) -> Array:
    assert question.value_allowance is not None
    return question.value_allowance


def _of_value(finding: Finding) -> Finding:
    """A value that is off by rounding is the function's fault."""
    if finding.outcome == "wrong":
        return finding
    reason = "its value is right in exact arithmetic, and digits of it are lost on the way"
    return replace(finding, blamed=FUNCTION, reason=reason)
