"""The hearing of one trial: every witness is asked, what they say is compared, and a verdict is given."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from verifier.candidate.autograd import allowed_value, first_line
from verifier.candidate.candidate import Behaviour
from verifier.candidate.preserved import preserved
from verifier.errors import CandidateError
from verifier.numeric.plan import number
from verifier.numeric.spread import budget
from verifier.point import LARGEST
from verifier.symbolic.derivative import Derivation, reverse
from verifier.symbolic.language import conventions
from verifier.symbolic.program import bind_extents, shaped
from verifier.trial.asking import coarsest, drawn_cotangent, question_at
from verifier.trial.comparing import compare, estimates_of
from verifier.trial.inquiry import Inquiry, witnesses_of
from verifier.trial.layouts import with_layouts
from verifier.trial.locate import corroborated, jointly, pointed
from verifier.trial.mistraced import CONTRADICTED, is_mistraced
from verifier.trial.parts import SYMMETRIC
from verifier.trial.rounding import drawn_in_full, refined
from verifier.trial.second_order import declares_itself, joined, second_trial, severed
from verifier.trial.summary import curves_of, digits_of, unknown_entries
from verifier.trial.tracing import with_trace
from verifier.trial.trial import Trial
from verifier.verdict.blame import MODES, REVERSE, SYMBOLIC
from verifier.verdict.compare import gap, gaps
from verifier.verdict.conventions import Choices
from verifier.verdict.deeds import deed_findings, unstable, unsteady
from verifier.verdict.digits import note
from verifier.verdict.fault import with_fault
from verifier.verdict.findings import value_shape_finding
from verifier.verdict.printed import check_printed
from verifier.verdict.verdict import Claimed, Comparison, Finding, Looseness, Outcome, Verdict, sorted_findings, worst
from verifier.witness import Abstains, Estimate, Question, Testimony, Witness

#: Who speaks of every entry.
EVERYWHERE = (SYMBOLIC, REVERSE)

#: Contested entries of one input that the witnesses who cannot speak of all entries are asked about.
MOST_CONTESTED = 16

#: What is said of a caller's tensor that the function changes.
WRITES = "the function writes into {}, which was put back as it was"

#: What is said where there is no number to compare.
EMPTY = "the inputs in question have no entries, and so there is nothing to compare"

#: What is said of a function with random numbers in it.
DRAWS = "the function draws random numbers: it is checked with one draw of them, the same at each call"

#: Flint's precision, torch's forward mode and its random generator are global: threads take turns.
_TURN = threading.RLock()


def hear(trial: Trial) -> Verdict:
    """The verdict on one trial. Raises `VerifierError` where the caller's function or inputs allow none."""
    code = getattr(trial.candidate.function, "function", trial.candidate.function)  # what is packed
    with _TURN, preserved(code, trial.candidate.kwargs) as changed:
        watched = trial.candidate.watched(trial.inputs, trial.wrt)
        try:
            verdict = _heard(replace(trial, candidate=watched))
            written = changed()
        finally:
            watched.kept.restore()
        return replace(verdict, notes=(*verdict.notes, *map(WRITES.format, written)))


def _heard(trial: Trial) -> Verdict:
    began = time.perf_counter()
    behaviour = trial.candidate.behaviour(trial.inputs, trial.wrt)
    trial, untraced = with_trace(trial)
    verdict = Verdict(trial.name, "agreed", lesson=trial.lesson, source=trial.source, dtype=coarsest(trial, behaviour))
    if trial.formula is not None:
        from verifier.symbolic.closed_forms import rendered_formula, rendered_gradients

        forms = rendered_gradients(trial.formula, trial.wrt)
        verdict = replace(verdict, formula=rendered_formula(trial.formula), gradients=forms)
    begun = verdict
    hearing = _Hearing(trial, behaviour, notes=[untraced] if untraced else [])
    verdict = hearing.verdict(begun)
    if is_mistraced(trial, verdict):
        hearing = _Hearing(replace(trial, traced=None), behaviour, notes=[CONTRADICTED])
        verdict = hearing.verdict(begun)
    if trial.order == 2:
        verdict = _with_second_order(hearing.trial, behaviour, verdict)
    verdict = replace(verdict, findings=tuple(replace(finding, call=trial.call) for finding in verdict.findings))
    return replace(with_fault(verdict, trial.fault), seconds=time.perf_counter() - began)


def _with_second_order(trial: Trial, behaviour: Behaviour, verdict: Verdict) -> Verdict:
    """The same verdict after a hearing of the second gradient, which nothing is known of unless the first is right."""
    if not verdict.ok:
        return replace(verdict, notes=(*verdict.notes, "the second gradient was not asked for: the first is not right"))
    second = second_trial(trial, behaviour, drawn_cotangent(behaviour, trial.seed))
    if trial.formula is not None:
        from verifier.symbolic.closed_forms import rendered_products

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
    hearing = _Hearing(second, behaviour, "the first gradient")
    verdict = hearing.verdict(verdict)
    return severed(verdict, hearing.said[REVERSE].pathless) if REVERSE in hearing.said else verdict


@dataclass
class _Hearing:
    """What has been said so far in the hearing of one trial."""

    trial: Trial
    behaviour: Behaviour
    what: str = "the function"
    said: dict[str, Testimony] = field(default_factory=dict)
    silent: dict[str, str] = field(default_factory=dict)
    remarks: dict[str, tuple[str, ...]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    claims: list[Claimed] = field(default_factory=list)

    def verdict(self, verdict: Verdict) -> Verdict:
        """Ask everyone, compare, and complete the verdict."""
        trial, reference = self.trial, self.trial.reference
        self.notes += [WRITES.format(f"its input {name}") for name in self.behaviour.changed]
        self.notes += [DRAWS] if self.behaviour.draws else []
        self.notes += conventions(trial.formula.expression) if trial.formula is not None else ()
        by = dict.fromkeys((*trial.wrt, *trial.claims, *trial.printed))
        derivation = None if reference is None else reverse(reference.program, reference.output, by)
        misfit = self._value_shape(derivation)
        if misfit is not None:
            return replace(verdict, outcome="wrong", findings=(misfit,), notes=tuple(self.notes))
        cotangent = drawn_cotangent(self.behaviour, trial.seed)
        question = question_at(trial, self._dtype, derivation, trial.inputs, cotangent)
        self.notes += map(SYMMETRIC.format, question.parts)
        assert question.candidate is not None
        self.trial = trial = replace(trial, candidate=question.candidate)
        if not self.behaviour.is_steady(allowed_value(question, self.behaviour)):
            return replace(
                verdict, outcome="undecided", reason=unstable(self.what, self.behaviour.apart), notes=tuple(self.notes)
            )
        self.notes += [] if self.behaviour.deterministic else [unsteady(self.what, self.behaviour.apart)]
        question = self._ask_everyone(question)
        if REVERSE in self.said:
            self.said[REVERSE] = with_layouts(question, self.said[REVERSE])
        self.notes += [note for said in self.remarks.values() for note in said]
        return self._completed(verdict, question)

    def _completed(self, verdict: Verdict, question: Question) -> Verdict:
        """The verdict on what was said."""
        trial = self.trial
        comparisons, findings = self._compared(question)
        digits = list(digits_of(self.said, self.behaviour.value, question, self._dtype))
        self.notes += [said for said in map(note, digits) if said is not None]
        self.notes += [] if any(trial.inputs[name].size for name in trial.wrt) else [EMPTY]
        unknown = unknown_entries(self.said, trial.wrt)
        self.notes += [f"the symbolic derivative by {n} is not known at {k} entries" for n, k in unknown.items()]
        outcome, reason = self._outcome(findings, comparisons)
        return replace(
            verdict,
            outcome=outcome,
            reason=reason,
            findings=tuple(findings),
            comparisons=tuple(comparisons),
            digits=tuple(digits),
            claims=tuple(self.claims),
            notes=tuple(self.notes),
            tolerance=trial.tolerances.said,
            looseness=tuple(self._looseness(name, question) for name in trial.wrt),
            curves=tuple(curves_of(self.said)),
            witnesses={w.name: w.describes for w in witnesses_of(self.trial) if w.name in self.said},
        )

    def _looseness(self, name: str, question: Question) -> Looseness:
        estimates, times = estimates_of(self.said, name), budget(question.roundoff)
        return self.trial.tolerances.looseness(name, estimates, MODES, times)

    def _compared(self, question: Question) -> tuple[list[Comparison], list[Finding]]:
        """Everything that was compared, and what is not right, with its likely causes."""
        trial, derivation = self.trial, question.derivation
        compared = compare(trial, question, self._dtype, self.behaviour.value, self.said)
        comparisons, findings = compared.comparisons, compared.findings
        self.notes += compared.notes
        if derivation is not None and not any(f.input is None for f in findings):
            for pair, finding in self._extras(derivation):
                comparisons += [pair] if pair else []
                findings += [finding] if finding else []
        inquiry = Inquiry(trial, question, self._dtype, self.said, compared.look.wider, self.behaviour.changed)
        deeds = deed_findings(self.said, trial.candidate.names)
        return comparisons, sorted_findings([*map(inquiry.explained, findings), *deeds])

    def _outcome(self, findings: list[Finding], comparisons: list[Comparison]) -> tuple[Outcome, str | None]:
        """The worst of the findings; undecided, with the reason, where nobody could have found anything."""
        sizes = {name: self.trial.inputs[name].size for name in self.trial.wrt}
        unknown = unknown_entries(self.said, self.trial.wrt)
        if not findings and self.behaviour.value.size and np.isnan(self.behaviour.value).all():
            return "undecided", "the function returned NaN at every entry: give inputs inside of its domain"
        outcome = worst([finding.outcome for finding in findings])
        if outcome != "agreed":
            return outcome, None
        if REVERSE in self.silent:
            return "undecided", f"{REVERSE} says nothing: {self.silent[REVERSE]}"
        if nowhere := [name for name, count in unknown.items() if count and count == sizes[name]]:
            names = " and ".join(nowhere)
            return "undecided", f"the symbolic derivative by {names} is not finite here, or cannot be enclosed"
        if any(sizes.values()) and not any(c.entries for c in comparisons if c.input is not None):
            return "undecided", "fewer than two witnesses could speak of the gradient"
        return "agreed", None

    @property
    def _dtype(self) -> str:
        return coarsest(self.trial, self.behaviour)

    def _value_shape(self, derivation: Derivation | None) -> Finding | None:
        if derivation is None:
            return None
        arrays = shaped(derivation.program, self.trial.inputs)
        extents = bind_extents(derivation.program, {name: array.shape for name, array in arrays.items()})
        expected = tuple(number(n, extents) for n in derivation.program.shapes[derivation.output])
        return value_shape_finding(self.behaviour.value.shape, expected)

    def _ask_everyone(self, question: Question) -> Question:
        """First those who speak of every entry; the others are pointed to where these contradict each other.

        Where they nowhere do, the others are asked along a few directions of all inputs together. Where one of
        the others contradicts them there, all are asked about each input, and pointed to an entry of it.
        """
        question = self._ask_everywhere(question)
        if self._is_disputed(question) and (in_full := drawn_in_full(question, self._dtype)) is not None:
            question = self._ask_everywhere(in_full)
        question = replace(question, focus=self._contested(question))
        others = [w for w in witnesses_of(self.trial) if w.name not in EVERYWHERE]
        joint = None if self.trial.tolerances.are_set else jointly(question, self.said, self.trial.seed)
        if joint is not None:
            for witness in others:
                self._ask(witness, joint)
            if corroborated(joint, self.said):
                return joint
        for witness in others:
            self._ask(witness, question)
        again = pointed(question, others, self.said)
        if again is None:
            return question
        for witness in others:
            self._ask(witness, again)
        return again

    def _ask_everywhere(self, question: Question) -> Question:
        """Those who speak of every entry; what is allowed may depend on what the formula says."""
        for witness in (w for w in witnesses_of(self.trial) if w.name in EVERYWHERE):
            self._ask(witness, question)
            if witness.name == SYMBOLIC and SYMBOLIC in self.said:
                question = refined(question, self._dtype, self.said[SYMBOLIC])
        return question

    def _is_disputed(self, question: Question) -> bool:
        """Whether those who speak of every entry contradict each other, in a gradient or in the value."""
        told, allowed = self.said[SYMBOLIC].value if SYMBOLIC in self.said else None, question.value_allowance
        values = told is not None and allowed is not None and gap(told, Estimate(self.behaviour.value, allowed))
        return bool(values and values.beyond.any()) or any(map(np.size, self._contested(question).values()))

    def _ask(self, witness: Witness, question: Question) -> None:
        if getattr(question, witness.needs) is None:
            self.remarks[witness.name] = (f"{witness.name} was not asked: there is no formula",)
            return
        try:
            self.said[witness.name] = witness.testify(question)
        except Abstains as reason:
            self.silent[witness.name] = str(reason)
            self.remarks[witness.name] = (f"{witness.name} says nothing: {reason}",)
        else:
            self.remarks[witness.name] = self.said[witness.name].notes

    def _contested(self, question: Question) -> dict[str, Any]:
        contested = {}
        choices = Choices.of(self.said, LARGEST[self._dtype])
        for name in question.wrt:
            for found in gaps(estimates_of(self.said, name), choices.told(name)).values():
                excess = found.excess.ravel()
                beyond = np.flatnonzero(excess > 1)
                contested[name] = beyond[np.argsort(-excess[beyond])[:MOST_CONTESTED]]
        return contested

    def _extras(self, derivation: Derivation) -> Iterable[tuple[Comparison | None, Finding | None]]:
        """Claimed gradients, which are examined as functions too, and printed ones."""
        trial = self.trial
        yield from self._claimed() if trial.claims else ()
        yield from check_printed(trial.printed, trial.uncertain, derivation, trial.inputs)

    def _claimed(self) -> Iterable[tuple[Comparison | None, Finding | None]]:
        """Claimed gradients, examined by what only they need."""
        from verifier.claim.examination import examine
        from verifier.claim.sides import sides
        from verifier.symbolic.closed_forms import closed_form_of

        trial, formula = self.trial, self.trial.formula
        assert formula is not None
        for name, claim in trial.claims.items():
            two = sides(name, formula, claim, trial.inputs)
            examination = examine(two, trial.inputs, closed_form_of(formula, name), trial.seed)
            self.claims.append(examination.claimed)
            yield examination.comparison, examination.finding
