"""The hearing of one trial: every witness is asked, what they say is compared, and a verdict is given."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from verifier.autograd import first_line
from verifier.candidate import Behaviour
from verifier.claim.examination import examine as examine_claim
from verifier.claim.sides import sides
from verifier.closed_forms import closed_form_of, rendered_formula, rendered_gradients, rendered_products
from verifier.discover import collect
from verifier.errors import CandidateError, UnknownWitnessError
from verifier.numeric.plan import number
from verifier.point import FLOATING, LARGEST, rounded
from verifier.rounding import refined, with_allowance
from verifier.second_look import SecondLook
from verifier.second_order import declares_itself, joined, second_trial
from verifier.symbolic.derivative import Derivation, reverse
from verifier.symbolic.language import conventions
from verifier.symbolic.program import bind_extents, shaped
from verifier.tracing import constants_elsewhere, with_trace
from verifier.trial import Trial
from verifier.verdict.blame import DIFFERENCES, REVERSE, SYMBOLIC
from verifier.verdict.compare import gaps
from verifier.verdict.conventions import Choices
from verifier.verdict.digits import digits_lost, note, significand
from verifier.verdict.fault import with_fault
from verifier.verdict.findings import Subject, examine, value_shape_finding
from verifier.verdict.printed import check_printed
from verifier.verdict.verdict import Claimed, Comparison, Curve, Digits, Finding, Verdict, sorted_findings, worst
from verifier.witness import Abstains, Array, Estimate, Question, Testimony, Witness

#: Contested entries of one input that the witnesses who cannot speak of all entries are asked about.
MOST_CONTESTED = 16


#: Flint's precision, torch's forward mode and its random generator are global: threads take turns.
_TURN = threading.RLock()


def hear(trial: Trial) -> Verdict:
    """The verdict on one trial. Raises `VerifierError` where the caller's function or inputs allow none."""
    with _TURN:
        return _heard(trial)


def _heard(trial: Trial) -> Verdict:
    began = time.perf_counter()
    behaviour = trial.candidate.behaviour(trial.inputs, trial.wrt)
    trial, untraced = with_trace(trial)
    verdict = Verdict(trial.name, "agreed", lesson=trial.lesson, source=trial.source, dtype=_coarsest(trial, behaviour))
    if trial.formula is not None:
        forms = rendered_gradients(trial.formula, trial.wrt)
        verdict = replace(verdict, formula=rendered_formula(trial.formula), gradients=forms)
    if behaviour.deterministic:
        verdict = _Hearing(trial, behaviour, notes=[untraced] if untraced else []).verdict(verdict)
    else:
        verdict = replace(verdict, outcome="undecided", reason=_unstable(behaviour))
    if trial.order == 2:
        verdict = _with_second_order(trial, behaviour, verdict)
    return replace(with_fault(verdict, trial.fault), seconds=time.perf_counter() - began)


def _with_second_order(trial: Trial, behaviour: Behaviour, verdict: Verdict) -> Verdict:
    """The same verdict after a hearing of the second gradient, which nothing is known of unless the first is right."""
    if not verdict.ok:
        return replace(verdict, notes=(*verdict.notes, "the second gradient was not asked for: the first is not right"))
    dtype = str(behaviour.dtype).removeprefix("torch.")
    second = second_trial(trial, behaviour, _cotangent(behaviour.value.shape, dtype, trial.seed))
    if trial.formula is not None:
        verdict = replace(verdict, second_gradients=rendered_products(trial.formula, trial.wrt))
    return joined(verdict, _heard_twice(second), trial.candidate.names)


def _heard_twice(second: Trial) -> Verdict:
    """The verdict on a second gradient alone."""
    verdict = Verdict(second.name, "agreed")
    try:
        behaviour = second.candidate.behaviour(second.inputs, second.wrt)
    except CandidateError as error:
        reason = f"it cannot be computed: {first_line(error.__cause__ or error)}"
        return replace(verdict, outcome="undecided", reason=reason)
    if declares_itself(second):
        return replace(verdict, notes=("not checked, for a backward in it is declared once_differentiable",))
    if not behaviour.deterministic:
        return replace(verdict, outcome="undecided", reason=f"it differs from call to call, by {behaviour.apart:.3g}")
    return _Hearing(second, behaviour).verdict(verdict)


def _unstable(behaviour: Behaviour) -> str:
    return (
        "the function returned something else when it was called again with the same inputs "
        f"(off by {behaviour.apart:.3g}): draw random numbers outside of it, or seed them inside"
    )


def _coarsest(trial: Trial, behaviour: Behaviour) -> str:
    """The floating dtype with the largest unit roundoff among the inputs and the result."""
    names = {str(dtype).removeprefix("torch.") for dtype in (behaviour.dtype, *trial.candidate.dtypes.values())}
    return max(names & FLOATING.keys(), key=lambda name: FLOATING[name][0])


@dataclass
class _Hearing:
    """What has been said so far in the hearing of one trial."""

    trial: Trial
    behaviour: Behaviour
    said: dict[str, Testimony] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    claims: list[Claimed] = field(default_factory=list)

    def verdict(self, verdict: Verdict) -> Verdict:
        """Ask everyone, compare, and complete the verdict."""
        trial, reference = self.trial, self.trial.reference
        self.notes += [f"the function writes into its input {name}" for name in self.behaviour.changed]
        self.notes += conventions(trial.formula.expression) if trial.formula is not None else ()
        by = dict.fromkeys((*trial.wrt, *trial.claims, *trial.printed))
        derivation = None if reference is None else reverse(reference.program, reference.output, by)
        misfit = self._value_shape(derivation)
        if misfit is not None:
            return replace(verdict, outcome="wrong", findings=(misfit,), notes=tuple(self.notes))
        question = self._question(derivation)
        question = self._ask_everyone(question)
        comparisons, findings = self._compared(question)
        if derivation is not None and not any(f.input is None for f in findings):
            for compared, finding in self._extras(derivation):
                comparisons += [compared] if compared else []
                findings += [finding] if finding else []
        findings = sorted_findings(findings)
        digits = list(self._digits(question))
        self.notes += [said for said in map(note, digits) if said is not None]
        outcome, reason = worst([f.outcome for f in findings]), None
        if outcome == "agreed" and not any(c.entries for c in comparisons if c.input is not None):
            outcome, reason = "undecided", "fewer than two witnesses could speak of the gradient"
        unknown = self._unknown_entries()
        self.notes += [
            f"the symbolic derivative by {n} is not known at {count} entries" for n, count in unknown.items()
        ]
        nowhere = [name for name, count in unknown.items() if count == trial.inputs[name].size]
        if outcome == "agreed" and nowhere:
            outcome = "undecided"
            reason = f"the symbolic derivative by {' and '.join(nowhere)} is not finite here, or cannot be enclosed"
        if outcome == "agreed" and REVERSE in self.silent:
            outcome, reason = "undecided", f"{REVERSE} says nothing: {self.silent[REVERSE]}"
        return replace(
            verdict,
            outcome=outcome,
            reason=reason,
            findings=tuple(findings),
            comparisons=tuple(comparisons),
            digits=tuple(digits),
            claims=tuple(self.claims),
            notes=tuple(self.notes),
            curves=tuple(self._curves()),
            witnesses={w.name: w.describes for w in _witnesses(self.trial) if w.name in self.said},
        )

    @property
    def _dtype(self) -> str:
        return _coarsest(self.trial, self.behaviour)

    def _unknown_entries(self) -> dict[str, int]:
        """For each input, at how many entries the symbolic derivative was asked for and could not be told."""
        told = self.said[SYMBOLIC].gradients if SYMBOLIC in self.said else {}
        counts = {name: int(np.sum(~told[name].speaks)) for name in self.trial.wrt if name in told}
        return {name: count for name, count in counts.items() if count}

    @property
    def _largest(self) -> float:
        return LARGEST[_coarsest(self.trial, self.behaviour)]

    def _value_shape(self, derivation: Derivation | None) -> Finding | None:
        if derivation is None:
            return None
        arrays = shaped(derivation.program, self.trial.inputs)
        extents = bind_extents(derivation.program, {name: array.shape for name, array in arrays.items()})
        expected = tuple(number(n, extents) for n in derivation.program.shapes[derivation.output])
        return value_shape_finding(self.behaviour.value.shape, expected)

    def _question(self, derivation: Derivation | None) -> Question:
        trial, dtype = self.trial, self._dtype
        cotangent = _cotangent(self.behaviour.value.shape, str(self.behaviour.dtype).removeprefix("torch."), trial.seed)
        elsewhere = constants_elsewhere(trial) if trial.traced and trial.traced.constants else None
        question = Question(
            trial.inputs,
            trial.wrt,
            cotangent,
            derivation,
            trial.candidate,
            roundoff=FLOATING[dtype][0],
            elsewhere=elsewhere,
        )
        return with_allowance(question, dtype)

    def _ask_everyone(self, question: Question) -> Question:
        """First those who speak of every entry; the others are pointed to where these contradict each other."""
        everywhere = (SYMBOLIC, REVERSE)
        witnesses = _witnesses(self.trial)
        for witness in (w for w in witnesses if w.name in everywhere):
            self._ask(witness, question)
            if witness.name == SYMBOLIC and SYMBOLIC in self.said:
                question = refined(question, self._dtype, self.said[SYMBOLIC])
        question = replace(question, focus=self._contested(question))
        for witness in (w for w in witnesses if w.name not in everywhere):
            self._ask(witness, question)
        return question

    def _ask(self, witness: Witness, question: Question) -> None:
        if getattr(question, witness.needs) is None:
            self.notes.append(f"{witness.name} was not asked: there is no formula")
            return
        try:
            self.said[witness.name] = witness.testify(question)
        except Abstains as reason:
            self.silent[witness.name] = str(reason)
            self.notes.append(f"{witness.name} says nothing: {reason}")
        else:
            self.notes += self.said[witness.name].notes

    def _contested(self, question: Question) -> dict[str, Any]:
        contested = {}
        choices = Choices.of(self.said, self._largest)
        for name in question.wrt:
            for found in gaps(self._estimates(name), choices.told(name)).values():
                excess = found.excess.ravel()
                order = np.argsort(-np.nan_to_num(excess, nan=np.inf))[:MOST_CONTESTED]
                contested[name] = order[excess[order] > 1]
        return contested

    def _estimates(self, name: str) -> dict[str, Estimate]:
        """What the witnesses say of the gradient by one input, in their usual order."""
        spoken = [w.name for w in _witnesses(self.trial) if w.name in self.said]
        return {w: self.said[w].gradients[name] for w in spoken if name in self.said[w].gradients}

    def _compared(self, question: Question) -> tuple[list[Comparison], list[Finding]]:
        comparisons: list[Comparison] = []
        findings: list[Finding] = []
        witnesses = {witness.name: witness for witness in _witnesses(self.trial)}
        look = SecondLook(question, self._dtype, self.behaviour.value, self.said, witnesses)
        if SYMBOLIC in self.said and self.said[SYMBOLIC].value is not None and question.value_allowance is not None:
            compared, findings = look.judged_value()
            comparisons.append(compared)
            if any(finding.outcome == "wrong" for finding in findings):
                return comparisons, findings
        choices = Choices.of(self.said, self._largest)
        self.notes += choices.notes
        right: list[Subject] = []
        for name in question.wrt:
            subject = Subject(name, self.trial.candidate.names.index(name), self.trial.inputs[name])
            told = choices.told(name)
            found, pairs = examine(subject, self._estimates(name), told)
            judged = look.judged(subject, found, self._estimates(name), told)
            findings += map(choices.explained, judged)
            comparisons += pairs
            right += [] if found else [subject]
        findings += look.in_float64(right)
        bits = significand(FLOATING[self._dtype][0])
        return comparisons, [f if f.significand else replace(f, significand=bits) for f in findings]

    def _digits(self, question: Question) -> Iterable[Digits]:
        """What reverse mode, and the function itself, lost in each tensor that a formula tells the truth of."""
        if SYMBOLIC not in self.said or REVERSE not in self.said:
            return
        roundoff, truth, found = FLOATING[self._dtype][0], self.said[SYMBOLIC], self.said[REVERSE]
        if truth.value is not None and question.value_allowance is not None:
            yield digits_lost(None, Estimate(self.behaviour.value, question.value_allowance), truth.value, roundoff)
        for name in question.wrt:
            if name in truth.gradients and name in question.allowance:
                yield digits_lost(name, found.gradients[name], truth.gradients[name], roundoff)

    def _extras(self, derivation: Derivation) -> Iterable[tuple[Comparison | None, Finding | None]]:
        """Claimed gradients, which are examined as functions too, and printed ones."""
        trial, formula = self.trial, self.trial.formula
        for name, claim in trial.claims.items():
            assert formula is not None
            two = sides(name, formula, claim, trial.inputs)
            examination = examine_claim(two, trial.inputs, closed_form_of(formula, name), trial.seed)
            self.claims.append(examination.claimed)
            yield examination.comparison, examination.finding
        yield from check_printed(trial.printed, trial.uncertain, derivation, trial.inputs)

    def _curves(self) -> Iterable[Curve]:
        """Finite differences against the step, measured from the symbolic derivative."""
        if SYMBOLIC not in self.said or DIFFERENCES not in self.said:
            return
        truth = self.said[SYMBOLIC].gradients
        for sweep in self.said[DIFFERENCES].sweeps:
            if sweep.input in truth:
                true = float(truth[sweep.input].value[sweep.index])
                errors = tuple(abs(value - true) for value in sweep.values)
                yield Curve(sweep.input, sweep.index, sweep.steps, errors, sweep.estimated_errors, sweep.chosen)


def _witnesses(trial: Trial) -> list[Witness]:
    every: list[Witness] = sorted(collect("verifier.witnesses", "WITNESS"), key=lambda witness: witness.order)
    if trial.witnesses is None:
        return every
    known = [witness.name for witness in every]
    for name in trial.witnesses:
        if name not in known:
            raise UnknownWitnessError(name, known)
    return [witness for witness in every if witness.name in trial.witnesses]


def _cotangent(shape: tuple[int, ...], dtype: str, seed: int) -> Array:
    """1 for a scalar; else random numbers, for a sum of entries hides faults (softmax's has gradient zero)."""
    if math.prod(shape) == 1:
        return np.ones(shape)
    generator = np.random.default_rng(seed)
    return rounded(generator.uniform(0.5, 1.5, shape) * generator.choice([-1.0, 1.0], shape), dtype)
