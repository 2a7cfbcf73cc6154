"""The second gradient on trial: that of <directions, first gradient>, which is a function like any other.

For a function f with the cotangent c, the first gradient by each input x is ∂<c, f>/∂x. Contracted with a direction of
the shape of each x it is a scalar g, and the gradient of g by x is the Hessian-vector product; by c it is the tangent
of f along the directions. So what a double backward computes is heard like a first gradient.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import torch

from verifier.candidate.candidate import Behaviour, Candidate
from verifier.point import rounded
from verifier.symbolic.comprehension import Read, comprehension, index, sum_of, value
from verifier.symbolic.derivative import COTANGENT, reverse
from verifier.symbolic.formula import Formula
from verifier.symbolic.program import Builder
from verifier.trace.grad_mode import differentiated
from verifier.trace.traced import Traced
from verifier.trial.trial import Trial
from verifier.verdict.blame import DIFFERENCES, REVERSE
from verifier.verdict.verdict import Finding, Verdict, sorted_findings, worst
from verifier.witness import Array

Reference = TypeVar("Reference", Formula, Traced)

#: The node that `once_differentiable` puts behind the gradients of a backward pass.
DECLARED = "torch::autograd::Error"


@dataclass(frozen=True)
class FirstGradient:
    """<directions, gradient of <cotangent, f>>, as a torch function of f's inputs, the cotangent and the directions.

    wrt: the inputs that f is differentiated by. cotangent, directions: the names of these further inputs.
    """

    candidate: Candidate
    wrt: tuple[str, ...]
    cotangent: str
    directions: Mapping[str, str]

    def __call__(self, **tensors: torch.Tensor) -> torch.Tensor:
        """The scalar, on inputs of which those in `wrt` require grad."""
        output = self.candidate.call({name: tensors[name] for name in self.candidate.names})
        with self.candidate.exchanged(tensors) as there:
            gradients = differentiated(output, [there[name] for name in self.wrt], tensors[self.cotangent])
        terms = [
            (tensors[self.directions[name]] * gradient.to_dense()).sum()
            for name, gradient in zip(self.wrt, gradients, strict=True)
            if gradient is not None
        ]
        return sum(terms[1:], terms[0]) if terms else tensors[self.cotangent].new_zeros(())

    @property
    def pairs(self) -> frozenset[str]:
        """See `Candidate.pairs`."""
        return self.candidate.pairs

    def traced(self, first: Traced) -> Traced:
        """The formula of this function, from a trace of f."""
        return _contracted(first, self.directions, self.cotangent)

    def exchanged(self, tensors: Mapping[str, torch.Tensor]) -> AbstractContextManager[Mapping[str, torch.Tensor]]:
        """See `Candidate.exchanged`."""
        return self.candidate.exchanged(tensors)


def second_trial(trial: Trial, behaviour: Behaviour, cotangent: Array) -> Trial:
    """The trial of the second gradient of a trial's function, at the same point and cotangent."""
    taken = {*trial.inputs, *(trial.reference.program.shapes if trial.reference else ())}
    covector = _free(COTANGENT, taken)
    directions = {name: _free(f"direction of {name}", taken) for name in trial.wrt}
    own = trial.candidate.dtypes
    dtypes = {**own, covector: behaviour.dtype, **{directions[name]: own[name] for name in trial.wrt}}
    generator = np.random.default_rng((trial.seed, 2))
    drawn = {directions[name]: _drawn(trial.inputs[name].shape, own[name], generator) for name in trial.wrt}
    function = FirstGradient(trial.candidate, trial.wrt, covector, directions)
    return Trial(
        trial.name,
        Candidate(function, tuple(dtypes), dtypes, by_name=True, strides=trial.candidate.strides),
        {**trial.inputs, covector: cotangent, **drawn},
        (*trial.wrt, covector),
        None if trial.formula is None else _contracted(trial.formula, directions, covector),
        seed=trial.seed,
        witnesses=trial.witnesses,
        traced=None if trial.traced is None else function.traced(trial.traced),
        model=trial.model,
        tolerances=trial.tolerances,
        call=trial.call,
    )


def joined(first: Verdict, second: Verdict, positions: Iterable[str]) -> Verdict:
    """The verdict on both orders; `positions` are the function's own inputs, in their order."""
    names = list(positions)
    findings = sorted_findings([*first.findings, *(_of_order_two(f, names) for f in second.findings)])
    notes = [*first.notes, *(f"second gradient: {note}" for note in second.notes)]
    return replace(
        first,
        outcome=worst([first.outcome, second.outcome]),
        reason=first.reason or (second.reason and f"second gradient: {second.reason}"),
        findings=tuple(findings),
        notes=tuple(notes),
        comparisons=(*first.comparisons, *(replace(c, order=2) for c in second.comparisons)),
        digits=(*first.digits, *(replace(d, order=2) for d in second.digits)),
        witnesses={**first.witnesses, **second.witnesses},
        looseness=(*first.looseness, *second.looseness),
    )


def severed(second: Verdict, pathless: Collection[str]) -> Verdict:
    """The verdict where torch sees no path back to some inputs: wrong, wherever the first gradient moves with them.

    That needs no formula: a double backward that is not declared `once_differentiable` promises one, and None is no
    number that rounding could explain.
    """
    findings = [_severed(f) if f.input in pathless and _moves(f) else f for f in second.findings]
    return replace(second, findings=tuple(findings), outcome=worst([second.outcome, *(f.outcome for f in findings)]))


def _moves(finding: Finding) -> bool:
    """Whether finite differences surely find a slope at the entry, and autograd is accused, if anybody is."""
    if finding.blamed not in (REVERSE, None) or DIFFERENCES not in finding.values:
        return False
    return abs(finding.values[DIFFERENCES]) > finding.errors[DIFFERENCES]


def _severed(finding: Finding) -> Finding:
    slope = abs(finding.values[DIFFERENCES])
    return replace(
        finding,
        outcome="wrong",
        blamed=REVERSE,
        reason=finding.reason if finding.blamed else "finite differences of the first gradient refute None",
        error=finding.error if finding.blamed else slope,
        allowed=finding.allowed if finding.blamed else finding.errors[DIFFERENCES],
        cause=f"the first gradient was computed from {finding.input} without a graph: save inputs "
        "with `save_for_backward`, not what the forward computed from them",
    )


def declares_itself(trial: Trial) -> bool:
    """Whether a backward pass in the first gradient, that this trial is of, is declared `once_differentiable`.

    Torch raises then on `backward()`, but `torch.autograd.grad` sees no path to the inputs and gives None.
    """
    output = trial.candidate.call(trial.candidate.tensors(trial.inputs, trial.wrt))
    waiting, seen = [output.grad_fn], set()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        if node.name() == DECLARED:
            return True
        seen.add(node)
        waiting += [function for function, _ in node.next_functions]
    return False


def _of_order_two(finding: Finding, names: list[str]) -> Finding:
    position = names.index(finding.input) if finding.input in names else None
    if finding.input is not None or finding.deed is not None:
        return replace(finding, order=2, position=position)
    reason = "with a graph for a second backward, the first gradient is another one than without"
    return replace(finding, order=2, blamed=REVERSE, reason=reason)


def _contracted(formula: Reference, directions: Mapping[str, str], cotangent: str) -> Reference:
    """The formula of <directions, gradient of <cotangent, formula>>."""
    derivation = reverse(formula.program, formula.output, directions, cotangent)
    builder = Builder(derivation.adjoint)
    terms = []
    for name, gradient in derivation.gradients.items():
        if gradient is not None:
            shape = builder.shape(gradient)
            at = tuple(index(axis) for axis in range(len(shape)))
            reads = [Read(builder.give(directions[name], shape), at), Read(gradient, at)]
            terms.append(builder.define(comprehension(shape, (), value(0) * value(1), reads, ()), "contraction"))
    output = builder.define(sum_of(terms, ()), "first_gradient")
    return replace(formula, program=builder.build(), output=output)


def _free(name: str, taken: Iterable[str]) -> str:
    while name in taken:
        name += "_"
    return name


def _drawn(shape: tuple[int, ...], dtype: torch.dtype, generator: np.random.Generator) -> Array:
    """Random numbers of both signs, none of them small."""
    numbers = generator.uniform(0.5, 1.5, shape) * generator.choice([-1.0, 1.0], shape)
    return rounded(np.asarray(numbers), str(dtype).removeprefix("torch."))
