"""The hearing of one trial: every witness is asked, what they say is compared, and a verdict is given."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from verifier.autograd import first_line
from verifier.candidate import Behaviour
from verifier.claim.examination import examine as examine_claim
from verifier.claim.sides import sides
from verifier.closed_forms import closed_form_of, rendered_formula, rendered_gradients, rendered_products
from verifier.errors import CandidateError
from verifier.inquiry import Inquiry, witnesses_of
from verifier.numeric.plan import number
from verifier.numeric.spread import allowance
from verifier.point import FLOATING, rounded
from verifier.preserved import preserved
from verifier.second_order import declares_itself, joined, second_trial
from verifier.symbolic.derivative import Derivation, reverse
from verifier.symbolic.language import conventions
from verifier.symbolic.program import bind_extents, shaped
from verifier.trial import Trial
from verifier.verdict.blame import DIFFERENCES, MODES, REVERSE, SYMBOLIC
from verifier.verdict.compare import gap
from verifier.verdict.fault import with_fault
from verifier.verdict.findings import Subject, examine, value_finding, value_shape_finding
from verifier.verdict.printed import check_printed
from verifier.verdict.verdict import Claimed, Comparison, Curve, Finding, Verdict, sorted_findings, worst
from verifier.witness import Abstains, Array, Estimate, Question, Testimony, Witness

#: Contested entries of one input that the witnesses who cannot speak of all entries are asked about.
MOST_CONTESTED = 16


#: What is said of a tensor of the caller's that the function changes.
WRITES = "the function writes into {}, which was put back as it was"

#: Flint's precision, torch's forward mode and its random generator are global: threads take turns.
_TURN = threading.RLock()


def hear(trial: Trial) -> Verdict:
    """The verdict on one trial. Raises `VerifierError` where the caller's function or inputs allow none."""
    with _TURN, preserved(trial.candidate.function, trial.candidate.kwargs) as changed:
        verdict = _heard(trial)
        return replace(verdict, notes=(*verdict.notes, *map(WRITES.format, changed())))


def _heard(trial: Trial) -> Verdict:
    began = time.perf_counter()
    behaviour = trial.candidate.behaviour(trial.inputs, trial.wrt)
    verdict = Verdict(trial.name, "agreed", lesson=trial.lesson, source=trial.source, dtype=_coarsest(trial, behaviour))
    if trial.formula is not None:
        forms = rendered_gradients(trial.formula, trial.wrt)
        verdict = replace(verdict, formula=rendered_formula(trial.formula), gradients=forms)
    if behaviour.deterministic:
        verdict = _Hearing(trial, behaviour).verdict(verdict)
    else:
        verdict = replace(verdict, outcome="undecided", reason=_unstable(behaviour))
    if trial.order == 2:
        verdict = _with_second_order(trial, behaviour, verdict)
    verdict = replace(verdict, findings=tuple(replace(finding, call=trial.call) for finding in verdict.findings))
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
        trial, formula = self.trial, self.trial.formula
        self.notes += [WRITES.format(f"its input {name}") for name in self.behaviour.changed]
        self.notes += conventions(formula.expression) if formula is not None else ()
        by = dict.fromkeys((*trial.wrt, *trial.claims, *trial.printed))
        derivation = None if formula is None else reverse(formula.program, formula.output, by)
        misfit = self._value_shape(derivation)
        if misfit is not None:
            return replace(verdict, outcome="wrong", findings=(misfit,), notes=tuple(self.notes))
        question = self._question(derivation)
        self._ask_everyone(question)
        comparisons, findings = self._compared(question)
        if derivation is not None and not any(f.input is None for f in findings):
            for compared, finding in self._extras(derivation):
                comparisons += [compared] if compared else []
                findings += [finding] if finding else []
        ask = partial(self._question_at, derivation)
        inquiry = Inquiry(trial, question, self.said, ask, self.behaviour.changed)
        findings = sorted_findings([*map(inquiry.explained, findings)])
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
        if not findings and np.isnan(self.behaviour.value).all():
            outcome, reason = "undecided", "the function returned NaN at every entry: give inputs inside of its domain"
        if outcome == "agreed" and REVERSE in self.silent:
            outcome, reason = "undecided", f"{REVERSE} says nothing: {self.silent[REVERSE]}"
        return replace(
            verdict,
            outcome=outcome,
            reason=reason,
            findings=tuple(findings),
            comparisons=tuple(comparisons),
            claims=tuple(self.claims),
            notes=tuple(self.notes),
            tolerance=trial.tolerances.said,
            looseness=tuple(trial.tolerances.looseness(n, self._told(n), MODES) for n in trial.wrt),
            curves=tuple(self._curves()),
            witnesses={w.name: w.describes for w in witnesses_of(self.trial) if w.name in self.said},
        )

    def _unknown_entries(self) -> dict[str, int]:
        """For each input, at how many entries the symbolic derivative was asked for and could not be told."""
        told = self.said[SYMBOLIC].gradients if SYMBOLIC in self.said else {}
        counts = {name: int(np.sum(~told[name].speaks)) for name in self.trial.wrt if name in told}
        return {name: count for name, count in counts.items() if count}

    def _value_shape(self, derivation: Derivation | None) -> Finding | None:
        if derivation is None:
            return None
        arrays = shaped(derivation.program, self.trial.inputs)
        extents = bind_extents(derivation.program, {name: array.shape for name, array in arrays.items()})
        expected = tuple(number(n, extents) for n in derivation.program.shapes[derivation.output])
        return value_shape_finding(self.behaviour.value.shape, expected)

    def _question(self, derivation: Derivation | None) -> Question:
        dtype = str(self.behaviour.dtype).removeprefix("torch.")
        cotangent = _cotangent(self.behaviour.value.shape, dtype, self.trial.seed)
        return self._question_at(derivation, self.trial.inputs, cotangent)

    def _question_at(self, derivation: Derivation | None, inputs: Mapping[str, NDArray], cotangent: Array) -> Question:
        trial, dtype = self.trial, _coarsest(self.trial, self.behaviour)
        question = Question(inputs, trial.wrt, cotangent, derivation, trial.candidate)
        if derivation is None:
            return question
        given = shaped(derivation.adjoint, {**inputs, derivation.cotangent: cotangent})
        tensors = {name: tensor for name, tensor in derivation.gradients.items() if tensor}
        allowed = allowance(derivation.adjoint, given, [derivation.output, *tensors.values()], *FLOATING[dtype])
        return replace(
            question,
            allowance={n: allowed[tensor].reshape(trial.inputs[n].shape) for n, tensor in tensors.items()},
            value_allowance=allowed[derivation.output].reshape(cotangent.shape),
        )

    def _ask_everyone(self, question: Question) -> None:
        """First those who speak of every entry; the others are pointed to where these contradict each other."""
        everywhere = (SYMBOLIC, REVERSE)
        witnesses = witnesses_of(self.trial)
        for witness in (w for w in witnesses if w.name in everywhere):
            self._ask(witness, question)
        question = replace(question, focus=self._contested(question))
        for witness in (w for w in witnesses if w.name not in everywhere):
            self._ask(witness, question)

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
        for name in question.wrt:
            estimates = list(self._estimates(name).values())
            if len(estimates) == 2:
                excess = gap(*estimates).excess.ravel()
                order = np.argsort(-np.nan_to_num(excess, nan=np.inf))[:MOST_CONTESTED]
                contested[name] = order[excess[order] > 1]
        return contested

    def _told(self, name: str) -> dict[str, Estimate]:
        """What the witnesses say of the gradient by one input, in their usual order."""
        spoken = [w.name for w in witnesses_of(self.trial) if w.name in self.said]
        return {w: self.said[w].gradients[name] for w in spoken if name in self.said[w].gradients}

    def _estimates(self, name: str) -> dict[str, Estimate]:
        """The same, where autograd may be off by what the user says."""
        return self.trial.tolerances.applied(self._told(name), MODES)

    def _compared(self, question: Question) -> tuple[list[Comparison], list[Finding]]:
        comparisons, findings = [], []
        formula = self.said[SYMBOLIC].value if SYMBOLIC in self.said else None
        if formula is not None and question.value_allowance is not None:
            allowed = self.trial.tolerances.allowed(question.value_allowance, formula.value)
            candidate = Estimate(self.behaviour.value, allowed)
            compared, finding = value_finding(formula, candidate)
            comparisons.append(compared)
            if finding is not None:
                return comparisons, [finding]
        wider: dict[str, Testimony] | None = None
        for name in question.wrt:
            subject = Subject(name, self.trial.candidate.names.index(name), self.trial.inputs[name])
            found, pairs = examine(subject, self._estimates(name), {})
            if any(f.outcome == "wrong" and f.blamed in MODES for f in found):
                wider = self._in_float64(question) if wider is None else wider
                found, pairs = examine(subject, self._estimates(name), _gradients(wider, name))
            comparisons += pairs
            findings += [self.trial.tolerances.measured(f, question.allowance.get(name)) for f in found]
        return comparisons, findings

    def _in_float64(self, question: Question) -> dict[str, Testimony]:
        """What autograd says when the candidate computes in float64; nothing if it does so anyway, or cannot."""
        import torch

        candidate = self.trial.candidate
        floating = {name: dtype for name, dtype in candidate.dtypes.items() if dtype.is_floating_point}
        if set(floating.values()) == {torch.float64} or not candidate.accepts(
            self.trial.inputs, torch.float64, self.trial.wrt
        ):
            return {}
        wide = replace(candidate, dtypes={**candidate.dtypes, **dict.fromkeys(floating, torch.float64)})
        again = _Hearing(self.trial, self.behaviour)
        for witness in (w for w in witnesses_of(self.trial) if w.name in MODES):
            again._ask(witness, replace(question, candidate=wide))
        return again.said

    def _extras(self, derivation: Derivation) -> Iterable[tuple[Comparison | None, Finding | None]]:
        """Claimed gradients, which are examined as functions too, and printed ones."""
        trial, formula = self.trial, self.trial.formula
        assert formula is not None
        for name, claim in trial.claims.items():
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


def _gradients(said: Mapping[str, Testimony], name: str) -> dict[str, Estimate]:
    return {witness: testimony.gradients[name] for witness, testimony in said.items() if name in testimony.gradients}


def _cotangent(shape: tuple[int, ...], dtype: str, seed: int) -> Array:
    """1 for a scalar; else random numbers of both signs: a sum of entries hides faults (softmax's gradient is zero)."""
    if math.prod(shape) == 1:
        return np.ones(shape)
    generator = np.random.default_rng(seed)
    sizes, signs = generator.uniform(0.5, 1.5, shape), generator.choice([-1.0, 1.0], shape)
    if abs(signs.sum()) == signs.size:
        signs.flat[:1] *= -1
    return rounded(sizes * signs, dtype)
